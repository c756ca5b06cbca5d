/* nic_capture.h - copies of a queue's frames on their way to a file: records in a ring of bytes, which the queue's
 * thread writes and one other thread reads. The writer never waits: what finds no room is counted and left out. */
#ifndef NIC_NIC_CAPTURE_H
#define NIC_NIC_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "nic/nic.h"

enum {
	NIC_CAPTURE_BURST = 64,         /* most frames that are handed to the port at a time */
	NIC_CAPTURE_RING_MIN = 1 << 18, /* bytes: four of the longest frames */
};

/* A frame in the ring; its bytes stand behind. */
struct nic_capture_record {
	uint64_t at_ns;
	uint32_t bytes;
	uint32_t kind; /* the ring's own */
};

struct nic_capture {
	/* Written by the queue's thread. */
	_Alignas(64) uint64_t now_ns; /* of its turn: what is published from now on is no older; released */
	uint64_t head;                /* bytes published so far; released */
	uint64_t missing;             /* frames that found no room */
	uint64_t staged;              /* bytes written so far, published or not */

	/* Written by the reader. */
	_Alignas(64) uint64_t tail; /* bytes read; released */
	bool is_over;               /* nothing more is wanted; relaxed */

	_Alignas(64) uint64_t size; /* a power of two */
	uint8_t *bytes;
};

/* Has frames of queue `queue` of a started port captured, by a ring of `ring_bytes` (a power of two); before
 * nic_queue_of(). 0, or -ENOMEM. */
int nic_capture_open(struct nic *nic, uint16_t queue, uint64_t ring_bytes);

/* Frees all rings of a port. */
void nic_capture_close(struct nic *nic);

/* The time before which nothing is published any more. To be read before the records. */
uint64_t nic_capture_settled_ns(const struct nic_capture *capture);

/* The oldest record, which stays as it is until nic_capture_pass(); null where there is none. Reader only. */
const struct nic_capture_record *nic_capture_next(struct nic_capture *capture);
void nic_capture_pass(struct nic_capture *capture, const struct nic_capture_record *record);

/* What nic_receive() and nic_transmit() do for a queue that is captured. */
uint16_t nic_capture_receive(struct nic_queue queue, struct rte_mbuf **mbufs, uint16_t count);
uint16_t nic_capture_transmit(struct nic_queue queue, struct rte_mbuf **mbufs, uint16_t count);

#endif
