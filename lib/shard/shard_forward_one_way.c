/* shard_forward_one_way.c - datagrams of rules that keep no session: each finds its target by itself. */
#include "shard/shard_forward_parts.h"

/* Of a client's hash, another one than that by which maglev finds its target. */
#define OF_ADDRESSES UINT64_C(0xd6e8feb86659fd93)

/* Where a datagram goes, and what it becomes. */
struct one_way {
	struct shard_way *way;
	struct quern_shard *out;
	struct flow_key key;  /* ports, and over IPv4 addresses */
	struct ip6_pair pair; /* addresses over IPv6 */
	struct wire_udp_ends goes;
	struct wire_udp_sums sums;
};

/* What flow keys hold of one of our own addresses, the same for all of a client. */
static uint32_t local_for(const struct quern_shard *out, const struct wire_udp_ends *came, bool is_ip6)
{
	uint32_t first = shard_first_local(out, is_ip6), last = shard_last_local(out, is_ip6);
	uint64_t hash = hash_fold(shard_client_hash(came), OF_ADDRESSES);

	return first + (uint32_t)((hash >> 32) * ((uint64_t)last - first + 1) >> 32);
}

/* Who sends it, as its target sees that: the client, or ourselves. No answer is expected, so that any port is as good
 * as the client's own. */
static void set_source(struct one_way *one_way, bool keep_source, const struct wire_udp_ends *came)
{
	bool is_ip6 = one_way->goes.pair != NULL;
	uint32_t local = keep_source ? came->key->remote : local_for(one_way->out, came, is_ip6);

	one_way->key.local_port = came->key->remote_port;
	if (!is_ip6)
		one_way->key.local = local;
	else
		one_way->pair.local = keep_source ? came->pair->remote : shard_ip6_own_address(one_way->out, local);
}

/* Fills in what becomes of a datagram with these ends that goes to a target of a rule. */
static void find_way(const struct shard_forward *forward, const struct udp_rule *rule, uint16_t target,
		     const struct wire_udp_ends *came, struct one_way *one_way)
{
	struct shard_way *way = shard_way_of(forward, rule, target);

	one_way->way = way;
	one_way->out = forward->shards[way->shard];
	one_way->key = (struct flow_key){.remote = way->to.address,
					 .remote_port = way->to.port ? way->to.port : came->key->local_port};
	one_way->pair.remote = way->to.ip6;
	one_way->goes = (struct wire_udp_ends){&one_way->key, quern_ip6_is_set(&way->to.ip6) ? &one_way->pair : NULL};
	set_source(one_way, rule->keep_source, came);
	one_way->sums = wire_udp_sums(came, &one_way->goes);
}

/* Sends a datagram on, in its own buffer or a copy. */
static void send_to(struct quern_shard *shard, struct shard_frame *frame, const struct wire_udp_ends *came,
		    const struct udp_rule *rule, uint16_t target, bool is_copy, uint32_t *least)
{
	struct one_way one_way;
	const struct wire_link *link;
	struct rte_mbuf *mbuf;

	find_way(shard->forward, rule, target, came, &one_way);
	if (!shard_forward_copy_fits(shard, frame, one_way.out, one_way.goes.pair != NULL, least))
		return;
	if (!shard_forward_link(one_way.out, one_way.way, &link)) {
		shard_forward_no_next_hop(shard, rule, target);
		return;
	}
	mbuf = is_copy ? shard_forward_copy(one_way.out, frame->mbuf, frame->packet)
		       : shard_forward_take(one_way.out, frame);
	if (!mbuf)
		return;
	counter_add(&shard->counters.udp_forwarded, 1);
	shard_forward_count_out(one_way.way, shard_forward_bytes_of(frame->packet));
	shard_forward_send(one_way.out, mbuf, frame->packet, &one_way.goes, one_way.sums, link);
}

void shard_forward_one_way(struct quern_shard *shard, struct shard_frame *frame, const struct udp_rule *rule)
{
	const struct wire_udp_ends came = wire_udp_ends_of(frame->packet);
	struct udp_balance *balance = &shard->forward->rules->balance;
	uint64_t up = udp_balance_up(balance, rule);
	uint32_t least = 0;

	if (up == 0) {
		shard_drop(shard, QUERN_DROP_UDP_NO_TARGET);
		counter_add(&shard->forward->rules->counts[rule->number].refused, 1);
		return;
	}
	if (rule->balance == QUERN_BALANCE_ALL)
		for (; up; up &= up - 1)
			send_to(shard, frame, &came, rule, (uint16_t)__builtin_ctzll(up), true, &least);
	else
		send_to(shard, frame, &came, rule,
			udp_balance_pick(balance, rule, shard_client_hash(&came), shard->now_ms), false, &least);
	shard_forward_copies_end(shard, frame, least);
}
