/* shard_neigh.c - ARP frames in and out, and the link header of the way to an address. */
#include "shard/shard_parts.h"

#include <string.h>

enum { ETHER_ARP = 0x0806, ARP_FRAME_MAX = 64 };

static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t nobody[6];

static bool send_arp(struct quern_shard *shard, const struct wire_arp *arp, const uint8_t dest[6],
		     const uint8_t target[6])
{
	struct rte_mbuf *mbuf = shard_send_buffer(shard, ARP_FRAME_MAX);
	struct wire_link link;
	uint32_t bytes;

	if (!mbuf)
		return false;
	wire_link_make(&link, dest, shard->config.mac, shard->config.vlan, ETHER_ARP);
	bytes = wire_build_arp(rte_pktmbuf_mtod(mbuf, uint8_t *), &link, arp, target);
	mbuf->data_len = (uint16_t)bytes;
	mbuf->pkt_len = bytes;
	shard_send_frame(shard, mbuf);
	return true;
}

/* One shard answers; all learn, from what is for us and from what a neighbour announces of itself. */
static void tell_others(struct quern_shard *shard, struct shard_frame *frame)
{
	const struct wire_arp *arp = &frame->packet->arp;

	if (!shard->config.plan || shard->is_moved ||
	    (!neigh_is_own(&shard->neigh, arp->target) && arp->target != arp->sender))
		return;
	shard_set_aside(shard, frame->mbuf, SHARD_EVERYBODY);
	frame->mbuf = NULL;
}

void shard_neigh_input(struct quern_shard *shard, struct shard_frame *frame)
{
	const struct wire_arp *arp = &frame->packet->arp;
	struct wire_arp reply;

	enum neigh_action action = neigh_input(&shard->neigh, arp, shard->now_ms, &reply);

	if (action == NEIGH_ANSWER && !shard->is_moved && send_arp(shard, &reply, arp->sender_mac, arp->sender_mac))
		counter_add(&shard->counters.arp_replies, 1);
	/* What means nothing to us may answer what another shard has asked. */
	tell_others(shard, frame);
	if (action == NEIGH_DOUBT && !shard->is_moved)
		shard_drop(shard, QUERN_DROP_ARP_DOUBT);
	if (action == NEIGH_IGNORE && frame->mbuf && !shard->is_moved)
		shard_drop(shard, QUERN_DROP_ARP_OTHER);
}

static void send_request(struct quern_shard *shard, const struct wire_arp *request)
{
	if (send_arp(shard, request, everybody, nobody))
		counter_add(&shard->counters.arp_requests, 1);
}

/* The MAC address on the way to an address; asks for it where it is due. */
static bool find_mac(struct quern_shard *shard, uint32_t address, bool is_stranger, uint8_t mac[6])
{
	struct wire_arp request;
	enum neigh_answer answer =
		is_stranger ? neigh_resolve_stranger(&shard->neigh, address, shard->now_ms, mac, &request)
			    : neigh_resolve(&shard->neigh, address, shard->now_ms, mac, &request);

	if (neigh_asks(answer))
		send_request(shard, &request);
	return neigh_knows(answer);
}

bool shard_neigh_link(struct quern_shard *shard, uint32_t address, bool is_stranger, struct wire_link *link)
{
	uint8_t mac[6];

	if (!shard->config.ethernet) {
		link->bytes = 0;
		return true;
	}
	if (!find_mac(shard, address, is_stranger, mac))
		return false;
	shard_link_to(shard, mac, false, link);
	return true;
}

bool quern_reachable(struct quern_shard *shard, const struct quern_endpoint *target)
{
	uint8_t mac[6];

	if (quern_ip6_is_set(&target->ip6))
		return shard_nd_is_reachable(shard, target->ip6);
	return !shard->config.ethernet || find_mac(shard, target->address, false, mac);
}
