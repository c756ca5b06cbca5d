/* bench_wire.c - what parsing, building and summing a frame cost. The frames of a burst differ, and lie in cache. */
#include <string.h>

#include "base/random.h"
#include "support/bench.h"
#include "wire/wire_build.h"
#include "wire/wire_checksum.h"
#include "wire/wire_parse.h"

enum { BURST = 64, FRAME_ROOM = 2048 };

static const uint8_t OUR_MAC[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t PEER_MAC[6] = {2, 0, 0, 0, 0, 2};

struct burst {
	uint8_t frames[BURST][FRAME_ROOM];
	uint32_t bytes[BURST];
	struct flow_key keys[BURST];
	struct segment segments[BURST];
	struct wire_expect expect;
	struct wire_link link;
	struct wire_ip_options options;
	uint32_t sum_bytes;
};

static void burst_make(struct burst *burst, uint16_t vlan, uint16_t mss, bool offload)
{
	struct random random;

	random_seed(&random, 1);
	burst->expect = (struct wire_expect){
		.ethernet = true, .ip_checksum_good = offload, .l4_checksum_good = offload, .vlan = vlan};
	memcpy(burst->expect.mac, OUR_MAC, 6);
	wire_link_make(&burst->link, OUR_MAC, PEER_MAC, vlan, 0x0800);
	burst->options =
		(struct wire_ip_options){.ttl = 64, .offload_ip_checksum = offload, .offload_l4_checksum = offload};
	for (int i = 0; i < BURST; i++) {
		burst->keys[i] = (struct flow_key){.local = 0xc6120001 + random_below(&random, 250),
						   .remote = 0xc6130001,
						   .local_port = (uint16_t)(1024 + random_below(&random, 60000)),
						   .remote_port = 80};
		burst->segments[i] = (struct segment){.seq = (uint32_t)random_next(&random),
						      .ack = (uint32_t)random_next(&random),
						      .wnd = 65535,
						      .mss = mss,
						      .flags = mss != 0 ? TCP_SYN : TCP_ACK};
		burst->bytes[i] = wire_build_tcp(burst->frames[i], &burst->link, &burst->keys[i], &burst->segments[i],
						 &burst->options);
	}
}

static uint64_t parse_run(void *state, uint64_t iterations)
{
	const struct burst *burst = state;
	struct packet packets[BURST];
	uint64_t work = 0;

	for (uint64_t i = 0; i < iterations; i++) {
		uint64_t at = i % BURST;
		enum quern_drop drop = wire_parse(burst->frames[at], burst->bytes[at], &burst->expect, &packets[at]);

		work = bench_mix(work, drop + packets[at].tcp.seq);
	}
	return work;
}

static uint64_t build_run(void *state, uint64_t iterations)
{
	struct burst *burst = state;
	uint64_t work = 0;

	for (uint64_t i = 0; i < iterations; i++) {
		uint64_t at = i % BURST;

		work += wire_build_tcp(burst->frames[at], &burst->link, &burst->keys[at], &burst->segments[at],
				       &burst->options);
	}
	return bench_mix(work, burst->frames[0][50]);
}

static uint64_t sum_run(void *state, uint64_t iterations)
{
	const struct burst *burst = state;
	uint64_t work = 0;

	for (uint64_t i = 0; i < iterations; i++)
		work += wire_sum_finish(wire_sum(0, burst->frames[i % BURST] + 14, burst->sum_bytes));
	return work;
}

int main(int argc, char **argv)
{
	static struct burst plain, tagged, syn, offloaded, sum_20, sum_60, sum_1460;
	struct bench benches[] = {
		{"wire/parse/tcp", parse_run, &plain},
		{"wire/parse/tcp_syn_mss", parse_run, &syn},
		{"wire/parse/tcp_vlan", parse_run, &tagged},
		{"wire/parse/tcp_offloaded", parse_run, &offloaded},
		{"wire/build/tcp", build_run, &plain},
		{"wire/build/tcp_syn_mss", build_run, &syn},
		{"wire/build/tcp_offloaded", build_run, &offloaded},
		{"wire/sum/20", sum_run, &sum_20},
		{"wire/sum/60", sum_run, &sum_60},
		{"wire/sum/1460", sum_run, &sum_1460},
	};

	burst_make(&plain, 0, 0, false);
	burst_make(&tagged, 7, 0, false);
	burst_make(&syn, 0, 1460, false);
	burst_make(&offloaded, 0, 0, true);
	sum_20.sum_bytes = 20;
	sum_60.sum_bytes = 60;
	sum_1460.sum_bytes = 1460;
	return bench_main(argc, argv, benches, sizeof benches / sizeof benches[0]);
}
