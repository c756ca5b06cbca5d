/* nic_cable.c - two ports of one process, joined by rings. With several queues an end spreads what it receives as a NIC
 * does: by the Toeplitz hash and a redirection table. The sender does it, since there is nobody in between. */
#include "nic/nic_spread.h"

#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_ring.h>

enum { PORTS_BYTES = 4 };

/* Which of a cable's ends, and how many queues each has. */
struct cable_shape {
	int end;
	uint16_t queues[2];
};

static struct cable_shape shape_of(const struct nic *nic, bool is_second)
{
	struct cable_shape shape = {.end = is_second};

	shape.queues[shape.end] = nic->queues;
	shape.queues[1 - shape.end] = nic->config.far_queues != 0 ? nic->config.far_queues : nic->queues;
	return shape;
}

void nic_cable_free(struct nic *nic)
{
	if (!nic->owns_rings)
		return;
	for (int end = 0; end < 2; end++) {
		for (uint16_t queue = 0; queue < NIC_QUEUES_MAX; queue++) {
			rte_ring_free(nic->rings[end][queue]);
			nic->rings[end][queue] = NULL;
		}
	}
	nic->owns_rings = false;
}

/* A ring for each queue of each end; its reader is that queue's, its writers are all queues of the other end. Several
 * writers may share a CPU: with relaxed tails one that is put off in the middle of a burst does not hold the others up.
 */
static int make_rings(struct nic *nic, const struct cable_shape *shape)
{
	char name[RTE_RING_NAMESIZE];

	nic->owns_rings = true;
	for (int end = 0; end < 2; end++) {
		unsigned int flags = RING_F_SC_DEQ | (shape->queues[1 - end] == 1 ? RING_F_SP_ENQ : RING_F_MP_RTS_ENQ);

		for (uint16_t queue = 0; queue < shape->queues[end]; queue++) {
			snprintf(name, sizeof(name), "cable%u.%d.%u", nic->config.number, end, queue);
			nic->rings[end][queue] = rte_ring_create(name, NIC_CABLE_FRAMES, SOCKET_ID_ANY, flags);
			if (nic->rings[end][queue] == NULL) {
				nic_cable_free(nic);
				return -ENOMEM;
			}
			/* Nor is anybody held up by how far the tail is behind. */
			if (flags & RING_F_MP_RTS_ENQ)
				rte_ring_set_prod_htd_max(nic->rings[end][queue], NIC_CABLE_FRAMES);
		}
	}
	return 0;
}

static void join(struct nic *from, const struct nic *to, int end_of_to)
{
	from->spread.plan = &to->plan;
	from->spread.queues = to->queues;
	memcpy(from->spread.rings, from->rings[end_of_to], sizeof(from->spread.rings));
}

int nic_cable_attach(struct nic *nic, struct nic *far_end)
{
	struct cable_shape shape = shape_of(nic, far_end != NULL);
	char name[NIC_DEVICE_TEXT];
	int port, code = 0;

	if (far_end == NULL)
		code = make_rings(nic, &shape);
	else
		memcpy(nic->rings, far_end->rings, sizeof(nic->rings));
	if (code != 0)
		return code;
	snprintf(name, sizeof(name), "cable%u", nic->config.number);
	port = rte_eth_from_rings(name, nic->rings[shape.end], nic->queues, nic->rings[1 - shape.end],
				  shape.queues[1 - shape.end], (unsigned int)SOCKET_ID_ANY);
	if (port < 0) {
		nic_cable_free(nic);
		return rte_errno > 0 ? -rte_errno : -EIO;
	}
	nic->port = (uint16_t)port;
	nic_plan_make(nic, nic->queues, true);
	if (far_end != NULL && (shape.queues[0] > 1 || shape.queues[1] > 1)) {
		join(nic, far_end, 0);
		join(far_end, nic, 1);
	}
	return 0;
}

static struct quern_ip6 address_at(const uint8_t bytes[16])
{
	rte_be64_t words[2];

	memcpy(words, bytes, sizeof(words));
	return (struct quern_ip6){rte_be_to_cpu_64(words[0]), rte_be_to_cpu_64(words[1])};
}

/* The same of a packet of IPv6, by addresses alone where TCP or UDP is not what comes next. */
static uint16_t queue_of_ip6(const struct port_plan *plan, const struct rte_mbuf *mbuf, uint32_t link_bytes)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod_offset(mbuf, const struct rte_ipv6_hdr *, link_bytes);
	struct flow_key key = {.local_port = 0};
	struct ip6_pair pair;

	if (mbuf->data_len < link_bytes + sizeof(*ip))
		return plan->queue[0];
	pair.remote = address_at(ip->src_addr);
	pair.local = address_at(ip->dst_addr);
	if ((ip->proto == IPPROTO_TCP || ip->proto == IPPROTO_UDP) &&
	    mbuf->data_len >= link_bytes + sizeof(*ip) + PORTS_BYTES) {
		const rte_be16_t *ports = (const rte_be16_t *)(ip + 1);

		key.remote_port = rte_be_to_cpu_16(ports[0]);
		key.local_port = rte_be_to_cpu_16(ports[1]);
	}
	return port_plan_queue6(plan, &pair, &key);
}

/* The queue of the far end that takes a frame: by addresses and ports where it is a whole TCP or UDP packet, by
 * addresses where it is another of IP, the first entry's for the rest. */
static uint16_t queue_of(const struct port_plan *plan, const struct rte_mbuf *mbuf)
{
	uint32_t link_bytes = RTE_ETHER_HDR_LEN, header_bytes, hash;
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(mbuf, const struct rte_ether_hdr *);
	rte_be16_t type = ether->ether_type;
	const struct rte_ipv4_hdr *ip;
	struct flow_key key;

	if (type == RTE_BE16(RTE_ETHER_TYPE_VLAN) && mbuf->data_len >= link_bytes + sizeof(struct rte_vlan_hdr)) {
		type = ((const struct rte_vlan_hdr *)(ether + 1))->eth_proto;
		link_bytes += (uint32_t)sizeof(struct rte_vlan_hdr);
	}
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		return queue_of_ip6(plan, mbuf, link_bytes);
	if (type != RTE_BE16(RTE_ETHER_TYPE_IPV4) || mbuf->data_len < link_bytes + sizeof(*ip))
		return plan->queue[0];
	ip = rte_pktmbuf_mtod_offset(mbuf, const struct rte_ipv4_hdr *, link_bytes);
	header_bytes = (ip->version_ihl & RTE_IPV4_HDR_IHL_MASK) * RTE_IPV4_IHL_MULTIPLIER;
	key.remote = rte_be_to_cpu_32(ip->src_addr);
	key.local = rte_be_to_cpu_32(ip->dst_addr);
	if ((ip->next_proto_id == IPPROTO_TCP || ip->next_proto_id == IPPROTO_UDP) &&
	    (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)) == 0 &&
	    mbuf->data_len >= link_bytes + header_bytes + PORTS_BYTES) {
		const rte_be16_t *ports = rte_pktmbuf_mtod_offset(mbuf, const rte_be16_t *, link_bytes + header_bytes);

		key.remote_port = rte_be_to_cpu_16(ports[0]);
		key.local_port = rte_be_to_cpu_16(ports[1]);
		return port_plan_queue(plan, &key);
	}
	hash = port_plan_hash_addresses(plan, key.remote, key.local);
	return plan->queue[hash & (plan->entries - 1u)];
}

uint16_t nic_cable_transmit(const struct nic_spread *spread, struct rte_mbuf **mbufs, uint16_t count)
{
	struct rte_mbuf *sorted[NIC_QUEUES_MAX][NIC_CABLE_BURST], *refused[NIC_CABLE_BURST];
	uint16_t waiting[NIC_QUEUES_MAX] = {0}, sent = 0, left = 0;

	if (spread->queues == 1)
		return (uint16_t)rte_ring_enqueue_burst(spread->rings[0], (void **)mbufs, count, NULL);
	count = count < NIC_CABLE_BURST ? count : NIC_CABLE_BURST;
	for (uint16_t i = 0; i < count; i++) {
		uint16_t queue = queue_of(spread->plan, mbufs[i]);

		sorted[queue][waiting[queue]++] = mbufs[i];
	}
	for (uint16_t queue = 0; queue < spread->queues; queue++) {
		uint16_t taken = 0;

		if (waiting[queue] > 0)
			taken = (uint16_t)rte_ring_enqueue_burst(spread->rings[queue], (void **)sorted[queue],
								 waiting[queue], NULL);
		sent = (uint16_t)(sent + taken);
		for (uint16_t i = taken; i < waiting[queue]; i++)
			refused[left++] = sorted[queue][i];
	}
	memcpy(mbufs + sent, refused, left * sizeof(mbufs[0]));
	return sent;
}
