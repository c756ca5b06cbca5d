/* wire_error.c - ICMP errors that we send, of both versions. */
#include "wire/wire_error.h"

#include <string.h>

#include "base/check.h"
#include "wire/wire_build6.h"
#include "wire/wire_change.h"
#include "wire/wire_checksum.h"
#include "wire/wire_words.h"

enum { ICMP_TOO_BIG = 4 };

/* RFC 792 and RFC 1812 5.2.7.1; RFC 4443 3. An unreachable where there is nothing. */
static const uint8_t words4[QUERN_ICMPS_END][2] = {[QUERN_ICMP_NET] = {ICMP_UNREACHABLE, 0},
						   [QUERN_ICMP_HOST] = {ICMP_UNREACHABLE, 1},
						   [QUERN_ICMP_PORT] = {ICMP_UNREACHABLE, ICMP_UNREACHABLE_PORT},
						   [QUERN_ICMP_TOO_BIG] = {ICMP_UNREACHABLE, ICMP_TOO_BIG},
						   [QUERN_ICMP_PROHIBITED] = {ICMP_UNREACHABLE, 13},
						   [QUERN_ICMP_TIME_EXCEEDED] = {ICMP_TIME_EXCEEDED, 0}};
static const uint8_t words6[QUERN_ICMPS_END][2] = {[QUERN_ICMP_NET] = {ICMP6_UNREACHABLE, 0},
						   [QUERN_ICMP_HOST] = {ICMP6_UNREACHABLE, 3},
						   [QUERN_ICMP_PORT] = {ICMP6_UNREACHABLE, ICMP6_UNREACHABLE_PORT},
						   [QUERN_ICMP_TOO_BIG] = {ICMP6_TOO_BIG, 0},
						   [QUERN_ICMP_PROHIBITED] = {ICMP6_UNREACHABLE, 1},
						   [QUERN_ICMP_TIME_EXCEEDED] = {ICMP6_TIME_EXCEEDED, 0}};

/* The first words of the message, its checksum 0. */
static void head_build(uint8_t *icmp, const uint8_t word[2], const struct wire_refusal *refusal, bool is_ip6)
{
	uint32_t code = word[1] + (uint32_t)refusal->is_of_fragments;
	uint32_t mtu = is_ip6 || refusal->mtu < UINT16_MAX ? refusal->mtu : UINT16_MAX;

	CHECK(word[0] != 0 && (!refusal->is_of_fragments || refusal->what == QUERN_ICMP_TIME_EXCEEDED));
	wire_store32(icmp, (uint32_t)word[0] << 24 | code << 16);
	wire_store32(icmp + 4, refusal->what == QUERN_ICMP_TOO_BIG ? mtu : 0);
}

void wire_icmp_finish(uint8_t *icmp, uint32_t bytes)
{
	uint16_t checksum;

	wire_store16(icmp + 2, 0);
	checksum = wire_sum_finish(wire_sum(0, icmp, bytes));
	memcpy(icmp + 2, &checksum, 2);
}

uint32_t wire_build_error(uint8_t *to, const uint8_t *frame, const struct packet *packet,
			  const struct wire_refusal *refusal)
{
	const struct wire_ip_options options = {.ttl = refusal->ttl};
	bool is_ip6 = packet->version == 6;
	uint32_t header_bytes = (uint32_t)(packet->l4_offset - packet->link_bytes);
	uint32_t quote_bytes = (uint32_t)(packet->frame_bytes - packet->link_bytes);
	uint32_t front_bytes = ICMP_BYTES + (is_ip6 ? (uint32_t)IP6_BYTES : (uint32_t)IP_BYTES);
	uint8_t *ip = to + packet->link_bytes, *icmp = ip + front_bytes - ICMP_BYTES;

	if (refusal->most < front_bytes + header_bytes + UDP_BYTES)
		return 0;
	if (quote_bytes > refusal->most - front_bytes)
		quote_bytes = refusal->most - front_bytes;
	memcpy(to, frame, packet->link_bytes);
	if (packet->link_bytes > 0)
		wire_link_swap(to);
	head_build(icmp, is_ip6 ? words6[refusal->what] : words4[refusal->what], refusal, is_ip6);
	memcpy(icmp + ICMP_BYTES, frame + packet->link_bytes, quote_bytes);
	if (is_ip6) {
		wire_ip6_build(ip, &packet->ip6, IP_PROTOCOL_ICMP6, ICMP_BYTES + quote_bytes, &options);
		wire_icmp6_finish(ip, icmp, ICMP_BYTES + quote_bytes);
	} else {
		wire_ip4_build(ip, &packet->key, IP_PROTOCOL_ICMP, ICMP_BYTES + quote_bytes, &options);
		wire_icmp_finish(icmp, ICMP_BYTES + quote_bytes);
	}
	return packet->link_bytes + front_bytes + quote_bytes;
}

/* The datagram that is quoted gets the ends that it came with: its source is `came`'s remote end. What it said of its
 * length, its TTL and its text is not ours to judge, so that checksums change by the ends alone. */
static void quote_turn(uint8_t *ip, const struct packet *packet, const struct wire_udp_ends *came)
{
	const struct wire_udp_ends went = wire_udp_ends_of(packet);
	struct wire_udp_sums sums = wire_udp_sums(&went, came);
	uint8_t *udp = ip + packet->icmp.quoted_l4;

	if (packet->version == 6) {
		wire_store_ip6(ip + 8, came->pair->remote);
		wire_store_ip6(ip + 24, came->pair->local);
	} else {
		wire_change_checksum(ip + 10, sums.ip);
		wire_store32(ip + 12, came->key->remote);
		wire_store32(ip + 16, came->key->local);
	}
	wire_change_udp(udp, (uint32_t)came->key->remote_port << 16 | came->key->local_port, sums.udp);
}

void wire_error_turn(uint8_t *frame, const struct packet *packet, const struct wire_udp_ends *came, uint8_t ttl)
{
	uint8_t *ip = frame + packet->link_bytes, *icmp = frame + packet->l4_offset;
	uint32_t bytes = (uint32_t)(packet->frame_bytes - packet->l4_offset);
	uint16_t checksum;

	CHECK(packet->icmp.quoted == WIRE_UDP && (came->pair != NULL) == (packet->version == 6));
	quote_turn(icmp + ICMP_BYTES, packet, came);
	if (packet->version == 6) {
		ip[7] = ttl;
		wire_store_ip6(ip + 8, came->pair->local);
		wire_store_ip6(ip + 24, came->pair->remote);
		wire_icmp6_finish(ip, icmp, bytes);
		return;
	}
	ip[8] = ttl;
	wire_store16(ip + 10, 0);
	wire_store32(ip + 12, came->key->local);
	wire_store32(ip + 16, came->key->remote);
	checksum = wire_sum_finish(wire_sum(0, ip, (uint32_t)(packet->l4_offset - packet->link_bytes)));
	memcpy(ip + 10, &checksum, 2);
	wire_icmp_finish(icmp, bytes);
}
