/* shard_group.c - what a port hears beside datagrams to its own addresses, and reports of that. */
#include "shard/shard_group.h"

#include <errno.h>
#include <string.h>

#include "base/least.h"
#include "wire/wire_group.h"

enum {
	NEWEST_IGMP = 3,
	NEWEST_MLD = 2,
	IGMP_HEADERS = 24 + 8, /* before the records of a report */
	IGMP_RECORD = 8,
	MLD_HEADERS = 48 + 8,
	MLD_RECORD = 20
};

static_assert((int)NEIGH_GROUPS_MAX == (int)QUERN_FORWARD_RULES_MAX, "each rule may listen to another group");
static_assert((int)ALIAS_GROUP_MAX == (int)QUERN_FORWARD_RULES_MAX, "and has a name for it");

static const uint32_t all_systems = 0xe0000001; /* RFC 1112: of this link */
static const struct quern_ip6 all_nodes = {UINT64_C(0xff02) << 48, 1};

void shard_groups_init(struct shard_groups *groups)
{
	neigh_groups_init(&groups->ip4, NEWEST_IGMP);
	neigh_groups_init(&groups->ip6, NEWEST_MLD);
}

static struct quern_ip6 wide(uint32_t address)
{
	return (struct quern_ip6){0, address};
}

static const struct shard_group *find(const struct shard_rules *rules, uint16_t port, struct quern_ip6 address)
{
	for (uint16_t i = 0; i < rules->group_count; i++)
		if (rules->groups[i].port == port && ip6_equal(rules->groups[i].address, address))
			return &rules->groups[i];
	return NULL;
}

/* Whether a port has addresses of the version of an end; over IPv6, not so many that they reach the groups' names. */
static bool speaks(const struct quern_shard *shard, const struct quern_endpoint *end)
{
	const struct quern_port_ip6 *ip6 = &shard->config.ip6;

	if (!quern_ip6_is_set(&end->ip6))
		return shard->config.addresses.last != 0;
	return shard->ip6.is_spoken && ip6_distance(ip6->last, ip6->first) < ALIAS_GROUP_FIRST - ALIAS_OWN_FIRST;
}

int shard_group_add(struct shard_rules *rules, const struct quern_shard *shard, const struct quern_endpoint *listen,
		    uint32_t *name)
{
	bool is_ip6 = quern_ip6_is_set(&listen->ip6);
	struct quern_ip6 address = is_ip6 ? listen->ip6 : wide(listen->address);
	const struct shard_group *known = find(rules, shard->forward_port, address);

	if (!speaks(shard, listen))
		return -EADDRNOTAVAIL;
	if (known) {
		*name = known->name;
		return 0;
	}
	*name = is_ip6 ? ALIAS_GROUP_FIRST + rules->group_count : listen->address;
	rules->groups[rules->group_count++] = (struct shard_group){address, *name, shard->forward_port};
	return 0;
}

static bool takes_broadcasts(const struct shard_rules *rules, uint16_t port)
{
	for (uint16_t i = 0; i < rules->set->rule_count; i++)
		if (rules->set->configured[i].port == port && rules->set->configured[i].broadcast)
			return true;
	return false;
}

/* The shard of a port's first queue tells of its groups; each answers the queries that come to it. */
static bool tells(const struct quern_shard *shard)
{
	return !shard->config.plan || shard->config.queue == 0;
}

/* RFC 3376 6, RFC 3810 6: everybody on a link is in the group of all, and nobody says so. */
static bool is_told_of(const struct shard_group *group)
{
	return alias_is_group(group->name) ? !ip6_equal(group->address, all_nodes) : group->name != all_systems;
}

/* Returns how many groups of a version of IP the rules listen to at a shard's port. */
static uint32_t follow(const struct quern_shard *shard, const struct shard_rules *rules, struct neigh_groups *groups,
		       bool is_ip6)
{
	struct quern_ip6 wanted[NEIGH_GROUPS_MAX] = {{0, 0}};
	uint32_t count = 0, told = 0;

	for (uint16_t i = 0; i < rules->group_count; i++) {
		const struct shard_group *group = &rules->groups[i];

		if (group->port != shard->forward_port || alias_is_group(group->name) != is_ip6)
			continue;
		count++;
		if (is_told_of(group))
			wanted[told++] = group->address;
	}
	neigh_groups_follow(groups, wanted, told, tells(shard), shard->now_ms);
	return count;
}

void shard_groups_follow(struct shard_forward *forward)
{
	const struct shard_rules *rules = forward->rules;

	for (uint8_t i = 0; i < forward->shard_count; i++) {
		struct quern_shard *shard = forward->shards[i];
		uint32_t of_ip4 = follow(shard, rules, &forward->groups[i].ip4, false);
		uint32_t of_ip6 = follow(shard, rules, &forward->groups[i].ip6, true);

		shard->expect.groups = of_ip4 + of_ip6 > 0;
		shard->hears_many = shard->expect.groups || takes_broadcasts(rules, shard->forward_port);
	}
}

void shard_forward_leave(struct quern_shard *shard)
{
	struct shard_groups *groups;

	if (!shard->forward)
		return;
	groups = &shard->forward->groups[shard->forward_number];
	neigh_groups_follow(&groups->ip4, NULL, 0, tells(shard), shard->now_ms);
	neigh_groups_follow(&groups->ip6, NULL, 0, tells(shard), shard->now_ms);
	shard_group_expire(shard);
}

static bool is_broadcast(const struct quern_shard *shard, uint32_t address)
{
	return address == UDP_ADDRESS_BROADCAST || (address == shard->neigh.broadcast && address != 0);
}

/* A broadcast is for the rule that takes those to its port; to a rule with sessions it is as if sent to its address, so
 * that answers come from that (RFC 1122 3.2.1.3). */
static bool name_broadcast(const struct quern_shard *shard, struct packet *packet)
{
	const struct udp_rules *set = shard->forward->rules->set;
	const struct udp_rule *rule =
		udp_rules_find(set, shard->forward_port, UDP_ADDRESS_BROADCAST, packet->key.local_port);
	uint32_t own;

	if (!rule)
		return false;
	own = set->configured[rule->number].listen.address;
	if (!rule->one_way)
		packet->key.local = own ? own : shard->config.addresses.first;
	return true;
}

static bool name4(const struct quern_shard *shard, struct packet *packet)
{
	uint32_t dest = packet->key.local;

	if (packet->kind == WIRE_UDP && is_broadcast(shard, dest))
		return name_broadcast(shard, packet);
	return (packet->kind == WIRE_GROUP && dest == all_systems) ||
	       find(shard->forward->rules, shard->forward_port, wide(dest)) != NULL;
}

static bool name6(const struct quern_shard *shard, struct packet *packet)
{
	const struct shard_group *group = find(shard->forward->rules, shard->forward_port, packet->ip6.local);

	if (packet->kind == WIRE_GROUP)
		return group || ip6_equal(packet->ip6.local, all_nodes);
	if (!group)
		return false;
	packet->key.local = group->name;
	packet->key.remote = alias_find(&shard->ip6.aliases, packet->ip6.remote);
	return true;
}

/* Whether a packet was sent by a port of ours: as its frame says, or its address. */
static bool is_from(const struct quern_shard *shard, const uint8_t *frame, const struct packet *packet)
{
	if (shard->config.ethernet && memcmp(frame + 6, shard->config.mac, 6) == 0)
		return true;
	return shard_is_from_own(shard, packet);
}

/* What a port has sent to many comes back where somebody sends it back, or another port of ours is on the same link: it
 * would go round. */
static bool is_from_us(const struct shard_forward *forward, const uint8_t *frame, const struct packet *packet)
{
	for (uint8_t i = 0; i < forward->shard_count; i++)
		if (is_from(forward->shards[i], frame, packet))
			return true;
	return false;
}

enum quern_drop shard_group_judge(const struct quern_shard *shard, const uint8_t *frame, struct packet *packet)
{
	if (packet->kind != WIRE_UDP && packet->kind != WIRE_GROUP)
		return QUERN_DROP_IP_DEST;
	if (is_from_us(shard->forward, frame, packet) ||
	    (packet->version == 4 && is_broadcast(shard, packet->key.remote)))
		return QUERN_DROP_IP_SOURCE;
	if (!(packet->version == 6 ? name6(shard, packet) : name4(shard, packet)))
		return QUERN_DROP_IP_DEST;
	packet->to_group = true;
	return QUERN_DROP_NONE;
}

bool shard_group_readdress(struct quern_shard *shard, struct shard_frame *frame)
{
	const struct packet *packet = frame->packet;
	struct rte_mbuf *copy;

	if (packet->version == 6 || !neigh_is_own(&shard->neigh, packet->key.local))
		return true;
	if (!shard_send_is_ours(frame->mbuf)) {
		copy = rte_pktmbuf_copy(frame->mbuf, shard->pool, 0, UINT32_MAX);
		if (!copy) {
			shard_drop(shard, QUERN_DROP_NO_MBUF);
			return false;
		}
		rte_pktmbuf_free(frame->mbuf);
		frame->mbuf = copy;
	}
	wire_udp_readdress4(rte_pktmbuf_mtod(frame->mbuf, uint8_t *), packet);
	return true;
}

uint32_t shard_group_listen(const struct quern_shard *shard, const struct packet *packet)
{
	return packet->to_group && is_broadcast(shard, packet->key.local) ? UDP_ADDRESS_BROADCAST : packet->key.local;
}

void shard_group_input(struct quern_shard *shard, const struct shard_frame *frame)
{
	struct shard_groups *groups = &shard->forward->groups[shard->forward_number];

	counter_add(&shard->counters.group_queries, 1);
	neigh_groups_asked(frame->packet->version == 6 ? &groups->ip6 : &groups->ip4, &frame->packet->group,
			   shard->now_ms, &shard->forward->random);
}

/* RFC 3810 5.2.13: from a link-local address; where none is configured, the one that our MAC address makes. */
static struct quern_ip6 link_local(const struct quern_shard *shard)
{
	return ip6_is_link_local(shard->config.ip6.first) ? shard->config.ip6.first
							  : wire_link_local(shard->config.mac);
}

static void send_report(struct quern_shard *shard, const struct wire_group_report *report, bool is_ip6)
{
	struct rte_mbuf *mbuf = shard_send_buffer(shard, is_ip6 ? WIRE_MLD_FRAME_MAX : WIRE_IGMP_FRAME_MAX);
	struct wire_link link;
	uint8_t *frame;
	uint32_t bytes;

	if (!mbuf)
		return;
	shard_link_to(shard, shard->config.mac, is_ip6, &link);
	frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	bytes = is_ip6 ? wire_build_mld(frame, &link, link_local(shard), report)
		       : wire_build_igmp(frame, &link, shard->config.addresses.first, report);
	if (bytes == 0) {
		rte_pktmbuf_free(mbuf);
		return;
	}
	mbuf->data_len = (uint16_t)bytes;
	mbuf->pkt_len = bytes;
	counter_add(&shard->counters.group_reports, 1);
	shard_send_frame(shard, mbuf);
}

static bool is_due(const struct quern_shard *shard, const struct neigh_groups *groups)
{
	uint32_t at_ms;

	return neigh_groups_next(groups, &at_ms) && (int32_t)(at_ms - shard->now_ms) <= 0;
}

static uint32_t tell(struct quern_shard *shard, struct neigh_groups *groups, bool is_ip6)
{
	uint32_t headers = is_ip6 ? MLD_HEADERS : IGMP_HEADERS, record = is_ip6 ? MLD_RECORD : IGMP_RECORD;
	uint32_t fit = most(above(shard->config.mtu, headers) / record, 1), count = 0;
	struct wire_group_record records[WIRE_GROUP_RECORDS_MAX];
	struct wire_group_report report;

	while (is_due(shard, groups) &&
	       neigh_groups_report(groups, fit, shard->now_ms, &shard->forward->random, records, &report)) {
		send_report(shard, &report, is_ip6);
		count++;
	}
	return count;
}

uint32_t shard_group_expire(struct quern_shard *shard)
{
	struct shard_groups *groups = &shard->forward->groups[shard->forward_number];
	uint32_t count = 0;

	if (unlikely(is_due(shard, &groups->ip4)))
		count += tell(shard, &groups->ip4, false);
	if (unlikely(is_due(shard, &groups->ip6)))
		count += tell(shard, &groups->ip6, true);
	return count;
}

bool shard_group_next(const struct quern_shard *shard, uint32_t *tick)
{
	const struct shard_groups *groups = &shard->forward->groups[shard->forward_number];
	uint32_t of_ip6;
	bool found = neigh_groups_next(&groups->ip4, tick);

	if (neigh_groups_next(&groups->ip6, &of_ip6) && (!found || (int32_t)(of_ip6 - *tick) < 0)) {
		*tick = of_ip6;
		found = true;
	}
	return found;
}
