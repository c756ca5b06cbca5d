/* ip6.h - IPv6 addresses as numbers: what kinds of them there are. */
#ifndef BASE_IP6_H
#define BASE_IP6_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/address.h>

/* The addresses of a packet or a flow, from our side. */
struct ip6_pair {
	struct quern_ip6 local;
	struct quern_ip6 remote;
};

/* Both are the same address. */
static inline bool ip6_equal(struct quern_ip6 a, struct quern_ip6 b)
{
	return ((a.high ^ b.high) | (a.low ^ b.low)) == 0;
}

/* The address ::, which says that there is none. */
static inline bool ip6_is_unspecified(struct quern_ip6 address)
{
	return (address.high | address.low) == 0;
}

/* RFC 4291 2.7: ff00::/8. */
static inline bool ip6_is_multicast(struct quern_ip6 address)
{
	return address.high >> 56 == 0xff;
}

/* RFC 4291 2.7: a group whose scope is reserved (0), or is an interface alone (1), and so never on a wire. */
static inline bool ip6_is_group_within(struct quern_ip6 address)
{
	return ip6_is_multicast(address) && (address.high >> 48 & 0xf) <= 1;
}

/* RFC 4291 2.5.6: fe80::/10. */
static inline bool ip6_is_link_local(struct quern_ip6 address)
{
	return address.high >> 54 == 0xfe80 >> 6;
}

/* An address that a host may have and others may send to: not ::, ::1, a group, or an IPv4 address in disguise
 * (::ffff:0:0/96, RFC 4291 2.5.5.2), which is never seen on a wire. */
static inline bool ip6_names_a_host(struct quern_ip6 address)
{
	if (address.high == 0 && (address.low <= 1 || address.low >> 32 == 0xffff))
		return false;
	return !ip6_is_multicast(address);
}

/* RFC 4291 2.7.1: the group that whoever has this address listens to. */
static inline struct quern_ip6 ip6_solicited_node(struct quern_ip6 address)
{
	return (struct quern_ip6){UINT64_C(0xff02) << 48, UINT64_C(0x1ff000000) | (address.low & 0xffffff)};
}

/* a - b, where that is below 2^64; else UINT64_MAX. Of use for places in a range. */
static inline uint64_t ip6_distance(struct quern_ip6 a, struct quern_ip6 b)
{
	uint64_t high = a.high - b.high - (a.low < b.low);

	return high == 0 ? a.low - b.low : UINT64_MAX;
}

#endif
