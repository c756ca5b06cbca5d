/* shard_forward_check.c - probes of targets as frames: out by the port that leads to each, and what comes back of them.
 */
#include "shard/shard_forward_check.h"

#include <string.h>

#include "shard/shard_checks_parts.h"
#include "shard/shard_forward_parts.h"
#include "wire/wire_echo.h"

enum { PROBES_A_TICK = 64 };

/* Our end of a probe, the first address of the port; over IPv6 in `pair`. */
static void name_ends(const struct quern_shard *out, const struct shard_probe *probe, struct flow_key *key,
		      struct ip6_pair *pair)
{
	*key = (struct flow_key){.local = out->config.addresses.first,
				 .remote = probe->to.address,
				 .local_port = probe->local_port,
				 .remote_port = probe->to.port};
	if (!quern_ip6_is_set(&probe->to.ip6))
		return;
	pair->local = shard_ip6_own_address(out, ALIAS_OWN_FIRST);
	pair->remote = probe->to.ip6;
}

static uint32_t write_echo(uint8_t *frame, const struct wire_link *link, const struct shard_checks *checks,
			   const struct shard_probe *probe, const struct quern_shard *out)
{
	uint16_t number = (uint16_t)(probe - checks->probes);
	struct wire_echo echo = {number, probe->sent, shard_checks_nonce(checks, number, probe->sent)};
	struct flow_key key;
	struct ip6_pair pair;

	name_ends(out, probe, &key, &pair);
	return quern_ip6_is_set(&probe->to.ip6)
		       ? wire_build_echo6_at(frame, link->bytes, &pair, &echo, &out->reply_options)
		       : wire_build_echo_at(frame, link->bytes, &key, &echo, &out->reply_options);
}

static uint32_t write_datagram(uint8_t *frame, const struct wire_link *link, const struct shard_check_rule *rule,
			       const struct shard_probe *probe, const struct quern_shard *out)
{
	const struct wire_ip_options unaided = {.ttl = out->reply_options.ttl, .tos = out->reply_options.tos};
	bool is_ip6 = quern_ip6_is_set(&probe->to.ip6);
	uint32_t text_at = is_ip6 ? WIRE_UDP6_TEXT_AFTER_LINK : WIRE_UDP_TEXT_AFTER_LINK;
	struct flow_key key;
	struct ip6_pair pair;

	name_ends(out, probe, &key, &pair);
	memcpy(frame + link->bytes + text_at, rule->request, rule->request_bytes);
	return is_ip6 ? wire_build_udp6_at(frame, link->bytes, &pair, &key, rule->request_bytes, &unaided)
		      : wire_build_udp_at(frame, link->bytes, &key, rule->request_bytes, &unaided);
}

/* False while the way is not known, or there is no buffer: it will be tried again, until the probe's time is over. */
static bool send_probe(struct shard_forward *forward, const struct shard_checks *checks,
		       const struct shard_probe *probe)
{
	const struct shard_check_rule *rule = &checks->rules[probe->rule];
	struct shard_way *way = shard_way_of(forward, &forward->rules->set->rules[probe->rule], probe->target);
	struct quern_shard *out = forward->shards[way->shard];
	uint32_t most = WIRE_LINK_MAX + WIRE_UDP6_TEXT_AFTER_LINK + rule->request_bytes, bytes;
	const struct wire_link *link;
	struct rte_mbuf *mbuf;
	uint8_t *frame;

	if (WIRE_UDP6_TEXT_AFTER_LINK + rule->request_bytes > out->config.mtu || out->pool_is_short ||
	    !shard_forward_link(out, way, &link))
		return false;
	mbuf = shard_send_buffer(out, RTE_MAX(most, (uint32_t)WIRE_ECHO_FRAME_MAX));
	if (!mbuf)
		return false;
	frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	memcpy(frame, link->header, link->bytes);
	bytes = rule->probe == QUERN_PROBE_ICMP ? write_echo(frame, link, checks, probe, out)
						: write_datagram(frame, link, rule, probe, out);
	mbuf->data_len = (uint16_t)bytes;
	mbuf->pkt_len = bytes;
	shard_send_frame(out, mbuf);
	return true;
}

/* Once a millisecond, and so many of them that a turn stays short. */
static void probe_some(struct shard_forward *forward, struct shard_checks *checks)
{
	uint32_t tick = forward->shards[0]->tick, count = RTE_MIN(checks->probe_count, (uint32_t)PROBES_A_TICK);

	if (forward->probed_tick == tick)
		return;
	forward->probed_tick = tick;
	for (uint32_t i = 0; i < count; i++) {
		struct shard_probe *probe = &checks->probes[checks->next];

		if (shard_checks_go_on(checks, probe, tick))
			probe->is_sent = send_probe(forward, checks, probe);
		if (++checks->next == checks->probe_count)
			checks->next = 0;
	}
}

/* The targets that may have sessions: of a rule that does not check them all. */
static uint64_t up_by(const struct shard_checks *checks, const struct udp_rule *rule)
{
	if (!checks || checks->rules[rule->number].probe == QUERN_PROBE_NONE)
		return udp_rule_all(rule);
	return __atomic_load_n(&checks->rules[rule->number].up, __ATOMIC_RELAXED);
}

/* Sessions that are open stay with their targets. */
static void take_up(const struct shard_forward *forward, const struct shard_checks *checks)
{
	struct udp_balance *balance = &forward->rules->balance;
	uint32_t now_ms = forward->shards[0]->now_ms;

	for (uint16_t number = 0; number < forward->rules->set->rule_count; number++) {
		const struct udp_rule *rule = &forward->rules->set->rules[number];
		uint64_t up = up_by(checks, rule), differ = up ^ udp_balance_up(balance, rule);

		for (; differ; differ &= differ - 1) {
			uint16_t target = (uint16_t)__builtin_ctzll(differ);

			udp_balance_set_up(balance, rule, target, up >> target & 1, now_ms);
		}
	}
}

void shard_forward_check(struct shard_forward *forward)
{
	struct shard_checks *checks = forward->rules ? forward->rules->checks : NULL;
	uint32_t generation = 0;

	if (checks && forward->is_prober)
		probe_some(forward, checks);
	if (checks)
		generation = __atomic_load_n(&checks->generation, __ATOMIC_ACQUIRE);
	if (checks == forward->checks_taken && generation == forward->generation_taken)
		return;
	forward->checks_taken = checks;
	forward->generation_taken = generation;
	take_up(forward, checks);
}

static const struct shard_checks *checks_of(const struct quern_shard *shard)
{
	return shard->forward && shard->forward->rules ? shard->forward->rules->checks : NULL;
}

/* A packet has the addresses of a probe's answer: from the target, to where the probe was sent from. */
static bool is_between(const struct quern_shard *shard, const struct packet *packet, const struct shard_probe *probe)
{
	const struct shard_forward *forward = shard->forward;
	const struct udp_rule *rule = &forward->rules->set->rules[probe->rule];
	const struct quern_shard *out = forward->shards[shard_way_of(forward, rule, probe->target)->shard];
	struct ip6_pair pair;
	struct flow_key key;

	name_ends(out, probe, &key, &pair);
	if (packet->version == 6)
		return quern_ip6_is_set(&probe->to.ip6) && ip6_equal(packet->ip6.remote, pair.remote) &&
		       ip6_equal(packet->ip6.local, pair.local);
	return !quern_ip6_is_set(&probe->to.ip6) && packet->key.remote == key.remote && packet->key.local == key.local;
}

bool shard_forward_echoed(struct quern_shard *shard, const struct shard_frame *frame)
{
	const struct shard_checks *checks = checks_of(shard);
	struct shard_probe *probe;
	struct wire_echo echo;

	if (!checks || !wire_echo_read(rte_pktmbuf_mtod(frame->mbuf, const uint8_t *), frame->packet, &echo) ||
	    echo.id >= checks->probe_count)
		return false;
	probe = &checks->probes[echo.id];
	if (checks->rules[probe->rule].probe != QUERN_PROBE_ICMP || !is_between(shard, frame->packet, probe) ||
	    echo.nonce != shard_checks_nonce(checks, echo.id, echo.sequence))
		return false;
	shard_checks_hear(probe, echo.sequence, SHARD_HEARD_ANSWER);
	return true;
}

/* The probe by UDP that went from our end of a packet's flow to its other one. */
static struct shard_probe *probe_of(const struct quern_shard *shard, const struct packet *packet)
{
	const struct shard_checks *checks = checks_of(shard);
	struct shard_probe *probe = checks ? shard_checks_by_port(checks, packet->key.local_port) : NULL;

	return probe && probe->to.port == packet->key.remote_port && is_between(shard, packet, probe) ? probe : NULL;
}

bool shard_forward_answered(struct quern_shard *shard, const struct shard_frame *frame)
{
	const struct packet *packet = frame->packet;
	struct shard_probe *probe = probe_of(shard, packet);
	const struct shard_check_rule *rule;
	const uint8_t *text;
	bool is_right;

	if (!probe)
		return false;
	rule = &checks_of(shard)->rules[probe->rule];
	text = rte_pktmbuf_mtod_offset(frame->mbuf, const uint8_t *, packet->text_offset);
	is_right = packet->frame_bytes - packet->text_offset >= rule->answer_bytes &&
		   memcmp(text, rule->answer, rule->answer_bytes) == 0;
	shard_checks_hear(probe, __atomic_load_n(&probe->sent, __ATOMIC_RELAXED),
			  is_right ? SHARD_HEARD_ANSWER : SHARD_HEARD_OTHER);
	return true;
}

bool shard_forward_probe_refused(struct quern_shard *shard, const struct shard_frame *frame)
{
	struct shard_probe *probe = probe_of(shard, frame->packet);

	if (!probe || frame->packet->icmp.what != QUERN_ICMP_PORT)
		return false;
	shard_checks_hear(probe, __atomic_load_n(&probe->sent, __ATOMIC_RELAXED), SHARD_HEARD_REFUSAL);
	return true;
}
