/* shard_route.c - who listens, and from which address and port active opens go out. */
#include "shard/shard_parts.h"

#include <errno.h>

#include "tcp/tcp_open.h"

enum {
	LOWEST_PORT = 1024,
	HIGHEST_PORT = 65535,
	LOOK_AHEAD = 8,
	SCAN_BATCH = 32,
	SCAN_MAX = 65536 /* pairs looked at before an open fails: a millisecond or two */
};

static uint8_t *slot_of_port(struct quern_shard *shard, uint16_t port)
{
	return &shard->listeners[port % SHARD_PORT_SLOTS];
}

struct shard_service *shard_listener_find(struct quern_shard *shard, uint32_t address, uint16_t port)
{
	struct shard_service *any = NULL;

	for (uint8_t i = *slot_of_port(shard, port); i != SHARD_NO_SERVICE; i = shard->services[i].next_listener) {
		struct shard_service *service = &shard->services[i];

		if (service->local.port != port)
			continue;
		if (service->local.address == address)
			return service;
		if (service->local.address == 0)
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
	service->events = events ? *events : silence;
	service->app = app;
	service->origin = shard->service_count;
	return service;
}

int quern_listen(struct quern_shard *shard, const struct quern_endpoint *local, const struct quern_tcp_options *options,
		 const struct quern_events *events, void *app)
{
	uint8_t *slot = slot_of_port(shard, local->port);
	struct shard_service *service;
	int error;

	if (local->port == 0)
		return -EINVAL;
	if (local->address && !neigh_is_own(&shard->neigh, local->address))
		return -EADDRNOTAVAIL;
	for (uint8_t i = *slot; i != SHARD_NO_SERVICE; i = shard->services[i].next_listener)
		if (shard->services[i].local.port == local->port && shard->services[i].local.address == local->address)
			return -EADDRINUSE;
	service = next_service(shard, options, events, app, &error);
	if (!service)
		return error;
	service->is_listener = true;
	service->local = *local;
	service->next_listener = *slot;
	*slot = shard->service_count++;
	return 0;
}

/* RFC 9293 MUST-46: an active open goes to one host. */
static bool names_one_host(const struct quern_shard *shard, uint32_t address)
{
	const struct quern_prefix *network = &shard->neigh.network;
	uint32_t host_bits = network->length < 31 ? UINT32_MAX >> network->length : 0;

	if (address >> 24 == 0 || address >> 24 == 127 || address >> 28 >= 14)
		return false;
	return !host_bits || ((address ^ network->address) & ~host_bits) != 0 || (address & host_bits) != host_bits;
}

int quern_route_add(struct quern_shard *shard, const struct quern_source *source, const struct quern_endpoint *target,
		    const struct quern_tcp_options *options, const struct quern_events *events, void *app,
		    uint8_t *route)
{
	struct quern_source given = *source;
	struct shard_service *service;
	struct random random;
	uint32_t ports;
	int error;

	given.first_port = given.first_port ? given.first_port : LOWEST_PORT;
	given.last_port = given.last_port ? given.last_port : HIGHEST_PORT;
	if (given.first_port > given.last_port || given.addresses.first > given.addresses.last || target->port == 0 ||
	    !names_one_host(shard, target->address))
		return -EINVAL;
	if (!neigh_is_own(&shard->neigh, given.addresses.first) || !neigh_is_own(&shard->neigh, given.addresses.last))
		return -EADDRNOTAVAIL;
	service = next_service(shard, options, events, app, &error);
	if (!service)
		return error;
	ports = given.last_port - given.first_port + 1u;
	/* RFC 6056: the first port is drawn, so that a restart does not walk into what peers still remember. */
	random_seed(&random, shard->config.seed + shard->service_count + 1);
	service->is_listener = false;
	service->route = (struct shard_route){.source = given,
					      .target = *target,
					      .pairs = (uint64_t)ports *
						       (given.addresses.last - given.addresses.first + UINT64_C(1)),
					      .next_address = given.addresses.first,
					      .next_port = (uint16_t)(given.first_port + random_below(&random, ports))};
	*route = shard->service_count++;
	return 0;
}

/* The next pair in turn: ports first, then addresses. */
static struct flow_key take_pair(struct shard_route *route)
{
	struct flow_key key = {route->next_address, route->target.address, route->next_port, route->target.port};

	if (route->next_port++ == route->source.last_port) {
		route->next_port = route->source.first_port;
		if (route->next_address++ == route->source.addresses.last)
			route->next_address = route->source.addresses.first;
	}
	return key;
}

/* Loads the bucket of a pair that will be taken soon: opens come in batches, and their buckets lie anywhere. */
static void prefetch_ahead(const struct quern_shard *shard, const struct shard_route *route)
{
	struct flow_key key = {route->next_address, route->target.address, (uint16_t)(route->next_port + LOOK_AHEAD),
			       route->target.port};

	table_prefetch(&shard->table, table_hash(&shard->table, &key));
}

static bool is_ours(const struct quern_shard *shard, const struct flow_key *key)
{
	return shard->config.owners <= 1 || shard_owner_of(shard, key) == shard->config.owner;
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

	for (uint32_t i = 0; i < SCAN_BATCH; i++) {
		keys[i] = take_pair(route);
		after[i] = *route;
		pointers[i] = &keys[i];
		hashes[i] = table_hash(&shard->table, &keys[i]);
		table_prefetch(&shard->table, hashes[i]);
	}
	table_find_burst(&shard->table, hashes, pointers, SCAN_BATCH, refs);
	for (uint32_t i = 0; i < SCAN_BATCH; i++) {
		if (refs[i] != 0 || !is_ours(shard, &keys[i]))
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
	prefetch_ahead(shard, route);
	/* The next pair is free but for rare cases. */
	*key = take_pair(route);
	*hash = table_hash(&shard->table, key);
	if (is_ours(shard, key) && table_find(&shard->table, *hash, key) == 0)
		return true;
	for (uint32_t i = 0; i < SCAN_MAX; i += SCAN_BATCH)
		if (find_in_batch(shard, route, key, hash))
			return true;
	/* Another route has taken what this one does not hold. */
	if (route->pairs <= SCAN_MAX)
		route->barren = shard->releases;
	return false;
}

int quern_connect(struct quern_shard *shard, uint8_t number, struct quern_conn *handle)
{
	struct shard_service *service = &shard->services[number];
	struct tcp_conn *conn;
	struct flow_key key;
	uint64_t hash;

	/* A variant with other keepalive is a service too, but no route. */
	if (number >= shard->service_count || service->is_listener || service->origin != number)
		return -EINVAL;
	if (!shard->first_free)
		return -ENOBUFS;
	if (!find_pair(shard, &service->route, &key, &hash))
		return -EADDRNOTAVAIL;
	conn = shard_conn_new(shard, &key, hash, number);
	if (!conn)
		return -ENOBUFS;
	service->route.in_use++;
	tcp_open_active(conn, &service->tcp, tcp_isn(&shard->isn_secret, &key, shard->isn_clock), shard->now_ms);
	counter_add(&shard->counters.opened_active, 1);
	shard_tcp_owes(shard, conn);
	*handle = shard_conn_handle(shard, conn);
	return 0;
}
