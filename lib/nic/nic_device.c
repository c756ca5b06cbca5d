/* nic_device.c - attach a port to DPDK, and take it away. */
#include "nic/nic.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include "nic/nic_impair.h"
#include "nic/nic_kinds.h"
#include "nic/nic_spread.h"

uint16_t nic_frame_bytes(uint16_t mtu)
{
	uint32_t frame = mtu + 128u; /* headers, tags, and what the kernel puts before a frame in its ring */

	return (uint16_t)(frame <= 2048 ? 2048 : rte_align32pow2(frame));
}

size_t nic_memory_bytes(const struct nic_config *config)
{
	size_t rings = (size_t)config->queues + (config->far_queues != 0 ? config->far_queues : config->queues);

	/* A port's queues and private data stay far below a mebibyte; rings of a cable come on top. */
	return ((size_t)1 << 20) + rings * (size_t)rte_ring_get_memsize(NIC_CABLE_FRAMES) + nic_impair_bytes(config);
}

/* A capture file has said whom its frames were for. net_ring has no address of its own. net_tap gives the kernel's side
 * of the interface the port's address; ours must differ from it, or a bridge in between takes our frames for its own.
 */
static void choose_mac(struct nic *nic)
{
	struct rte_ether_addr own;

	if (nic->kind == NIC_KIND_PCAP && !rte_is_zero_ether_addr((const struct rte_ether_addr *)nic->mac))
		return;
	if (nic->kind == NIC_KIND_CABLE || rte_eth_macaddr_get(nic->port, &own) != 0 || rte_is_zero_ether_addr(&own)) {
		const uint8_t made[6] = {0x02, 'q', 'u', 'e', 'r', (uint8_t)nic->config.number};

		memcpy(nic->mac, made, sizeof(made));
		return;
	}
	memcpy(nic->mac, own.addr_bytes, sizeof(nic->mac));
	if (nic->kind == NIC_KIND_TAP)
		nic->mac[5] ^= 1;
}

/* As rte_eth_dev_configure() counts. */
static uint16_t most_mtu(const struct rte_eth_dev_info *info)
{
	uint32_t overhead = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;

	if (info->max_mtu != UINT16_MAX && info->max_rx_pktlen > info->max_mtu)
		overhead = info->max_rx_pktlen - info->max_mtu;
	return (uint16_t)RTE_MIN(info->max_mtu, info->max_rx_pktlen - overhead);
}

/* From how many buffers the port gathers a frame that it cuts; 0 where it cuts none. What limits a segment that is sent
 * as it is, a header and a buffer of text, limits each that is cut. */
static uint16_t cut_buffers(const struct nic *nic, const struct rte_eth_dev_info *info)
{
	if (!nic->tx_multi_segs || !(info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_TCP_TSO) ||
	    info->tx_desc_lim.nb_mtu_seg_max < NIC_CUT_PIECES)
		return 0;
	return (uint16_t)RTE_MIN(info->tx_desc_lim.nb_seg_max, NIC_CUT_BUFFERS);
}

/* net_tap offers checksums and then makes them in software from a copy of the headers, so ours are cheaper there. */
static int read_abilities(struct nic *nic)
{
	const uint64_t tx_l4 = RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM;
	const uint64_t rx_l4 = RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM;
	struct rte_eth_dev_info info;
	int code = rte_eth_dev_info_get(nic->port, &info);

	if (code != 0)
		return code;
	nic->driver = info.driver_name;
	/* Of what is no device of its own DPDK says the main lcore's. */
	nic->socket = nic->kind == NIC_KIND_PCI ? rte_eth_dev_socket_id(nic->port) : nic_node(nic->device);
	/* Software moves frames of any length; what is on a bus knows its limit. */
	nic->driver_mtu = (uint16_t)RTE_MIN(nic->config.mtu, most_mtu(&info));
	if (nic->kind == NIC_KIND_PCI && nic->driver_mtu < nic->config.mtu)
		return -EMSGSIZE;
	if (nic->kind == NIC_KIND_TAP)
		return 0;
	if (nic_rss_is_offered(&info) && nic->config.queues <= RTE_MIN(info.max_rx_queues, info.max_tx_queues))
		nic->queues = nic->config.queues;
	/* A sum that is made behind a bad line, or was checked before it, would hide what the line has done. */
	if (nic_is_impaired(&nic->config))
		return 0;
	nic->tx_ip_checksum = (info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM) != 0;
	nic->tx_l4_checksum = (info.tx_offload_capa & tx_l4) == tx_l4;
	/* virtio leaves the sum of IPv4's header to others, and that is soon made. */
	nic->tx_multi_segs = nic->tx_l4_checksum && (info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0;
	nic->tx_cut_buffers = cut_buffers(nic, &info);
	nic->rx_checksum = (info.rx_offload_capa & rx_l4) == rx_l4;
	return 0;
}

int nic_driver_code(int code)
{
	return code == -EINVAL ? -ENODEV : code;
}

int nic_attach(struct nic *nic, const struct nic_config *config, struct nic *far_end, char error[QUERN_ERROR_TEXT])
{
	struct nic_name name;
	int code;

	memset(nic, 0, sizeof(*nic));
	nic->config = *config;
	snprintf(nic->device, sizeof(nic->device), "%s", config->device);
	nic->config.device = nic->device;
	code = nic_parse_device(config->device, &name, error);
	if (code != 0)
		return code;
	nic->kind = name.kind;
	memcpy(nic->interface, name.interface, sizeof(nic->interface));
	nic->is_kept = nic_kind_rows[name.kind].is_kept;
	nic->listens = name.listens;
	for (uint16_t queue = 0; queue < NIC_QUEUES_MAX; queue++)
		nic->gates[queue].is_closed = true;
	nic->queues = nic->kind == NIC_KIND_CABLE ? config->queues : 1;
	code = nic->kind == NIC_KIND_CABLE ? nic_cable_attach(nic, far_end)
					   : nic_kind_rows[nic->kind].attach(nic, &name);
	if (code == -EIO && nic->kind == NIC_KIND_VDEV)
		return nic_fail(config, error, -ENODEV,
				"DPDK has no driver of that name, or it refused its arguments\n  Say more: -v");
	/* Somebody may have taken it since it was checked. */
	if (code != 0 && nic_check(config, error) == 0)
		nic_fail(config, error, code, "the driver did not take it: %s\n  Say more: -v", strerror(-code));
	if (code != 0)
		return nic_driver_code(code);
	code = read_abilities(nic);
	if (code == -EMSGSIZE) {
		nic_fail(config, error, code, "MTU %u is more than its %u\n  Lower it: --mtu %u", config->mtu,
			 nic->driver_mtu, nic->driver_mtu);
		nic_close(nic);
		return -EINVAL;
	}
	if (code != 0) {
		nic_close(nic);
		return nic_fail(config, error, code, "the driver does not say what it can do: %s", strerror(-code));
	}
	choose_mac(nic);
	return 0;
}

static void remove_from_bus(const struct nic *nic)
{
	struct rte_eth_dev_info info;

	if (rte_eth_dev_info_get(nic->port, &info) == 0)
		rte_dev_remove(info.device);
}

void nic_close(struct nic *nic)
{
	char name[RTE_ETH_NAME_MAX_LEN];

	if (rte_eth_dev_get_name_by_port(nic->port, name) == 0) {
		rte_eth_dev_stop(nic->port);
		/* The driver's remove closes the port and gives its interface back. */
		if (nic->kind == NIC_KIND_PCI)
			remove_from_bus(nic);
		else
			rte_vdev_uninit(name);
	}
	nic_cable_free(nic);
	nic_impair_empty(nic);
	nic_groups_leave(nic);
	if (nic->name_fd > 0)
		close(nic->name_fd);
}
