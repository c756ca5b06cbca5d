/* nic_spread.h - frames spread over queues, by a cable or by a port's hardware; inside lib/nic only. */
#ifndef NIC_NIC_SPREAD_H
#define NIC_NIC_SPREAD_H

#include <errno.h>

#include <rte_ethdev.h>

#include "nic/nic.h"

/* One end of a cable; the one that is attached first has the rings of both. 0 or -errno. */
int nic_cable_attach(struct nic *nic, struct nic *far_end);

/* Frees the rings where this end has them. */
void nic_cable_free(struct nic *nic);

/* Hands at most NIC_CABLE_BURST frames to the queues that they belong to. Those that found no room are moved behind
 * the others, each queue's in order; returns how many were taken. */
uint16_t nic_cable_transmit(const struct nic_spread *spread, struct rte_mbuf **mbufs, uint16_t count);

/* The port hashes whole TCP packets with a key and a redirection table that a plan can hold. */
bool nic_rss_is_offered(const struct rte_eth_dev_info *info);

/* Asks for it with a key drawn from the seed. */
void nic_rss_ask(struct nic *nic, const struct rte_eth_dev_info *info, struct rte_eth_conf *conf);

/* Reads key and table of a started port back into nic->plan. 0, or -errno where it does not tell, or where a queue
 * would get nothing. */
int nic_rss_read(struct nic *nic);

#endif
