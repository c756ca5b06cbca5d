/* wire_ip6.h - the IPv6 header and those that may follow it. Inside lib/wire only. */
#ifndef WIRE_WIRE_IP6_H
#define WIRE_WIRE_IP6_H

#include <stdint.h>

#include "wire/wire_packet.h"

enum {
	WIRE_EXTENSIONS_MAX = 4,        /* headers between that of IPv6 and what it carries */
	WIRE_EXTENSION_BYTES_MAX = 256, /* of all of them: a bound on work (RFC 8504 5.3) */
	WIRE_HOPS_ON_LINK = 255         /* of what no router has passed on (RFC 4861 3.1) */
};

/* What comes behind the headers of IPv6. */
struct wire_ip6_payload {
	uint32_t offset; /* from the IPv6 header */
	uint32_t end;    /* where the packet ends, from there as well */
	uint8_t protocol;
};

/* Reads the header and what may follow it, of a packet that lies in `bytes` bytes, into pair and payload. Hop-by-hop
 * and destination options are passed over unless one of them must be understood (RFC 8200 4.2), routing headers only
 * where nothing is left of them and they are not of type 0 (RFC 5095). Returns QUERN_DROP_NONE, or why it is dropped:
 * a fragment too, or a source that nobody may have. The source :: is let through. */
enum quern_drop wire_ip6_read(const uint8_t *ip, uint32_t bytes, struct ip6_pair *pair,
			      struct wire_ip6_payload *payload);

/* Passes over the headers that may follow that of IPv6, from payload->offset on, of which payload->protocol says what
 * the first one is. Returns QUERN_DROP_NONE, or why wire_ip6_read() drops them. */
enum quern_drop wire_ip6_skip(const uint8_t *ip, struct wire_ip6_payload *payload);

/* The sum of two addresses in host byte order, of a pseudo-header the greater part. */
static inline uint64_t wire_sum_pair(const struct ip6_pair *pair)
{
	return (pair->local.high >> 32) + (uint32_t)pair->local.high + (pair->local.low >> 32) +
	       (uint32_t)pair->local.low + (pair->remote.high >> 32) + (uint32_t)pair->remote.high +
	       (pair->remote.low >> 32) + (uint32_t)pair->remote.low;
}

#endif
