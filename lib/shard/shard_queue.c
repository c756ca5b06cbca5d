/* shard_queue.c - chains of mbufs by sequence number. */
#include "shard/shard_queue.h"

#include <string.h>

#include "base/check.h"
#include "base/least.h"

struct shard_buffers shard_queue_buffers(struct rte_mempool *pool, uint32_t limit)
{
	return (struct shard_buffers){
		.pool = pool, .limit = limit, .again_below = limit - limit / 8, .narrow_above = limit / 2};
}

static void add_buffer(struct shard_buffers *buffers, struct rte_mbuf **first, struct rte_mbuf **last,
		       struct rte_mbuf *mbuf)
{
	buffers->used++;
	if (*first)
		(*last)->next = mbuf;
	else
		*first = mbuf;
	*last = mbuf;
}

/* An empty buffer at the end of what is to be sent; false where there is none. */
static bool add_send_buffer(struct shard_queue *queue, struct shard_buffers *buffers)
{
	struct rte_mbuf *mbuf = shard_queue_may_grow(buffers) ? rte_pktmbuf_alloc(buffers->pool) : NULL;

	if (mbuf)
		add_buffer(buffers, &queue->send_first, &queue->send_last, mbuf);
	return mbuf != NULL;
}

static void add_text(struct rte_mbuf *mbuf, const void *text, uint32_t bytes)
{
	memcpy(rte_pktmbuf_mtod_offset(mbuf, uint8_t *, mbuf->data_len), text, bytes);
	mbuf->data_len = (uint16_t)(mbuf->data_len + bytes);
}

/* Takes `bytes` bytes off the front of a chain. */
static void drop_front(struct shard_buffers *buffers, struct rte_mbuf **first, struct rte_mbuf **last, uint32_t bytes)
{
	while (bytes > 0) {
		struct rte_mbuf *mbuf = *first;

		if (bytes < mbuf->data_len) {
			mbuf->data_off = (uint16_t)(mbuf->data_off + bytes);
			mbuf->data_len = (uint16_t)(mbuf->data_len - bytes);
			return;
		}
		bytes -= mbuf->data_len;
		*first = mbuf->next;
		mbuf->next = NULL;
		/* A port may still be sending from it. */
		rte_pktmbuf_free_seg(mbuf);
		buffers->used--;
	}
	if (!*first)
		*last = NULL;
}

/* What was short enough for no buffer gets one, since more comes. */
static bool move_few(struct shard_queue *queue, struct shard_buffers *buffers)
{
	if (!add_send_buffer(queue, buffers))
		return false;
	add_text(queue->send_last, queue->few, queue->send_bytes);
	return true;
}

uint32_t shard_queue_append(struct shard_queue *queue, struct shard_buffers *buffers, const void *text, uint32_t bytes,
			    uint32_t per_buffer)
{
	const uint8_t *from = text;
	uint32_t done = 0;

	if (queue->send_bytes == 0 && bytes <= SHARD_QUEUE_FEW) {
		memcpy(queue->few, text, bytes);
		queue->send_bytes = bytes;
		return bytes;
	}
	if (!queue->send_first && queue->send_bytes > 0 && !move_few(queue, buffers))
		return 0;
	while (done < bytes) {
		struct rte_mbuf *last = queue->send_last;
		uint32_t room = 0;

		if (last && last->data_len < per_buffer)
			room = least(rte_pktmbuf_tailroom(last), per_buffer - last->data_len);
		if (room == 0) {
			if (!add_send_buffer(queue, buffers))
				break;
			continue;
		}
		room = least(room, bytes - done);
		add_text(last, from + done, room);
		done += room;
	}
	queue->send_bytes += done;
	return done;
}

void shard_queue_release(struct shard_queue *queue, struct shard_buffers *buffers, uint32_t seq)
{
	/* An acknowledged FIN is no byte of text. */
	uint32_t bytes = least(seq - queue->send_seq, queue->send_bytes);

	queue->send_seq += bytes;
	queue->send_bytes -= bytes;
	if (queue->send_first)
		drop_front(buffers, &queue->send_first, &queue->send_last, bytes);
	else if (bytes > 0)
		memmove(queue->few, queue->few + bytes, queue->send_bytes);
}

/* The buffer that holds the byte at `*offset` from the front; `*offset` becomes the place in it. */
static struct rte_mbuf *find(struct rte_mbuf *mbuf, uint32_t *offset)
{
	while (*offset >= mbuf->data_len) {
		*offset -= mbuf->data_len;
		mbuf = mbuf->next;
	}
	return mbuf;
}

void shard_queue_copy(const struct shard_queue *queue, uint32_t seq, uint32_t bytes, uint8_t *to)
{
	uint32_t offset = seq - queue->send_seq;
	struct rte_mbuf *mbuf;

	CHECK(offset + bytes <= queue->send_bytes);
	if (!queue->send_first) {
		memcpy(to, queue->few + offset, bytes);
		return;
	}
	for (mbuf = find(queue->send_first, &offset); bytes > 0; mbuf = mbuf->next) {
		uint32_t piece = least(bytes, mbuf->data_len - offset);

		memcpy(to, rte_pktmbuf_mtod_offset(mbuf, const uint8_t *, offset), piece);
		to += piece;
		bytes -= piece;
		offset = 0;
	}
}

bool shard_queue_attach(const struct shard_queue *queue, struct shard_buffers *buffers, uint32_t seq, uint32_t bytes,
			struct rte_mbuf *header)
{
	uint32_t offset = seq - queue->send_seq;
	struct rte_mbuf *mbuf, *last = header;

	CHECK(offset + bytes <= queue->send_bytes);
	if (!queue->send_first)
		return false;
	for (mbuf = find(queue->send_first, &offset); bytes > 0; mbuf = mbuf->next) {
		struct rte_mbuf *piece = rte_pktmbuf_alloc(buffers->pool);

		if (!piece) {
			rte_pktmbuf_free(header->next);
			header->next = NULL;
			header->nb_segs = 1;
			return false;
		}
		rte_pktmbuf_attach(piece, mbuf);
		piece->data_off = (uint16_t)(mbuf->data_off + offset);
		piece->data_len = (uint16_t)least(bytes, mbuf->data_len - offset);
		bytes -= piece->data_len;
		offset = 0;
		last->next = piece;
		last = piece;
		header->nb_segs++;
	}
	return true;
}

bool shard_queue_hold(struct shard_queue *queue, struct shard_buffers *buffers, const void *text, uint32_t bytes)
{
	const uint8_t *from = text;
	struct rte_mbuf *last = queue->held_last;
	uint32_t room = last && RTE_MBUF_DIRECT(last) ? least(rte_pktmbuf_tailroom(last), bytes) : 0;

	if (room < bytes) {
		struct rte_mbuf *mbuf = rte_pktmbuf_alloc(buffers->pool);

		if (!mbuf || rte_pktmbuf_tailroom(mbuf) < bytes - room) {
			rte_pktmbuf_free(mbuf);
			return false;
		}
		add_text(mbuf, from + room, bytes - room);
		shard_queue_hold_frame(queue, buffers, mbuf);
	}
	if (room > 0)
		add_text(last, from, room);
	return true;
}

void shard_queue_hold_frame(struct shard_queue *queue, struct shard_buffers *buffers, struct rte_mbuf *mbuf)
{
	add_buffer(buffers, &queue->held_first, &queue->held_last, mbuf);
}

void shard_queue_hold_chain(struct shard_queue *queue, struct shard_buffers *buffers, const struct shard_queue *from)
{
	struct rte_mbuf *first = from->held_first, *last = queue->held_last;

	if (!last) {
		queue->held_first = first;
		queue->held_last = from->held_last;
		return;
	}
	/* Else octets that come one by one, each second one first, would fill a buffer for two of them. */
	if (RTE_MBUF_DIRECT(last) && first->data_len <= rte_pktmbuf_tailroom(last)) {
		add_text(last, rte_pktmbuf_mtod(first, const void *), first->data_len);
		drop_front(buffers, &first, &last, first->data_len);
	}
	if (!first)
		return;
	queue->held_last->next = first;
	queue->held_last = from->held_last;
}

void shard_queue_take(struct shard_queue *queue, struct shard_buffers *buffers, uint32_t bytes)
{
	drop_front(buffers, &queue->held_first, &queue->held_last, bytes);
}

static void free_chain(struct shard_buffers *buffers, struct rte_mbuf *mbuf)
{
	while (mbuf) {
		struct rte_mbuf *next = mbuf->next;

		mbuf->next = NULL;
		rte_pktmbuf_free_seg(mbuf);
		buffers->used--;
		mbuf = next;
	}
}

uint32_t shard_queue_bytes(const struct rte_mbuf *first)
{
	uint32_t bytes = 0;

	for (const struct rte_mbuf *mbuf = first; mbuf; mbuf = mbuf->next)
		bytes += mbuf->data_len;
	return bytes;
}

void shard_queue_clear(struct shard_queue *queue, struct shard_buffers *buffers)
{
	free_chain(buffers, queue->send_first);
	free_chain(buffers, queue->held_first);
}
