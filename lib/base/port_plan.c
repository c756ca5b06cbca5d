/* port_plan.c - tables and the basis of ports, from a key. */
#include "base/port_plan.h"

#include <string.h>

#include "base/check.h"

enum { WORD_BITS = 32, PORT_BITS = 16, LOCAL_PORT = 2 /* of the bytes of ports */ };

/* The 32 bits of the key that begin at `bit`: what a 1 in that place of the input adds to the hash. */
static uint32_t key_window(const struct port_plan *plan, unsigned int bit)
{
	uint64_t window = 0;

	for (unsigned int byte = 0; byte < 5; byte++)
		window = window << 8 | plan->key[bit / 8 + byte];
	return (uint32_t)(window >> (8 - bit % 8));
}

static void fill_sums(struct port_plan *plan)
{
	for (unsigned int byte = 0; byte < PORT_PLAN_FLOW_BYTES; byte++) {
		plan->sums[byte][0] = 0;
		for (unsigned int value = 1; value < 256; value++) {
			unsigned int lowest = (unsigned int)__builtin_ctz(value);

			plan->sums[byte][value] =
				plan->sums[byte][value & (value - 1)] ^ key_window(plan, 8 * byte + 7 - lowest);
		}
	}
}

/* What a local port alone adds to the entry, where ports stand at `ports_at`. */
static uint16_t entry_of_port(const struct port_plan *plan, unsigned int ports_at, uint16_t port)
{
	uint32_t hash =
		plan->sums[ports_at + LOCAL_PORT][port >> 8] ^ plan->sums[ports_at + LOCAL_PORT + 1][port & 0xff];

	return (uint16_t)(hash & (plan->entries - 1u));
}

static int highest_bit(uint16_t value)
{
	return WORD_BITS - 1 - __builtin_clz(value);
}

/* Gaussian elimination over GF(2): each bit of a port either leads to a bit of the entry that no other does, or, with
 * those before it, to none at all. */
static void find_basis(const struct port_plan *plan, unsigned int ports_at, struct port_plan_basis *basis)
{
	memset(basis->pivot_entry, 0, sizeof(basis->pivot_entry));
	basis->idle_ports = 0;
	for (int bit = 0; bit < PORT_BITS; bit++) {
		uint16_t port = (uint16_t)(1u << bit), entry = entry_of_port(plan, ports_at, port);

		while (entry != 0 && basis->pivot_entry[highest_bit(entry)] != 0) {
			int highest = highest_bit(entry);

			port ^= basis->pivot_port[highest];
			entry ^= basis->pivot_entry[highest];
		}
		if (entry != 0) {
			basis->pivot_port[highest_bit(entry)] = port;
			basis->pivot_entry[highest_bit(entry)] = entry;
		} else {
			basis->idle_port[basis->idle_ports++] = port;
		}
	}
}

void port_plan_prepare(struct port_plan *plan)
{
	CHECK(plan->entries > 0 && plan->entries <= PORT_PLAN_ENTRIES_MAX &&
	      (plan->entries & (plan->entries - 1)) == 0);
	fill_sums(plan);
	find_basis(plan, PORT_PLAN_PORTS_IP4, &plan->ip4);
	find_basis(plan, PORT_PLAN_PORTS_IP6, &plan->ip6);
}

void port_plan_share(struct port_plan *plan, uint16_t queues)
{
	for (uint16_t entry = 0; entry < plan->entries; entry++)
		plan->queue[entry] = (uint8_t)(entry % queues);
}

uint32_t port_plan_hash_addresses(const struct port_plan *plan, uint32_t remote, uint32_t local)
{
	uint32_t hash = 0;

	for (int byte = 0; byte < 4; byte++)
		hash ^= plan->sums[byte][remote >> (24 - 8 * byte) & 0xff] ^
			plan->sums[4 + byte][local >> (24 - 8 * byte) & 0xff];
	return hash;
}

/* The port that adds `wanted` to the entry; false where none does. */
static bool port_that_adds(const struct port_plan_basis *basis, uint16_t wanted, uint16_t *port)
{
	uint16_t found = 0;

	while (wanted != 0) {
		int highest = highest_bit(wanted);

		if (basis->pivot_entry[highest] == 0)
			return false;
		found ^= basis->pivot_port[highest];
		wanted ^= basis->pivot_entry[highest];
	}
	*port = found;
	return true;
}

bool port_plan_first(const struct port_plan *plan, const struct flow_key *key, uint16_t entry, uint16_t *port)
{
	struct flow_key without_port = *key;

	without_port.local_port = 0;
	return port_that_adds(&plan->ip4, (uint16_t)(entry ^ port_plan_entry(plan, &without_port)), port);
}

bool port_plan_first6(const struct port_plan *plan, const struct ip6_pair *pair, const struct flow_key *key,
		      uint16_t entry, uint16_t *port)
{
	struct flow_key without_port = *key;

	without_port.local_port = 0;
	return port_that_adds(&plan->ip6, (uint16_t)(entry ^ port_plan_entry6(plan, pair, &without_port)), port);
}

static uint16_t idle_port(const struct port_plan_basis *basis, uint32_t number)
{
	uint32_t gray = number ^ number >> 1;
	uint16_t port = 0;

	for (; gray != 0; gray &= gray - 1)
		port ^= basis->idle_port[__builtin_ctz(gray)];
	return port;
}

uint16_t port_plan_idle(const struct port_plan *plan, uint32_t number)
{
	return idle_port(&plan->ip4, number);
}

uint16_t port_plan_idle6(const struct port_plan *plan, uint32_t number)
{
	return idle_port(&plan->ip6, number);
}
