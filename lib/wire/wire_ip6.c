/* wire_ip6.c - the IPv6 header and those that may follow it (RFC 8200), of which no more than a few are passed over. */
#include "wire/wire_ip6.h"

#include "wire/wire_words.h"

enum {
	NEXT_HOP_BY_HOP = 0,
	NEXT_ROUTING = 43,
	NEXT_FRAGMENT = 44,
	NEXT_DESTINATION = 60,
	EXTENSION_UNIT = 8, /* every extension header is a multiple of it, and at least one */
	OPTION_PAD1 = 0,
	OPTION_ACTION = 0xc0 /* RFC 8200 4.2: what whoever does not know an option does with the packet; 0 goes on */
};

static bool is_extension(uint8_t next)
{
	return next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_FRAGMENT || next == NEXT_DESTINATION;
}

/* No option is known here but those that pad: each says itself whether it may be passed over. A turn of the loop is at
 * least one byte on. */
static bool options_may_be_skipped(const uint8_t *at, const uint8_t *end)
{
	while (at < end) {
		if (*at == OPTION_PAD1) {
			at++;
			continue;
		}
		if (end - at < 2 || at[1] > end - at - 2 || *at & OPTION_ACTION)
			return false;
		at += 2 + at[1];
	}
	return true;
}

/* RFC 5095 2: type 0 is refused whatever it says; with any other, we are not its last stop unless nothing is left. */
static bool route_is_at_its_end(const uint8_t *header)
{
	return header[2] != 0 && header[3] == 0;
}

/* One extension header that lies whole in the packet. */
static enum quern_drop judge_extension(uint8_t kind, const uint8_t *header, uint32_t bytes)
{
	if (kind == NEXT_ROUTING)
		return route_is_at_its_end(header) ? QUERN_DROP_NONE : QUERN_DROP_IP_SOURCE_ROUTE;
	return options_may_be_skipped(header + 2, header + bytes) ? QUERN_DROP_NONE : QUERN_DROP_IP_EXTENSION;
}

/* Passes over extension headers. RFC 8200 4: those of hop-by-hop options stand first or not at all. */
enum quern_drop wire_ip6_skip(const uint8_t *ip, struct wire_ip6_payload *payload)
{
	const uint32_t limit = IP6_BYTES + WIRE_EXTENSION_BYTES_MAX;

	for (int count = 0; is_extension(payload->protocol); count++) {
		const uint8_t *header = ip + payload->offset;
		uint8_t kind = payload->protocol;
		enum quern_drop drop;
		uint32_t bytes;

		if (count == WIRE_EXTENSIONS_MAX || payload->end - payload->offset < EXTENSION_UNIT ||
		    (kind == NEXT_HOP_BY_HOP && count > 0))
			return QUERN_DROP_IP_EXTENSION;
		/* Also where one is all of it (RFC 6946). Who takes some finds it where `payload` says. */
		if (kind == NEXT_FRAGMENT)
			return header[0] == IP_PROTOCOL_TCP ? QUERN_DROP_TCP_FRAGMENT : QUERN_DROP_IP_FRAGMENT;
		bytes = (header[1] + 1u) * EXTENSION_UNIT;
		if (bytes > payload->end - payload->offset || payload->offset + bytes > limit)
			return QUERN_DROP_IP_EXTENSION;
		drop = judge_extension(kind, header, bytes);
		if (drop != QUERN_DROP_NONE)
			return drop;
		payload->protocol = header[0];
		payload->offset += bytes;
	}
	return QUERN_DROP_NONE;
}

enum quern_drop wire_ip6_read(const uint8_t *ip, uint32_t bytes, struct ip6_pair *pair,
			      struct wire_ip6_payload *payload)
{
	if (bytes < IP6_BYTES)
		return QUERN_DROP_FRAME_SHORT;
	if (ip[0] >> 4 != 6)
		return QUERN_DROP_IP_VERSION;
	*payload = (struct wire_ip6_payload){IP6_BYTES, IP6_BYTES + (uint32_t)wire_load16(ip + 4), ip[6]};
	if (payload->end > bytes)
		return QUERN_DROP_IP_LENGTH;
	pair->remote = wire_load_ip6(ip + 8);
	pair->local = wire_load_ip6(ip + 24);
	if (!ip6_names_a_host(pair->remote) && !ip6_is_unspecified(pair->remote))
		return QUERN_DROP_IP_SOURCE;
	return wire_ip6_skip(ip, payload);
}
