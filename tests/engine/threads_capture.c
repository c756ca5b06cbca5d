/* threads_capture.c - two threads send frames that are captured, and a third merges them into a file, under
 * ThreadSanitizer. A plain program, since Criterion cannot run under it. Prints TAP. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "base/check.h"
#include "base/random.h"
#include "engine/engine_capture.h"
#include "support/bare_eal.h"

enum {
	WRITERS = 2,
	FRAMES = 60000,
	MBUFS = 32,
	BYTES_MAX = 1000,
	HEADER_BYTES = 24,
	RECORD_BYTES = 16,
	RING_BYTES = 1 << 22
};

struct writer {
	uint8_t number;
	struct nic nic;
	struct nic_spread spread; /* a line to nowhere: its frames come back to the writer's hands */
	struct rte_mbuf *mbufs[MBUFS];
	bool is_done; /* released */
};

static struct writer writers[WRITERS];
static struct engine_capture capture;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Fills a frame with its writer, its number and a length that follows from it. */
static void fill(const struct writer *writer, struct rte_mbuf *mbuf, uint32_t number)
{
	uint16_t bytes = (uint16_t)(60 + number * 7 % (BYTES_MAX - 60));
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);

	mbuf->data_len = bytes;
	mbuf->pkt_len = bytes;
	memset(frame, writer->number, bytes);
	memcpy(frame + 1, &number, sizeof(number));
}

static void *write_frames(void *argument)
{
	struct writer *writer = argument;
	struct nic_queue queue = {.spread = &writer->spread, .capture = writer->nic.captures[0]};
	struct random random;
	uint32_t next = 0;

	random_seed(&random, writer->number);
	while (next < FRAMES) {
		uint16_t count = (uint16_t)(1 + random_below(&random, MBUFS)), sent;

		nic_begin_turn(queue, now_ns());
		for (uint16_t i = 0; i < count; i++)
			fill(writer, writer->mbufs[i], next + i);
		sent = nic_transmit(queue, writer->mbufs, count);
		CHECK(rte_ring_dequeue_burst(writer->spread.rings[0], (void **)writer->mbufs, sent, NULL) == sent);
		next += sent;
	}
	__atomic_store_n(&writer->is_done, true, __ATOMIC_RELEASE);
	return NULL;
}

static void *merge_frames(void *nothing)
{
	bool are_done = false;

	while (!are_done) {
		uint64_t until_ns = UINT64_MAX;

		are_done = true;
		for (int i = 0; i < WRITERS; i++) {
			are_done &= __atomic_load_n(&writers[i].is_done, __ATOMIC_ACQUIRE);
			until_ns = RTE_MIN(until_ns, nic_capture_settled_ns(capture.rings[i]));
		}
		engine_capture_take(&capture, are_done ? UINT64_MAX : until_ns);
	}
	return nothing;
}

static void open_writer(struct writer *writer, uint8_t number, struct rte_mempool *pool)
{
	char name[16];

	snprintf(name, sizeof(name), "nowhere%u", number);
	writer->number = number;
	writer->spread.queues = 1;
	/* Smaller than a burst: some of it is refused, and offered anew. */
	writer->spread.rings[0] = rte_ring_create(name, MBUFS / 2, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	CHECK(writer->spread.rings[0] != NULL);
	CHECK(nic_capture_open(&writer->nic, 0, RING_BYTES) == 0);
	for (int i = 0; i < MBUFS; i++) {
		writer->mbufs[i] = rte_pktmbuf_alloc(pool);
		CHECK(writer->mbufs[i] != NULL);
	}
	capture.rings[number] = writer->nic.captures[0];
}

/* Each writer's frames ascend, and so do all times; with those that are missing they are all. */
static bool is_in_order(const uint8_t *file, size_t bytes, uint64_t missing)
{
	uint64_t latest_ns = 0, count = 0;
	uint32_t next[WRITERS] = {0};

	for (size_t at = HEADER_BYTES; at < bytes; count++) {
		uint32_t words[4], number;
		uint8_t writer;
		uint64_t at_ns;

		memcpy(words, file + at, sizeof(words));
		at_ns = words[0] * UINT64_C(1000000000) + words[1];
		writer = file[at + RECORD_BYTES];
		memcpy(&number, file + at + RECORD_BYTES + 1, sizeof(number));
		if (writer >= WRITERS || number < next[writer] || at_ns < latest_ns ||
		    words[2] != 60 + number * 7 % (BYTES_MAX - 60) || file[at + RECORD_BYTES + words[2] - 1] != writer)
			return false;
		next[writer] = number + 1;
		latest_ns = at_ns;
		at += RECORD_BYTES + words[2];
	}
	printf("# %llu frames in the file, %llu missing\n", (unsigned long long)count, (unsigned long long)missing);
	return count > FRAMES / 10 && count + missing >= WRITERS * FRAMES;
}

int main(void)
{
	static struct nic_capture *rings[WRITERS];
	static struct engine_pcap pcap;
	char path[] = "/tmp/quern-threads-capture-XXXXXX";
	pthread_t threads[WRITERS + 1];
	uint8_t *content;
	struct rte_mempool *pool;
	bool is_well;
	int file = mkstemp(path);

	CHECK(file >= 0);
	unlink(path);
	bare_eal_start();
	pool = bare_eal_pool("frames", 255);
	capture =
		(struct engine_capture){.rings = rings, .ring_count = WRITERS, .max_frames = UINT64_MAX, .pcap = &pcap};
	for (uint8_t number = 0; number < WRITERS; number++)
		open_writer(&writers[number], number, pool);
	engine_pcap_begin(&pcap, file);
	for (int i = 0; i < WRITERS; i++)
		CHECK(pthread_create(&threads[i], NULL, write_frames, &writers[i]) == 0);
	CHECK(pthread_create(&threads[WRITERS], NULL, merge_frames, NULL) == 0);
	for (int i = 0; i <= WRITERS; i++)
		pthread_join(threads[i], NULL);
	content = malloc(capture.report.bytes);
	CHECK(content != NULL && pread(file, content, capture.report.bytes, 0) == (ssize_t)capture.report.bytes);
	is_well = is_in_order(content, capture.report.bytes, capture.report.missing);
	printf("1..1\n%s 1 - frames that two threads send are merged in order of time\n", is_well ? "ok" : "not ok");
	free(content);
	close(file);
	for (int i = 0; i < WRITERS; i++)
		nic_capture_close(&writers[i].nic);
	rte_eal_cleanup();
	return is_well ? 0 : 1;
}
