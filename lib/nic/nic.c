/* nic.c - the queues of a port: set up and start. */
#include "nic/nic.h"

#include <errno.h>
#include <string.h>

#include <rte_ethdev.h>

#include "nic/nic_kinds.h"
#include "nic/nic_spread.h"

static struct rte_eth_conf port_conf(const struct nic *nic, const struct rte_eth_dev_info *info)
{
	struct rte_eth_conf conf = {.rxmode = {.mq_mode = RTE_ETH_MQ_RX_NONE, .mtu = nic->driver_mtu},
				    .txmode = {.mq_mode = RTE_ETH_MQ_TX_NONE}};

	/* Never fast-free: a connection may still hold what a queue is sending. */
	if (nic->tx_ip_checksum)
		conf.txmode.offloads |= RTE_ETH_TX_OFFLOAD_IPV4_CKSUM;
	if (nic->tx_l4_checksum)
		conf.txmode.offloads |= RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM;
	if (nic->tx_multi_segs)
		conf.txmode.offloads |= RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	if (nic->tx_cut_buffers > 0)
		conf.txmode.offloads |= RTE_ETH_TX_OFFLOAD_TCP_TSO;
	if (nic->rx_checksum)
		conf.rxmode.offloads |= info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_CHECKSUM;
	return conf;
}

static int set_up_queues(struct nic *nic, struct rte_mempool *const *pools, const struct rte_eth_dev_info *info)
{
	struct rte_eth_conf conf = port_conf(nic, info);
	unsigned int socket = (unsigned int)nic->socket;
	uint16_t rx_descriptors = NIC_DESCRIPTORS;
	uint16_t tx_descriptors = NIC_DESCRIPTORS;
	uint16_t tx_queues = nic->queues < info->max_tx_queues ? nic->queues : info->max_tx_queues;
	int code;

	if (nic->queues > 1 && nic->kind != NIC_KIND_CABLE)
		nic_rss_ask(nic, info, &conf);
	code = rte_eth_dev_configure(nic->port, nic->queues, tx_queues, &conf);
	if (code == 0)
		code = rte_eth_dev_adjust_nb_rx_tx_desc(nic->port, &rx_descriptors, &tx_descriptors);
	for (uint16_t queue = 0; queue < nic->queues && code == 0; queue++)
		code = rte_eth_rx_queue_setup(nic->port, queue, rx_descriptors, socket, NULL, pools[queue]);
	for (uint16_t queue = 0; queue < tx_queues && code == 0; queue++)
		code = rte_eth_tx_queue_setup(nic->port, queue, tx_descriptors, socket, NULL);
	return code;
}

static int start(struct nic *nic, struct rte_mempool *const *pools, const struct rte_eth_dev_info *info)
{
	int code = set_up_queues(nic, pools, info);

	/* The kernel's side of a tap is ours to set; other interfaces belong to the user. */
	if (code == 0 && nic->kind == NIC_KIND_TAP)
		code = rte_eth_dev_set_mtu(nic->port, nic->config.mtu);
	if (code == 0)
		code = rte_eth_dev_start(nic->port);
	if (code == 0 && nic->config.hears_groups)
		nic_hear_groups(nic);
	return code;
}

int nic_start(struct nic *nic, struct rte_mempool *const *pools, char error[QUERN_ERROR_TEXT])
{
	struct rte_eth_dev_info info;
	int code = rte_eth_dev_info_get(nic->port, &info);

	if (code == 0)
		code = start(nic, pools, &info);
	if (nic->queues > 1 && nic->kind != NIC_KIND_CABLE && (code != 0 || nic_rss_read(nic) != 0)) {
		rte_eth_dev_stop(nic->port);
		nic->queues = 1;
		code = start(nic, pools, &info);
	}
	nic->is_started = code == 0;
	if (nic->is_kept && code == -EPERM && !nic->listens)
		code = 0; /* what net_memif says where nobody listens yet */
	if (code != 0)
		return nic_fail(&nic->config, error, nic_driver_code(code),
				"driver %s did not start: %s\n  Say more: -v", nic->driver, strerror(-code));
	return 0;
}
