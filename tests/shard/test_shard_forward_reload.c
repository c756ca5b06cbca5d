/* test_shard_forward_reload.c - other rules while sessions are open: who goes on, who ends, and what counts. */
#include <criterion/criterion.h>

#include "support/forward_lab.h"
#include "support/raw_frame.h"

enum { LISTEN = 53, OTHER = 123, TARGET = 5300, CLIENT = 20000, TARGETS = 5, CLIENTS = 500 };

static const struct quern_forward_target targets[TARGETS] = {{.to = {.address = LAB_ADDRESS(1, 100), .port = TARGET}},
							     {.to = {.address = LAB_ADDRESS(1, 101), .port = TARGET}},
							     {.to = {.address = LAB_ADDRESS(1, 102), .port = TARGET}},
							     {.to = {.address = LAB_ADDRESS(1, 103), .port = TARGET}},
							     {.to = {.address = LAB_ADDRESS(1, 104), .port = TARGET}}};

static struct lab lab;

/* Where a client's datagrams come out: the target, and our own port towards it. */
static struct lab_datagram seen[CLIENTS];

static struct quern_forward_rule rule_of(const char *name, uint16_t listen, uint16_t first, uint16_t count)
{
	return (struct quern_forward_rule){.name = name,
					   .listen = lab_end(0, 1, listen),
					   .targets = targets + first,
					   .target_count = count,
					   .idle_ms = 5000};
}

static void open_with(const struct quern_forward_rule *rules, uint16_t count)
{
	lab_open(&lab, &(struct lab_plan){.rules = rules, .rule_count = count});
}

static void change_to(const struct quern_forward_rule *rules, uint16_t count)
{
	lab_offer(&lab, rules, count);
	lab_settle(&lab);
}

static struct lab_datagram question(uint16_t client, uint16_t listen)
{
	return lab_from_to(lab_end(0, 200, (uint16_t)(CLIENT + client)), lab_end(0, 1, listen), client);
}

static struct lab_datagram ask(uint16_t client, uint16_t listen)
{
	struct lab_datagram asked = question(client, listen);

	lab_say(&lab, 0, &asked);
	return lab_hear_same(&lab, 1, &asked);
}

/* What the client asked for is what it hears from. */
static void answer(const struct lab_datagram *heard, uint16_t client, uint16_t listen)
{
	struct lab_datagram said = lab_from_to(heard->dest, heard->source, 77), asked = question(client, listen), back;

	lab_say(&lab, 1, &said);
	back = lab_hear_same(&lab, 0, &said);
	lab_expect_end(&back.source, &asked.dest);
	lab_expect_end(&back.dest, &asked.source);
}

static bool is_same(const struct quern_endpoint *a, const struct quern_endpoint *b)
{
	return a->address == b->address && a->port == b->port;
}

/* A client that is heard by the same target from the same port of ours, and hears it. */
static bool goes_on(uint16_t client, uint16_t listen)
{
	struct lab_datagram heard = ask(client, listen);

	answer(&heard, client, listen);
	return is_same(&heard.dest, &seen[client].dest) && is_same(&heard.source, &seen[client].source);
}

static void meet_clients(uint16_t count, uint16_t listen)
{
	for (uint16_t i = 0; i < count; i++)
		seen[i] = ask(i, listen);
}

/* Nobody listens: an ICMP error. */
static void is_refused(uint16_t client, uint16_t listen)
{
	struct lab_datagram asked = question(client, listen);
	const struct lab_packet *packet;

	lab_say(&lab, 0, &asked);
	packet = lab_next(&lab, 0);
	cr_assert_not_null(packet);
	cr_assert_eq(packet->frame[9], 1);
}

Test(shard_forward_reload, sessions_whose_rule_and_target_stay_go_on_by_other_numbers)
{
	struct quern_forward_rule before[2] = {rule_of("gone", OTHER, 4, 1), rule_of("dns", LISTEN, 0, 4)};
	struct quern_forward_rule after[3] = {rule_of("dns", LISTEN, 0, 5), rule_of("new", OTHER, 4, 1),
					      rule_of("more", 999, 0, 5)};
	struct quern_forward_target turned[5] = {targets[4], targets[3], targets[2], targets[1], targets[0]};

	after[0].targets = turned;
	open_with(before, 2);
	meet_clients(100, LISTEN);
	change_to(after, 3);
	for (uint16_t i = 0; i < 100; i++)
		cr_assert(goes_on(i, LISTEN), "client %u", i);
	cr_assert_eq(shard_forward_sessions(lab.forward), 100);
	cr_assert_eq(lab_counters(&lab, 0)->udp_sessions_ended, 0);
	lab_close(&lab);
}

Test(shard_forward_reload, sessions_of_a_rule_that_is_gone_end)
{
	struct quern_forward_rule before[2] = {rule_of("ntp", OTHER, 4, 1), rule_of("dns", LISTEN, 0, 4)};

	before[0].max_sessions_per_source = 20;
	lab_open(&lab, &(struct lab_plan){.rules = before, .rule_count = 2, .counts_sources = true});
	meet_clients(20, OTHER);
	meet_clients(30, LISTEN);
	change_to(before + 1, 1);
	cr_assert_eq(shard_forward_sessions(lab.forward), 30);
	cr_assert_eq(lab_counters(&lab, 0)->udp_sessions_ended, 20);
	is_refused(0, OTHER);
	for (uint16_t i = 0; i < 30; i++)
		cr_assert(goes_on(i, LISTEN));
	change_to(before, 2);
	meet_clients(20, OTHER);
	lab_close(&lab);
}

/* The same name, and another place: who still sends to the old one is not its rule's any more. */
Test(shard_forward_reload, sessions_at_a_place_where_their_rule_no_longer_listens_end)
{
	struct quern_forward_rule before = rule_of("dns", LISTEN, 0, 1), after = rule_of("dns", OTHER, 0, 1);

	open_with(&before, 1);
	meet_clients(3, LISTEN);
	change_to(&after, 1);
	cr_assert_eq(shard_forward_sessions(lab.forward), 0);
	is_refused(0, LISTEN);
	ask(0, OTHER);
	lab_close(&lab);
}

/* A target of several goes: its clients go elsewhere, everybody else stays. Of clients that are new, hardly any goes
 * where it would not have gone before. */
Test(shard_forward_reload, without_a_target_all_others_keep_theirs)
{
	struct quern_forward_rule five = rule_of("dns", LISTEN, 0, 5), four = rule_of("dns", LISTEN, 1, 4);
	struct quern_endpoint gone = targets[0].to;
	unsigned int kept = 0, moved = 0, strayed = 0;

	open_with(&five, 1);
	meet_clients(CLIENTS, LISTEN);
	change_to(&four, 1);
	for (uint16_t i = 0; i < CLIENTS; i++) {
		bool was_there = is_same(&seen[i].dest, &gone);

		cr_assert_neq(goes_on(i, LISTEN), was_there, "client %u", i);
		kept += !was_there;
		moved += was_there;
	}
	cr_assert_gt(moved, CLIENTS / 10);
	cr_assert_eq(lab_counters(&lab, 0)->udp_sessions_ended, moved);
	cr_assert_eq(shard_forward_sessions(lab.forward), CLIENTS);
	/* All end; and who comes again is a new client to the hash. */
	lab_advance(&lab, 5001);
	for (uint16_t i = 0; i < CLIENTS; i++) {
		struct lab_datagram heard = ask(i, LISTEN);

		strayed += !is_same(&seen[i].dest, &gone) && !is_same(&heard.dest, &seen[i].dest);
	}
	cr_assert_leq(strayed, CLIENTS / 20, "%u of %u", strayed, kept);
	lab_close(&lab);
}

Test(shard_forward_reload, idle_times_are_the_new_ones)
{
	struct quern_forward_rule slow = rule_of("dns", LISTEN, 0, 1), quick = slow;

	quick.idle_ms = 2000;
	open_with(&slow, 1);
	meet_clients(3, LISTEN);
	lab_advance(&lab, 1500);
	change_to(&quick, 1);
	cr_assert_eq(shard_forward_sessions(lab.forward), 3);
	lab_advance(&lab, 501);
	cr_assert_eq(shard_forward_sessions(lab.forward), 0);
	meet_clients(3, LISTEN);
	lab_advance(&lab, 1500);
	change_to(&slow, 1);
	lab_advance(&lab, 3499);
	cr_assert_eq(shard_forward_sessions(lab.forward), 3);
	lab_advance(&lab, 2);
	cr_assert_eq(shard_forward_sessions(lab.forward), 0);
	/* And one that is over already by the new ones ends at once. */
	meet_clients(3, LISTEN);
	lab_advance(&lab, 3000);
	change_to(&quick, 1);
	lab_advance(&lab, 1);
	cr_assert_eq(shard_forward_sessions(lab.forward), 0);
	lab_close(&lab);
}

static void is_dropped(uint16_t client, enum quern_drop drop)
{
	struct lab_datagram asked = question(client, LISTEN);
	uint64_t before = lab_counters(&lab, 0)->drops[drop];

	lab_say(&lab, 0, &asked);
	lab_hear_nothing(&lab);
	cr_assert_eq(lab_counters(&lab, 0)->drops[drop], before + 1);
}

Test(shard_forward_reload, limits_count_who_was_there_before)
{
	struct quern_forward_rule rules[2] = {rule_of("first", OTHER, 4, 1), rule_of("dns", LISTEN, 0, 4)};

	open_with(rules + 1, 1);
	meet_clients(10, LISTEN);
	rules[1].max_sessions = 11;
	change_to(rules, 2);
	ask(10, LISTEN);
	is_dropped(11, QUERN_DROP_UDP_RULE_LIMIT);
	/* Sources are counted from when a rule asks for it. */
	rules[1].max_sessions = 0;
	rules[1].max_sessions_per_source = 2;
	change_to(rules + 1, 1);
	ask(12, LISTEN);
	ask(13, LISTEN);
	is_dropped(14, QUERN_DROP_UDP_SOURCE_LIMIT);
	change_to(rules, 2);
	is_dropped(14, QUERN_DROP_UDP_SOURCE_LIMIT);
	rules[1].max_sessions_per_source = 0;
	change_to(rules, 2);
	ask(14, LISTEN);
	lab_advance(&lab, 5001);
	cr_assert_eq(shard_forward_sessions(lab.forward), 0);
	lab_close(&lab);
}

/* A datagram of client 7 comes out at these targets, from the ports of ours that `ours` has for them: 0 for one that is
 * to be filled in. */
static void reaches(const struct quern_forward_rule *rule, uint16_t ours[TARGETS])
{
	struct lab_datagram asked = question(7, LISTEN);

	lab_say(&lab, 0, &asked);
	for (uint16_t i = 0; i < rule->target_count; i++) {
		struct lab_datagram heard = lab_hear_same(&lab, 1, &asked);
		uint16_t number = (uint16_t)(heard.dest.address - targets[0].to.address);

		cr_assert(number - (rule->targets - targets) < rule->target_count, "target %u", number);
		if (ours[number] == 0)
			ours[number] = heard.source.port;
		cr_assert_eq(heard.source.port, ours[number], "target %u sees another port", number);
		answer(&heard, 7, LISTEN);
	}
	lab_hear_nothing(&lab);
	cr_assert_eq(shard_forward_sessions(lab.forward), rule->target_count);
	cr_assert(shard_forward_validate(lab.forward));
}

/* In turn all stay, one goes and two come, one stays alone, that goes as well, again one is alone, and others come. */
Test(shard_forward_reload, a_client_of_a_rule_for_all_keeps_the_targets_that_stay_and_gets_those_that_come)
{
	static const uint16_t firsts[] = {0, 0, 1, 4, 0, 0, 0}, counts[] = {3, 3, 4, 1, 2, 1, 3},
			      ended[] = {0, 0, 0, 0, 1, 1, 1};
	struct quern_forward_rule all = rule_of("all", LISTEN, 0, 3), before = all;
	uint16_t ours[TARGETS] = {0};

	all.balance = QUERN_BALANCE_ALL;
	all.max_sessions_per_source = 1;
	lab_open(&lab, &(struct lab_plan){.rules = &all, .rule_count = 1, .counts_sources = true});
	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
		all.targets = targets + firsts[i];
		all.target_count = counts[i];
		if (i > 0)
			change_to(&all, 1);
		for (uint16_t t = 0; t < TARGETS; t++)
			ours[t] = t - (before.targets - targets) < before.target_count && targets + t >= before.targets
					  ? ours[t]
					  : 0;
		reaches(&all, ours);
		cr_assert_eq(lab_counters(&lab, 0)->udp_sessions_ended, ended[i], "change %zu", i);
		before = all;
	}
	all.balance = QUERN_BALANCE_MAGLEV;
	change_to(&all, 1);
	cr_assert_eq(lab_counters(&lab, 0)->udp_sessions_ended, 2);
	ask(7, LISTEN);
	lab_close(&lab);
}

/* A target that is new to its rule has a tenth of its share at first. */
Test(shard_forward_reload, a_new_target_starts_slowly)
{
	struct quern_forward_rule one = rule_of("dns", LISTEN, 0, 1), two = rule_of("dns", LISTEN, 0, 2);
	unsigned int there = 0;

	one.balance = two.balance = QUERN_BALANCE_ROUND_ROBIN;
	one.slow_start_ms = two.slow_start_ms = 60000;
	open_with(&one, 1);
	meet_clients(1, LISTEN);
	change_to(&two, 1);
	for (uint16_t i = 100; i < 200; i++) {
		struct lab_datagram heard = ask(i, LISTEN);

		there += is_same(&heard.dest, &targets[1].to);
	}
	cr_assert(there > 4 && there < 20, "%u of 100 went to it", there);
	lab_close(&lab);
}

/* More sessions than are looked at in a turn: those that wait go on all the while. */
Test(shard_forward_reload, traffic_goes_on_while_sessions_are_looked_at)
{
	enum { MANY = 10000 };
	struct quern_forward_rule before[2] = {rule_of("ntp", OTHER, 4, 1), rule_of("dns", LISTEN, 0, 4)};
	uint32_t turns = 0;

	lab_open(&lab, &(struct lab_plan){.rules = before, .rule_count = 2, .max_sessions = 2 * MANY});
	for (uint16_t i = 0; i < MANY; i++) {
		ask(i, LISTEN);
		if (i < CLIENTS)
			ask(i, OTHER);
	}
	meet_clients(CLIENTS, LISTEN);
	lab_offer(&lab, before + 1, 1);
	for (; !shard_forward_is_settled(lab.forward); turns++) {
		for (uint16_t i = 0; i < CLIENTS; i++)
			cr_assert(goes_on(i, LISTEN));
		ask((uint16_t)(MANY + turns), LISTEN);
		lab_advance(&lab, 0);
		cr_assert(shard_forward_validate(lab.forward), "after turn %u", turns);
	}
	lab_settle(&lab);
	cr_assert_gt(turns, 2);
	cr_assert_eq(shard_forward_sessions(lab.forward), MANY + turns);
	lab_close(&lab);
}

static uint32_t draw(uint32_t *state, uint32_t below)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 8) % below;
}

static struct quern_forward_rule drawn_rule(uint32_t *state, uint16_t number)
{
	static const char *const names[] = {"a", "b", "c"};
	uint16_t first = (uint16_t)draw(state, TARGETS), count = (uint16_t)(1 + draw(state, TARGETS - first));
	struct quern_forward_rule rule = rule_of(names[number], (uint16_t)(LISTEN + number), first, count);

	rule.balance = (enum quern_balance)draw(state, QUERN_BALANCES_END);
	rule.idle_ms = 1000 + draw(state, 100);
	rule.max_sessions = draw(state, 3) == 0 ? 50 : 0;
	rule.max_sessions_per_source = draw(state, 3) == 0 ? 40 : 0;
	return rule;
}

/* One change behind the other, of anything, with datagrams between, some before a change is taken. */
Test(shard_forward_reload, any_change_leaves_sessions_and_counts_in_order)
{
	struct quern_forward_rule rules[3];
	uint32_t state = 1;

	for (uint16_t i = 0; i < 3; i++)
		rules[i] = drawn_rule(&state, i);
	lab_open(&lab, &(struct lab_plan){.rules = rules, .rule_count = 3, .counts_sources = true});
	for (uint32_t change = 0; change < 200; change++) {
		uint16_t count = 0;

		for (uint16_t i = 0; i < 3; i++) {
			if (draw(&state, 4) != 0)
				rules[count++] = drawn_rule(&state, i);
		}
		if (count > 0)
			lab_offer(&lab, rules, count);
		for (uint32_t i = 0; i < 60; i++) {
			struct lab_datagram asked =
				question((uint16_t)draw(&state, 200), (uint16_t)(LISTEN + draw(&state, 3)));

			lab_say(&lab, 0, &asked);
			while (lab_next(&lab, 0) || lab_next(&lab, 1))
				;
		}
		if (count > 0)
			lab_settle(&lab);
		lab_advance(&lab, draw(&state, 300));
		cr_assert(shard_forward_validate(lab.forward), "after change %u", change);
	}
	lab_close(&lab);
}
