/* shard_checks.c - what is known of targets that are checked, for all who want to know. */
#include "shard/shard_checks_parts.h"

#include <string.h>

#include <quern/target.h>

#include "base/check.h"
#include "base/line.h"
#include "base/random.h"
#include "udp/udp_rules.h"

enum { FIRST_WITHIN_MS = 250 };

/* The parts of the memory, in order. */
struct layout {
	size_t rules, probes, texts, end;
};

static struct layout lay_out(const struct quern_forward_rule *rules, uint16_t count)
{
	size_t probes = 0, texts = 0;
	struct layout at;

	for (uint16_t i = 0; i < count; i++) {
		if (rules[i].check.probe == QUERN_PROBE_NONE)
			continue;
		probes += rules[i].target_count;
		texts += (size_t)rules[i].check.request_bytes + rules[i].check.answer_bytes;
	}
	at.rules = base_line_up(sizeof(struct shard_checks));
	at.probes = at.rules + base_line_up(count * sizeof(struct shard_check_rule));
	at.texts = at.probes + base_line_up(probes * sizeof(struct shard_probe));
	at.end = probes == 0 ? 0 : at.texts + base_line_up(texts);
	return at;
}

size_t shard_checks_bytes(const struct quern_forward_rule *rules, uint16_t count)
{
	return lay_out(rules, count).end;
}

static uint8_t *copy_text(uint8_t **texts, const void *text, uint16_t bytes)
{
	uint8_t *copy = *texts;

	if (bytes > 0)
		memcpy(copy, text, bytes);
	*texts += bytes;
	return copy;
}

static void build_rule(struct shard_check_rule *made, const struct quern_forward_rule *rule, uint8_t **texts)
{
	const struct quern_forward_check *check = &rule->check;

	*made = (struct shard_check_rule){.plan = udp_check_plan_of(check),
					  .id = udp_rules_id(rule->name),
					  .target_count = rule->target_count,
					  .request_bytes = check->request_bytes,
					  .answer_bytes = check->answer_bytes,
					  .probe = (uint8_t)check->probe};
	if (check->probe == QUERN_PROBE_NONE)
		return;
	made->request = copy_text(texts, check->request, check->request_bytes);
	made->answer = copy_text(texts, check->answer, check->answer_bytes);
}

static bool is_same(const struct quern_endpoint *a, uint16_t a_port, const struct quern_endpoint *b, uint16_t b_port)
{
	return a->address == b->address && a->ip6.high == b->ip6.high && a->ip6.low == b->ip6.low && a_port == b_port;
}

/* The state of a target in the checks before; NEW where they do not know it. */
static enum quern_target_state state_before(const struct shard_checks *old, uint32_t id,
					    const struct quern_endpoint *target)
{
	for (uint16_t number = 0; old && number < old->rule_count; number++) {
		const struct shard_check_rule *rule = &old->rules[number];

		for (uint16_t i = 0; rule->id == id && rule->probe != QUERN_PROBE_NONE && i < rule->target_count; i++) {
			const struct shard_probe *probe = &old->probes[rule->first_probe + i];

			if (is_same(&probe->to, probe->target_port, target, target->port))
				return (enum quern_target_state)(__atomic_load_n(&probe->told, __ATOMIC_RELAXED) &
								 0xff);
		}
	}
	return QUERN_TARGET_NEW;
}

/* Probes of targets of which nothing is known go out soon, one now and one then. */
static void build_probe(struct shard_checks *checks, uint16_t number, uint16_t target,
			const struct quern_forward_rule *configured, const struct shard_checks *old,
			struct random *random, uint32_t now_ms)
{
	const struct quern_endpoint *to = &configured->targets[target].to;
	struct shard_check_rule *rule = &checks->rules[number];
	struct shard_probe *probe = &checks->probes[checks->probe_count];
	enum quern_target_state state = state_before(old, rule->id, to);
	uint32_t within_ms = rule->plan.interval_ms;

	if (state == QUERN_TARGET_NEW && within_ms > FIRST_WITHIN_MS)
		within_ms = FIRST_WITHIN_MS;
	*probe = (struct shard_probe){
		.told = state, .rule = number, .target = target, .to = *to, .target_port = to->port};
	if (configured->check.port != 0)
		probe->to.port = configured->check.port;
	udp_check_begin(&probe->check, state, now_ms + random_below(random, within_ms));
	rule->up |= (uint64_t)(state == QUERN_TARGET_UP) << target;
	if (rule->probe == QUERN_PROBE_UDP) {
		CHECK(checks->port_count < SHARD_CHECK_PORTS);
		probe->local_port = (uint16_t)(checks->first_port + checks->port_count);
		checks->by_port[checks->port_count++] = (uint16_t)checks->probe_count;
	}
	checks->probe_count++;
}

struct shard_checks *shard_checks_build(void *memory, const struct quern_forward_rule *rules, uint16_t count,
					const struct shard_checks *old, const struct shard_checks_config *config)
{
	const struct layout at = lay_out(rules, count);
	struct shard_checks *checks = memory;
	char *block = memory;
	uint8_t *texts = (uint8_t *)block + at.texts;
	struct random random;

	random_seed(&random, config->seed);
	checks->rules = (struct shard_check_rule *)(void *)(block + at.rules);
	checks->probes = (struct shard_probe *)(void *)(block + at.probes);
	checks->rule_count = count;
	checks->first_port = config->first_port;
	for (int i = 0; i < 2; i++)
		checks->secret.words[i] = random_next(&random);
	for (uint16_t number = 0; number < count; number++) {
		build_rule(&checks->rules[number], &rules[number], &texts);
		checks->rules[number].first_probe = checks->probe_count;
		for (uint16_t target = 0;
		     rules[number].check.probe != QUERN_PROBE_NONE && target < rules[number].target_count; target++)
			build_probe(checks, number, target, &rules[number], old, &random, config->now_ms);
	}
	return checks;
}

void shard_checks_read(const struct shard_checks *checks, uint16_t rule, uint16_t target,
		       struct quern_forward_stats *stats)
{
	const struct shard_check_rule *found = &checks->rules[rule];
	uint32_t told;

	if (found->probe == QUERN_PROBE_NONE)
		return;
	told = __atomic_load_n(&checks->probes[found->first_probe + target].told, __ATOMIC_RELAXED);
	stats->state = (enum quern_target_state)(told & 0xff);
	stats->cause = (enum quern_target_cause)(told >> 8 & 0xff);
	stats->changes = told >> 16;
}

uint64_t shard_checks_nonce(const struct shard_checks *checks, uint16_t number, uint16_t sequence)
{
	const uint16_t words[] = {number, sequence};

	return hash_sip(&checks->secret, words, sizeof(words));
}

void shard_checks_hear(struct shard_probe *probe, uint16_t sequence, enum shard_heard what)
{
	uint32_t answer = (uint32_t)sequence << 8 | SHARD_HEARD_ANSWER;

	/* Nothing that comes behind the answer takes it back. */
	if (__atomic_load_n(&probe->heard, __ATOMIC_RELAXED) != answer)
		__atomic_store_n(&probe->heard, (uint32_t)sequence << 8 | what, __ATOMIC_RELAXED);
}

struct shard_probe *shard_checks_by_port(const struct shard_checks *checks, uint16_t local_port)
{
	uint16_t place = (uint16_t)(local_port - checks->first_port);

	return place < checks->port_count ? &checks->probes[checks->by_port[place]] : NULL;
}

/* What was heard since the last look. */
static void take_heard(struct shard_probe *probe, const struct udp_check_plan *plan)
{
	uint32_t heard = __atomic_load_n(&probe->heard, __ATOMIC_RELAXED);
	uint16_t sequence = (uint16_t)(heard >> 8);

	switch ((enum shard_heard)(heard & 0xff)) {
	case SHARD_HEARD_NOTHING:
		break;
	case SHARD_HEARD_ANSWER:
		udp_check_answered(&probe->check, plan, sequence);
		break;
	case SHARD_HEARD_REFUSAL:
		udp_check_failed(&probe->check, plan, sequence, QUERN_TARGET_REFUSED);
		break;
	case SHARD_HEARD_OTHER:
		udp_check_failed(&probe->check, plan, sequence, QUERN_TARGET_WRONG);
		break;
	}
}

/* The generation moves behind the bits: who sees it move sees them too. */
static void tell(struct shard_checks *checks, struct shard_probe *probe)
{
	struct shard_check_rule *rule = &checks->rules[probe->rule];
	uint32_t changes = (probe->told >> 16) + 1;
	uint64_t bit = UINT64_C(1) << probe->target;
	uint64_t up = probe->check.state == QUERN_TARGET_UP ? rule->up | bit : rule->up & ~bit;

	__atomic_store_n(&rule->up, up, __ATOMIC_RELAXED);
	__atomic_store_n(&probe->told, changes << 16 | (uint32_t)probe->check.cause << 8 | probe->check.state,
			 __ATOMIC_RELAXED);
	__atomic_store_n(&checks->generation, checks->generation + 1, __ATOMIC_RELEASE);
}

bool shard_checks_go_on(struct shard_checks *checks, struct shard_probe *probe, uint32_t tick)
{
	const struct udp_check_plan *plan = &checks->rules[probe->rule].plan;

	take_heard(probe, plan);
	if (udp_check_is_due(&probe->check, tick)) {
		udp_check_next(&probe->check, plan, tick);
		__atomic_store_n(&probe->sent, probe->check.sequence, __ATOMIC_RELAXED);
		probe->is_sent = false;
	}
	if (probe->check.state != (probe->told & 0xff))
		tell(checks, probe);
	return probe->check.is_out && !probe->is_sent;
}
