/* nic_impair.h - frames of a port on lines that are bad; inside lib/nic only, but for what nic.h says. */
#ifndef NIC_NIC_IMPAIR_H
#define NIC_NIC_IMPAIR_H

#include "nic/nic.h"

enum {
	NIC_IMPAIR_FRAMES = 8192, /* most frames on their way, of a queue and a way */
	NIC_IMPAIR_BURST = 64     /* most frames that one call of nic_transmit() takes */
};

/* The lines' own memory; their pools come on top. */
size_t nic_impair_bytes(const struct nic_config *config);

/* Frees what is on its way. */
void nic_impair_empty(struct nic *nic);

/* Sends what is due by the time of the turn. */
void nic_impair_begin_turn(struct nic_queue queue, uint64_t now_ns);

/* What nic_receive() and nic_transmit() do for a queue with bad lines. */
uint16_t nic_impair_receive(struct nic_queue queue, struct rte_mbuf **mbufs, uint16_t count);
uint16_t nic_impair_transmit(struct nic_queue queue, struct rte_mbuf **mbufs, uint16_t count);

#endif
