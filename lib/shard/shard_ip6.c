/* shard_ip6.c - what stands for an address of IPv6 in keys, and what it stands for. */
#include "shard/shard_parts.h"
#include "shard/shard_forward.h"

#include <string.h>

#include "base/line.h"

enum { LEAST_MTU_IP6 = 1280, ALIASED_RECORDS_MAX = ALIAS_PEER_MAX - ALIAS_RESERVE };

static_assert((int)ALIAS_RESERVE >= (int)SHARD_BURST, "each packet of a burst may take an alias");

static const uint64_t seed_of_ip6 = UINT64_C(0x6970766970763676);

static bool is_spoken(const struct shard_config *config)
{
	return !ip6_is_unspecified(config->ip6.first);
}

bool shard_ip6_is_sane(const struct shard_config *config)
{
	if (!is_spoken(config))
		return true;
	/* RFC 8200 5: a link of IPv6 carries as much. */
	if (config->mtu < LEAST_MTU_IP6)
		return false;
	return ip6_names_a_host(config->ip6.first) && ip6_names_a_host(config->ip6.last) &&
	       ip6_distance(config->ip6.last, config->ip6.first) < ALIAS_OWN_MAX && config->ip6.prefix_length <= 128 &&
	       !ip6_is_multicast(config->ip6.gateway);
}

/* Each record may hold the alias of another peer; with more records than there are aliases, some peers wait. */
static uint32_t aliased_records(const struct shard_config *config)
{
	uint64_t records = (uint64_t)config->max_connections + config->max_time_wait + config->max_udp_flows +
			   SHARD_SERVICES + (uint64_t)QUERN_UDP_SOCKETS;

	return records < ALIASED_RECORDS_MAX ? (uint32_t)records : ALIASED_RECORDS_MAX;
}

static size_t neighbours_at(const struct shard_config *config)
{
	return base_line_up(alias_bytes(aliased_records(config)));
}

size_t shard_ip6_bytes(const struct shard_config *config)
{
	return is_spoken(config) ? neighbours_at(config) + neigh_nd_bytes(SHARD_NEIGHBOURS) : 0;
}

static struct hash_secret draw_secret(struct random *random)
{
	return (struct hash_secret){{random_next(random), random_next(random)}};
}

void shard_ip6_open(struct quern_shard *shard, void *memory)
{
	const struct shard_config *config = &shard->config;
	struct neigh_nd_port port = {.own_first = config->ip6.first,
				     .own_last = config->ip6.last,
				     .network = config->ip6.first,
				     .prefix_length = config->ip6.prefix_length,
				     .gateway = config->ip6.gateway};
	struct hash_secret of_aliases, of_neighbours;
	struct random random;

	if (!is_spoken(config))
		return;
	random_seed(&random, config->seed ^ seed_of_ip6);
	of_aliases = draw_secret(&random);
	of_neighbours = draw_secret(&random);
	shard->ip6.name_secret = draw_secret(&random);
	memcpy(port.mac, config->mac, sizeof(port.mac));
	alias_init(&shard->ip6.aliases, memory, aliased_records(config), &of_aliases);
	neigh_nd_init(&shard->ip6.neigh, (char *)memory + neighbours_at(config), SHARD_NEIGHBOURS, &port,
		      &of_neighbours);
	shard->ip6.is_spoken = true;
	shard->expect.ip6 = true;
}

enum quern_drop shard_ip6_name_packet(const struct quern_shard *shard, struct packet *packet)
{
	const struct neigh_nd *neigh = &shard->ip6.neigh;
	bool is_ours = neigh_nd_is_own(neigh, packet->ip6.local);

	if (packet->kind == WIRE_ND)
		return is_ours || neigh_nd_is_our_group(neigh, packet->ip6.local) ? QUERN_DROP_NONE
										  : QUERN_DROP_IP_DEST;
	if ((!is_ours || packet->to_group) && !shard_transit_may(shard, packet))
		return QUERN_DROP_IP_DEST;
	if (neigh_nd_is_own(neigh, packet->ip6.remote))
		return QUERN_DROP_IP_SOURCE;
	if (!shard_ip6_own_alias(shard, packet->ip6.local, &packet->key.local))
		packet->key.local = alias_find(&shard->ip6.aliases, packet->ip6.local);
	packet->key.remote = alias_find(&shard->ip6.aliases, packet->ip6.remote);
	return QUERN_DROP_NONE;
}

bool shard_ip6_name_again(const struct quern_shard *shard, struct packet *packet)
{
	const struct alias_table *aliases = &shard->ip6.aliases;

	if (packet->version != 6 || packet->kind == WIRE_ND ||
	    (packet->key.remote != 0 && alias_is_held(aliases, packet->key.remote)))
		return false;
	packet->key.remote = alias_find(aliases, packet->ip6.remote);
	return true;
}

bool shard_ip6_key_for(struct quern_shard *shard, struct shard_frame *frame, struct flow_key *key)
{
	*key = frame->packet->key;
	if (frame->packet->version != 6)
		return true;
	key->remote = alias_take(&shard->ip6.aliases, frame->packet->ip6.remote);
	frame->hash = table_hash(&shard->table, key);
	return key->remote != 0;
}

void shard_ip6_let_go(struct quern_shard *shard, const struct flow_key *key)
{
	alias_release(&shard->ip6.aliases, key->remote);
}

static struct flow_key name_of(const struct quern_shard *shard, const struct flow_key *key, const struct ip6_pair *pair)
{
	uint64_t hash = hash_sip(&shard->ip6.name_secret, pair, sizeof(*pair));

	return (struct flow_key){(uint32_t)(hash >> 32), (uint32_t)hash, key->local_port, key->remote_port};
}

struct flow_key shard_ip6_secret_name(const struct quern_shard *shard, const struct packet *packet)
{
	return packet->version == 6 ? name_of(shard, &packet->key, &packet->ip6) : packet->key;
}

struct flow_key shard_ip6_secret_name_of(const struct quern_shard *shard, const struct flow_key *key)
{
	struct ip6_pair pair;

	if (!flow_key_is_ip6(key))
		return *key;
	shard_ip6_pair(shard, NULL, key, &pair);
	return name_of(shard, key, &pair);
}

bool shard_ip6_own_alias(const struct quern_shard *shard, struct quern_ip6 address, uint32_t *alias)
{
	const struct neigh_nd *neigh = &shard->ip6.neigh;

	if (!shard->ip6.is_spoken || !neigh_nd_is_own(neigh, address))
		return false;
	*alias = alias_of_own((uint32_t)ip6_distance(address, neigh->own_first));
	return true;
}

struct quern_ip6 shard_ip6_own_address(const struct quern_shard *shard, uint32_t alias)
{
	const struct quern_ip6 *first = &shard->ip6.neigh.own_first;
	uint64_t low = first->low + (alias - ALIAS_OWN_FIRST);

	return (struct quern_ip6){first->high + (low < first->low), low};
}

void shard_ip6_pair(const struct quern_shard *shard, const struct shard_frame *frame, const struct flow_key *key,
		    struct ip6_pair *pair)
{
	if (frame) {
		*pair = frame->packet->ip6;
		return;
	}
	/* What is passed on between others has two peers. */
	pair->local = alias_is_peer(key->local) ? alias_address(&shard->ip6.aliases, key->local)
						: shard_ip6_own_address(shard, key->local);
	pair->remote = alias_address(&shard->ip6.aliases, key->remote);
}

void shard_ip6_ends(const struct quern_shard *shard, const struct flow_key *key, struct quern_conn_info *info)
{
	struct ip6_pair pair;

	if (!flow_key_is_ip6(key)) {
		info->local = (struct quern_endpoint){.address = key->local, .port = key->local_port};
		info->remote = (struct quern_endpoint){.address = key->remote, .port = key->remote_port};
		return;
	}
	shard_ip6_pair(shard, NULL, key, &pair);
	info->local = (struct quern_endpoint){.ip6 = pair.local, .port = key->local_port};
	info->remote = (struct quern_endpoint){.ip6 = pair.remote, .port = key->remote_port};
}

bool shard_ip6_validate(const struct quern_shard *shard)
{
	const struct alias_table *aliases = &shard->ip6.aliases;
	uint64_t holders = 0, held = 0;

	if (!shard->ip6.is_spoken)
		return true;
	for (uint32_t i = 0; i < aliases->capacity; i++)
		holders += aliases->entries[i].holders;
	for (uint32_t i = 0; i < shard->config.max_connections; i++)
		held += alias_is_peer(shard->conns[i].key.remote);
	for (uint32_t i = 0; i < shard->config.max_time_wait; i++) {
		const struct tcp_time_wait *record = &shard->time_wait.records[i];

		held += record->flags & TCP_TIME_WAIT_LIVE && alias_is_peer(record->key.remote);
	}
	/* A variant of a route has none of its own. */
	for (uint8_t i = 0; i < shard->service_count; i++)
		held += shard->services[i].origin == i && !shard->services[i].is_listener &&
			alias_is_peer(shard->services[i].route.target);
	held += shard_udp_aliases(shard) + shard_forward_aliases(shard);
	return alias_validate(aliases) && holders == held;
}
