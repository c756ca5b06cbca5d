/* shard_pairs.c - the source addresses and ports of a route, one after the other: all of them, or those whose answers
 * the port brings to this shard. */
#include "shard/shard_parts.h"

enum {
	LOOK_AHEAD = 8,
	COUNTED_ADDRESSES_MAX = 4096 /* more of them are not counted one by one: 60 ms at most */
};

static uint32_t ports_in_range(const struct quern_source *source)
{
	return source->last_port - source->first_port + 1u;
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

bool shard_pairs_next(const struct quern_shard *shard, struct shard_route *route, struct flow_key *key)
{
	if (shard->config.plan)
		return next_planned(shard, route, key);
	*key = key_of(route, route->next_port);
	if (route->next_port++ == route->source.last_port) {
		route->next_port = route->source.first_port;
		next_address(route);
	}
	return true;
}

void shard_pairs_prefetch(const struct quern_shard *shard, const struct shard_route *route)
{
	const struct port_plan *plan = shard->config.plan;
	uint16_t port = (uint16_t)(route->next_port + LOOK_AHEAD);
	struct flow_key key;

	if (plan)
		port = route->next_port ^
		       port_plan_idle(plan, (route->next_number + LOOK_AHEAD) & (port_plan_ports(plan) - 1));
	key = key_of(route, port);
	table_prefetch(&shard->table, table_hash(&shard->table, &key));
}

/* How many ports from `first` to `last` bring their answers to us. */
static uint32_t ours_between(const struct quern_shard *shard, struct flow_key key, uint32_t first, uint32_t last)
{
	uint32_t count = 0;

	for (uint32_t port = first; port <= last; port++) {
		key.local_port = (uint16_t)port;
		count += port_plan_queue(shard->config.plan, &key) == shard->config.queue;
	}
	return count;
}

/* The same of one source address and the whole range: by what is outside of it, where that is less to look at. */
static uint32_t ours_of(const struct quern_shard *shard, const struct quern_source *source, const struct flow_key *key)
{
	const struct port_plan *plan = shard->config.plan;
	uint32_t count = 0;
	uint16_t port;

	if (ports_in_range(source) <= UINT16_MAX / 2)
		return ours_between(shard, *key, source->first_port, source->last_port);
	for (uint16_t entry = 0; entry < plan->entries; entry++)
		if (plan->queue[entry] == shard->config.queue && port_plan_first(plan, key, entry, &port))
			count += port_plan_ports(plan);
	count -= ours_between(shard, *key, 0, source->first_port - 1u);
	return count - ours_between(shard, *key, source->last_port + 1u, UINT16_MAX);
}

static uint64_t count_pairs(const struct quern_shard *shard, const struct shard_route *route)
{
	const struct quern_range *addresses = &route->source.addresses;
	uint64_t count = 0, all = addresses->last - addresses->first + UINT64_C(1);

	if (!shard->config.plan || all > COUNTED_ADDRESSES_MAX)
		return all * ports_in_range(&route->source);
	for (uint64_t i = 0; i < all; i++) {
		struct flow_key key = key_of(route, 0);

		key.local = addresses->first + (uint32_t)i;
		count += ours_of(shard, &route->source, &key);
	}
	return count;
}

void shard_pairs_begin(const struct quern_shard *shard, struct shard_route *route, struct random *random)
{
	const struct port_plan *plan = shard->config.plan;

	route->next_address = route->source.addresses.first;
	route->pairs = count_pairs(shard, route);
	/* RFC 6056: the first port is drawn, so that a restart does not walk into what peers still remember. */
	if (!plan) {
		route->next_port =
			(uint16_t)(route->source.first_port + random_below(random, ports_in_range(&route->source)));
		return;
	}
	route->next_entry = (uint16_t)random_below(random, plan->entries);
	route->next_number = port_plan_ports(plan);
	if (next_entry(shard, route))
		route->next_number = random_below(random, port_plan_ports(plan));
}
