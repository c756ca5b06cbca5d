/* sim_seed.c - from a number to a world and what happens in it: each seed turns on its own subset (swarm testing). */
#include "sim/sim_seed.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/random.h"

enum { PER_CENT = QUERN_IMPAIR_WHOLE / 100, WRAP_MS = 4294967 };

uint64_t sim_seed_mix(uint64_t seed, uint64_t what)
{
	uint64_t word = seed * UINT64_C(0x9e3779b97f4a7c15) + what;

	word = (word ^ word >> 33) * UINT64_C(0xff51afd7ed558ccd);
	word = (word ^ word >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return word ^ word >> 33;
}

static bool one_in(struct random *random, uint32_t count)
{
	return random_below(random, count) == 0;
}

static uint32_t between(struct random *random, uint32_t least, uint32_t most)
{
	return least + random_below(random, most - least + 1);
}

static uint32_t one_of(struct random *random, const uint32_t *numbers, uint32_t count)
{
	return numbers[random_below(random, count)];
}

#define ONE_OF(random, ...) \
	one_of(random, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void draw_options(struct random *random, struct quern_tcp_options *options, bool is_patient)
{
	options->mss = (uint16_t)ONE_OF(random, 0, 0, 0, 48, 200, 536, 1000);
	options->receive_window = ONE_OF(random, 0, 0, 700, 3000, 20000, 200000, 1000000);
	options->send_queue = ONE_OF(random, 0, 0, 1000, 8000, 200000);
	options->congestion = one_in(random, 2) ? QUERN_CONGESTION_CUBIC : QUERN_CONGESTION_NEWRENO;
	options->no_window_scale = one_in(random, 4);
	options->no_sack = one_in(random, 4);
	options->no_timestamps = one_in(random, 3);
	options->nagle = one_in(random, 4);
	options->no_pacing = one_in(random, 2);
	options->keepalive = one_in(random, 4);
	options->keepalive_idle_ms = between(random, 1000, 20000);
	options->keepalive_interval_ms = between(random, 500, 5000);
	options->keepalive_probes = (uint8_t)between(random, 3, 10);
	if (!is_patient) {
		options->connect_timeout_ms = ONE_OF(random, 0, 0, 5000, 20000);
		options->user_timeout_ms = ONE_OF(random, 0, 0, 0, 5000, 30000);
		options->fin_wait_2_ms = ONE_OF(random, 0, 0, 5000);
	}
	options->syn_cookies = (enum quern_syn_cookies)ONE_OF(random, QUERN_SYN_COOKIES_AUTO, QUERN_SYN_COOKIES_AUTO,
							      QUERN_SYN_COOKIES_ALWAYS, QUERN_SYN_COOKIES_NEVER);
}

static void draw_make(struct random *random, struct sim_make *make, bool is_tight, bool is_patient)
{
	make->max_connections = is_tight ? between(random, 2, 8) : 40;
	make->max_half_open = is_tight ? between(random, 1, 4) : 0;
	make->max_time_wait = is_tight ? between(random, 1, 8) : 40;
	make->max_flights = is_tight && one_in(random, 2) ? between(random, 1, make->max_connections) : 0;
	make->accept_backlog = is_tight ? 1 : 16;
	make->time_wait_reset = one_in(random, 8);
	make->mtu = (uint16_t)ONE_OF(random, 1500, 1500, 1280, 1400);
	make->burst = (uint16_t)ONE_OF(random, 1, 1, 1, 4, 64);
	make->first_port = 2000;
	make->last_port = one_in(random, 3) ? (uint16_t)(2000 + random_below(random, 3)) : 60000;
	draw_options(random, &make->listens, is_patient);
	draw_options(random, &make->opens, is_patient);
}

/* A line that is good, or bad in its own way. */
static void draw_link(struct random *random, struct quern_impair *link, uint32_t faults)
{
	link->delay_ns = between(random, 1, 60) * SIM_NS_PER_MS;
	if (one_in(random, 2))
		link->jitter_ns = random_below(random, (uint32_t)(link->delay_ns / 1000)) * UINT64_C(1000);
	if (faults & 1)
		link->loss_share = ONE_OF(random, 1, 3, 10, 25) * PER_CENT;
	if (faults & 1 && one_in(random, 2))
		link->burst = (uint16_t)between(random, 2, 8);
	if (faults & 2)
		link->dup_share = ONE_OF(random, 1, 10, 40) * PER_CENT;
	if (faults & 4) {
		link->reorder_share = ONE_OF(random, 1, 10, 40) * PER_CENT;
		link->gap_ns = ONE_OF(random, 1, 5, 50, 900) * SIM_NS_PER_MS;
	}
	if (faults & 8)
		link->corrupt_share = ONE_OF(random, 1, 5) * PER_CENT;
	if (faults & 16) {
		link->rate = between(random, 100, 5000) * UINT64_C(1000);
		link->queue_ns = between(random, 20, 500) * SIM_NS_PER_MS;
	}
	CHECK(quern_impair_fault(link) == NULL);
}

static void add(struct sim_plan *plan, uint64_t at_ns, enum sim_kind kind, uint32_t who, uint32_t a, uint32_t b)
{
	if (plan->count < SIM_EVENTS_MAX)
		plan->events[plan->count++] =
			(struct sim_event){.at_ns = at_ns, .kind = (uint8_t)kind, .who = (uint8_t)who, .a = a, .b = b};
}

static uint64_t some_time(struct random *random, const struct sim_plan *plan)
{
	return plan->start_ns + random_next(random) % (plan->end_ns - plan->start_ns);
}

/* Somebody else; twins speak to the one host that is none. */
static uint32_t other_host(struct random *random, const struct sim_plan *plan, uint32_t host)
{
	if (plan->has_twins && host != 0)
		return 0;
	return (host + 1 + random_below(random, plan->hosts - 1u)) % plan->hosts;
}

static void plan_opens(struct random *random, struct sim_plan *plan, bool may_cross)
{
	uint32_t opens = ONE_OF(random, 1, 1, 2, 3, 5, 8, 12, 24), pulls = one_in(random, 3), number = 0;
	uint64_t last_ns = plan->start_ns + (one_in(random, 2) ? 2000 : 1) * SIM_NS_PER_MS;

	while (number < opens) {
		uint32_t from = random_below(random, plan->hosts);
		uint32_t to = other_host(random, plan, from);
		/* One draw a statement: compilers differ in what they evaluate first. */
		uint64_t until_ns = one_in(random, 2) ? last_ns : plan->end_ns;
		uint64_t at_ns = plan->start_ns + random_next(random) % (until_ns - plan->start_ns);

		if (may_cross && one_in(random, 3)) {
			add(plan, at_ns, SIM_OPEN, from, to | SIM_TO_CROSS, number++);
			add(plan, at_ns + random_below(random, 50) * SIM_NS_PER_MS, SIM_OPEN, to, from | SIM_TO_CROSS,
			    number++);
		} else {
			add(plan, at_ns, SIM_OPEN, from, to | (pulls && one_in(random, 2) ? SIM_TO_PULL : 0), number++);
		}
	}
	/* What applications do beside their habits. */
	for (uint32_t i = random_below(random, 2 * opens); i > 0; i--) {
		static const uint8_t kinds[] = {SIM_SEND,  SIM_SEND, SIM_SHUTDOWN, SIM_CLOSE,
						SIM_ABORT, SIM_HOLD, SIM_HOLD,     SIM_SETTING};
		uint8_t kind = kinds[random_below(random, sizeof(kinds))];
		uint64_t at_ns = some_time(random, plan);
		uint32_t side = random_below(random, 2 * opens);

		add(plan, at_ns, kind, 0, side,
		    kind == SIM_HOLD ? between(random, 10, 8000) : between(random, 1, 5000));
	}
}

/* So many of a kind of fault, each for a while. */
static void plan_faults(struct random *random, struct sim_plan *plan, enum sim_kind kind, uint32_t most_ms)
{
	for (uint32_t i = between(random, 1, 3); i > 0; i--) {
		uint32_t from = random_below(random, plan->hosts), who = from, a = 0, ms = between(random, 1, most_ms);

		if (kind == SIM_DRAIN)
			a = ONE_OF(random, 0, 0, 3, 20, 100, 200);
		if (kind == SIM_REFUSE)
			a = one_in(random, 2);
		if (kind == SIM_SHORT)
			a = between(random, 1, 4);
		if (kind == SIM_DARK || kind == SIM_NARROW || kind == SIM_COPY)
			who = from * SIM_HOSTS_MAX + other_host(random, plan, from);
		if (kind == SIM_NARROW)
			a = plan->is_ip6 ? 1280 : between(random, 576, 1400);
		if (kind == SIM_COPY)
			a = random_below(random, 200);
		add(plan, kind == SIM_COPY ? plan->start_ns : some_time(random, plan), kind, who, a, ms);
	}
}

static void plan_all_faults(struct random *random, struct sim_plan *plan)
{
	static const struct {
		enum sim_kind kind;
		uint32_t most_ms;
	} faults[] = {{SIM_DRAIN, 5000},  {SIM_REFUSE, 1500}, {SIM_SHORT, 3000},  {SIM_LATE, 4000},
		      {SIM_BEHIND, 2000}, {SIM_JUMP, 15000},  {SIM_DARK, 20000},  {SIM_NARROW, 20000},
		      {SIM_COPY, 7000},   {SIM_COPY, 300},    {SIM_RESTART, 2000}};

	for (uint32_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (one_in(random, 4))
			plan_faults(random, plan, faults[i].kind, faults[i].most_ms);
}

static void sort_events(struct sim_plan *plan)
{
	for (uint32_t i = 1; i < plan->count; i++) {
		struct sim_event event = plan->events[i];
		uint32_t at = i;

		for (; at > 0 && plan->events[at - 1].at_ns > event.at_ns; at--)
			plan->events[at] = plan->events[at - 1];
		plan->events[at] = event;
	}
}

static void draw_links(struct random *random, struct sim_plan *plan)
{
	uint32_t faults = one_in(random, 4) ? 0 : random_below(random, 32);
	bool is_even = one_in(random, 2);

	for (uint8_t from = 0; from < plan->hosts; from++) {
		for (uint8_t to = 0; to < plan->hosts; to++) {
			if (from == to)
				continue;
			if (is_even && (from > 0 || to > 1))
				plan->links[from][to] = plan->links[0][1];
			else
				draw_link(random, &plan->links[from][to],
					  faults & (is_even ? 31u : random_below(random, 32)));
		}
	}
}

void sim_seed_plan(struct sim_plan *plan, uint64_t seed)
{
	struct random random;
	bool is_tight, is_patient;

	memset(plan, 0, sizeof(*plan));
	random_seed(&random, sim_seed_mix(seed, 0));
	plan->seed = seed;
	plan->hosts = (uint8_t)(one_in(&random, 4) ? between(&random, 3, SIM_HOSTS_MAX) : 2);
	plan->has_twins = one_in(&random, 4);
	if (plan->has_twins)
		plan->hosts = 3;
	plan->is_spread = plan->has_twins && one_in(&random, 2);
	/* Ticks of 32 bits come round while some worlds run. */
	plan->start_ns = ONE_OF(&random, 1000, 1000, WRAP_MS - 5, WRAP_MS / 2 - 5) * 1000 * SIM_NS_PER_MS;
	plan->end_ns = plan->start_ns + between(&random, 2000, 20000) * SIM_NS_PER_MS;
	plan->time_wait_ms = ONE_OF(&random, 15000, 20000, 60000);
	plan->is_ip6 = one_in(&random, 3);
	plan->ethernet = one_in(&random, 5);
	plan->is_hardware = one_in(&random, 3);
	plan->is_copied = plan->is_hardware || one_in(&random, 2);
	plan->is_exact = plan->is_copied && one_in(&random, 3);
	plan->says_why = !one_in(&random, 4);
	is_tight = one_in(&random, 4);
	is_patient = one_in(&random, 2);
	for (uint8_t host = 0; host < plan->hosts; host++)
		draw_make(&random, &plan->makes[host], is_tight, is_patient);
	draw_links(&random, plan);
	plan_opens(&random, plan, one_in(&random, 5));
	if (!one_in(&random, 3))
		plan_all_faults(&random, plan);
	sort_events(plan);
	plan->scheduled = plan->count;
}

void sim_seed_note_harm(struct sim_plan *plan, uint8_t link, uint32_t frame, uint32_t harm, uint64_t at_ns)
{
	add(plan, at_ns, SIM_HARM, link, frame, harm);
}

const char *sim_seed_text(const struct sim_event *event)
{
	static const char *const texts[] = {
#define X(name, text) [SIM_##name] = (text),
		SIM_KINDS(X)
#undef X
	};
	static char text[128];

	/* The list's own formats, each for three numbers or fewer of the same kind. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(text), texts[event->kind], (unsigned int)event->who, event->a, event->b);
#pragma GCC diagnostic pop
	return text;
}
