/* wire_echo.c - echo requests of ours, and their replies. */
#include "wire/wire_echo.h"

#include "wire/wire_build6.h"
#include "wire/wire_words.h"

enum {
	ECHO_REPLY = 0,
	ECHO_REQUEST = 8,
	ECHO6_REQUEST = 128,
	ECHO6_REPLY = 129,
	ECHO_BYTES = 16 /* with the nonce */
};

static void write_echo(uint8_t *icmp, uint8_t type, const struct wire_echo *echo)
{
	wire_store32(icmp, (uint32_t)type << 24);
	wire_store16(icmp + 4, echo->id);
	wire_store16(icmp + 6, echo->sequence);
	wire_store32(icmp + 8, (uint32_t)(echo->nonce >> 32));
	wire_store32(icmp + 12, (uint32_t)echo->nonce);
}

uint32_t wire_build_echo_at(uint8_t *frame, uint32_t link_bytes, const struct flow_key *key,
			    const struct wire_echo *echo, const struct wire_ip_options *options)
{
	const struct wire_ip_options unaided = {.ttl = options->ttl, .tos = options->tos};
	uint8_t *ip = frame + link_bytes;

	wire_ip4_build(ip, key, IP_PROTOCOL_ICMP, ECHO_BYTES, &unaided);
	write_echo(ip + IP_BYTES, ECHO_REQUEST, echo);
	wire_icmp_finish(ip + IP_BYTES, ECHO_BYTES);
	return link_bytes + (uint32_t)IP_BYTES + ECHO_BYTES;
}

uint32_t wire_build_echo6_at(uint8_t *frame, uint32_t link_bytes, const struct ip6_pair *pair,
			     const struct wire_echo *echo, const struct wire_ip_options *options)
{
	uint8_t *ip = frame + link_bytes;

	wire_ip6_build(ip, pair, IP_PROTOCOL_ICMP6, ECHO_BYTES, options);
	write_echo(ip + IP6_BYTES, ECHO6_REQUEST, echo);
	wire_icmp6_finish(ip, ip + IP6_BYTES, ECHO_BYTES);
	return link_bytes + (uint32_t)IP6_BYTES + ECHO_BYTES;
}

bool wire_echo_read(const uint8_t *frame, const struct packet *packet, struct wire_echo *echo)
{
	const uint8_t *icmp = frame + packet->l4_offset;

	if (packet->kind != WIRE_ICMP || packet->icmp.type != (packet->version == 6 ? ECHO6_REPLY : ECHO_REPLY) ||
	    packet->frame_bytes - packet->l4_offset < ECHO_BYTES)
		return false;
	echo->id = wire_load16(icmp + 4);
	echo->sequence = wire_load16(icmp + 6);
	echo->nonce = (uint64_t)wire_load32(icmp + 8) << 32 | wire_load32(icmp + 12);
	return true;
}
