/* nic_impair.c - the bad lines of a port: each queue has one for what it receives and one for what it sends, so that no
 * lock is needed, and a port behind any driver can be impaired both ways, whoever its peer is.
 *
 * Who owns what: a frame that waits is a copy in the port's own pool. The sender's buffer goes back at once: a cable
 * delivers the sender's own, a NIC needs those that it receives into, and a connection may hold it to send it again. So
 * a bit is turned in nobody else's buffer either, and what waits is bounded by that pool. Frames that neither wait nor
 * are changed pass as they are. */
#include "nic/nic_impair.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_malloc.h>

#include "base/counter.h"
#include "base/impair_line.h"
#include "base/impair_model.h"

struct way {
	bool is_asked;
	struct impair model;
	struct impair_line line;
	struct quern_impair_counters counters;
};

struct nic_impair {
	uint64_t now_ns; /* of this turn */
	struct rte_mempool *pool;
	struct way ways[QUERN_WAYS];
	uint16_t pending_count; /* frames that are due, and that the port did not take */
	struct rte_mbuf *pending[NIC_IMPAIR_BURST];
	struct impair_entry entries[QUERN_WAYS][NIC_IMPAIR_FRAMES];
};

bool nic_is_impaired(const struct nic_config *config)
{
	return impair_is_asked(&config->impair[QUERN_RX]) || impair_is_asked(&config->impair[QUERN_TX]);
}

size_t nic_impair_bytes(const struct nic_config *config)
{
	return nic_is_impaired(config) ? config->queues * sizeof(struct nic_impair) : 0;
}

/* Lines with the same seed draw differently, each its own. */
static uint64_t seed_of(const struct nic_config *config, uint16_t queue, enum quern_way way)
{
	uint64_t seed = config->impair[way].seed != 0 ? config->impair[way].seed : config->seed;
	uint64_t line = ((uint64_t)config->number * NIC_QUEUES_MAX + queue) * QUERN_WAYS + way;

	return seed + (line << 48);
}

static struct nic_impair *open_queue(const struct nic *nic, uint16_t queue, uint32_t mbufs, uint32_t cache, int socket)
{
	struct nic_impair *impair = rte_zmalloc_socket("impair", sizeof(*impair), 64, socket);
	char name[RTE_MEMPOOL_NAMESIZE];

	if (impair == NULL)
		return NULL;
	snprintf(name, sizeof(name), "impair%u.%u", nic->config.number, queue);
	impair->pool = nic_make_pool(nic, name, mbufs, cache, socket);
	if (impair->pool == NULL) {
		rte_free(impair);
		return NULL;
	}
	for (enum quern_way way = QUERN_RX; way < QUERN_WAYS; way++) {
		const struct quern_impair *config = &nic->config.impair[way];

		impair->ways[way].is_asked = impair_is_asked(config);
		/* What stands behind the Ethernet header has sums of its own, which are there to find this. */
		impair_open(&impair->ways[way].model, config, seed_of(&nic->config, queue, way), RTE_ETHER_HDR_LEN);
		impair_line_open(&impair->ways[way].line, impair->entries[way], NIC_IMPAIR_FRAMES);
	}
	return impair;
}

int nic_impair_open(struct nic *nic, uint32_t mbufs, uint32_t cache, int socket)
{
	if (!nic_is_impaired(&nic->config))
		return 0;
	for (uint16_t queue = 0; queue < nic->queues; queue++) {
		nic->impairs[queue] = open_queue(nic, queue, mbufs, cache, socket);
		if (nic->impairs[queue] == NULL) {
			nic_impair_close(nic);
			return -ENOMEM;
		}
	}
	return 0;
}

void nic_impair_empty(struct nic *nic)
{
	for (uint16_t queue = 0; queue < NIC_QUEUES_MAX; queue++) {
		struct nic_impair *impair = nic->impairs[queue];
		bool was_overtaken;

		if (impair == NULL)
			continue;
		rte_pktmbuf_free_bulk(impair->pending, impair->pending_count);
		impair->pending_count = 0;
		for (enum quern_way way = QUERN_RX; way < QUERN_WAYS; way++) {
			while (impair->ways[way].line.count > 0)
				rte_pktmbuf_free(impair_line_take(&impair->ways[way].line, UINT64_MAX, &was_overtaken));
		}
	}
}

void nic_impair_close(struct nic *nic)
{
	nic_impair_empty(nic);
	for (uint16_t queue = 0; queue < NIC_QUEUES_MAX; queue++) {
		if (nic->impairs[queue] == NULL)
			continue;
		rte_mempool_free(nic->impairs[queue]->pool);
		rte_free(nic->impairs[queue]);
		nic->impairs[queue] = NULL;
	}
}

bool nic_impair_counters(const struct nic *nic, enum quern_way way, struct quern_impair_counters *sum)
{
	*sum = (struct quern_impair_counters){.frames = 0};
	if (!impair_is_asked(&nic->config.impair[way]))
		return false;
	for (uint16_t queue = 0; queue < nic->queues; queue++) {
		const struct quern_impair_counters *live = &nic->impairs[queue]->ways[way].counters;

#define X(name, text) sum->name += counter_read(&live->name);
		QUERN_IMPAIR_COUNTERS(X)
#undef X
	}
	return true;
}

/* The frame in a buffer that nobody else has; the given one is used up. Null where there is none left. */
static struct rte_mbuf *make_own(struct rte_mbuf *mbuf, struct rte_mempool *pool)
{
	struct rte_mbuf *own;

	if (mbuf->pool == pool && RTE_MBUF_DIRECT(mbuf) && rte_mbuf_refcnt_read(mbuf) == 1 && mbuf->nb_segs == 1)
		return mbuf;
	own = rte_pktmbuf_copy(mbuf, pool, 0, UINT32_MAX);
	rte_pktmbuf_free(mbuf);
	return own;
}

static void turn_bit(struct rte_mbuf *mbuf, uint32_t bit)
{
	*rte_pktmbuf_mtod_offset(mbuf, uint8_t *, bit / 8) ^= (uint8_t)(1u << bit % 8);
}

static void put(struct nic_impair *impair, struct way *way, struct rte_mbuf *mbuf, const struct impair_copy *copy)
{
	bool must_wait = copy->due_ns > impair->now_ns;
	bool is_corrupt = copy->is_corrupt && copy->bit / 8 < mbuf->data_len;

	if (must_wait || is_corrupt)
		mbuf = make_own(mbuf, impair->pool);
	if (mbuf != NULL && is_corrupt)
		turn_bit(mbuf, copy->bit);
	if (mbuf == NULL || !impair_line_put(&way->line, mbuf, copy->due_ns)) {
		counter_add(&way->counters.no_room, 1);
		rte_pktmbuf_free(mbuf);
		return;
	}
	counter_add(&way->counters.delayed, must_wait);
	counter_add(&way->counters.corrupted, is_corrupt);
}

/* Decides about a frame, which is ours from here on. */
static void decide(struct nic_impair *impair, struct way *way, struct rte_mbuf *mbuf)
{
	struct rte_mbuf *second = NULL;
	struct impair_fate fate;

	counter_add(&way->counters.frames, 1);
	impair_frame(&way->model, mbuf->pkt_len, impair->now_ns, &fate);
	if (fate.copies == 0) {
		counter_add(fate.queue_was_full ? &way->counters.queue_full : &way->counters.lost, 1);
		rte_pktmbuf_free(mbuf);
		return;
	}
	if (fate.copies == 2)
		second = rte_pktmbuf_copy(mbuf, impair->pool, 0, UINT32_MAX);
	put(impair, way, mbuf, &fate.copy[0]);
	if (fate.copies < 2)
		return;
	counter_add(&way->counters.duplicated, 1);
	if (second != NULL)
		put(impair, way, second, &fate.copy[1]);
	else
		counter_add(&way->counters.no_room, 1);
}

/* Takes at most `count` frames that are due. */
static uint16_t take_due(struct nic_impair *impair, struct way *way, struct rte_mbuf **mbufs, uint16_t count)
{
	uint16_t taken = 0;
	bool was_overtaken;

	while (taken < count) {
		mbufs[taken] = impair_line_take(&way->line, impair->now_ns, &was_overtaken);
		if (mbufs[taken] == NULL)
			break;
		counter_add(&way->counters.reordered, was_overtaken);
		taken++;
	}
	counter_add(&way->counters.handed_on, taken);
	return taken;
}

/* Gives the port what is due; false where it takes no more. `port` is the queue without its bad lines. */
static bool send_due(struct nic_queue port, struct nic_impair *impair)
{
	for (;;) {
		uint16_t sent, left;

		if (impair->pending_count == 0)
			impair->pending_count =
				take_due(impair, &impair->ways[QUERN_TX], impair->pending, NIC_IMPAIR_BURST);
		if (impair->pending_count == 0)
			return true;
		sent = nic_transmit(port, impair->pending, impair->pending_count);
		left = (uint16_t)(impair->pending_count - sent);
		memmove(impair->pending, impair->pending + sent, left * sizeof(impair->pending[0]));
		impair->pending_count = left;
		if (left > 0)
			return false;
	}
}

/* The port itself: what is captured lies before the lines. */
static struct nic_queue behind_lines(struct nic_queue queue)
{
	queue.impair = NULL;
	queue.capture = NULL;
	return queue;
}

void nic_impair_begin_turn(struct nic_queue queue, uint64_t now_ns)
{
	queue.impair->now_ns = now_ns;
	send_due(behind_lines(queue), queue.impair);
}

uint16_t nic_impair_receive(struct nic_queue queue, struct rte_mbuf **mbufs, uint16_t count)
{
	struct nic_impair *impair = queue.impair;
	struct way *way = &impair->ways[QUERN_RX];
	uint16_t taken, came;

	if (!way->is_asked)
		return nic_receive(behind_lines(queue), mbufs, count);
	/* What is left of them was due before anything that comes now. */
	taken = take_due(impair, way, mbufs, count);
	if (taken == count)
		return taken;
	came = nic_receive(behind_lines(queue), mbufs + taken, (uint16_t)(count - taken));
	for (uint16_t i = 0; i < came; i++)
		decide(impair, way, mbufs[taken + i]);
	return (uint16_t)(taken + take_due(impair, way, mbufs + taken, (uint16_t)(count - taken)));
}

uint16_t nic_impair_transmit(struct nic_queue queue, struct rte_mbuf **mbufs, uint16_t count)
{
	struct nic_impair *impair = queue.impair;
	struct way *way = &impair->ways[QUERN_TX];

	if (!way->is_asked)
		return nic_transmit(behind_lines(queue), mbufs, count);
	/* A port that takes nothing makes its sender wait, as ever: nothing is decided about a frame twice. */
	if (!send_due(behind_lines(queue), impair))
		return 0;
	count = count < NIC_IMPAIR_BURST ? count : NIC_IMPAIR_BURST;
	for (uint16_t i = 0; i < count; i++)
		decide(impair, way, mbufs[i]);
	send_due(behind_lines(queue), impair);
	return count;
}
