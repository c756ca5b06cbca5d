/* wire_error46.c - an ICMP error becomes one of the other version of IP, about the datagram as its sender knows it
 * (RFC 7915). */
#include <string.h>

#include "base/check.h"
#include "wire/wire_build6.h"
#include "wire/wire_change.h"
#include "wire/wire_error.h"

enum {
	ICMP6_PARAMETER_PROBLEM = 4,
	ICMP_PARAMETER_PROBLEM = 12,
	PROBLEM_FIELD = 0,
	PROBLEM_NEXT_HEADER = 1,
	PROBLEM_LENGTH = 2, /* over IPv4: of the field that the pointer names */
	CODE_PRECEDENCE_VIOLATION = 14,
	CODE_PRECEDENCE_CUT_OFF = 15,
	NOWHERE = 0xff,
	NEXT_HEADER_AT = 6,  /* RFC 7915 4.2: what the problem is with is the field that says that UDP comes next */
	MORE_IN_IP6 = 20,    /* bytes of header */
	IP6_MTU_LEAST = 1280 /* RFC 8200 5 */
};

/* RFC 7915 4.2 and 5.2. Nothing, which is type 0, where the other version has no word. */
static const uint8_t words6[QUERN_ICMPS_END][2] = {
	[QUERN_ICMP_NET] = {ICMP6_UNREACHABLE, 0},
	[QUERN_ICMP_HOST] = {ICMP6_UNREACHABLE, 0},
	[QUERN_ICMP_PROTOCOL] = {ICMP6_PARAMETER_PROBLEM, PROBLEM_NEXT_HEADER},
	[QUERN_ICMP_PORT] = {ICMP6_UNREACHABLE, ICMP6_UNREACHABLE_PORT},
	[QUERN_ICMP_TOO_BIG] = {ICMP6_TOO_BIG, 0},
	[QUERN_ICMP_ROUTE] = {ICMP6_UNREACHABLE, 0},
	[QUERN_ICMP_PROHIBITED] = {ICMP6_UNREACHABLE, 1},
	[QUERN_ICMP_TIME_EXCEEDED] = {ICMP6_TIME_EXCEEDED, 0}};
static const uint8_t words4[QUERN_ICMPS_END][2] = {[QUERN_ICMP_NET] = {ICMP_UNREACHABLE, 1},
						   [QUERN_ICMP_HOST] = {ICMP_UNREACHABLE, 1},
						   [QUERN_ICMP_PROTOCOL] = {ICMP_UNREACHABLE, 2},
						   [QUERN_ICMP_PORT] = {ICMP_UNREACHABLE, ICMP_UNREACHABLE_PORT},
						   [QUERN_ICMP_TOO_BIG] = {ICMP_UNREACHABLE, 4},
						   [QUERN_ICMP_PROHIBITED] = {ICMP_UNREACHABLE, 10},
						   [QUERN_ICMP_TIME_EXCEEDED] = {ICMP_TIME_EXCEEDED, 0}};

/* What a sender of IPv6 may send where IPv4 takes `mtu`, or the other way round. 0 is a router's that does not know. */
static uint32_t mtu_turn(uint32_t mtu, bool is_ip6)
{
	if (is_ip6)
		return mtu + MORE_IN_IP6 > IP6_MTU_LEAST ? mtu + MORE_IN_IP6 : IP6_MTU_LEAST;
	mtu = mtu > IP6_MTU_LEAST ? mtu - MORE_IN_IP6 : IP6_MTU_LEAST - MORE_IN_IP6;
	return mtu < UINT16_MAX ? mtu : UINT16_MAX;
}

/* RFC 7915 figures 3 and 6: where in a header stands what a byte of the other version's belongs to. */
static uint8_t field_turn(uint32_t pointer, bool is_ip6)
{
	static const uint8_t fields6[IP_BYTES] = {0,       1,       4, 4, NOWHERE, NOWHERE, NOWHERE, NOWHERE, 7,  6,
						  NOWHERE, NOWHERE, 8, 8, 8,       8,       24,      24,      24, 24};
	static const uint8_t fields4[] = {0, 1, NOWHERE, NOWHERE, 2, 2, 9, 8};

	if (is_ip6)
		return pointer < IP_BYTES ? fields6[pointer] : NOWHERE;
	if (pointer < sizeof(fields4))
		return fields4[pointer];
	if (pointer >= IP6_BYTES)
		return NOWHERE;
	return pointer < 24 ? 12 : 16;
}

/* A header's field is wrong: which, as its sender has written it. */
static bool problem_build(uint8_t *icmp, const uint8_t *came, const struct wire_icmp *about, bool is_ip6)
{
	uint32_t rest = wire_load32(came + 4), pointer = field_turn(is_ip6 ? rest >> 24 : rest, is_ip6);

	if (pointer == NOWHERE || (about->code != PROBLEM_FIELD && !(is_ip6 && about->code == PROBLEM_LENGTH)))
		return false;
	wire_store32(icmp, (uint32_t)(is_ip6 ? ICMP6_PARAMETER_PROBLEM : ICMP_PARAMETER_PROBLEM) << 24);
	wire_store32(icmp + 4, is_ip6 ? pointer : pointer << 24);
	return true;
}

/* What IPv6 says of an error. RFC 7915 4.2: it has no word for a precedence that is too low for a host. */
static const uint8_t *word6(const struct wire_icmp *about)
{
	bool is_unreachable = about->type == ICMP_UNREACHABLE;

	if (is_unreachable && about->code == CODE_PRECEDENCE_VIOLATION)
		return words6[QUERN_ICMP_NONE];
	if (is_unreachable && about->code == CODE_PRECEDENCE_CUT_OFF)
		return words6[QUERN_ICMP_PROHIBITED];
	return words6[about->what];
}

/* The first words of the message, its checksum 0; false where there are none for it. `came` is what came. */
static bool head_build(uint8_t *icmp, const uint8_t *came, const struct wire_icmp *about, bool is_ip6)
{
	const uint8_t *word = is_ip6 ? word6(about) : words4[about->what];
	uint32_t code = word[1], rest = 0;

	if (about->what == QUERN_ICMP_PARAMETER)
		return problem_build(icmp, came, about, is_ip6);
	if (word[0] == 0)
		return false;
	if (about->what == QUERN_ICMP_TIME_EXCEEDED)
		code = about->code;
	if (about->what == QUERN_ICMP_TOO_BIG)
		rest = mtu_turn(about->mtu, is_ip6);
	else if (is_ip6 && about->what == QUERN_ICMP_PROTOCOL)
		rest = NEXT_HEADER_AT;
	wire_store32(icmp, (uint32_t)word[0] << 24 | code << 16);
	wire_store32(icmp + 4, rest);
	return true;
}

/* The quoted header in the other version: what its sender had written, as far as that can be known. */
static void quote_build(uint8_t *ip, const uint8_t *quoted, const struct packet *packet,
			const struct wire_udp_ends *came)
{
	const struct flow_key key = {.local = came->key->remote, .remote = came->key->local};
	uint32_t bytes = (uint32_t)(packet->icmp.quoted_bytes - packet->icmp.quoted_l4);
	struct wire_ip_options options = {.ttl = quoted[packet->version == 6 ? 7 : 8]};

	options.tos = (uint8_t)(packet->version == 6 ? wire_load16(quoted) >> 4 : quoted[1]);
	if (came->pair)
		wire_ip6_build(ip, &(struct ip6_pair){came->pair->remote, came->pair->local}, IP_PROTOCOL_UDP, bytes,
			       &options);
	else
		wire_ip4_build(ip, &key, IP_PROTOCOL_UDP, bytes, &options);
}

uint32_t wire_error_turn46(uint8_t *to, const uint8_t *frame, const struct packet *packet,
			   const struct wire_udp_ends *came, uint32_t most, uint8_t ttl)
{
	const struct wire_udp_ends went = wire_udp_ends_of(packet);
	const struct wire_ip_options options = {.ttl = ttl};
	bool is_ip6 = came->pair != NULL;
	uint32_t header_bytes = is_ip6 ? IP6_BYTES : IP_BYTES;
	const uint8_t *quoted = frame + packet->l4_offset + ICMP_BYTES, *quoted_udp = quoted + packet->icmp.quoted_l4;
	uint32_t udp_bytes = (uint32_t)(frame + packet->frame_bytes - quoted_udp);
	uint8_t *ip = to + packet->link_bytes, *icmp = ip + header_bytes, *quote = icmp + ICMP_BYTES;
	uint32_t front_bytes = 2 * header_bytes + ICMP_BYTES, message_bytes;

	CHECK(packet->icmp.quoted == WIRE_UDP && is_ip6 == (packet->version == 4));
	if (most < front_bytes + UDP_BYTES || !head_build(icmp, frame + packet->l4_offset, &packet->icmp, is_ip6))
		return 0;
	if (udp_bytes > most - front_bytes)
		udp_bytes = most - front_bytes;
	message_bytes = ICMP_BYTES + header_bytes + udp_bytes;
	quote_build(quote, quoted, packet, came);
	memcpy(quote + header_bytes, quoted_udp, udp_bytes);
	wire_change_udp(quote + header_bytes, (uint32_t)came->key->remote_port << 16 | came->key->local_port,
			wire_udp_sums(&went, came).udp);
	if (is_ip6) {
		wire_ip6_build(ip, came->pair, IP_PROTOCOL_ICMP6, message_bytes, &options);
		wire_icmp6_finish(ip, icmp, message_bytes);
	} else {
		wire_ip4_build(ip, came->key, IP_PROTOCOL_ICMP, message_bytes, &options);
		wire_icmp_finish(icmp, message_bytes);
	}
	return packet->link_bytes + header_bytes + message_bytes;
}
