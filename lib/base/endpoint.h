/* endpoint.h - what kind of address an endpoint has. */
#ifndef BASE_ENDPOINT_H
#define BASE_ENDPOINT_H

#include "base/ip6.h"

/* 224.0.0.0/4 or ff00::/8. */
static inline bool base_endpoint_is_group(const struct quern_endpoint *end)
{
	return quern_ip6_is_set(&end->ip6) ? ip6_is_multicast(end->ip6) : end->address >> 28 == 14;
}

#endif
