/* flow_key.h - what names a flow from our side, in host byte order. */
#ifndef BASE_FLOW_KEY_H
#define BASE_FLOW_KEY_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct flow_key {
	uint32_t local;
	uint32_t remote;
	uint16_t local_port;
	uint16_t remote_port;
};
static_assert(sizeof(struct flow_key) == 12, "stored once, in the record");

/* True for a flow of IPv6: its addresses are aliases (alias.h), which are from 240.0.0.0/4. */
static inline bool flow_key_is_ip6(const struct flow_key *key)
{
	return key->local >> 28 == 15;
}

/* Both keys name the same flow. */
static inline bool flow_key_equal(const struct flow_key *a, const struct flow_key *b)
{
	uint64_t a_addresses, b_addresses;
	uint32_t a_ports, b_ports;

	memcpy(&a_addresses, a, 8);
	memcpy(&b_addresses, b, 8);
	memcpy(&a_ports, &a->local_port, 4);
	memcpy(&b_ports, &b->local_port, 4);
	return a_addresses == b_addresses && a_ports == b_ports;
}

#endif
