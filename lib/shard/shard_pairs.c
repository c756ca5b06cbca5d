/* shard_pairs.c - the source addresses and ports of a route, one after the other: all of them, or those whose answers
 * the port brings to this shard. */
#include "shard/shard_parts.h"

enum {
	LOOK_AHEAD = 8,
	WALKED_PORTS = 4096, /* a range shorter than that is tried port by port: enumeration would miss it too often */
	COUNTED_ADDRESSES_MAX = 1 << 20 /* more of them are not counted one by one: 20 ms at most */
};

static uint32_t ports_in_range(const struct quern_source *source)
{
	return source->last_port - source->first_port + 1u;
}

static bool is_enumerated(const struct quern_shard *shard, const struct shard_route *route)
{
	return shard->config.plan && ports_in_range(&route->source) >= WALKED_PORTS;
}

static void next_address(struct shard_route *route)
{
	if (route->next_address++ == route->source.addresses.last)
		route->next_address = route->source.addresses.first;
}

static struct flow_key key_of(const struct shard_route *route, uint16_t port)
{
	return (struct flow_key){route->next_address, route->target.address, port, route->target.port};
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
		    !port_plan_first(plan, &key, route->next_entry, &route->next_port))
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

		if (route->next_number == port_plan_ports(plan) && !next_entry(shard, route))
			return false;
		port = route->next_port ^ port_plan_idle(plan, route->next_number++);
		if (port < route->source.first_port || port > route->source.last_port)
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
		if (route->next_port++ == route->source.last_port) {
			route->next_port = route->source.first_port;
			next_address(route);
		}
		if (!plan || port_plan_queue(plan, key) == shard->config.queue)
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
		       port_plan_idle(plan, (route->next_number + LOOK_AHEAD) & (port_plan_ports(plan) - 1));
	key = key_of(route, port);
	table_prefetch(&shard->table, table_hash(&shard->table, &key));
}

/* How many pairs of a source are ours. The hash is linear: what a port adds to the entry is the same for all addresses,
 * so the range is gone through once, and addresses that lead to the same entry without a port have the same share. */
static uint64_t count_ours(const struct quern_shard *shard, const struct shard_route *route)
{
	const struct port_plan *plan = shard->config.plan;
	const struct quern_range *addresses = &route->source.addresses;
	uint32_t ports[PORT_PLAN_ENTRIES_MAX] = {0}; /* that add this much */
	uint32_t ours[PORT_PLAN_ENTRIES_MAX] = {0};  /* of an address with this entry */
	uint64_t count = 0;

	for (uint32_t port = route->source.first_port; port <= route->source.last_port; port++) {
		const struct flow_key key = {.local_port = (uint16_t)port};

		ports[port_plan_entry(plan, &key)]++;
	}
	for (uint32_t entry = 0; entry < plan->entries; entry++)
		for (uint32_t added = 0; added < plan->entries; added++)
			ours[entry] += plan->queue[entry ^ added] == shard->config.queue ? ports[added] : 0;
	for (uint64_t address = addresses->first; address <= addresses->last; address++) {
		struct flow_key key = key_of(route, 0);

		key.local = (uint32_t)address;
		count += ours[port_plan_entry(plan, &key)];
	}
	return count;
}

static uint64_t count_pairs(const struct quern_shard *shard, const struct shard_route *route)
{
	uint64_t addresses = route->source.addresses.last - route->source.addresses.first + UINT64_C(1);

	if (!shard->config.plan || addresses > COUNTED_ADDRESSES_MAX)
		return addresses * ports_in_range(&route->source);
	return count_ours(shard, route);
}

void shard_pairs_begin(const struct quern_shard *shard, struct shard_route *route, struct random *random)
{
	const struct port_plan *plan = shard->config.plan;

	route->next_address = route->source.addresses.first;
	route->pairs = count_pairs(shard, route);
	/* RFC 6056: the first port is drawn, so that a restart does not walk into what peers still remember. */
	if (!is_enumerated(shard, route)) {
		route->next_port =
			(uint16_t)(route->source.first_port + random_below(random, ports_in_range(&route->source)));
		return;
	}
	route->next_entry = (uint16_t)random_below(random, plan->entries);
	route->next_number = port_plan_ports(plan);
	if (next_entry(shard, route))
		route->next_number = random_below(random, port_plan_ports(plan));
}
