/* shard_udp.c - datagrams in: who listens, and whose they are where shards share a port. */
#include "shard/shard_fragments.h"
#include "shard/shard_group.h"
#include "shard/shard_icmp.h"

#include <errno.h>
#include <string.h>

static const uint64_t seed_of_sources = UINT64_C(0x7564707564707564);

static bool fits(const struct shard_udp_scope *scope, const struct flow_key *key)
{
	return key->local - scope->first_address <= scope->last_address - scope->first_address &&
	       (uint16_t)(key->local_port - scope->first_port) <= scope->last_port - scope->first_port &&
	       (scope->remote == 0 || (scope->remote == key->remote && scope->remote_port == key->remote_port));
}

static struct shard_udp_socket *find_socket(struct quern_shard *shard, const struct flow_key *key)
{
	struct shard_udp *udp = &shard->udp;

	for (uint32_t i = 0; i < udp->count; i++)
		if (fits(&udp->scopes[i], key))
			return &udp->sockets[udp->scopes[i].socket];
	return NULL;
}

static struct quern_udp_socket handle_of(const struct quern_shard *shard, const struct shard_udp_socket *socket)
{
	return (struct quern_udp_socket){socket->scope.socket, shard->config.number, socket->generation};
}

static void deliver(struct quern_shard *shard, struct shard_udp_socket *socket, struct shard_frame *frame)
{
	const struct packet *packet = frame->packet;
	bool is_ip6 = packet->version == 6;
	struct quern_datagram datagram = {
		.local = {.port = packet->key.local_port},
		.remote = {.port = packet->key.remote_port},
		.text = shard_fragments_text(shard, frame),
		.bytes = (uint32_t)(packet->frame_bytes - packet->text_offset),
		.to_group = packet->to_group,
	};

	counter_add(&shard->counters.udp_received, 1);
	if (!socket->events.on_datagram)
		return;
	if (is_ip6) {
		datagram.local.ip6 = packet->ip6.local;
		datagram.remote.ip6 = packet->ip6.remote;
	} else {
		datagram.local.address = packet->key.local;
		datagram.remote.address = packet->key.remote;
	}
	shard->udp.current = frame;
	socket->events.on_datagram(shard, handle_of(shard, socket), &datagram, socket->app);
	shard->udp.current = NULL;
}

void shard_udp_input(struct quern_shard *shard, struct shard_frame *frame, uint32_t ref)
{
	struct shard_udp_socket *socket;

	if (unlikely(frame->packet->to_group) && !shard_group_readdress(shard, frame))
		return;
	if (ref != 0) {
		shard_forward_input(shard, frame, ref);
		return;
	}
	if (shard_transit_input(shard, frame))
		return;
	socket = find_socket(shard, &frame->packet->key);
	/* What is bound alike on each shard takes what comes; answers are for the shard that asked. */
	if ((!socket || socket->is_source) && shard_is_foreign(shard, frame))
		return;
	if (socket) {
		deliver(shard, socket, frame);
		return;
	}
	if (shard->forward && shard_forward_first(shard, frame))
		return;
	shard_drop(shard, QUERN_DROP_UDP_NO_LISTENER);
	shard_icmp_refuse(shard, frame, QUERN_ICMP_PORT, 0);
}

/* Less than 0 where `a` is to be asked first. */
static int compare(const struct shard_udp_scope *a, const struct shard_udp_scope *b)
{
	uint32_t a_addresses = a->last_address - a->first_address, b_addresses = b->last_address - b->first_address;

	if ((a->remote == 0) != (b->remote == 0))
		return a->remote == 0 ? 1 : -1;
	if (a_addresses != b_addresses)
		return a_addresses > b_addresses ? 1 : -1;
	return (a->last_port - a->first_port) - (b->last_port - b->first_port);
}

static bool takes_the_same(const struct shard_udp_scope *a, const struct shard_udp_scope *b)
{
	return a->first_address == b->first_address && a->last_address == b->last_address &&
	       a->first_port == b->first_port && a->last_port == b->last_port && a->remote == b->remote &&
	       a->remote_port == b->remote_port;
}

/* A free socket for a scope, opened and in line; null with `error` set. */
static struct shard_udp_socket *open_socket(struct quern_shard *shard, struct shard_udp_scope *scope, int *error)
{
	struct shard_udp *udp = &shard->udp;
	struct shard_udp_socket *socket;
	uint32_t place = 0;

	for (uint32_t i = 0; i < udp->count; i++) {
		if (takes_the_same(&udp->scopes[i], scope)) {
			*error = -EADDRINUSE;
			return NULL;
		}
		place += compare(&udp->scopes[i], scope) <= 0;
	}
	if (udp->count == QUERN_UDP_SOCKETS) {
		*error = -ENOSPC;
		return NULL;
	}
	while (udp->sockets[scope->socket].is_open)
		scope->socket++;
	memmove(udp->scopes + place + 1, udp->scopes + place, (udp->count++ - place) * sizeof(udp->scopes[0]));
	udp->scopes[place] = *scope;
	socket = &udp->sockets[scope->socket];
	*socket = (struct shard_udp_socket){.generation = socket->generation + 1, .is_open = true, .scope = *scope};
	return socket;
}

static void finish_opening(struct quern_shard *shard, struct shard_udp_socket *socket,
			   const struct quern_udp_events *events, void *app, struct quern_udp_socket *handle)
{
	if (events)
		socket->events = *events;
	socket->app = app;
	*handle = handle_of(shard, socket);
}

int quern_udp_bind(struct quern_shard *shard, const struct quern_endpoint *local, uint16_t last_port,
		   const struct quern_udp_events *events, void *app, struct quern_udp_socket *handle)
{
	struct shard_udp_scope scope = {.first_port = local->port, .last_port = last_port ? last_port : local->port};
	struct shard_udp_socket *socket;
	int error;

	if (local->port == 0 || scope.last_port < scope.first_port)
		return -EINVAL;
	error = shard_route_name_local(shard, local, &scope.first_address);
	if (error < 0)
		return error;
	scope.last_address = scope.first_address ? scope.first_address : UINT32_MAX;
	socket = open_socket(shard, &scope, &error);
	if (!socket)
		return error;
	finish_opening(shard, socket, events, app, handle);
	return 0;
}

int quern_udp_source(struct quern_shard *shard, const struct quern_source *source, const struct quern_endpoint *target,
		     const struct quern_udp_events *events, void *app, struct quern_udp_socket *handle)
{
	struct shard_udp_scope scope = {.socket = 0};
	struct shard_udp_socket *socket;
	struct shard_route route;
	struct random random;
	int error = shard_route_name(shard, source, target, &route);

	if (error < 0)
		return error;
	scope.first_address = route.first_address;
	scope.last_address = route.last_address;
	scope.first_port = route.first_port;
	scope.last_port = route.last_port;
	scope.remote = route.target;
	scope.remote_port = route.target_port;
	socket = open_socket(shard, &scope, &error);
	if (!socket) {
		alias_release(&shard->ip6.aliases, route.target);
		return error;
	}
	random_seed(&random, shard->config.seed ^ (seed_of_sources + scope.socket));
	socket->is_source = true;
	socket->route = route;
	shard_pairs_begin(shard, &socket->route, &random);
	finish_opening(shard, socket, events, app, handle);
	return 0;
}

struct shard_udp_socket *shard_udp_socket_of(struct quern_shard *shard, struct quern_udp_socket handle)
{
	struct shard_udp_socket *socket = &shard->udp.sockets[handle.index % QUERN_UDP_SOCKETS];

	return handle.index < QUERN_UDP_SOCKETS && handle.shard == shard->config.number && socket->is_open &&
			       socket->generation == handle.generation
		       ? socket
		       : NULL;
}

int quern_udp_source_next(struct quern_shard *shard, struct quern_udp_socket handle, struct quern_endpoint *local)
{
	struct shard_udp_socket *socket = shard_udp_socket_of(shard, handle);
	struct quern_conn_info info;
	struct flow_key key;

	if (!socket)
		return -ENOENT;
	if (!socket->is_source)
		return -EINVAL;
	if (!shard_pairs_next(shard, &socket->route, &key))
		return -EADDRNOTAVAIL;
	shard_ip6_ends(shard, &key, &info);
	*local = info.local;
	return 0;
}

uint64_t quern_udp_source_pairs(struct quern_shard *shard, struct quern_udp_socket handle)
{
	const struct shard_udp_socket *socket = shard_udp_socket_of(shard, handle);

	return socket && socket->is_source ? socket->route.pairs : 0;
}

int quern_udp_close(struct quern_shard *shard, struct quern_udp_socket handle)
{
	struct shard_udp_socket *socket = shard_udp_socket_of(shard, handle);
	struct shard_udp *udp = &shard->udp;
	uint32_t place = 0;

	if (!socket)
		return -ENOENT;
	while (udp->scopes[place].socket != handle.index)
		place++;
	memmove(udp->scopes + place, udp->scopes + place + 1, (--udp->count - place) * sizeof(udp->scopes[0]));
	alias_release(&shard->ip6.aliases, socket->scope.remote);
	socket->is_open = false;
	return 0;
}

uint32_t shard_udp_aliases(const struct quern_shard *shard)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < shard->udp.count; i++)
		count += alias_is_peer(shard->udp.scopes[i].remote);
	return count;
}
