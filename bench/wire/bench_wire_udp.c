/* bench_wire_udp.c - what it costs to read a datagram, to pass it on and to build one. The frames of a burst differ,
 * and lie in cache. */
#include <string.h>

#include "base/random.h"
#include "support/bench.h"
#include "wire/wire_build.h"
#include "wire/wire_parse.h"
#include "wire/wire_udp.h"
#include "wire/wire_udp46.h"

enum { BURST = 64, FRAME_ROOM = 2048, HEADROOM = 64 };

static const uint8_t OUR_MAC[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t PEER_MAC[6] = {2, 0, 0, 0, 0, 2};
static const struct ip6_pair PAIR = {{0x20010db800000000, 1}, {0x20010db800010000, 9}};

/* Datagrams of a session each, and how they go on. */
struct burst {
	uint8_t frames[BURST][FRAME_ROOM];
	uint32_t bytes[BURST];
	struct packet packets[BURST];
	struct flow_key came[BURST], goes[BURST];
	struct wire_udp_sums sums[BURST];
	struct wire_expect expect;
	bool is_ip6;
	uint32_t text_bytes;
};

static struct wire_udp_ends ends_of(const struct burst *burst, const struct flow_key *key)
{
	return (struct wire_udp_ends){key, burst->is_ip6 ? &PAIR : NULL};
}

static uint32_t build(struct burst *burst, uint64_t at)
{
	const struct wire_ip_options options = {.ttl = 64};
	uint8_t *frame = burst->frames[at] + HEADROOM;

	return burst->is_ip6 ? wire_build_udp6_at(frame, 14, &PAIR, &burst->came[at], burst->text_bytes, &options)
			     : wire_build_udp_at(frame, 14, &burst->came[at], burst->text_bytes, &options);
}

static void burst_make(struct burst *burst, bool is_ip6, uint32_t text_bytes, bool offload)
{
	struct random random;
	struct wire_link link;

	random_seed(&random, 1);
	burst->is_ip6 = is_ip6;
	burst->text_bytes = text_bytes;
	burst->expect = (struct wire_expect){
		.ethernet = true, .ip6 = true, .ip_checksum_good = offload, .l4_checksum_good = offload};
	memcpy(burst->expect.mac, OUR_MAC, 6);
	wire_link_make(&link, OUR_MAC, PEER_MAC, 0, is_ip6 ? 0x86dd : 0x0800);
	for (uint64_t i = 0; i < BURST; i++) {
		burst->came[i] = (struct flow_key){.local = 0xc6120001 + random_below(&random, 250),
						   .remote = 0xc6130001,
						   .local_port = (uint16_t)(1024 + random_below(&random, 60000)),
						   .remote_port = 53};
		burst->goes[i] = burst->came[i];
		burst->goes[i].remote += 7;
		burst->goes[i].local_port ^= 0x55;
		memcpy(burst->frames[i] + HEADROOM, link.header, link.bytes);
		burst->bytes[i] = build(burst, i);
		const struct wire_udp_ends came = ends_of(burst, &burst->came[i]),
					   goes = ends_of(burst, &burst->goes[i]);

		burst->sums[i] = wire_udp_sums(&came, &goes);
		wire_parse(burst->frames[i] + HEADROOM, burst->bytes[i], &burst->expect, &burst->packets[i]);
	}
}

static uint64_t parse_run(void *state, uint64_t iterations)
{
	struct burst *burst = state;
	uint64_t work = 0;
	uint32_t ports;

	for (uint64_t i = 0; i < iterations; i++) {
		uint64_t at = i % BURST;
		enum quern_drop drop =
			wire_parse(burst->frames[at] + HEADROOM, burst->bytes[at], &burst->expect, &burst->packets[at]);

		/* Keys are read by the word. */
		memcpy(&ports, &burst->packets[at].key.local_port, 4);
		work = bench_mix(work, drop + ports);
	}
	return work;
}

static uint64_t rewrite_run(void *state, uint64_t iterations)
{
	struct burst *burst = state;

	for (uint64_t i = 0; i < iterations; i++) {
		uint64_t at = i % BURST;
		uint8_t *frame = burst->frames[at] + HEADROOM;

		if (burst->is_ip6) {
			const struct wire_udp_ends goes = ends_of(burst, &burst->goes[at]);

			wire_udp_rewrite6(frame, &burst->packets[at], &goes, burst->sums[at]);
		} else {
			wire_udp_rewrite4(frame, &burst->packets[at], &burst->goes[at], burst->sums[at]);
		}
	}
	return bench_mix(0, burst->frames[0][HEADROOM + 40]);
}

/* Always from the same frame: what is behind its headers does not move. */
static uint64_t to6_run(void *state, uint64_t iterations)
{
	struct burst *burst = state;
	uint64_t work = 0;

	for (uint64_t i = 0; i < iterations; i++) {
		uint64_t at = i % BURST;
		const struct wire_udp_ends goes = {&burst->goes[at], &PAIR};
		struct packet packet = burst->packets[at];

		work += *wire_udp46_to6(burst->frames[at] + HEADROOM, &packet, &goes, burst->sums[at]);
	}
	return bench_mix(work, burst->frames[0][HEADROOM + 40]);
}

static uint64_t build_run(void *state, uint64_t iterations)
{
	struct burst *burst = state;
	uint64_t work = 0;

	for (uint64_t i = 0; i < iterations; i++)
		work += build(burst, i % BURST);
	return bench_mix(work, burst->frames[0][HEADROOM + 40]);
}

int main(int argc, char **argv)
{
	static struct burst ip4, ip6, offloaded, long_ip4, rewritten4, rewritten6, turned, built4, built6;
	struct bench benches[] = {
		{"wire/parse/udp", parse_run, &ip4},
		{"wire/parse/udp_1400", parse_run, &long_ip4},
		{"wire/parse/udp_offloaded", parse_run, &offloaded},
		{"wire/parse/udp6", parse_run, &ip6},
		{"wire/rewrite/udp", rewrite_run, &rewritten4},
		{"wire/rewrite/udp6", rewrite_run, &rewritten6},
		{"wire/rewrite/udp_to_udp6", to6_run, &turned},
		{"wire/build/udp", build_run, &built4},
		{"wire/build/udp6", build_run, &built6},
	};

	burst_make(&ip4, false, 18, false);
	burst_make(&long_ip4, false, 1400, false);
	burst_make(&offloaded, false, 18, true);
	burst_make(&ip6, true, 18, false);
	burst_make(&rewritten4, false, 18, false);
	burst_make(&rewritten6, true, 18, false);
	burst_make(&turned, false, 18, false);
	burst_make(&built4, false, 18, false);
	burst_make(&built6, true, 18, false);
	return bench_main(argc, argv, benches, sizeof benches / sizeof benches[0]);
}
