/* wire_build.c - values become bytes. Headers are summed as values, before they are stored. */
#include "wire/wire_build.h"

#include <assert.h>
#include <string.h>

#include "wire/wire_build6.h"
#include "wire/wire_checksum.h"
#include "wire/wire_ip6.h"
#include "wire/wire_options.h"
#include "wire/wire_words.h"

enum {
	ETHER_FRAME_MIN = 60 /* without the frame check sequence */
};

static_assert(WIRE_LINK_MAX <= IP_BYTES + TCP_BYTES, "a whole link header may be copied before what follows it");

void wire_link_make(struct wire_link *link, const uint8_t dest[6], const uint8_t source[6], uint16_t vlan,
		    uint16_t ether_type)
{
	*link = (struct wire_link){.bytes = ETHER_BYTES};
	memcpy(link->header, dest, 6);
	memcpy(link->header + 6, source, 6);
	if (vlan != 0) {
		wire_store16(link->header + 12, ETHER_VLAN);
		wire_store16(link->header + 14, vlan);
		link->bytes += ETHER_TAG_BYTES;
	}
	wire_store16(link->header + link->bytes - 2, ether_type);
}

void wire_link_swap(uint8_t *frame)
{
	uint8_t dest[6];

	memcpy(dest, frame, 6);
	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, dest, 6);
}

/* `pseudo` is the sum of both addresses. */
static inline void ip_build(uint8_t *ip, const struct flow_key *key, uint32_t protocol, uint32_t total_bytes,
			    uint64_t pseudo, const struct wire_ip_options *options)
{
	uint32_t first = 0x45000000 | (uint32_t)options->tos << 16 | total_bytes;
	uint32_t third = (uint32_t)options->ttl << 24 | protocol << 16;

	if (!options->offload_ip_checksum)
		third |= (uint16_t)~wire_fold(pseudo + first + IP_DONT_FRAGMENT + third);
	wire_store32(ip, first);
	wire_store32(ip + 4, IP_DONT_FRAGMENT);
	wire_store32(ip + 8, third);
	wire_store32(ip + 12, key->local);
	wire_store32(ip + 16, key->remote);
}

void wire_ip4_build(uint8_t *ip, const struct flow_key *key, uint8_t protocol, uint32_t payload_bytes,
		    const struct wire_ip_options *options)
{
	ip_build(ip, key, protocol, IP_BYTES + payload_bytes, (uint64_t)key->local + key->remote, options);
}

/* wire_sum() adds words as they lie; here sums are of values. */
static uint16_t sum_of_text(const uint8_t *text, uint32_t bytes)
{
	return __builtin_bswap16(wire_fold(wire_sum(0, text, bytes)));
}

/* Writes the TCP header; `pseudo` is the sum of both addresses. Returns its bytes. */
static inline uint32_t tcp_header_build(uint8_t *tcp, uint64_t pseudo, const struct flow_key *key,
					const struct segment *segment, const struct wire_ip_options *options)
{
	uint32_t option_bytes;
	uint64_t option_sum = wire_options_write(tcp + TCP_BYTES, segment, &option_bytes);
	uint32_t header_bytes = TCP_BYTES + option_bytes;
	uint32_t ports = (uint32_t)key->local_port << 16 | key->remote_port;
	uint32_t fourth = header_bytes << 26 | (uint32_t)segment->flags << 16 | segment->wnd;
	uint64_t sum = pseudo + IP_PROTOCOL_TCP + header_bytes + segment->text_bytes;
	uint16_t checksum;

	if (options->offload_l4_checksum) {
		checksum = wire_fold(sum);
	} else {
		sum += (uint64_t)ports + segment->seq + segment->ack + fourth + segment->urgent + option_sum;
		if (segment->text_bytes != 0)
			sum += sum_of_text(tcp + header_bytes, segment->text_bytes);
		checksum = (uint16_t)~wire_fold(sum);
	}
	wire_store32(tcp, ports);
	wire_store32(tcp + 4, segment->seq);
	wire_store32(tcp + 8, segment->ack);
	wire_store32(tcp + 12, fourth);
	wire_store32(tcp + 16, (uint32_t)checksum << 16 | segment->urgent);
	return header_bytes;
}

static inline uint32_t tcp_build(uint8_t *frame, uint32_t link_bytes, const struct flow_key *key,
				 const struct segment *segment, const struct wire_ip_options *options)
{
	uint64_t pseudo = (uint64_t)key->local + key->remote;
	uint32_t header_bytes = tcp_header_build(frame + link_bytes + IP_BYTES, pseudo, key, segment, options);
	uint32_t total_bytes = IP_BYTES + header_bytes + segment->text_bytes;

	ip_build(frame + link_bytes, key, IP_PROTOCOL_TCP, total_bytes, pseudo, options);
	return link_bytes + total_bytes;
}

uint32_t wire_build_tcp(uint8_t *frame, const struct wire_link *link, const struct flow_key *key,
			const struct segment *segment, const struct wire_ip_options *options)
{
	memcpy(frame, link->header, WIRE_LINK_MAX);
	return tcp_build(frame, link->bytes, key, segment, options);
}

uint32_t wire_build_tcp_at(uint8_t *frame, uint32_t link_bytes, const struct flow_key *key,
			   const struct segment *segment, const struct wire_ip_options *options)
{
	return tcp_build(frame, link_bytes, key, segment, options);
}

uint32_t wire_build_tcp6_at(uint8_t *frame, uint32_t link_bytes, const struct ip6_pair *pair,
			    const struct flow_key *key, const struct segment *segment,
			    const struct wire_ip_options *options)
{
	uint32_t header_bytes =
		tcp_header_build(frame + link_bytes + IP6_BYTES, wire_sum_pair(pair), key, segment, options);

	wire_ip6_build(frame + link_bytes, pair, IP_PROTOCOL_TCP, header_bytes + segment->text_bytes, options);
	return link_bytes + (uint32_t)IP6_BYTES + header_bytes + segment->text_bytes;
}

/* Writes the UDP header; `pseudo` is the sum of both addresses. */
static inline void udp_header_build(uint8_t *udp, uint64_t pseudo, const struct flow_key *key, uint32_t text_bytes,
				    const struct wire_ip_options *options)
{
	uint32_t udp_bytes = UDP_BYTES + text_bytes;
	uint32_t ports = (uint32_t)key->local_port << 16 | key->remote_port;
	uint64_t sum = pseudo + IP_PROTOCOL_UDP + udp_bytes;
	uint16_t checksum;

	if (options->offload_l4_checksum) {
		checksum = wire_fold(sum);
	} else {
		sum += (uint64_t)ports + udp_bytes + sum_of_text(udp + UDP_BYTES, text_bytes);
		checksum = (uint16_t)~wire_fold(sum);
		/* RFC 768: a zero would say that there is none. */
		checksum = checksum != 0 ? checksum : UINT16_MAX;
	}
	wire_store32(udp, ports);
	wire_store32(udp + 4, udp_bytes << 16 | checksum);
}

uint32_t wire_build_udp_at(uint8_t *frame, uint32_t link_bytes, const struct flow_key *key, uint32_t text_bytes,
			   const struct wire_ip_options *options)
{
	uint64_t pseudo = (uint64_t)key->local + key->remote;
	uint32_t total_bytes = WIRE_UDP_TEXT_AFTER_LINK + text_bytes;

	udp_header_build(frame + link_bytes + IP_BYTES, pseudo, key, text_bytes, options);
	ip_build(frame + link_bytes, key, IP_PROTOCOL_UDP, total_bytes, pseudo, options);
	return link_bytes + total_bytes;
}

uint32_t wire_build_udp6_at(uint8_t *frame, uint32_t link_bytes, const struct ip6_pair *pair,
			    const struct flow_key *key, uint32_t text_bytes, const struct wire_ip_options *options)
{
	udp_header_build(frame + link_bytes + IP6_BYTES, wire_sum_pair(pair), key, text_bytes, options);
	wire_ip6_build(frame + link_bytes, pair, IP_PROTOCOL_UDP, UDP_BYTES + text_bytes, options);
	return link_bytes + WIRE_UDP6_TEXT_AFTER_LINK + text_bytes;
}

uint32_t wire_build_arp(uint8_t *frame, const struct wire_link *link, const struct wire_arp *arp,
			const uint8_t target_mac[6])
{
	uint8_t *at = frame + link->bytes;
	uint32_t bytes = link->bytes + (uint32_t)ARP_BYTES;

	memcpy(frame, link->header, link->bytes);
	wire_store32(at, 0x00010800);
	wire_store16(at + 4, 0x0604);
	wire_store16(at + 6, arp->operation);
	memcpy(at + 8, arp->sender_mac, 6);
	wire_store32(at + 14, arp->sender);
	memcpy(at + 18, target_mac, 6);
	wire_store32(at + 24, arp->target);
	if (link->bytes == 0)
		return bytes;
	memset(frame + bytes, 0, ETHER_FRAME_MIN - bytes);
	return ETHER_FRAME_MIN;
}

static void turn_echo4(uint8_t *frame, const struct packet *packet, uint8_t ttl)
{
	uint8_t *ip = frame + packet->link_bytes;
	uint8_t *icmp = frame + packet->l4_offset;
	uint16_t request = wire_load16(icmp);
	uint16_t reply = request & 0xff;
	uint16_t checksum;

	ip[8] = ttl;
	wire_store32(ip + 12, packet->key.local);
	wire_store32(ip + 16, packet->key.remote);
	wire_store16(ip + 10, 0);
	checksum = wire_sum_finish(wire_sum(0, ip, (uint32_t)(packet->l4_offset - packet->link_bytes)));
	memcpy(ip + 10, &checksum, 2);
	wire_store16(icmp, reply);
	checksum = wire_sum_after(wire_load16(icmp + 2), request, reply);
	/* A reply of zeros alone needs the zero that the equation never gives; any other may have either. */
	wire_store16(icmp + 2, checksum ? checksum : UINT16_MAX);
}

void wire_turn_echo(uint8_t *frame, const struct packet *packet, uint8_t ttl)
{
	if (packet->version == 6)
		wire_turn_echo6(frame, packet, ttl);
	else
		turn_echo4(frame, packet, ttl);
}
