/* shard_nd.c - neighbour discovery in and out, and the link header of the way to an address of IPv6. */
#include "shard/shard_parts.h"

#include <string.h>

static bool send_nd(struct quern_shard *shard, const struct neigh_nd_packet *packet, const uint8_t dest[6])
{
	struct rte_mbuf *mbuf = shard_send_buffer(shard, WIRE_ND_FRAME_MAX);
	struct wire_link link;
	uint32_t bytes;

	if (!mbuf)
		return false;
	shard_link_to(shard, dest, true, &link);
	bytes = wire_build_nd(rte_pktmbuf_mtod(mbuf, uint8_t *), &link, &packet->ip6, &packet->nd);
	mbuf->data_len = (uint16_t)bytes;
	mbuf->pkt_len = bytes;
	shard_send_frame(shard, mbuf);
	return true;
}

/* To whoever asks, by the MAC address that it gives, or else that of its frame; or to all. */
static void send_answer(struct quern_shard *shard, const struct shard_frame *frame, const struct neigh_nd_packet *reply)
{
	const struct wire_nd *asked = &frame->packet->nd;
	uint8_t dest[6];

	if (ip6_is_multicast(reply->ip6.remote))
		wire_group_mac(reply->ip6.remote, dest);
	else if (asked->has_mac)
		memcpy(dest, asked->mac, sizeof(dest));
	else
		memcpy(dest, rte_pktmbuf_mtod_offset(frame->mbuf, const uint8_t *, 6), sizeof(dest));
	if (send_nd(shard, reply, dest))
		counter_add(&shard->counters.nd_replies, 1);
}

/* One shard answers; all learn, from what is for us and from what a neighbour says of itself. */
static void tell_others(struct quern_shard *shard, struct shard_frame *frame)
{
	const struct wire_nd *nd = &frame->packet->nd;

	if (!shard->config.plan || shard->is_moved ||
	    (!nd->is_advertisement && !neigh_nd_is_own(&shard->ip6.neigh, nd->target)))
		return;
	shard_set_aside(shard, frame->mbuf, SHARD_EVERYBODY);
	frame->mbuf = NULL;
}

void shard_nd_input(struct quern_shard *shard, struct shard_frame *frame)
{
	struct neigh_nd_packet reply;
	enum neigh_action action;

	/* Without Ethernet there are no neighbours to be told apart. */
	if (!shard->config.ethernet) {
		shard_drop(shard, QUERN_DROP_ND_OTHER);
		return;
	}
	action = neigh_nd_input(&shard->ip6.neigh, frame->packet, shard->now_ms, &reply);
	if (action == NEIGH_ANSWER && !shard->is_moved)
		send_answer(shard, frame, &reply);
	/* What means nothing to us may answer what another shard has asked. */
	tell_others(shard, frame);
	if (action == NEIGH_DOUBT && !shard->is_moved)
		shard_drop(shard, QUERN_DROP_ND_DOUBT);
	if (action == NEIGH_IGNORE && frame->mbuf && !shard->is_moved)
		shard_drop(shard, QUERN_DROP_ND_OTHER);
}

/* RFC 4861 7.2.2: asked of the group that whoever has the address listens to. */
static void send_request(struct quern_shard *shard, const struct neigh_nd_packet *request)
{
	uint8_t dest[6];

	wire_group_mac(request->ip6.remote, dest);
	if (send_nd(shard, request, dest))
		counter_add(&shard->counters.nd_requests, 1);
}

/* The MAC address on the way to an address; asks for it where it is due. */
static bool find_mac(struct quern_shard *shard, struct quern_ip6 address, bool is_stranger, uint8_t mac[6])
{
	struct neigh_nd_packet request;
	enum neigh_answer answer =
		is_stranger ? neigh_nd_resolve_stranger(&shard->ip6.neigh, address, shard->now_ms, mac, &request)
			    : neigh_nd_resolve(&shard->ip6.neigh, address, shard->now_ms, mac, &request);

	if (neigh_asks(answer))
		send_request(shard, &request);
	return neigh_knows(answer);
}

bool shard_nd_link(struct quern_shard *shard, struct quern_ip6 address, bool is_stranger, struct wire_link *link)
{
	uint8_t mac[6];

	if (!shard->config.ethernet) {
		link->bytes = 0;
		return true;
	}
	if (!find_mac(shard, address, is_stranger, mac))
		return false;
	shard_link_to(shard, mac, true, link);
	return true;
}

bool shard_nd_is_reachable(struct quern_shard *shard, struct quern_ip6 address)
{
	uint8_t mac[6];

	return shard->ip6.is_spoken && (!shard->config.ethernet || find_mac(shard, address, false, mac));
}
