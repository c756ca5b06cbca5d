/* nic_burst.c - frames in and out of one queue. */
#include "nic/nic.h"

#include <rte_ethdev.h>

uint16_t nic_receive(struct nic_queue queue, struct rte_mbuf **mbufs, uint16_t count)
{
	return rte_eth_rx_burst(queue.port, queue.queue, mbufs, count);
}

uint16_t nic_transmit(struct nic_queue queue, struct rte_mbuf **mbufs, uint16_t count)
{
	return rte_eth_tx_burst(queue.port, queue.queue, mbufs, count);
}
