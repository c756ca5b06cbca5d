/* nic_capture.c - frames copied on their way in and out.
 *
 * A frame that is sent belongs to somebody else once the port has it: over a cable its receiver writes into it. So it
 * is copied before, and what the port then refuses is struck out: its sender will offer it again. */
#include "nic/nic_capture.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <rte_common.h>

#include "base/check.h"
#include "base/counter.h"

enum kind {
	FRAME,
	STRUCK_OUT, /* was refused */
	END_OF_RING /* the next record stands at the ring's beginning */
};

/* Where records begin, so that the last place of the ring has room for a header. */
#define RECORD_ALIGN sizeof(struct nic_capture_record)
#define NOT_STAGED UINT64_MAX

int nic_capture_open(struct nic *nic, uint16_t queue, uint64_t ring_bytes)
{
	struct nic_capture *capture = aligned_alloc(64, sizeof(*capture));
	void *bytes = mmap(NULL, ring_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	CHECK(ring_bytes >= NIC_CAPTURE_RING_MIN && (ring_bytes & (ring_bytes - 1)) == 0);
	if (capture == NULL || bytes == MAP_FAILED) {
		if (bytes != MAP_FAILED)
			munmap(bytes, ring_bytes);
		free(capture);
		return -ENOMEM;
	}
	*capture = (struct nic_capture){.size = ring_bytes, .bytes = bytes};
	nic->captures[queue] = capture;
	return 0;
}

void nic_capture_close(struct nic *nic)
{
	for (uint16_t queue = 0; queue < NIC_QUEUES_MAX; queue++) {
		if (nic->captures[queue] == NULL)
			continue;
		munmap(nic->captures[queue]->bytes, nic->captures[queue]->size);
		free(nic->captures[queue]);
		nic->captures[queue] = NULL;
	}
}

static struct nic_capture_record *record_at(const struct nic_capture *capture, uint64_t position)
{
	return (struct nic_capture_record *)(void *)(capture->bytes + (position & (capture->size - 1)));
}

static uint64_t bytes_of(uint32_t frame_bytes)
{
	return RTE_ALIGN_CEIL(sizeof(struct nic_capture_record) + frame_bytes, RECORD_ALIGN);
}

uint64_t nic_capture_settled_ns(const struct nic_capture *capture)
{
	return __atomic_load_n(&capture->now_ns, __ATOMIC_ACQUIRE);
}

const struct nic_capture_record *nic_capture_next(struct nic_capture *capture)
{
	uint64_t head = __atomic_load_n(&capture->head, __ATOMIC_ACQUIRE);

	while (capture->tail < head) {
		const struct nic_capture_record *record = record_at(capture, capture->tail);

		if (record->kind == FRAME)
			return record;
		if (record->kind == STRUCK_OUT)
			nic_capture_pass(capture, record);
		else
			__atomic_store_n(&capture->tail, RTE_ALIGN_CEIL(capture->tail + 1, capture->size),
					 __ATOMIC_RELEASE);
	}
	return NULL;
}

void nic_capture_pass(struct nic_capture *capture, const struct nic_capture_record *record)
{
	__atomic_store_n(&capture->tail, capture->tail + bytes_of(record->bytes), __ATOMIC_RELEASE);
}

static void copy_bytes(uint8_t *to, const struct rte_mbuf *mbuf)
{
	for (; mbuf != NULL; mbuf = mbuf->next) {
		memcpy(to, rte_pktmbuf_mtod(mbuf, const void *), mbuf->data_len);
		to += mbuf->data_len;
	}
}

/* Writes a record that is not published yet. Its position, or NOT_STAGED where there is no room. */
static uint64_t stage(struct nic_capture *capture, const struct rte_mbuf *mbuf)
{
	uint64_t need = bytes_of(mbuf->pkt_len), position = capture->staged;
	uint64_t to_end = capture->size - (position & (capture->size - 1));
	uint64_t used = position - __atomic_load_n(&capture->tail, __ATOMIC_ACQUIRE);
	uint64_t skipped = need > to_end ? to_end : 0;

	if (capture->size - used < need + skipped)
		return NOT_STAGED;
	if (skipped > 0)
		*record_at(capture, position) = (struct nic_capture_record){.kind = END_OF_RING};
	position += skipped;
	*record_at(capture, position) = (struct nic_capture_record){capture->now_ns, mbuf->pkt_len, FRAME};
	copy_bytes((uint8_t *)(record_at(capture, position) + 1), mbuf);
	capture->staged = position + need;
	return position;
}

static void publish(struct nic_capture *capture, uint64_t head)
{
	__atomic_store_n(&capture->head, head, __ATOMIC_RELEASE);
	capture->staged = head;
}

static bool is_wanted(const struct nic_capture *capture)
{
	return !__atomic_load_n(&capture->is_over, __ATOMIC_RELAXED);
}

static struct nic_queue without_capture(struct nic_queue queue)
{
	queue.capture = NULL;
	return queue;
}

uint16_t nic_capture_receive(struct nic_queue queue, struct rte_mbuf **mbufs, uint16_t count)
{
	struct nic_capture *capture = queue.capture;
	uint16_t received = nic_receive(without_capture(queue), mbufs, count);

	if (!is_wanted(capture))
		return received;
	for (uint16_t i = 0; i < received; i++) {
		if (stage(capture, mbufs[i]) == NOT_STAGED)
			counter_add(&capture->missing, 1);
	}
	publish(capture, capture->staged);
	return received;
}

static bool is_among(const struct rte_mbuf *mbuf, struct rte_mbuf *const *refused, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++) {
		if (refused[i] == mbuf)
			return true;
	}
	return false;
}

/* Copies of frames that are being sent, in the order in which they were offered. */
struct staged {
	struct rte_mbuf *mbufs[NIC_CAPTURE_BURST]; /* for their addresses: the port has them */
	uint64_t positions[NIC_CAPTURE_BURST];
	uint16_t count;
};

/* Publishes what the port has taken. The last that were refused leave no trace, so that a port that takes nothing, and
 * is offered the same again and again, fills no ring. */
static void publish_sent(struct nic_capture *capture, const struct staged *staged, struct rte_mbuf *const *refused,
			 uint16_t refused_count)
{
	uint64_t head = capture->head;

	for (uint16_t i = 0; i < staged->count; i++) {
		bool was_refused = is_among(staged->mbufs[i], refused, refused_count);
		uint64_t position = staged->positions[i];

		if (position == NOT_STAGED)
			counter_add(&capture->missing, !was_refused);
		else if (was_refused)
			record_at(capture, position)->kind = STRUCK_OUT;
		else
			head = position + bytes_of(record_at(capture, position)->bytes);
	}
	publish(capture, head);
}

static uint16_t transmit_some(struct nic_queue queue, struct rte_mbuf **mbufs, uint16_t count)
{
	struct nic_capture *capture = queue.capture;
	struct staged staged = {.count = count};
	uint16_t sent;

	for (uint16_t i = 0; i < count; i++) {
		staged.mbufs[i] = mbufs[i];
		staged.positions[i] = stage(capture, mbufs[i]);
	}
	sent = nic_transmit(without_capture(queue), mbufs, count);
	publish_sent(capture, &staged, mbufs + sent, (uint16_t)(count - sent));
	return sent;
}

uint16_t nic_capture_transmit(struct nic_queue queue, struct rte_mbuf **mbufs, uint16_t count)
{
	uint16_t sent = 0, some, taken;

	if (!is_wanted(queue.capture))
		return nic_transmit(without_capture(queue), mbufs, count);
	do {
		some = (uint16_t)RTE_MIN(count - sent, NIC_CAPTURE_BURST);
		taken = transmit_some(queue, mbufs + sent, some);
		sent = (uint16_t)(sent + taken);
	} while (taken == some && sent < count);
	return sent;
}
