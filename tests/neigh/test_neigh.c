/* test_neigh.c - the ARP cache answers, learns, asks and forgets by rule, and stays bounded under attack. */
#include "neigh/neigh.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

enum { REQUEST = 1, REPLY = 2, ENTRIES = 64 };

static const uint8_t our_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint32_t our_address = 0xc6120001; /* 198.18.0.1/16 and the three behind it */
static const uint32_t gateway = 0xc61200fe;
static const uint32_t friend = 0xc6120102;
static const uint32_t far_away = 0x08080808;

static struct neigh *neigh_make(uint32_t entry_count)
{
	struct neigh *neigh = malloc(sizeof(*neigh));
	const struct quern_range own = {.first = our_address, .last = our_address + 3};
	const struct quern_prefix network = {.address = our_address, .length = 16};

	neigh_init(neigh, calloc(1, neigh_bytes(entry_count)), entry_count, &own, &network, gateway, our_mac);
	return neigh;
}

static void neigh_drop(struct neigh *neigh)
{
	free(neigh->cache.entries);
	free(neigh);
}

static struct wire_arp arp_from(uint16_t operation, uint32_t sender, uint32_t target, uint8_t last_octet)
{
	return (struct wire_arp){operation, {2, 0, 0, 0, 1, last_octet}, sender, target};
}

static enum neigh_action hear(struct neigh *neigh, uint16_t operation, uint32_t sender, uint32_t target, uint32_t now)
{
	struct wire_arp arp = arp_from(operation, sender, target, (uint8_t)sender), reply;

	return neigh_input(neigh, &arp, now, &reply);
}

static enum neigh_answer resolve(struct neigh *neigh, uint32_t address, uint32_t now)
{
	struct wire_arp request;
	uint8_t mac[6];

	return neigh_resolve(neigh, address, now, mac, &request);
}

static uint32_t filled(const struct neigh *neigh)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < neigh->cache.entry_count; i++)
		count += neigh->cache.entries[i].address != 0;
	return count;
}

Test(neigh, answers_for_its_own_addresses_and_for_no_other)
{
	struct neigh *neigh = neigh_make(ENTRIES);

	for (uint32_t target = our_address - 2; target <= our_address + 6; target++) {
		struct wire_arp arp = arp_from(REQUEST, friend, target, 7), reply;
		bool ours = target >= our_address && target <= our_address + 3;
		enum neigh_action action = neigh_input(neigh, &arp, 0, &reply);

		cr_assert_eq(action == NEIGH_ANSWER, ours, "target %x", target);
		if (!ours)
			continue;
		cr_assert_eq(reply.operation, REPLY);
		cr_assert_eq(reply.sender, target);
		cr_assert_eq(reply.target, friend);
		cr_assert_arr_eq(reply.sender_mac, our_mac, 6);
	}
	cr_assert_eq(hear(neigh, REPLY, friend, our_address, 0), NEIGH_LEARN, "a reply is never answered");
	cr_assert_eq(hear(neigh, 3, friend, our_address, 0), NEIGH_IGNORE, "RARP is not ARP");
	neigh_drop(neigh);
}

Test(neigh, answers_a_probe_without_a_sender_and_learns_nothing)
{
	struct neigh *neigh = neigh_make(ENTRIES);

	cr_assert_eq(hear(neigh, REQUEST, 0, our_address, 0), NEIGH_ANSWER);
	cr_assert_eq(filled(neigh), 0);
	neigh_drop(neigh);
}

Test(neigh, asks_once_and_knows_the_way_after_the_reply)
{
	struct neigh *neigh = neigh_make(ENTRIES);
	struct wire_arp request, reply = arp_from(REPLY, friend, our_address, 9);
	uint8_t mac[6] = {0};

	cr_assert_eq(neigh_resolve(neigh, friend, 5, mac, &request), NEIGH_ASK);
	cr_assert_eq(request.operation, REQUEST);
	cr_assert_eq(request.sender, our_address);
	cr_assert_eq(request.target, friend);
	cr_assert_arr_eq(request.sender_mac, our_mac, 6);
	cr_assert_eq(resolve(neigh, friend, 6), NEIGH_WAIT);
	cr_assert_eq(neigh_input(neigh, &reply, 7, &request), NEIGH_LEARN);
	cr_assert_eq(neigh_resolve(neigh, friend, 8, mac, &request), NEIGH_KNOWN);
	cr_assert_arr_eq(mac, reply.sender_mac, 6);
	neigh_drop(neigh);
}

Test(neigh, asks_a_silent_target_at_most_once_a_second_also_where_the_tick_wraps)
{
	for (uint32_t shift = 0; shift < 2; shift++) {
		struct neigh *neigh = neigh_make(ENTRIES);
		uint32_t start = shift ? 0u - 5000 : 1, asked = 0;

		for (uint32_t ms = 0; ms < 10000; ms++)
			asked += resolve(neigh, friend, start + ms) == NEIGH_ASK;
		cr_assert_eq(asked, 10);
		neigh_drop(neigh);
	}
}

Test(neigh, asks_again_at_most_once_a_second_though_doubted_and_answered_in_between)
{
	struct neigh *neigh = neigh_make(ENTRIES);
	uint32_t asked = 0;

	for (uint32_t ms = 0; ms < 5000; ms++) {
		enum neigh_answer answer = resolve(neigh, friend, ms);

		asked += answer == NEIGH_ASK || answer == NEIGH_KNOWN_ASK;
		hear(neigh, REPLY, friend, our_address, ms);
		neigh_suspect(neigh, friend);
	}
	cr_assert_eq(asked, 5);
	neigh_drop(neigh);
}

Test(neigh, asks_for_an_old_entry_while_it_is_used_and_forgets_it_without_an_answer)
{
	const uint32_t starts[] = {1, 0u - 60001, 0u - 100000};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		struct neigh *neigh = neigh_make(ENTRIES);
		uint32_t t = starts[i];

		resolve(neigh, friend, t);
		hear(neigh, REPLY, friend, our_address, t);
		cr_assert_eq(resolve(neigh, friend, t + NEIGH_REACHABLE_MS - 1), NEIGH_KNOWN);
		cr_assert_eq(resolve(neigh, friend, t + NEIGH_REACHABLE_MS), NEIGH_KNOWN_ASK);
		cr_assert_eq(resolve(neigh, friend, t + NEIGH_REACHABLE_MS + 1), NEIGH_KNOWN);
		cr_assert_eq(resolve(neigh, friend, t + NEIGH_STALE_MS - 1), NEIGH_KNOWN_ASK);
		cr_assert_eq(resolve(neigh, friend, t + NEIGH_STALE_MS), NEIGH_WAIT);
		cr_assert_eq(resolve(neigh, friend, t + NEIGH_STALE_MS + NEIGH_REQUEST_MS), NEIGH_ASK);
		neigh_drop(neigh);
	}
}

Test(neigh, asks_at_next_use_for_what_is_in_doubt_and_trusts_it_again_after_the_reply)
{
	struct neigh *neigh = neigh_make(ENTRIES);

	resolve(neigh, friend, 0);
	hear(neigh, REPLY, friend, our_address, 1);
	neigh_suspect(neigh, friend);
	cr_assert_eq(resolve(neigh, friend, 2000), NEIGH_KNOWN_ASK);
	hear(neigh, REPLY, friend, our_address, 2001);
	cr_assert_eq(resolve(neigh, friend, 4000), NEIGH_KNOWN);
	neigh_drop(neigh);
}

Test(neigh, goes_by_the_gateway_off_the_network_and_nowhere_for_groups_and_ourselves)
{
	struct neigh *neigh = neigh_make(ENTRIES);
	const uint32_t nowhere[] = {0, 0x7f000001, 0xe0000001, 0xffffffff, 0xc612ffff, our_address, our_address + 3};

	cr_assert_eq(neigh_next_hop(neigh, friend), friend);
	cr_assert_eq(neigh_next_hop(neigh, 0xc6120000), 0xc6120000, "host number 0 is a host");
	cr_assert_eq(neigh_next_hop(neigh, far_away), gateway);
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		cr_assert_eq(neigh_next_hop(neigh, nowhere[i]), 0, "%x", nowhere[i]);
		cr_assert_eq(resolve(neigh, nowhere[i], 0), NEIGH_UNREACHABLE, "%x", nowhere[i]);
	}
	cr_assert_eq(resolve(neigh, far_away, 0), NEIGH_ASK);
	hear(neigh, REPLY, gateway, our_address, 1);
	cr_assert_eq(resolve(neigh, far_away, 2), NEIGH_KNOWN);
	cr_assert_eq(resolve(neigh, 0xe0000001, 2), NEIGH_UNREACHABLE);
	neigh->gateway = 0;
	cr_assert_eq(resolve(neigh, far_away, 2), NEIGH_UNREACHABLE);
	neigh_drop(neigh);
}

Test(neigh, answers_for_no_address_where_its_port_has_none)
{
	const struct quern_range own = {.first = 0, .last = 0};
	const struct quern_prefix network = {.length = 0};
	const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
	struct wire_arp question = {.operation = REQUEST, .sender = 0xc6120005, .sender_mac = {2, 0, 0, 0, 0, 5}};
	struct wire_arp reply;
	struct neigh neigh;
	void *entries = calloc(1, neigh_bytes(16));

	neigh_init(&neigh, entries, 16, &own, &network, 0, mac);
	cr_assert_not(neigh_is_own(&neigh, 0));
	cr_assert_eq(neigh_input(&neigh, &question, 0, &reply), NEIGH_IGNORE);
	question.target = 0xc6120001;
	cr_assert_eq(neigh_input(&neigh, &question, 0, &reply), NEIGH_IGNORE);
	free(entries);
}

Test(neigh, never_learns_its_own_address_a_group_or_a_stranger_to_the_network)
{
	struct neigh *neigh = neigh_make(ENTRIES);
	struct wire_arp group = arp_from(REQUEST, friend, our_address, 1), none = group, reply;

	for (uint32_t own = our_address; own <= our_address + 3; own++) {
		cr_assert_eq(hear(neigh, REQUEST, own, our_address, 0), NEIGH_IGNORE);
		cr_assert_eq(hear(neigh, REPLY, own, own, 0), NEIGH_IGNORE);
	}
	group.sender_mac[0] = 3;
	memset(none.sender_mac, 0, 6);
	cr_assert_eq(neigh_input(neigh, &group, 0, &reply), NEIGH_IGNORE);
	cr_assert_eq(neigh_input(neigh, &none, 0, &reply), NEIGH_IGNORE);
	hear(neigh, REQUEST, far_away, our_address, 0);
	hear(neigh, REQUEST, 0xc612ffff, our_address, 0);
	cr_assert_eq(filled(neigh), 0);
	neigh_drop(neigh);
}

Test(neigh, refreshes_but_never_makes_an_entry_from_gratuitous_arp)
{
	struct neigh *neigh = neigh_make(ENTRIES);
	struct wire_arp moved = arp_from(REQUEST, friend, friend, 77), request;
	uint8_t mac[6];

	cr_assert_eq(hear(neigh, REQUEST, friend, friend, 0), NEIGH_IGNORE);
	cr_assert_eq(hear(neigh, REPLY, friend, friend, 0), NEIGH_IGNORE);
	cr_assert_eq(hear(neigh, REPLY, friend, our_address, 0), NEIGH_IGNORE, "a reply nobody asked for");
	cr_assert_eq(filled(neigh), 0);
	resolve(neigh, friend, 0);
	hear(neigh, REPLY, friend, our_address, 1);
	cr_assert_eq(neigh_input(neigh, &moved, 2, &request), NEIGH_LEARN);
	cr_assert_eq(neigh_resolve(neigh, friend, 3, mac, &request), NEIGH_KNOWN);
	cr_assert_arr_eq(mac, moved.sender_mac, 6);
	neigh_drop(neigh);
}

/* A neighbour that is there, and somebody who names another MAC address for it all the time. */
Test(neigh, believes_no_stranger_about_a_neighbour_in_use_that_answers)
{
	struct neigh *neigh = neigh_make(ENTRIES);
	struct wire_arp honest = arp_from(REPLY, friend, our_address, 9), request;
	uint32_t asked = 0;
	uint8_t mac[6];

	resolve(neigh, friend, 0);
	neigh_input(neigh, &honest, 1, &request);
	for (uint32_t ms = NEIGH_REQUEST_MS; ms < 100000; ms += 10) {
		static const uint16_t operations[] = {REQUEST, REPLY, REQUEST};
		uint32_t turn = ms / 10 % 3, target = turn == 2 ? our_address : friend;
		struct wire_arp lie = arp_from(operations[turn], friend, target, 66);
		enum neigh_action action = neigh_input(neigh, &lie, ms, &request);
		enum neigh_answer answer;

		cr_assert_eq(action, turn == 2 ? NEIGH_ANSWER : NEIGH_DOUBT);
		neigh_confirm(neigh, friend, lie.sender_mac, ms);
		answer = neigh_resolve(neigh, friend, ms + 1, mac, &request);
		cr_assert(answer == NEIGH_KNOWN || answer == NEIGH_KNOWN_ASK);
		cr_assert_arr_eq(mac, honest.sender_mac, 6, "after %u ms", ms);
		if (answer == NEIGH_KNOWN_ASK && ++asked)
			neigh_input(neigh, &honest, ms + 2, &request);
	}
	cr_assert_geq(asked, 90);
	cr_assert_leq(asked, 100);
	neigh_drop(neigh);
}

Test(neigh, believes_a_neighbour_that_has_moved_once_the_old_address_is_silent)
{
	struct neigh *neigh = neigh_make(ENTRIES);
	struct wire_arp old = arp_from(REPLY, friend, our_address, 9), moved = arp_from(REPLY, friend, our_address, 10);
	struct wire_arp request;
	uint32_t ms = 5000, moved_ms = 0;
	uint8_t mac[6];

	resolve(neigh, friend, 0);
	neigh_input(neigh, &old, 1, &request);
	cr_assert_eq(neigh_input(neigh, &moved, ms, &request), NEIGH_DOUBT);
	for (; ms < 10000 && moved_ms == 0; ms++) {
		enum neigh_answer answer = neigh_resolve(neigh, friend, ms, mac, &request);

		if (answer == NEIGH_KNOWN_ASK)
			neigh_input(neigh, &moved, ms, &request);
		else if (mac[5] == 10)
			moved_ms = ms;
	}
	cr_assert(moved_ms > 5000 && moved_ms <= 5000 + NEIGH_REQUEST_MS + 1, "after %u ms", moved_ms - 5000);
	neigh_drop(neigh);
}

Test(neigh, keeps_every_neighbour_in_use_through_a_flood_of_strangers_who_ask)
{
	struct neigh *neigh = neigh_make(ENTRIES);
	uint32_t known = 0, kept = 0;

	for (uint32_t host = 0x100; host < 0x120; host++) {
		resolve(neigh, 0xc6120000 + host, 0);
		known += hear(neigh, REPLY, 0xc6120000 + host, our_address, 1) == NEIGH_LEARN;
	}
	cr_assert_gt(known, 24);
	for (uint32_t host = 0x1000; host < 0xf000; host++)
		cr_assert_eq(hear(neigh, REQUEST, 0xc6120000 + host, our_address, 2000), NEIGH_ANSWER);
	cr_assert_leq(filled(neigh), ENTRIES);
	for (uint32_t host = 0x100; host < 0x120; host++)
		kept += resolve(neigh, 0xc6120000 + host, 3000) == NEIGH_KNOWN;
	cr_assert_eq(kept, known);
	neigh_drop(neigh);
}

Test(neigh, gives_up_no_neighbour_in_use_for_the_address_that_a_stranger_gives)
{
	struct neigh *neigh = neigh_make(NEIGH_WINDOW);
	struct wire_arp request;
	uint32_t host = 0xc6120100;
	uint8_t mac[6];

	for (uint32_t i = 0; i < NEIGH_WINDOW - 1; i++) {
		resolve(neigh, host + i, 10);
		hear(neigh, REPLY, host + i, our_address, 11);
	}
	cr_assert_eq(neigh_resolve_stranger(neigh, host + 50, 20, mac, &request), NEIGH_ASK);
	for (uint32_t i = 0; i < 1000; i++)
		neigh_resolve_stranger(neigh, host + 51 + i % 100, 1000 + i * 20, mac, &request);
	for (uint32_t i = 0; i < NEIGH_WINDOW - 1; i++)
		cr_assert_eq(resolve(neigh, host + i, 21000), NEIGH_KNOWN, "host %u", i);
	/* One that answers is known, and goes as soon as somebody is wanted. */
	cr_assert_eq(neigh_resolve_stranger(neigh, host + 60, 30000, mac, &request), NEIGH_ASK);
	hear(neigh, REPLY, host + 60, our_address, 30001);
	cr_assert_eq(neigh_resolve_stranger(neigh, host + 60, 30002, mac, &request), NEIGH_KNOWN);
	cr_assert_eq(neigh_resolve_stranger(neigh, host, 30003, mac, &request), NEIGH_KNOWN);
	cr_assert_eq(resolve(neigh, host + 70, 32000), NEIGH_ASK);
	for (uint32_t i = 0; i < NEIGH_WINDOW - 1; i++)
		cr_assert_eq(resolve(neigh, host + i, 32001), NEIGH_KNOWN, "host %u", i);
	neigh_drop(neigh);
}

Test(neigh, gives_room_to_what_we_want_and_lets_unanswered_questions_expire)
{
	struct neigh *neigh = neigh_make(NEIGH_WINDOW);
	uint32_t host = 0xc6120100;

	for (uint32_t i = 0; i < NEIGH_WINDOW; i++)
		cr_assert_eq(resolve(neigh, host + i, 10), NEIGH_ASK);
	cr_assert_eq(resolve(neigh, friend + 100, 500), NEIGH_WAIT, "all are in flight: wait, and push out none");
	cr_assert_eq(resolve(neigh, friend + 100, 10 + NEIGH_REQUEST_MS), NEIGH_ASK);
	cr_assert_eq(filled(neigh), NEIGH_WINDOW);
	neigh_drop(neigh);
}

Test(neigh, gives_up_the_entry_heard_of_longest_ago)
{
	struct neigh *neigh = neigh_make(NEIGH_WINDOW);
	uint32_t host = 0xc6120100, t = 0u - 4000;

	for (uint32_t i = 0; i < NEIGH_WINDOW; i++) {
		resolve(neigh, host + i, t);
		hear(neigh, REPLY, host + i, our_address, t + (i == 3 ? 1 : 10 + i));
	}
	cr_assert_eq(resolve(neigh, host + 50, t + 5000), NEIGH_ASK);
	for (uint32_t i = 0; i < NEIGH_WINDOW; i++)
		cr_assert_eq(resolve(neigh, host + i, t + 5001) == NEIGH_KNOWN, i != 3, "host %u", i);
	neigh_drop(neigh);
}

Test(neigh, a_flood_of_addresses_that_nobody_has_leaves_the_gateway_known)
{
	static struct neigh_entry entries[4096];
	const struct quern_range own = {.first = 0x0a000001, .last = 0x0a000001};
	const struct quern_prefix network = {.address = 0x0a000001, .length = 8};
	const uint32_t router = 0x0a0000fe, beyond = 0x08080808;
	const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
	struct wire_arp request,
		reply = {.operation = 2, .sender_mac = {2, 0, 0, 0, 0, 2}, .sender = 0x0a0000fe, .target = 0x0a000001};
	struct neigh neigh;
	uint8_t found[6];

	neigh_init(&neigh, entries, 4096, &own, &network, router, mac);
	cr_assert_eq(neigh_resolve(&neigh, beyond, 1000000, found, &request), NEIGH_ASK);
	neigh_input(&neigh, &reply, 1000001, &request);
	cr_assert_eq(neigh_resolve(&neigh, beyond, 1002000, found, &request), NEIGH_KNOWN);
	for (uint32_t i = 0; i < 20000; i++)
		neigh_resolve(&neigh, 0x0a100000 + i * 7919, 1002000 + i / 40, found, &request);
	cr_assert_eq(neigh_resolve(&neigh, beyond, 1002501, found, &request), NEIGH_KNOWN);
}
