/* wire_udp46.c - datagrams change their version of IP: a header goes, and another one is written before UDP. */
#include "wire/wire_udp46.h"

#include <string.h>

#include "base/check.h"
#include "wire/wire_build6.h"
#include "wire/wire_change.h"
#include "wire/wire_checksum.h"
#include "wire/wire_words.h"

/* RFC 7915 5.1: what is so long as IPv4 has not been made for links of IPv6's least MTU. */
enum { FRAGMENTS_UP_TO = 1260 };

/* The packet of a frame whose IP header is now `header_bytes` bytes before UDP, and its beginning. */
static uint8_t *packet_turn(uint8_t *frame, struct packet *packet, const struct wire_udp_ends *goes,
			    uint32_t header_bytes)
{
	uint8_t *moved = frame + packet->l4_offset - header_bytes - packet->link_bytes;
	uint32_t udp_bytes = (uint32_t)(packet->frame_bytes - packet->l4_offset);

	packet->version = goes->pair ? 6 : 4;
	packet->ttl--;
	packet->key =
		(struct flow_key){goes->key->remote, goes->key->local, goes->key->remote_port, goes->key->local_port};
	if (goes->pair) {
		packet->key.local = packet->key.remote = 0;
		packet->ip6 = (struct ip6_pair){goes->pair->remote, goes->pair->local};
	}
	packet->l4_offset = (uint16_t)(packet->link_bytes + header_bytes);
	packet->text_offset = (uint16_t)(packet->l4_offset + UDP_BYTES);
	packet->frame_bytes = (uint16_t)(packet->l4_offset + udp_bytes);
	return moved;
}

uint8_t *wire_udp46_to6(uint8_t *frame, struct packet *packet, const struct wire_udp_ends *goes,
			struct wire_udp_sums sums)
{
	const uint8_t *old = frame + packet->link_bytes;
	const struct wire_ip_options options = {.ttl = (uint8_t)(packet->ttl - 1), .tos = old[1]};
	uint8_t *udp = frame + packet->l4_offset;

	CHECK(packet->version == 4 && goes->pair && packet->ttl > 1);
	frame = packet_turn(frame, packet, goes, IP6_BYTES);
	wire_ip6_build(udp - IP6_BYTES, goes->pair, IP_PROTOCOL_UDP,
		       (uint32_t)(packet->frame_bytes - packet->l4_offset), &options);
	wire_change_udp(udp, (uint32_t)goes->key->local_port << 16 | goes->key->remote_port, sums.udp);
	if (wire_load16(udp + 6) == 0)
		wire_udp_finish(frame, packet, false);
	return frame;
}

uint8_t *wire_udp46_to4(uint8_t *frame, struct packet *packet, const struct wire_udp_ends *goes,
			struct wire_udp_sums sums, uint16_t id)
{
	const uint8_t *old = frame + packet->link_bytes;
	const struct wire_ip_options options = {.ttl = (uint8_t)(packet->ttl - 1),
						.tos = (uint8_t)(wire_load16(old) >> 4),
						.offload_ip_checksum = true};
	uint8_t *udp = frame + packet->l4_offset, *ip = udp - IP_BYTES;
	uint32_t udp_bytes = (uint32_t)(packet->frame_bytes - packet->l4_offset);
	uint16_t checksum;

	CHECK(packet->version == 6 && !goes->pair && packet->ttl > 1);
	frame = packet_turn(frame, packet, goes, IP_BYTES);
	wire_ip4_build(ip, goes->key, IP_PROTOCOL_UDP, udp_bytes, &options);
	if (IP_BYTES + udp_bytes <= FRAGMENTS_UP_TO)
		wire_store32(ip + 4, (uint32_t)id << 16);
	checksum = wire_sum_finish(wire_sum_20(ip));
	memcpy(ip + 10, &checksum, 2);
	wire_change_udp(udp, (uint32_t)goes->key->local_port << 16 | goes->key->remote_port, sums.udp);
	return frame;
}
