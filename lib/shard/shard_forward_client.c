/* shard_forward_client.c - who may be a client: by the address that a datagram comes from. */
#include "shard/shard_forward_parts.h"

#include "base/ip6.h"

enum { LINK_LOCAL = 0xa9fe /* RFC 3927: 169.254.0.0/16 */ };

/* RFC 1122 3.2.1.3: of another port's network, nobody is everybody there, and nobody is us. */
static bool is_ours_or_all(const struct quern_shard *shard, const struct packet *packet)
{
	if (packet->version == 6)
		return shard->ip6.is_spoken && shard_is_from_own(shard, packet);
	return shard_is_from_own(shard, packet) || packet->key.remote == shard->neigh.broadcast;
}

/* RFC 3927 7, RFC 4291 2.5.6: such an address never leaves its link. */
static bool is_of_the_link(const struct packet *packet)
{
	return packet->version == 6 ? ip6_is_link_local(packet->ip6.remote) : packet->key.remote >> 16 == LINK_LOCAL;
}

/* It would hear itself, and answer itself for ever. */
static bool is_a_target(const struct packet *packet, const struct udp_rule *rule)
{
	for (uint16_t i = 0; i < rule->target_count; i++) {
		const struct quern_endpoint *to = &rule->targets[i].to;

		if (packet->version == 6 ? ip6_equal(to->ip6, packet->ip6.remote) : to->address == packet->key.remote)
			return true;
	}
	return false;
}

bool shard_client_may(const struct quern_shard *shard, const struct packet *packet, const struct udp_rule *rule)
{
	const struct shard_forward *forward = shard->forward;

	for (uint8_t i = 0; i < forward->shard_count; i++)
		if (is_ours_or_all(forward->shards[i], packet))
			return false;
	return !rule->keep_source || (!is_of_the_link(packet) && !is_a_target(packet, rule));
}
