/* shard_group_way.c - ways to targets that are many: a group, or all of a network. */
#include "shard/shard_group.h"

#include <string.h>

#include "base/endpoint.h"

/* Whether an address is everybody's of the network of a shard's port. */
static bool is_directed(const struct quern_shard *shard, const struct quern_endpoint *to)
{
	return !quern_ip6_is_set(&to->ip6) && to->address != 0 && to->address == shard->neigh.broadcast;
}

static bool is_everybody(const struct quern_endpoint *to)
{
	return to->address == UDP_ADDRESS_BROADCAST;
}

bool shard_group_is_target(const struct shard_forward *forward, const struct quern_endpoint *to)
{
	bool found = base_endpoint_is_group(to) || is_everybody(to);

	for (uint8_t i = 0; i < forward->shard_count && !found; i++)
		found = is_directed(forward->shards[i], to);
	return found;
}

static bool speaks(const struct quern_shard *shard, const struct quern_endpoint *to)
{
	return quern_ip6_is_set(&to->ip6) ? shard->ip6.is_spoken : shard->config.addresses.last != 0;
}

uint8_t shard_group_towards(const struct shard_forward *forward, uint16_t port, const struct quern_endpoint *to)
{
	uint8_t own = SHARD_NO_WAY, other = SHARD_NO_WAY, others = 0;

	for (uint8_t i = 0; i < forward->shard_count; i++) {
		const struct quern_shard *shard = forward->shards[i];

		if (is_directed(shard, to))
			return i;
		if (!speaks(shard, to))
			continue;
		if (shard->forward_port == port) {
			own = i;
		} else {
			other = i;
			others++;
		}
	}
	if (others > 1)
		return SHARD_NO_WAY;
	return others == 1 ? other : own;
}

bool shard_group_link(const struct quern_shard *out, const struct quern_endpoint *to, struct wire_link *link)
{
	static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	bool is_ip6 = quern_ip6_is_set(&to->ip6);
	uint8_t mac[6];

	if (base_endpoint_is_group(to)) {
		if (is_ip6)
			wire_group_mac(to->ip6, mac);
		else
			wire_group_mac4(to->address, mac);
	} else if (is_everybody(to) || is_directed(out, to)) {
		memcpy(mac, everybody, sizeof(mac));
	} else {
		return false;
	}
	shard_link_to(out, mac, is_ip6, link);
	return true;
}
