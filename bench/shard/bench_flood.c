/* bench_flood.c - what a SYN costs that a shard cannot take now, beside making its frame and throwing it away. */
#include <string.h>

#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "base/check.h"
#include "shard/shard.h"
#include "support/bench.h"
#include "support/bench_eal.h"
#include "support/bench_source.h"

enum { BURST = 32, FRAMES = 1024, FRAME_BYTES = 64, PORT = 80, FLAGS_AT = 47, SYN_ACK = 0x12, FIN_ACK = 0x11 };

#define SERVER 0xc6130001u

static struct rte_mempool *pool;
static struct quern_shard *shard;
static uint8_t frames[FRAMES][FRAME_BYTES];
static uint16_t frame_bytes;

/* SYNs of so many clients, as bytes. */
static void make_frames(void)
{
	struct bench_source source = {.target_mac = {2, 1},
				      .mac = {2, 2},
				      .target = SERVER,
				      .target_port = PORT,
				      .first = 0xc6120001u,
				      .addresses = 64};
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);

	CHECK(mbuf != NULL);
	for (int i = 0; i < FRAMES; i++) {
		bench_source_syn(&source, mbuf);
		frame_bytes = mbuf->data_len;
		memcpy(frames[i], rte_pktmbuf_mtod(mbuf, const void *), frame_bytes);
	}
	rte_pktmbuf_free(mbuf);
}

/* As a port would bring them. */
static void bring(struct rte_mbuf **mbufs, uint64_t number)
{
	CHECK(rte_pktmbuf_alloc_bulk(pool, mbufs, BURST) == 0);
	for (int i = 0; i < BURST; i++) {
		memcpy(rte_pktmbuf_mtod(mbufs[i], void *), frames[(number + (unsigned int)i) % FRAMES], FRAME_BYTES);
		mbufs[i]->data_len = frame_bytes;
		mbufs[i]->pkt_len = frame_bytes;
	}
}

static uint64_t run_alone(void *state, uint64_t iterations)
{
	struct rte_mbuf *mbufs[BURST];

	(void)state;
	for (uint64_t done = 0; done < iterations; done += BURST) {
		bring(mbufs, done);
		rte_pktmbuf_free_bulk(mbufs, BURST);
	}
	return iterations;
}

static uint64_t run_refused(void *state, uint64_t iterations)
{
	struct rte_mbuf *mbufs[BURST];

	(void)state;
	shard_set_behind(shard, true);
	for (uint64_t done = 0; done < iterations; done += BURST) {
		bring(mbufs, done);
		shard_receive(shard, mbufs, BURST, 1000000000);
	}
	return shard_counters(shard)->drops[QUERN_DROP_TCP_SYN_BEHIND];
}

/* What the other end of a flood costs without a port: a SYN, and the answers to SYN+ACK and FIN. */
static uint64_t run_source(void *state, uint64_t iterations)
{
	struct bench_source *source = state;
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
	uint8_t *flags;

	CHECK(mbuf != NULL);
	flags = rte_pktmbuf_mtod_offset(mbuf, uint8_t *, FLAGS_AT);
	for (uint64_t done = 0; done < iterations; done++) {
		bench_source_syn(source, mbuf);
		*flags = SYN_ACK;
		CHECK(bench_source_answer(source, mbuf));
		*flags = FIN_ACK;
		CHECK(bench_source_answer(source, mbuf));
	}
	rte_pktmbuf_free(mbuf);
	return source->counts.fins;
}

static void open_shard(void)
{
	static const struct quern_events events;
	const struct quern_endpoint at = {.address = SERVER, .port = PORT};
	const struct shard_config config = {.ethernet = true,
					    .mac = {2, 1},
					    .addresses = {.first = SERVER, .last = SERVER},
					    .prefix_length = 15,
					    .seed = 1,
					    .pool = pool};
	void *memory = rte_zmalloc(NULL, shard_bytes(&config), 64);

	CHECK(memory != NULL);
	shard = shard_open(&config, memory, 1000000000);
	CHECK(quern_listen(shard, &at, NULL, &events, NULL) == 0);
}

int main(int argc, char **argv)
{
	static struct bench_source clients = {
		.mac = {2, 2}, .target = SERVER, .target_port = PORT, .first = 0xc6120001u, .addresses = 64};
	struct bench benches[] = {{"flood/frame_alone", run_alone, NULL},
				  {"flood/syn_refused", run_refused, NULL},
				  {"flood/source_connection", run_source, &clients}};
	int status;

	bench_eal_open("128");
	pool = rte_pktmbuf_pool_create("frames", 4095, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	CHECK(pool != NULL);
	make_frames();
	open_shard();
	status = bench_main(argc, argv, benches, sizeof(benches) / sizeof(benches[0]));
	CHECK(shard_counters(shard)->rx_packets == shard_counters(shard)->drops[QUERN_DROP_TCP_SYN_BEHIND]);
	bench_eal_close();
	return status;
}
