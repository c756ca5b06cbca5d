/* nic_burst.c - frames in and out of one queue. */
#include "nic/nic.h"

#include <rte_ethdev.h>

#include "nic/nic_kinds.h"

struct nic_queue nic_queue_of(const struct nic *nic, uint16_t queue)
{
	return (struct nic_queue){
		.port = nic->port, .queue = queue, .spread = nic->spread.plan != NULL ? &nic->spread : NULL};
}

uint16_t nic_receive(struct nic_queue queue, struct rte_mbuf **mbufs, uint16_t count)
{
	return rte_eth_rx_burst(queue.port, queue.queue, mbufs, count);
}

uint16_t nic_transmit(struct nic_queue queue, struct rte_mbuf **mbufs, uint16_t count)
{
	if (queue.spread != NULL)
		return nic_cable_transmit(queue.spread, mbufs, count);
	return rte_eth_tx_burst(queue.port, queue.queue, mbufs, count);
}
