/* worker_mail.c - one ring a pair of shards, with one writer and one reader. */
#include "worker/worker_mail.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	FRAMES_IN_ALL = 8192, /* that may wait for one place, whoever they come from: half of a shard's buffers */
	FRAMES_LEAST = 256,
	FRAMES_MOST = 2048
};

static unsigned int line_frames(uint16_t places)
{
	unsigned int frames = FRAMES_IN_ALL / rte_align32pow2(places);

	frames = frames < FRAMES_LEAST ? FRAMES_LEAST : frames;
	return frames > FRAMES_MOST ? FRAMES_MOST : frames;
}

size_t worker_mail_bytes(uint16_t places)
{
	if (places < 2)
		return 0;
	return (size_t)places * places * ((size_t)rte_ring_get_memsize(line_frames(places)) + RTE_CACHE_LINE_SIZE);
}

static struct rte_ring *make_line(uint16_t port, uint16_t from, uint16_t to, const char *what, uint16_t places)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "%s%u.%u.%u", what, port, from, to);
	return rte_ring_create(name, line_frames(places), SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
}

int worker_mail_open(struct worker_mail *mail, uint16_t port, uint16_t places, bool has_one_queue)
{
	bool is_whole = true;

	memset(mail, 0, sizeof(*mail));
	mail->places = places;
	mail->has_one_queue = has_one_queue;
	for (uint16_t from = 0; from < places; from++) {
		/* Who has no queue receives nothing that it could move. */
		for (uint16_t to = 0; to < places && (from == 0 || !has_one_queue); to++) {
			if (from == to)
				continue;
			mail->moved[from][to] = make_line(port, from, to, "moved", places);
			is_whole &= mail->moved[from][to] != NULL;
		}
		if (from > 0 && has_one_queue) {
			mail->sent[from] = make_line(port, from, 0, "sent", places);
			is_whole &= mail->sent[from] != NULL;
		}
	}
	if (is_whole)
		return 0;
	worker_mail_close(mail);
	return -ENOMEM;
}

static void free_line(struct rte_ring *line)
{
	void *mbuf;

	if (line == NULL)
		return;
	while (rte_ring_dequeue(line, &mbuf) == 0)
		rte_pktmbuf_free(mbuf);
	rte_ring_free(line);
}

void worker_mail_close(struct worker_mail *mail)
{
	for (uint16_t from = 0; from < mail->places; from++) {
		for (uint16_t to = 0; to < mail->places; to++)
			free_line(mail->moved[from][to]);
		free_line(mail->sent[from]);
	}
	memset(mail, 0, sizeof(*mail));
}

/* Those who already have a copy do not hear of it again. */
static uint32_t copy_to_all(struct worker_mail *mail, uint16_t place, struct rte_mbuf *mbuf)
{
	uint32_t lost = 0;

	for (uint16_t to = 0; to < mail->places; to++) {
		struct rte_mbuf *copy = to != place ? rte_pktmbuf_copy(mbuf, mbuf->pool, 0, UINT32_MAX) : NULL;

		if (to == place || (copy != NULL && rte_ring_enqueue(mail->moved[place][to], copy) == 0))
			continue;
		rte_pktmbuf_free(copy);
		lost++;
	}
	rte_pktmbuf_free(mbuf);
	return lost;
}

/* Frames that go to one place, side by side. */
struct sorted {
	struct rte_mbuf *mbufs[WORKER_PLACES_MAX][SHARD_BURST];
	uint16_t count[WORKER_PLACES_MAX];
};

void worker_mail_move(struct worker_mail *mail, uint16_t place, struct quern_shard *shard)
{
	struct rte_mbuf *mbufs[SHARD_BURST];
	uint16_t count = shard_foreign(shard, mbufs, SHARD_BURST);
	struct sorted sorted;
	uint32_t lost = 0;

	if (count == 0)
		return;
	memset(sorted.count, 0, sizeof(sorted.count));
	for (uint16_t i = 0; i < count; i++) {
		uint32_t owner = mbufs[i]->hash.usr;

		if (owner == SHARD_EVERYBODY)
			lost += copy_to_all(mail, place, mbufs[i]);
		else
			sorted.mbufs[owner][sorted.count[owner]++] = mbufs[i];
	}
	for (uint16_t to = 0; to < mail->places; to++) {
		uint16_t taken, left;

		if (sorted.count[to] == 0)
			continue;
		taken = (uint16_t)rte_ring_enqueue_burst(mail->moved[place][to], (void **)sorted.mbufs[to],
							 sorted.count[to], NULL);
		left = (uint16_t)(sorted.count[to] - taken);
		rte_pktmbuf_free_bulk(sorted.mbufs[to] + taken, left);
		lost += left;
	}
	if (lost > 0)
		shard_count_not_moved(shard, lost);
}

uint16_t worker_mail_take(struct worker_mail *mail, uint16_t place, struct rte_mbuf **mbufs)
{
	uint16_t count = 0;

	for (uint16_t from = 0; from < mail->places && count < WORKER_MAIL_BURST; from++) {
		struct rte_ring *line = mail->moved[from][place];

		if (line != NULL)
			count = (uint16_t)(count + rte_ring_dequeue_burst(line, (void **)(mbufs + count),
									  WORKER_MAIL_BURST - count, NULL));
	}
	return count;
}

uint16_t worker_mail_send(struct worker_mail *mail, uint16_t place, struct rte_mbuf **mbufs, uint16_t count)
{
	return (uint16_t)rte_ring_enqueue_burst(mail->sent[place], (void **)mbufs, count, NULL);
}

uint16_t worker_mail_collect(struct worker_mail *mail, uint16_t *next, struct rte_mbuf **mbufs, uint16_t max)
{
	uint16_t count = 0;

	for (uint16_t i = 1; i < mail->places && count == 0; i++) {
		*next = (uint16_t)(*next + 1 < mail->places ? *next + 1 : 1);
		count = (uint16_t)rte_ring_dequeue_burst(mail->sent[*next], (void **)mbufs, max, NULL);
	}
	return count;
}
