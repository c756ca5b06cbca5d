/* wire_parse.c - a frame becomes a value, layer by layer; what is wrong with it becomes a drop reason. */
#include "wire/wire_parse.h"

#include <string.h>

#include "wire/wire_checksum.h"
#include "wire/wire_fragment.h"
#include "wire/wire_group_query.h"
#include "wire/wire_icmp.h"
#include "wire/wire_icmp6.h"
#include "wire/wire_ip6.h"
#include "wire/wire_options.h"
#include "wire/wire_plain.h"
#include "wire/wire_words.h"

enum { IP_OPTION_LSRR = 131, IP_OPTION_SSRR = 137 };

/* What is known once the IP header has been read. */
struct ip {
	const uint8_t *l4;
	uint32_t l4_bytes;
	uint8_t protocol;
	uint64_t address_sum; /* of source and destination as they lie: the greater part of the pseudo-header */
};

static inline bool mac_is(const uint8_t *mac, const uint8_t *other)
{
	uint32_t front, other_front;
	uint16_t back, other_back;

	memcpy(&front, mac, 4);
	memcpy(&back, mac + 4, 2);
	memcpy(&other_front, other, 4);
	memcpy(&other_back, other + 4, 2);
	return ((front ^ other_front) | (uint32_t)(back ^ other_back)) == 0;
}

/* Reads the tags behind the MAC addresses. Who wants no tag accepts one that carries a priority alone, with id 0; and
 * so does who wants one, behind his: any other is of a network within that, which is not his. */
static enum quern_drop vlan_parse(const uint8_t *frame, uint32_t bytes, uint16_t vlan, struct packet *packet,
				  uint16_t *ether_type)
{
	uint16_t type = *ether_type;
	uint32_t at = ETHER_BYTES;
	uint16_t outermost = 0;

	for (int tags = 0; tags < 2 && (type == ETHER_VLAN || type == ETHER_QINQ); tags++) {
		if (bytes < at + ETHER_TAG_BYTES)
			return QUERN_DROP_FRAME_SHORT;
		uint16_t id = wire_load16(frame + at) & 0x0fff;

		if (tags == 0)
			outermost = id;
		if ((vlan == 0 || tags > 0) && id != 0)
			return QUERN_DROP_VLAN;
		type = wire_load16(frame + at + 2);
		at += ETHER_TAG_BYTES;
	}
	if (outermost != vlan)
		return QUERN_DROP_VLAN;
	packet->link_bytes = (uint16_t)at;
	*ether_type = type;
	return QUERN_DROP_NONE;
}

static inline enum quern_drop ether_parse(const uint8_t *frame, uint32_t bytes, const struct wire_expect *expect,
					  struct packet *packet, uint16_t *ether_type)
{
	if (bytes < ETHER_BYTES)
		return QUERN_DROP_FRAME_SHORT;
	if (frame[6] & 1)
		return QUERN_DROP_ETHER_SOURCE;
	packet->to_group = frame[0] & 1;
	if (!packet->to_group && !mac_is(frame, expect->mac))
		return QUERN_DROP_ETHER_DEST;
	packet->link_bytes = ETHER_BYTES;
	*ether_type = wire_load16(frame + 12);
	if (*ether_type == ETHER_VLAN || *ether_type == ETHER_QINQ || expect->vlan != 0)
		return vlan_parse(frame, bytes, expect->vlan, packet, ether_type);
	return QUERN_DROP_NONE;
}

static enum quern_drop arp_parse(const uint8_t *frame, uint32_t bytes, struct packet *packet)
{
	const uint8_t *arp = frame + packet->link_bytes;

	if (bytes < (uint32_t)packet->link_bytes + ARP_BYTES)
		return QUERN_DROP_FRAME_SHORT;
	/* Ethernet, IPv4, addresses of 6 and 4 bytes; request or reply. */
	if (wire_load32(arp) != 0x00010800 || wire_load16(arp + 4) != 0x0604)
		return QUERN_DROP_ARP_MALFORMED;
	packet->arp.operation = wire_load16(arp + 6);
	if (packet->arp.operation != 1 && packet->arp.operation != 2)
		return QUERN_DROP_ARP_MALFORMED;
	/* RFC 1812 3.3.2: a group address is never believed to be somebody's MAC address. */
	if (arp[8] & 1)
		return QUERN_DROP_ARP_MALFORMED;
	memcpy(packet->arp.sender_mac, arp + 8, 6);
	packet->arp.sender = wire_load32(arp + 14);
	packet->arp.target = wire_load32(arp + 24);
	packet->key = (struct flow_key){.local = packet->arp.target, .remote = packet->arp.sender};
	packet->kind = WIRE_ARP;
	packet->version = 4;
	packet->ttl = 0;
	packet->l4_offset = packet->link_bytes;
	packet->text_offset = packet->frame_bytes = (uint16_t)(packet->link_bytes + ARP_BYTES);
	return QUERN_DROP_NONE;
}

static inline uint64_t pseudo_sum(const struct ip *ip, uint8_t protocol, uint32_t bytes)
{
	return ip->address_sum + (uint64_t)__builtin_bswap16((uint16_t)bytes) + ((uint64_t)protocol << 8);
}

static inline bool tcp_checksum_is_right(const struct ip *ip)
{
	uint64_t pseudo = pseudo_sum(ip, IP_PROTOCOL_TCP, ip->l4_bytes);

	return wire_fold(wire_sum_segment(pseudo, ip->l4, ip->l4_bytes)) == 0xffff;
}

static inline enum quern_drop tcp_parse(const struct ip *ip, const struct wire_expect *expect, struct packet *packet)
{
	const uint8_t *tcp = ip->l4;
	uint32_t header_bytes;

	if (ip->l4_bytes < TCP_BYTES)
		return QUERN_DROP_TCP_HEADER;
	header_bytes = (uint32_t)(tcp[12] >> 4) * 4;
	if (header_bytes < TCP_BYTES || header_bytes > ip->l4_bytes)
		return QUERN_DROP_TCP_HEADER;
	if (!expect->l4_checksum_good && !tcp_checksum_is_right(ip))
		return QUERN_DROP_TCP_CHECKSUM;
	uint32_t ports = wire_load32(tcp);

	/* The source port, on top, is the remote one: one store for both, as for the addresses. */
	memcpy(&packet->key.local_port, &ports, 4);
	if ((uint16_t)ports == 0 || ports >> 16 == 0)
		return QUERN_DROP_TCP_PORT_ZERO;
	/* The addresses in the keys of IPv6 are all 0. */
	if ((uint16_t)ports == ports >> 16 && packet->key.local == packet->key.remote &&
	    (packet->version == 4 || ip6_equal(packet->ip6.local, packet->ip6.remote)))
		return QUERN_DROP_TCP_LAND;
	packet->kind = WIRE_TCP;
	packet->text_offset = (uint16_t)(packet->l4_offset + header_bytes);
	segment_read(tcp, header_bytes, ip->l4_bytes - header_bytes, &packet->tcp);
	return QUERN_DROP_NONE;
}

static enum quern_drop udp_parse(const struct ip *ip, const struct wire_expect *expect, struct packet *packet)
{
	const uint8_t *udp = ip->l4;
	uint32_t udp_bytes, ports;

	if (ip->l4_bytes < UDP_BYTES)
		return QUERN_DROP_UDP_MALFORMED;
	udp_bytes = wire_load16(udp + 4);

	if (udp_bytes < UDP_BYTES || udp_bytes > ip->l4_bytes)
		return QUERN_DROP_UDP_MALFORMED;
	/* RFC 768: a checksum of zero means that the sender made none, which RFC 8200 8.1 forbids. */
	if (packet->version == 6 && wire_load16(udp + 6) == 0)
		return QUERN_DROP_UDP_MALFORMED;
	if (wire_load16(udp + 6) != 0 && !expect->l4_checksum_good &&
	    wire_sum_finish(wire_sum(pseudo_sum(ip, IP_PROTOCOL_UDP, udp_bytes), udp, udp_bytes)) != 0)
		return QUERN_DROP_UDP_MALFORMED;
	/* One store for both, as in tcp_parse(). */
	ports = wire_load32(udp);
	memcpy(&packet->key.local_port, &ports, 4);
	packet->kind = WIRE_UDP;
	packet->text_offset = (uint16_t)(packet->l4_offset + UDP_BYTES);
	packet->frame_bytes = (uint16_t)(packet->l4_offset + udp_bytes);
	return QUERN_DROP_NONE;
}

/* Ports that vouch for checksums mean TCP and UDP: that of ICMP is always verified. */
static enum quern_drop icmp_parse(const struct ip *ip, struct packet *packet)
{
	if (ip->l4_bytes < ICMP_BYTES || wire_sum_finish(wire_sum(0, ip->l4, ip->l4_bytes)) != 0)
		return QUERN_DROP_ICMP_MALFORMED;
	packet->key.local_port = packet->key.remote_port = 0;
	packet->kind = WIRE_ICMP;
	packet->text_offset = (uint16_t)(packet->l4_offset + ICMP_BYTES);
	return wire_icmp_parse(ip->l4, ip->l4_bytes, packet);
}

static enum quern_drop icmp6_parse(const struct ip *ip, const struct wire_expect *expect, struct packet *packet)
{
	uint64_t sum = pseudo_sum(ip, IP_PROTOCOL_ICMP6, ip->l4_bytes);

	if (ip->l4_bytes < ICMP_BYTES || wire_sum_finish(wire_sum(sum, ip->l4, ip->l4_bytes)) != 0)
		return QUERN_DROP_ICMP_MALFORMED;
	packet->key.local_port = packet->key.remote_port = 0;
	packet->kind = WIRE_ICMP;
	packet->text_offset = (uint16_t)(packet->l4_offset + ICMP_BYTES);
	if (expect->groups && ip->l4[0] == MLD_QUERY)
		return wire_group_parse_mld(ip->l4 - (packet->l4_offset - packet->link_bytes), ip->l4, ip->l4_bytes,
					    packet);
	return wire_icmp6_parse(ip->l4, ip->l4_bytes, packet);
}

static inline enum quern_drop ip_header_check(const uint8_t *ip, uint32_t header_bytes,
					      const struct wire_expect *expect, uint64_t sum)
{
	if (!expect->ip_checksum_good) {
		if (header_bytes != IP_BYTES)
			sum = wire_sum(sum, ip + IP_BYTES, header_bytes - IP_BYTES);
		if (wire_fold(sum) != 0xffff)
			return QUERN_DROP_IP_CHECKSUM;
	}
	if (wire_source_is_impossible(wire_load32(ip + 12)) &&
	    !(expect->groups && ip[9] == IP_PROTOCOL_IGMP && wire_load32(ip + 12) == 0))
		return QUERN_DROP_IP_SOURCE;
	/* RFC 1122 3.2.1.8: options not understood are ignored. We are no gateway and refuse source routes. */
	if (header_bytes != IP_BYTES &&
	    wire_option_find(ip + IP_BYTES, ip + header_bytes, IP_OPTION_LSRR, IP_OPTION_SSRR) != NULL)
		return QUERN_DROP_IP_SOURCE_ROUTE;
	/* We send no fragment of TCP, and nobody has a reason to send us one. */
	if (wire_load16(ip + 6) & IP_MORE_OR_OFFSET)
		return ip[9] == IP_PROTOCOL_TCP ? QUERN_DROP_TCP_FRAGMENT : QUERN_DROP_IP_FRAGMENT;
	return QUERN_DROP_NONE;
}

/* `bytes` are those from the IP header to the end of the frame. */
static inline enum quern_drop ip4_parse(const uint8_t *ip, uint32_t bytes, const struct wire_expect *expect,
					struct packet *packet, struct ip *read)
{
	if (bytes < IP_BYTES)
		return QUERN_DROP_FRAME_SHORT;
	if (ip[0] >> 4 != 4)
		return QUERN_DROP_IP_VERSION;
	uint32_t header_bytes = (uint32_t)(ip[0] & 15) * 4;
	uint32_t total_bytes = wire_load16(ip + 2);

	if (header_bytes < IP_BYTES || header_bytes > bytes)
		return QUERN_DROP_IP_HEADER;
	if (total_bytes > bytes || total_bytes < header_bytes)
		return QUERN_DROP_IP_LENGTH;
	uint64_t addresses;

	memcpy(&addresses, ip + 12, 8);
	read->l4 = ip + header_bytes;
	read->l4_bytes = total_bytes - header_bytes;
	read->protocol = ip[9];
	read->address_sum = (addresses >> 32) + (uint32_t)addresses;
	enum quern_drop drop = ip_header_check(ip, header_bytes, expect, wire_sum_20(ip));

	if (drop != QUERN_DROP_NONE) {
		if (drop != QUERN_DROP_IP_FRAGMENT || !expect->fragments || ip[9] != IP_PROTOCOL_UDP)
			return drop;
		read->protocol = IP_PROTOCOL_FRAGMENT;
	}
	/* Source and destination, turned as one word, lie as in a flow key. Keys are read by the word, and a store that
	 * feeds such a read must be as wide or the read waits for the cache. */
	addresses = __builtin_bswap64(addresses);
	memcpy(&packet->key, &addresses, 8);
	packet->ttl = ip[8];
	packet->version = 4;
	packet->l4_offset = (uint16_t)(packet->link_bytes + header_bytes);
	packet->frame_bytes = (uint16_t)(packet->link_bytes + total_bytes);
	return QUERN_DROP_NONE;
}

/* The same of IPv6. Its key gets no addresses: whoever has the others knows what stands for them. */
static enum quern_drop ip6_parse(const uint8_t *ip, uint32_t bytes, const struct wire_expect *expect,
				 struct packet *packet, struct ip *read)
{
	struct wire_ip6_payload payload;
	enum quern_drop drop = wire_ip6_read(ip, bytes, &packet->ip6, &payload);

	if (drop != QUERN_DROP_NONE &&
	    (drop != QUERN_DROP_IP_FRAGMENT || !expect->fragments || ip[payload.offset] != IP_PROTOCOL_UDP))
		return drop;
	/* RFC 4291 2.5.2: who has no address yet has nothing to say but to ask whether one is taken. */
	if (ip6_is_unspecified(packet->ip6.remote) && payload.protocol != IP_PROTOCOL_ICMP6)
		return QUERN_DROP_IP_SOURCE;
	*read = (struct ip){.l4 = ip + payload.offset,
			    .l4_bytes = payload.end - payload.offset,
			    .protocol = payload.protocol,
			    .address_sum = wire_sum(0, ip + 8, 32)};
	memset(&packet->key, 0, 8);
	packet->ttl = ip[7];
	packet->version = 6;
	packet->l4_offset = (uint16_t)(packet->link_bytes + payload.offset);
	packet->frame_bytes = (uint16_t)(packet->link_bytes + payload.end);
	return QUERN_DROP_NONE;
}

static inline enum quern_drop l4_parse(const struct ip *ip, const struct wire_expect *expect, struct packet *packet)
{
	switch (ip->protocol) {
	case IP_PROTOCOL_FRAGMENT:
		return wire_fragment_parse(ip->l4 - (packet->l4_offset - packet->link_bytes), packet);
	case IP_PROTOCOL_TCP:
		return tcp_parse(ip, expect, packet);
	case IP_PROTOCOL_UDP:
		return udp_parse(ip, expect, packet);
	case IP_PROTOCOL_ICMP:
		return packet->version == 4 ? icmp_parse(ip, packet) : QUERN_DROP_IP_PROTOCOL;
	case IP_PROTOCOL_ICMP6:
		return packet->version == 6 ? icmp6_parse(ip, expect, packet) : QUERN_DROP_IP_PROTOCOL;
	case IP_PROTOCOL_IGMP:
		return packet->version == 4 && expect->groups ? wire_group_parse_igmp(ip->l4, ip->l4_bytes, packet)
							      : QUERN_DROP_IP_PROTOCOL;
	default:
		return QUERN_DROP_IP_PROTOCOL;
	}
}

/* Any frame, layer by layer. */
static __attribute__((noinline)) enum quern_drop read_any(const uint8_t *frame, uint32_t bytes,
							  const struct wire_expect *expect, struct packet *packet)
{
	uint16_t ether_type = ETHER_IPV4;
	enum quern_drop drop;
	struct ip ip;

	packet->link_bytes = 0;
	packet->to_group = false;
	if (expect->ethernet) {
		drop = ether_parse(frame, bytes, expect, packet, &ether_type);
		if (drop != QUERN_DROP_NONE)
			return drop;
	} else if (expect->ip6 && bytes > 0 && frame[0] >> 4 == 6) {
		ether_type = ETHER_IPV6;
	}
	if (ether_type == ETHER_IPV4)
		drop = ip4_parse(frame + packet->link_bytes, bytes - packet->link_bytes, expect, packet, &ip);
	else if (ether_type == ETHER_ARP)
		return arp_parse(frame, bytes, packet);
	else if (ether_type == ETHER_IPV6 && expect->ip6)
		drop = ip6_parse(frame + packet->link_bytes, bytes - packet->link_bytes, expect, packet, &ip);
	else
		return QUERN_DROP_ETHER_TYPE;
	return drop == QUERN_DROP_NONE ? l4_parse(&ip, expect, packet) : drop;
}

enum quern_drop wire_parse(const uint8_t *frame, uint32_t bytes, const struct wire_expect *expect,
			   struct packet *packet)
{
	/* Offsets in a packet have 16 bits: what lies further back is as good as missing. */
	if (bytes > UINT16_MAX)
		bytes = UINT16_MAX;
	return wire_plain_read(frame, bytes, expect, packet) ? QUERN_DROP_NONE : read_any(frame, bytes, expect, packet);
}

/* Of either version, behind no other header. */
static bool ip_may_be_syn(const uint8_t *ip, uint32_t bytes)
{
	uint32_t header_bytes;

	if (bytes < IP_BYTES + TCP_BYTES)
		return false;
	if (ip[0] >> 4 == 6 && ip[6] == IP_PROTOCOL_TCP)
		header_bytes = IP6_BYTES;
	else if (ip[0] == 0x45 && ip[9] == IP_PROTOCOL_TCP && !(wire_load16(ip + 6) & IP_MORE_OR_OFFSET))
		header_bytes = IP_BYTES;
	else
		return false;
	return bytes >= header_bytes + TCP_BYTES &&
	       (ip[header_bytes + 13] & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
}

bool wire_looks_like_syn(const uint8_t *frame, uint32_t bytes, bool ethernet)
{
	uint16_t type;

	if (!ethernet)
		return ip_may_be_syn(frame, bytes);
	if (bytes < ETHER_BYTES)
		return false;
	type = wire_load16(frame + 12);
	return (type == ETHER_IPV4 || type == ETHER_IPV6) && ip_may_be_syn(frame + ETHER_BYTES, bytes - ETHER_BYTES);
}
