/* udp_places.c - builds the index of a rule set, and finds the rule of a datagram in it.
 *
 * A place is an address of a port of the engine's; its 65,536 UDP ports are cut into pieces, so that ports, ranges and
 * rules for any port are looked up alike: a hashed entry, a search over few numbers of 16 bits, and a rule. */
#include "udp/udp_places.h"

#include "base/alias.h"
#include "base/hash.h"

#define IP4_GROUP_FIRST UINT32_C(0xe0000000)
#define KEY_IN_USE (UINT64_C(1) << 63)
#define KEY_ANY_IP6 (UINT64_C(1) << 32)

enum { PORTS = 65536, KEY_PORT_SHIFT = 33, BOUNDS_MAX = 2 * QUERN_FORWARD_RULES_MAX + 1 };

static uint64_t key_of(uint16_t port, uint32_t address)
{
	return KEY_IN_USE | (uint64_t)port << KEY_PORT_SHIFT | address;
}

static uint32_t home_of(const struct udp_rules *set, uint64_t key)
{
	return (uint32_t)hash_fold(key, UINT64_C(0x9e3779b97f4a7c15)) & set->place_mask;
}

static bool is_any(const struct quern_endpoint *listen)
{
	return listen->address == 0 && !quern_ip6_is_set(&listen->ip6);
}

static bool target_is_ip6(const struct quern_forward_rule *rule)
{
	return quern_ip6_is_set(&rule->targets[0].to.ip6);
}

/* The keys of the places where a rule stands. Returns how many. */
static uint32_t keys_of(const struct quern_forward_rule *rule, uint32_t listen, uint64_t keys[UDP_PLACES_OF_RULE])
{
	uint32_t count = 0;

	if (!is_any(&rule->listen)) {
		keys[count++] = key_of(rule->port, listen);
	} else {
		if (rule->translate || !target_is_ip6(rule))
			keys[count++] = key_of(rule->port, 0);
		if (rule->translate || target_is_ip6(rule))
			keys[count++] = key_of(rule->port, 0) | KEY_ANY_IP6;
	}
	if (rule->broadcast)
		keys[count++] = key_of(rule->port, UDP_ADDRESS_BROADCAST);
	return count;
}

struct udp_places_size udp_places_size(const struct quern_forward_rule *rules, uint32_t count)
{
	struct udp_places_size size = {.entries = 2};
	uint64_t keys[UDP_PLACES_OF_RULE];
	uint32_t stands = 0;

	for (uint32_t i = 0; i < count; i++)
		stands += keys_of(&rules[i], rules[i].listen.address, keys);
	while (size.entries < 2 * stands)
		size.entries *= 2;
	/* In each place a rule begins and ends, and the first piece begins at port 0. */
	size.pieces = 3 * stands;
	return size;
}

/* The ports of a rule; one of any port has no datagrams to port 0. */
static uint32_t first_port(const struct quern_forward_rule *rule)
{
	return rule->listen.port == 0 ? 1 : rule->listen.port;
}

static uint32_t last_port(const struct quern_forward_rule *rule)
{
	if (rule->listen.port == 0)
		return PORTS - 1;
	return rule->last_port == 0 ? rule->listen.port : rule->last_port;
}

static uint32_t breadth(const struct quern_forward_rule *rule)
{
	return last_port(rule) - first_port(rule);
}

static bool stands_at(const struct quern_forward_rule *rule, uint32_t listen, uint64_t key)
{
	uint64_t keys[UDP_PLACES_OF_RULE];
	uint32_t count = keys_of(rule, listen, keys);

	for (uint32_t i = 0; i < count; i++) {
		if (keys[i] == key)
			return true;
	}
	return false;
}

/* Rules of one place, in the order of the set. Returns how many. */
static uint32_t rules_at(const struct udp_rules *set, const uint32_t *listens, uint64_t key, uint16_t *numbers)
{
	uint32_t count = 0;

	for (uint16_t i = 0; i < set->rule_count; i++) {
		if (stands_at(&set->configured[i], listens[i], key))
			numbers[count++] = i;
	}
	return count;
}

/* The narrowest of a place's rules that have a port. */
static uint16_t narrowest(const struct udp_rules *set, const uint16_t *numbers, uint32_t count, uint32_t port)
{
	uint16_t found = UDP_NO_RULE;

	for (uint32_t i = 0; i < count; i++) {
		const struct quern_forward_rule *rule = &set->configured[numbers[i]];

		if (port < first_port(rule) || port > last_port(rule))
			continue;
		if (found == UDP_NO_RULE || breadth(rule) < breadth(&set->configured[found]))
			found = numbers[i];
	}
	return found;
}

/* Adds a port to others that are in order. Returns how many there are then. */
static uint32_t add_bound(uint32_t *bounds, uint32_t count, uint32_t port)
{
	uint32_t at = count;

	while (at > 0 && bounds[at - 1] > port)
		at--;
	if (port == PORTS || (at > 0 && bounds[at - 1] == port))
		return count;
	for (uint32_t i = count; i > at; i--)
		bounds[i] = bounds[i - 1];
	bounds[at] = port;
	return count + 1;
}

/* Cuts a place into pieces, behind those of others. */
static void cut(const struct udp_rules *set, const uint32_t *listens, struct udp_place *place, uint16_t *ports,
		uint16_t *rules)
{
	uint16_t numbers[QUERN_FORWARD_RULES_MAX];
	uint32_t bounds[BOUNDS_MAX] = {0};
	uint32_t count = rules_at(set, listens, place->key, numbers), bound_count = 1;

	for (uint32_t i = 0; i < count; i++) {
		bound_count = add_bound(bounds, bound_count, first_port(&set->configured[numbers[i]]));
		bound_count = add_bound(bounds, bound_count, last_port(&set->configured[numbers[i]]) + 1);
	}
	for (uint32_t i = 0; i < bound_count; i++) {
		uint16_t rule = narrowest(set, numbers, count, bounds[i]);

		if (place->count > 0 && rules[place->first + place->count - 1] == rule)
			continue;
		ports[place->first + place->count] = (uint16_t)bounds[i];
		rules[place->first + place->count] = rule;
		place->count++;
	}
}

/* The entry of a key, or the free one where it belongs. */
static uint32_t entry_of(const struct udp_rules *set, const struct udp_place *places, uint64_t key)
{
	uint32_t at = home_of(set, key);

	while (places[at].key != key && places[at].key != 0)
		at = (at + 1) & set->place_mask;
	return at;
}

void udp_places_build(struct udp_rules *set, struct udp_place *places, uint16_t *piece_ports, uint16_t *piece_rules,
		      const uint32_t *listens)
{
	uint64_t keys[UDP_PLACES_OF_RULE];
	uint32_t pieces = 0;

	for (uint32_t i = 0; i < set->rule_count; i++) {
		uint32_t count = keys_of(&set->configured[i], listens[i], keys);

		for (uint32_t k = 0; k < count; k++) {
			struct udp_place *place = &places[entry_of(set, places, keys[k])];

			if (place->key == keys[k])
				continue;
			place->key = keys[k];
			place->first = (uint16_t)pieces;
			cut(set, listens, place, piece_ports, piece_rules);
			pieces += place->count;
		}
	}
}

/* The last piece that begins at or before a port, by halves and without a branch that depends on it. */
static uint16_t rule_at(const struct udp_rules *set, const struct udp_place *place, uint16_t udp_port)
{
	const uint16_t *ports = &set->piece_ports[place->first];
	uint32_t at = 0;

	for (uint32_t left = place->count; left > 1;) {
		uint32_t half = left / 2;

		at += half & -(uint32_t)(ports[at + half] <= udp_port);
		left -= half;
	}
	return set->piece_rules[place->first + at];
}

static const struct udp_rule *find_at(const struct udp_rules *set, uint64_t key, uint16_t udp_port)
{
	const struct udp_place *place = &set->places[entry_of(set, set->places, key)];
	uint16_t rule = place->key == 0 ? UDP_NO_RULE : rule_at(set, place, udp_port);

	return rule == UDP_NO_RULE ? NULL : &set->rules[rule];
}

const struct udp_rule *udp_rules_find(const struct udp_rules *rules, uint16_t port, uint32_t address, uint16_t udp_port)
{
	const struct udp_rule *found = find_at(rules, key_of(port, address), udp_port);

	if (found || address == 0)
		return found;
	if (address < IP4_GROUP_FIRST)
		return find_at(rules, key_of(port, 0), udp_port);
	if (address >= ALIAS_OWN_FIRST && address < ALIAS_GROUP_FIRST)
		return find_at(rules, key_of(port, 0) | KEY_ANY_IP6, udp_port);
	return NULL;
}
