/* shard_pairs.c - the source addresses and ports of a route, one after the other: all of them, or those whose answers
 * the port brings to this shard. */
#include "shard/shard_parts.h"

enum {
	LOOK_AHEAD = 8,
	WALKED_PORTS = 4096, /* a range shorter than that is tried port by port: enumeration would miss it too often */
	COUNTED_ADDRESSES_MAX = 1 << 20 /* more of them are not counted one by one: 20 ms at most */
};

static uint32_t ports_in_range(const struct shard_route *route)
{
	return route->last_port - route->first_port + 1u;
}

static bool is_enumerated(const struct quern_shard *shard, const struct shard_route *route)
{
	return shard->config.plan && ports_in_range(route) >= WALKED_PORTS;
}

static void next_address(struct shard_route *route)
{
	if (route->next_address++ == route->last_address)
		route->next_address = route->first_address;
}

static struct flow_key key_of(const struct shard_route *route, uint16_t port)
{
	return (struct flow_key){route->next_address, route->target, port, route->target_port};
}

/* What the plan says of a key, of either version. */
static uint16_t entry_of(const struct quern_shard *shard, const struct flow_key *key)
{
	struct ip6_pair pair;

	if (!flow_key_is_ip6(key))
		return port_plan_entry(shard->config.plan, key);
	shard_ip6_pair(shard, NULL, key, &pair);
	return port_plan_entry6(shard->config.plan, &pair, key);
}

static bool first_port(const struct quern_shard *shard, const struct flow_key *key, uint16_t entry, uint16_t *port)
{
	struct ip6_pair pair;

	if (!flow_key_is_ip6(key))
		return port_plan_first(shard->config.plan, key, entry, port);
	shard_ip6_pair(shard, NULL, key, &pair);
	return port_plan_first6(shard->config.plan, &pair, key, entry, port);
}

static bool is_ip6(const struct shard_route *route)
{
	return alias_is_peer(route->target);
}

static uint32_t ports_of_entry(const struct port_plan *plan, const struct shard_route *route)
{
	return is_ip6(route) ? port_plan_ports6(plan) : port_plan_ports(plan);
}

static uint16_t idle_port(const struct port_plan *plan, const struct shard_route *route, uint32_t number)
{
	return is_ip6(route) ? port_plan_idle6(plan, number) : port_plan_idle(plan, number);
}

/* What a local port alone adds to the entry. */
static uint16_t entry_of_port(const struct port_plan *plan, const struct shard_route *route, uint16_t port)
{
	static const struct ip6_pair nobody;
	const struct flow_key key = {.local_port = port};

	return is_ip6(route) ? port_plan_entry6(plan, &nobody, &key) : port_plan_entry(plan, &key);
}

/* Goes to the next entry that leads to our queue; false where there is none in a round over all. */
static bool next_entry(const struct quern_shard *shard, struct shard_route *route)
{
	const struct port_plan *plan = shard->config.plan;
	struct flow_key key;

	for (uint32_t i = 0; i < plan->entries; i++) {
		if (++route->next_entry == plan->entries) {
			route->next_entry = 0;
			next_address(route);
		}
		key = key_of(route, 0);
		if (plan->queue[route->next_entry] != shard->config.queue ||
		    !first_port(shard, &key, route->next_entry, &route->next_port))
			continue;
		route->next_number = 0;
		return true;
	}
	return false;
}

/* The next pair that the plan brings to us; ports outside of the source's range are passed over. */
static bool next_planned(const struct quern_shard *shard, struct shard_route *route, struct flow_key *key)
{
	const struct port_plan *plan = shard->config.plan;

	for (uint32_t i = 0; i < SHARD_SCAN_MAX; i++) {
		uint16_t port;

		if (route->next_number == ports_of_entry(plan, route) && !next_entry(shard, route))
			return false;
		port = route->next_port ^ idle_port(plan, route, route->next_number++);
		if (port < route->first_port || port > route->last_port)
			continue;
		*key = key_of(route, port);
		return true;
	}
	return false;
}

/* The next pair port by port; those that the plan brings to others are passed over. */
static bool next_walked(const struct quern_shard *shard, struct shard_route *route, struct flow_key *key)
{
	const struct port_plan *plan = shard->config.plan;

	for (uint32_t i = 0; i < SHARD_SCAN_MAX; i++) {
		*key = key_of(route, route->next_port);
		if (route->next_port++ == route->last_port) {
			route->next_port = route->first_port;
			next_address(route);
		}
		if (!plan || plan->queue[entry_of(shard, key)] == shard->config.queue)
			return true;
	}
	return false;
}

bool shard_pairs_next(const struct quern_shard *shard, struct shard_route *route, struct flow_key *key)
{
	return is_enumerated(shard, route) ? next_planned(shard, route, key) : next_walked(shard, route, key);
}

void shard_pairs_prefetch(const struct quern_shard *shard, const struct shard_route *route)
{
	const struct port_plan *plan = shard->config.plan;
	uint16_t port = (uint16_t)(route->next_port + LOOK_AHEAD);
	struct flow_key key;

	if (is_enumerated(shard, route))
		port = route->next_port ^
		       idle_port(plan, route, (route->next_number + LOOK_AHEAD) & (ports_of_entry(plan, route) - 1));
	key = key_of(route, port);
	table_prefetch(&shard->table, table_hash(&shard->table, &key));
}

/* How many pairs of a source are ours. The hash is linear: what a port adds to the entry is the same for all addresses,
 * so the range is gone through once, and addresses that lead to the same entry without a port have the same share. */
static uint64_t count_ours(const struct quern_shard *shard, const struct shard_route *route)
{
	const struct port_plan *plan = shard->config.plan;
	uint32_t ports[PORT_PLAN_ENTRIES_MAX] = {0}; /* that add this much */
	uint32_t ours[PORT_PLAN_ENTRIES_MAX] = {0};  /* of an address with this entry */
	uint64_t count = 0;

	for (uint32_t port = route->first_port; port <= route->last_port; port++)
		ports[entry_of_port(plan, route, (uint16_t)port)]++;
	for (uint32_t entry = 0; entry < plan->entries; entry++)
		for (uint32_t added = 0; added < plan->entries; added++)
			ours[entry] += plan->queue[entry ^ added] == shard->config.queue ? ports[added] : 0;
	for (uint64_t address = route->first_address; address <= route->last_address; address++) {
		struct flow_key key = key_of(route, 0);

		key.local = (uint32_t)address;
		count += ours[entry_of(shard, &key)];
	}
	return count;
}

static uint64_t count_pairs(const struct quern_shard *shard, const struct shard_route *route)
{
	uint64_t addresses = route->last_address - route->first_address + UINT64_C(1);

	if (!shard->config.plan || addresses > COUNTED_ADDRESSES_MAX)
		return addresses * ports_in_range(route);
	return count_ours(shard, route);
}

void shard_pairs_begin(const struct quern_shard *shard, struct shard_route *route, struct random *random)
{
	const struct port_plan *plan = shard->config.plan;

	route->next_address = route->first_address;
	route->pairs = count_pairs(shard, route);
	/* RFC 6056: the first port is drawn, so that a restart does not walk into what peers still remember. */
	if (!is_enumerated(shard, route)) {
		route->next_port = (uint16_t)(route->first_port + random_below(random, ports_in_range(route)));
		return;
	}
	route->next_entry = (uint16_t)random_below(random, plan->entries);
	route->next_number = ports_of_entry(plan, route);
	if (next_entry(shard, route))
		route->next_number = random_below(random, ports_of_entry(plan, route));
}
