/* shard_route.c - who listens, and from which address and port active opens go out. */
#include "shard/shard_parts.h"

#include <errno.h>

#include "tcp/tcp_open.h"

enum { LOWEST_PORT = 1024, HIGHEST_PORT = 65535, SCAN_BATCH = 32 };

static uint8_t *slot_of_port(struct quern_shard *shard, uint16_t port)
{
	return &shard->listeners[port % SHARD_PORT_SLOTS];
}

struct shard_service *shard_listener_find(struct quern_shard *shard, uint32_t address, uint16_t port)
{
	struct shard_service *any = NULL;

	for (uint8_t i = *slot_of_port(shard, port); i != SHARD_NO_SERVICE; i = shard->services[i].next_listener) {
		struct shard_service *service = &shard->services[i];

		if (service->local_port != port)
			continue;
		if (service->local_address == address)
			return service;
		if (service->local_address == 0)
			any = service;
	}
	return any;
}

/* A service with its settings filled in, not counted yet; null with `error` set. */
static struct shard_service *next_service(struct quern_shard *shard, const struct quern_tcp_options *options,
					  const struct quern_events *events, void *app, int *error)
{
	static const struct quern_tcp_options defaults;
	static const struct quern_events silence;
	struct shard_service *service = &shard->services[shard->service_count];

	if (shard->service_count == SHARD_SERVICES) {
		*error = -ENOSPC;
		return NULL;
	}
	*error = tcp_profile_make(&service->tcp, options ? options : &defaults, shard->config.mtu);
	if (*error < 0)
		return NULL;
	service->tcp.cut_segments = shard->cut_segments;
	service->ip = shard->reply_options;
	service->ip.ttl = service->tcp.ttl;
	service->ip.tos = service->tcp.tos;
	service->events = events ? *events : silence;
	service->app = app;
	service->origin = shard->service_count;
	return service;
}

int shard_route_name_local(const struct quern_shard *shard, const struct quern_endpoint *local, uint32_t *name)
{
	uint32_t found = local->address;

	if (quern_ip6_is_set(&local->ip6)) {
		if (local->address != 0)
			return -EINVAL;
		if (!shard_ip6_own_alias(shard, local->ip6, &found))
			return -EADDRNOTAVAIL;
	} else if (found != 0 && !neigh_is_own(&shard->neigh, found)) {
		return -EADDRNOTAVAIL;
	}
	*name = found;
	return 0;
}

struct shard_service *shard_listener_at(struct quern_shard *shard, const struct quern_endpoint *local)
{
	struct shard_service *service;
	uint32_t address;

	if (shard_route_name_local(shard, local, &address) < 0)
		return NULL;
	service = shard_listener_find(shard, address, local->port);
	return service && service->local_address == address ? service : NULL;
}

int quern_listen(struct quern_shard *shard, const struct quern_endpoint *local, const struct quern_tcp_options *options,
		 const struct quern_events *events, void *app)
{
	uint8_t *slot = slot_of_port(shard, local->port);
	struct shard_service *service;
	uint32_t address = 0;
	int error;

	if (local->port == 0)
		return -EINVAL;
	error = shard_route_name_local(shard, local, &address);
	if (error < 0)
		return error;
	if (shard_listener_at(shard, local))
		return -EADDRINUSE;
	service = next_service(shard, options, events, app, &error);
	if (!service)
		return error;
	service->is_listener = true;
	service->local_address = address;
	service->local_port = local->port;
	service->next_listener = *slot;
	*slot = shard->service_count++;
	return 0;
}

bool shard_names_one_host(const struct quern_shard *shard, uint32_t address)
{
	const struct quern_prefix *network = &shard->neigh.network;
	uint32_t host_bits = network->length < 31 ? UINT32_MAX >> network->length : 0;

	if (address >> 24 == 0 || address >> 24 == 127 || address >> 28 >= 14)
		return false;
	return !host_bits || ((address ^ network->address) & ~host_bits) != 0 || (address & host_bits) != host_bits;
}

/* The addresses of a route over IPv4. */
static int name_route(const struct quern_shard *shard, const struct quern_source *source,
		      const struct quern_endpoint *target, struct shard_route *route)
{
	const struct quern_range *ours = &source->addresses;

	/* RFC 9293 MUST-46: an active open goes to one host. */
	if (ours->first > ours->last || !shard_names_one_host(shard, target->address))
		return -EINVAL;
	if (!neigh_is_own(&shard->neigh, ours->first) || !neigh_is_own(&shard->neigh, ours->last))
		return -EADDRNOTAVAIL;
	route->first_address = ours->first;
	route->last_address = ours->last;
	route->target = target->address;
	return 0;
}

/* The same over IPv6: aliases, of which the target's is the route's to give up. */
static int name_route6(struct quern_shard *shard, const struct quern_source *source,
		       const struct quern_endpoint *target, struct shard_route *route)
{
	const struct quern_range *ours = &source->addresses;

	if (target->address != 0 || ours->first != 0 || ours->last != 0 || !ip6_names_a_host(target->ip6))
		return -EINVAL;
	if (!shard_ip6_own_alias(shard, ours->first6, &route->first_address) ||
	    !shard_ip6_own_alias(shard, ours->last6, &route->last_address))
		return -EADDRNOTAVAIL;
	if (route->first_address > route->last_address)
		return -EINVAL;
	route->target = alias_take(&shard->ip6.aliases, target->ip6);
	return route->target ? 0 : -ENOSPC;
}

int shard_route_name(struct quern_shard *shard, const struct quern_source *source, const struct quern_endpoint *target,
		     struct shard_route *route)
{
	bool is_ip6 = quern_ip6_is_set(&target->ip6);

	*route = (struct shard_route){
		.first_port = source->first_port ? source->first_port : LOWEST_PORT,
		.last_port = source->last_port ? source->last_port : HIGHEST_PORT,
		.target_port = target->port,
	};
	if (route->first_port > route->last_port || target->port == 0 ||
	    quern_ip6_is_set(&source->addresses.first6) != is_ip6)
		return -EINVAL;
	return is_ip6 ? name_route6(shard, source, target, route) : name_route(shard, source, target, route);
}

int quern_route_add(struct quern_shard *shard, const struct quern_source *source, const struct quern_endpoint *target,
		    const struct quern_tcp_options *options, const struct quern_events *events, void *app,
		    uint8_t *number)
{
	struct shard_service *service;
	struct shard_route route;
	struct random random;
	int error = shard_route_name(shard, source, target, &route);

	if (error < 0)
		return error;
	service = next_service(shard, options, events, app, &error);
	if (!service) {
		alias_release(&shard->ip6.aliases, route.target);
		return error;
	}
	random_seed(&random, shard->config.seed + shard->service_count + 1);
	service->is_listener = false;
	service->route = route;
	shard_pairs_begin(shard, &service->route, &random);
	*number = shard->service_count++;
	return 0;
}

/* Looks at a batch of pairs at once, as a full range may hold thousands that are taken. The route goes on behind the
 * one that was found. */
static bool find_in_batch(struct quern_shard *shard, struct shard_route *route, struct flow_key *key, uint64_t *hash)
{
	struct flow_key keys[SCAN_BATCH];
	struct shard_route after[SCAN_BATCH];
	const struct flow_key *pointers[SCAN_BATCH];
	uint64_t hashes[SCAN_BATCH];
	uint32_t refs[SCAN_BATCH];
	uint32_t count = 0;

	for (; count < SCAN_BATCH && shard_pairs_next(shard, route, &keys[count]); count++) {
		after[count] = *route;
		pointers[count] = &keys[count];
		hashes[count] = table_hash(&shard->table, &keys[count]);
		table_prefetch(&shard->table, hashes[count]);
	}
	table_find_burst(&shard->table, hashes, pointers, count, refs);
	for (uint32_t i = 0; i < count; i++) {
		if (refs[i] != 0)
			continue;
		*key = keys[i];
		*hash = hashes[i];
		*route = after[i];
		return true;
	}
	return false;
}

/* Finds a pair that no connection and no TIME-WAIT record holds, and whose answers come back to this shard. */
static bool find_pair(struct quern_shard *shard, struct shard_route *route, struct flow_key *key, uint64_t *hash)
{
	if (route->in_use >= route->pairs || route->barren == shard->releases)
		return false;
	shard_pairs_prefetch(shard, route);
	/* The next pair is free but for rare cases. */
	if (!shard_pairs_next(shard, route, key))
		return false;
	*hash = table_hash(&shard->table, key);
	if (table_find(&shard->table, *hash, key) == 0)
		return true;
	for (uint32_t scanned = 1; scanned < SHARD_SCAN_MAX && scanned < route->pairs; scanned += SCAN_BATCH)
		if (find_in_batch(shard, route, key, hash))
			return true;
	/* Another route has taken what this one does not hold. */
	if (route->pairs <= SHARD_SCAN_MAX)
		route->barren = shard->releases;
	return false;
}

/* Counts a connect that comes to nothing, and returns the reason. */
static int refuse(struct quern_shard *shard, int code)
{
	struct quern_counters *counters = &shard->counters;

	counter_add(code == -ENOBUFS ? &counters->connects_no_memory : &counters->connects_no_port, 1);
	return code;
}

int quern_connect(struct quern_shard *shard, uint8_t number, struct quern_conn *handle)
{
	struct shard_service *service = &shard->services[number];
	struct tcp_conn *conn;
	struct flow_key key, name;
	uint64_t hash;

	/* A variant with other keepalive is a service too, but no route. */
	if (number >= shard->service_count || service->is_listener || service->origin != number)
		return -EINVAL;
	if (!shard->first_free)
		return refuse(shard, -ENOBUFS);
	if (!find_pair(shard, &service->route, &key, &hash))
		return refuse(shard, -EADDRNOTAVAIL);
	conn = shard_conn_new(shard, &key, hash, number);
	if (!conn)
		return refuse(shard, -ENOBUFS);
	service->route.in_use++;
	name = shard_ip6_secret_name_of(shard, &key);
	tcp_open_active(conn, &service->tcp, tcp_isn(&shard->isn_secret, &name, shard->isn_clock), shard->now_ms);
	counter_add(&shard->counters.opened_active, 1);
	shard_tcp_owes(shard, conn);
	*handle = shard_conn_handle(shard, conn);
	return 0;
}
