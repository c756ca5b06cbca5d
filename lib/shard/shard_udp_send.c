/* shard_udp_send.c - datagrams out: an application's own, and answers in the buffer that came in. */
#include "shard/shard_fragments.h"

#include <errno.h>
#include <string.h>

/* A datagram's ends: those in the key are of IPv4, but for its ports. */
struct ends {
	bool is_ip6;
	struct flow_key key;
	struct ip6_pair pair;
};

/* What the port needs to know to fill checksums in. */
static void ask_for_checksums(struct rte_mbuf *mbuf, uint32_t link_bytes, bool is_ip6,
			      const struct wire_ip_options *options)
{
	bool sums_ip = options->offload_ip_checksum && !is_ip6;

	mbuf->ol_flags = 0;
	if (!sums_ip && !options->offload_l4_checksum)
		return;
	mbuf->ol_flags = (is_ip6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4) | (sums_ip ? RTE_MBUF_F_TX_IP_CKSUM : 0) |
			 (options->offload_l4_checksum ? RTE_MBUF_F_TX_UDP_CKSUM : 0);
	mbuf->l2_len = link_bytes & 0x7f;
	mbuf->l3_len = is_ip6 ? 40 : 20;
}

/* Writes the headers between a link header and text that are in place, and sends the frame. */
static void finish(struct quern_shard *shard, struct rte_mbuf *mbuf, uint32_t link_bytes, const struct ends *ends,
		   uint32_t text_bytes)
{
	const struct wire_ip_options *options = &shard->reply_options;
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	uint32_t bytes = ends->is_ip6
				 ? wire_build_udp6_at(frame, link_bytes, &ends->pair, &ends->key, text_bytes, options)
				 : wire_build_udp_at(frame, link_bytes, &ends->key, text_bytes, options);

	mbuf->data_len = (uint16_t)bytes;
	mbuf->pkt_len = bytes;
	ask_for_checksums(mbuf, link_bytes, ends->is_ip6, options);
	counter_add(&shard->counters.udp_sent, 1);
	shard_send_frame(shard, mbuf);
}

static uint32_t text_after_link(bool is_ip6)
{
	return is_ip6 ? WIRE_UDP6_TEXT_AFTER_LINK : WIRE_UDP_TEXT_AFTER_LINK;
}

/* Beyond that, connections in progress would wait for datagrams, and what is put in line might be lost there. */
static bool has_room(const struct quern_shard *shard)
{
	return shard->out_tail - shard->out_head < SHARD_OUT_TEXT && !shard->pool_is_short;
}

/* Fills in our end, which is the socket's own, over IPv4 or IPv6 as the remote end is. 0 or -EINVAL. */
static int name_local(const struct quern_shard *shard, const struct shard_udp_scope *scope,
		      const struct quern_endpoint *local, struct ends *ends)
{
	bool is_any = scope->first_address != scope->last_address && scope->remote == 0;
	uint32_t name = is_any ? ends->is_ip6 ? ALIAS_OWN_FIRST : shard->config.addresses.first : scope->first_address;
	uint16_t port = local->port ? local->port : scope->first_port;

	if ((quern_ip6_is_set(&local->ip6) || local->address != 0) && shard_route_name_local(shard, local, &name) < 0)
		return -EINVAL;
	if (name < scope->first_address || name > scope->last_address || port < scope->first_port ||
	    port > scope->last_port || name == 0)
		return -EINVAL;
	ends->key.local = name;
	ends->key.local_port = port;
	return flow_key_is_ip6(&ends->key) == ends->is_ip6 ? 0 : -EINVAL;
}

static int name_ends(const struct quern_shard *shard, const struct shard_udp_scope *scope,
		     const struct quern_datagram *datagram, struct ends *ends)
{
	const struct quern_endpoint *remote = &datagram->remote;
	int error;

	ends->is_ip6 = quern_ip6_is_set(&remote->ip6);
	ends->key.remote = remote->address;
	ends->key.remote_port = remote->port;
	if (remote->port == 0 ||
	    (ends->is_ip6 ? remote->address != 0 || !shard->ip6.is_spoken || !ip6_names_a_host(remote->ip6)
			  : !shard_names_one_host(shard, remote->address)))
		return -EINVAL;
	error = name_local(shard, scope, &datagram->local, ends);
	if (error < 0 || !ends->is_ip6)
		return error;
	ends->pair.local = shard_ip6_own_address(shard, ends->key.local);
	ends->pair.remote = remote->ip6;
	return 0;
}

int quern_udp_send(struct quern_shard *shard, struct quern_udp_socket handle, const struct quern_datagram *datagram)
{
	const struct shard_udp_socket *socket = shard_udp_socket_of(shard, handle);
	struct wire_link link;
	struct rte_mbuf *mbuf;
	struct ends ends;
	uint32_t text_at;
	uint8_t *frame;
	int error;

	if (!socket)
		return -ENOENT;
	error = name_ends(shard, &socket->scope, datagram, &ends);
	if (error < 0)
		return error;
	text_at = text_after_link(ends.is_ip6);
	/* RFC 8085 3.2: nothing that would be sent in fragments. */
	if (datagram->bytes > shard->config.mtu - text_at)
		return -EMSGSIZE;
	if (!has_room(shard))
		return -ENOBUFS;
	if (!(ends.is_ip6 ? shard_nd_link(shard, ends.pair.remote, false, &link)
			  : shard_neigh_link(shard, ends.key.remote, false, &link)))
		return -EAGAIN;
	mbuf = shard_send_buffer(shard, WIRE_LINK_MAX + text_at + datagram->bytes);
	if (!mbuf)
		return -ENOBUFS;
	frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	memcpy(frame, link.header, WIRE_LINK_MAX);
	if (datagram->bytes > 0)
		memcpy(frame + link.bytes + text_at, datagram->text, datagram->bytes);
	finish(shard, mbuf, link.bytes, &ends, datagram->bytes);
	return 0;
}

/* The buffer that came in, where it is ours, its link header turned round and the text at its place; else another. Null
 * where there is none. */
static struct rte_mbuf *buffer_for_answer(struct quern_shard *shard, struct shard_frame *frame, uint32_t text_at,
					  uint32_t bytes)
{
	const struct packet *packet = frame->packet;
	struct rte_mbuf *mbuf = frame->mbuf;
	const uint8_t *text = rte_pktmbuf_mtod_offset(mbuf, const uint8_t *, packet->text_offset);
	struct wire_link link;
	uint8_t *to;

	shard_send_link_back(frame, &link);
	if (!shard_send_is_ours(mbuf)) {
		mbuf = shard_send_buffer(shard, WIRE_LINK_MAX + text_at + bytes);
		if (!mbuf)
			return NULL;
	} else {
		frame->mbuf = NULL;
	}
	to = rte_pktmbuf_mtod(mbuf, uint8_t *);
	/* IP options and extension headers are not answered: the text may move towards the front, never back. */
	if (to + packet->link_bytes + text_at != text)
		memmove(to + packet->link_bytes + text_at, text, bytes);
	memcpy(to, link.header, link.bytes);
	return mbuf;
}

int quern_udp_answer(struct quern_shard *shard, uint32_t bytes)
{
	struct shard_frame *frame = shard->udp.current;
	const struct packet *packet;
	struct rte_mbuf *mbuf;
	struct ends ends;

	if (!frame)
		return -ENOENT;
	packet = frame->packet;
	if (bytes > (uint32_t)(packet->frame_bytes - packet->text_offset) || packet->to_group)
		return -EINVAL;
	/* RFC 8085 3.2, as quern_udp_send() has it. */
	if (shard_came_in_fragments(frame->mbuf))
		return -EMSGSIZE;
	if (!has_room(shard))
		return -ENOBUFS;
	ends.is_ip6 = packet->version == 6;
	ends.key = packet->key;
	if (ends.is_ip6)
		ends.pair = packet->ip6;
	mbuf = buffer_for_answer(shard, frame, text_after_link(ends.is_ip6), bytes);
	if (!mbuf)
		return -ENOBUFS;
	shard->udp.current = NULL;
	finish(shard, mbuf, packet->link_bytes, &ends, bytes);
	return 0;
}
