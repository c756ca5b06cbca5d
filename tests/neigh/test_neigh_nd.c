/* test_neigh_nd.c - neighbour discovery answers, learns, asks and forgets by rule, and stays bounded under attack. */
#include "neigh/neigh_nd.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/random.h"

enum { ENTRIES = 64, PLAIN = 0, SOLICITED = 1, OVERRIDE = 2, NO_MAC = 4 };

static const uint64_t net = 0x20010db800000000;
static const uint8_t our_mac[6] = {2, 0, 0, 0, 0, 1};
static const struct quern_ip6 unspecified = {0, 0}, all_nodes = {0xff02000000000000, 1};
static const struct quern_ip6 gateway = {0xfe80000000000000, 0xfe}, far_away = {0x20010db8ffff0000, 8};

/* 2001:db8::1/64 and the three behind it. */
static struct quern_ip6 host(uint64_t number)
{
	return (struct quern_ip6){net, number};
}

static struct neigh_nd *nd_make(uint32_t entry_count)
{
	const struct neigh_nd_port port = {.own_first = host(1),
					   .own_last = host(4),
					   .network = host(1),
					   .prefix_length = 64,
					   .gateway = gateway,
					   .mac = {2, 0, 0, 0, 0, 1}};
	struct neigh_nd *neigh = malloc(sizeof(*neigh));

	neigh_nd_init(neigh, malloc(neigh_nd_bytes(entry_count)), entry_count, &port, &(struct hash_secret){{1, 2}});
	return neigh;
}

static void nd_drop(struct neigh_nd *neigh)
{
	free(neigh->cache.addresses);
	free(neigh);
}

static void mac_of(uint64_t number, uint8_t mac[6])
{
	const uint8_t made[6] = {2, 0, 0, 1, (uint8_t)(number >> 8), (uint8_t)number};

	memcpy(mac, made, 6);
}

/* Somebody asks for `target`, and gives the MAC address `number` as its own. */
static enum neigh_action hear_question(struct neigh_nd *neigh, struct quern_ip6 from, struct quern_ip6 target,
				       uint64_t number, uint32_t now, struct neigh_nd_packet *reply)
{
	struct packet packet = {.ip6 = {ip6_solicited_node(target), from}};

	packet.nd = (struct wire_nd){.target = target, .has_mac = !ip6_is_unspecified(from)};
	mac_of(number, packet.nd.mac);
	return neigh_nd_input(neigh, &packet, now, reply);
}

/* An advertisement of `target` with the MAC address `number`. */
static enum neigh_action hear(struct neigh_nd *neigh, struct quern_ip6 target, uint64_t number, int how, uint32_t now)
{
	struct packet packet = {.ip6 = {host(1), target}};
	struct neigh_nd_packet reply;

	packet.nd = (struct wire_nd){.target = target,
				     .is_advertisement = true,
				     .is_solicited = how & SOLICITED,
				     .is_override = how & OVERRIDE,
				     .has_mac = !(how & NO_MAC)};
	mac_of(number, packet.nd.mac);
	return neigh_nd_input(neigh, &packet, now, &reply);
}

static enum neigh_answer resolve(struct neigh_nd *neigh, struct quern_ip6 address, uint32_t now)
{
	struct neigh_nd_packet request;
	uint8_t mac[6];

	return neigh_nd_resolve(neigh, address, now, mac, &request);
}

static uint8_t known_mac(struct neigh_nd *neigh, struct quern_ip6 address, uint32_t now)
{
	struct neigh_nd_packet request;
	uint8_t mac[6] = {0};

	neigh_nd_resolve(neigh, address, now, mac, &request);
	return mac[5];
}

static uint32_t filled(const struct neigh_nd *neigh)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < neigh->cache.entry_count; i++)
		count += neigh->cache.entries[i].address != 0;
	return count;
}

Test(neigh_nd, answers_for_its_own_addresses_and_for_no_other)
{
	struct neigh_nd *neigh = nd_make(ENTRIES);

	for (uint64_t number = 0; number <= 6; number++) {
		bool ours = number >= 1 && number <= 4;
		struct neigh_nd_packet reply;

		cr_assert_eq(neigh_nd_is_own(neigh, host(number)), ours);
		cr_assert_eq(hear_question(neigh, host(0x100), host(number), 7, 0, &reply),
			     ours ? NEIGH_ANSWER : NEIGH_IGNORE, "target %u", (unsigned int)number);
		if (!ours)
			continue;
		cr_assert(ip6_equal(reply.ip6.local, host(number)));
		cr_assert(ip6_equal(reply.ip6.remote, host(0x100)));
		cr_assert(ip6_equal(reply.nd.target, host(number)));
		cr_assert(reply.nd.is_advertisement && reply.nd.is_solicited && reply.nd.is_override);
		cr_assert(reply.nd.has_mac);
		cr_assert_arr_eq(reply.nd.mac, our_mac, 6);
	}
	cr_assert(!neigh_nd_is_own(neigh, (struct quern_ip6){net + 1, 1}));
	cr_assert(!neigh_nd_is_own(neigh, (struct quern_ip6){net - 1, 4}));
	nd_drop(neigh);
}

/* RFC 4861 7.2.4, RFC 4862 5.4: somebody else must not take our address, and is told so where all can hear it. */
Test(neigh_nd, defends_an_address_against_who_has_none_yet_and_learns_nothing)
{
	struct neigh_nd *neigh = nd_make(ENTRIES);
	struct neigh_nd_packet reply;

	cr_assert_eq(hear_question(neigh, unspecified, host(2), 7, 0, &reply), NEIGH_ANSWER);
	cr_assert(ip6_equal(reply.ip6.remote, all_nodes));
	cr_assert(!reply.nd.is_solicited && reply.nd.is_override);
	cr_assert_eq(filled(neigh), 0);
	nd_drop(neigh);
}

Test(neigh_nd, asks_once_and_knows_the_way_after_the_answer)
{
	struct neigh_nd *neigh = nd_make(ENTRIES);
	struct neigh_nd_packet request;
	uint8_t mac[6];

	cr_assert_eq(neigh_nd_resolve(neigh, host(0x100), 5, mac, &request), NEIGH_ASK);
	cr_assert(ip6_equal(request.ip6.local, host(1)));
	cr_assert(ip6_equal(request.ip6.remote, ip6_solicited_node(host(0x100))));
	cr_assert(ip6_equal(request.nd.target, host(0x100)));
	cr_assert(!request.nd.is_advertisement && request.nd.has_mac);
	cr_assert_arr_eq(request.nd.mac, our_mac, 6);
	cr_assert_eq(resolve(neigh, host(0x100), 6), NEIGH_WAIT);
	cr_assert_eq(hear(neigh, host(0x100), 9, SOLICITED | OVERRIDE, 7), NEIGH_LEARN);
	cr_assert_eq(resolve(neigh, host(0x100), 8), NEIGH_KNOWN);
	cr_assert_eq(known_mac(neigh, host(0x100), 8), 9);
	nd_drop(neigh);
}

Test(neigh_nd, asks_a_silent_target_at_most_once_a_second_also_where_the_tick_wraps)
{
	for (uint32_t shift = 0; shift < 2; shift++) {
		struct neigh_nd *neigh = nd_make(ENTRIES);
		uint32_t start = shift ? 0u - 5000 : 1, asked = 0;

		for (uint32_t ms = 0; ms < 10000; ms++)
			asked += resolve(neigh, host(0x100), start + ms) == NEIGH_ASK;
		cr_assert_eq(asked, 10);
		nd_drop(neigh);
	}
}

/* RFC 4861 7.2.5: no entry for what nobody wants to know, and none without a MAC address. */
Test(neigh_nd, an_advertisement_that_nobody_asked_for_is_nothing)
{
	struct neigh_nd *neigh = nd_make(ENTRIES);

	for (int how = 0; how < 8; how++)
		cr_assert_eq(hear(neigh, host(0x100), 9, how, 0), NEIGH_IGNORE);
	cr_assert_eq(filled(neigh), 0);
	resolve(neigh, host(0x100), 10);
	cr_assert_eq(hear(neigh, host(0x100), 9, SOLICITED | NO_MAC, 11), NEIGH_IGNORE);
	cr_assert_eq(hear(neigh, host(0x100), 9, OVERRIDE, 11), NEIGH_IGNORE, "it answers nobody's question");
	cr_assert_eq(resolve(neigh, host(0x100), 12), NEIGH_WAIT);
	cr_assert_eq(hear(neigh, host(1), 9, SOLICITED, 12), NEIGH_IGNORE, "our own address");
	nd_drop(neigh);
}

Test(neigh_nd, another_mac_without_override_or_unsolicited_makes_us_ask_and_is_not_believed)
{
	static const int hows[] = {PLAIN, OVERRIDE, SOLICITED};

	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++) {
		struct neigh_nd *neigh = nd_make(ENTRIES);

		resolve(neigh, host(0x100), 0);
		hear(neigh, host(0x100), 9, SOLICITED | OVERRIDE, 1);
		cr_assert_eq(hear(neigh, host(0x100), 66, hows[i], 2), NEIGH_DOUBT);
		cr_assert_eq(resolve(neigh, host(0x100), 2000), NEIGH_KNOWN_ASK);
		cr_assert_eq(known_mac(neigh, host(0x100), 2001), 9);
		cr_assert_eq(hear(neigh, host(0x100), 9, SOLICITED | NO_MAC, 2002), NEIGH_LEARN);
		cr_assert_eq(resolve(neigh, host(0x100), 4000), NEIGH_KNOWN);
		nd_drop(neigh);
	}
}

Test(neigh_nd, only_an_answer_to_a_question_keeps_an_entry_alive)
{
	for (int how = 0; how < 8; how++) {
		struct neigh_nd *neigh = nd_make(ENTRIES);

		resolve(neigh, host(0x100), 0);
		hear(neigh, host(0x100), 9, SOLICITED | OVERRIDE, 1);
		cr_assert_eq(hear(neigh, host(0x100), 9, how, 50000), how & SOLICITED ? NEIGH_LEARN : NEIGH_IGNORE);
		cr_assert_eq(resolve(neigh, host(0x100), 70000), how & SOLICITED ? NEIGH_KNOWN : NEIGH_KNOWN_ASK);
		nd_drop(neigh);
	}
}

/* A neighbour that is there, and somebody who names another MAC address for it all the time. */
Test(neigh_nd, believes_no_stranger_about_a_neighbour_in_use_that_answers)
{
	struct neigh_nd *neigh = nd_make(ENTRIES);
	struct neigh_nd_packet request, reply;
	uint32_t asked = 0;
	uint8_t mac[6], lie[6];

	mac_of(66, lie);
	resolve(neigh, host(0x100), 0);
	hear(neigh, host(0x100), 9, SOLICITED | OVERRIDE, 1);
	for (uint32_t ms = NEIGH_REQUEST_MS; ms < 100000; ms += 10) {
		enum neigh_answer answer;

		hear(neigh, host(0x100), 66, (int)(ms / 10 % 4), ms);
		cr_assert_eq(hear_question(neigh, host(0x100), host(1), 66, ms, &reply), NEIGH_ANSWER);
		neigh_nd_confirm(neigh, host(0x100), lie, ms);
		answer = neigh_nd_resolve(neigh, host(0x100), ms + 1, mac, &request);
		cr_assert(answer == NEIGH_KNOWN || answer == NEIGH_KNOWN_ASK);
		cr_assert_eq(mac[5], 9, "after %u ms", ms);
		if (answer == NEIGH_KNOWN_ASK && ++asked)
			hear(neigh, host(0x100), 9, SOLICITED | OVERRIDE, ms + 2);
	}
	cr_assert_geq(asked, 90);
	cr_assert_leq(asked, 100);
	nd_drop(neigh);
}

Test(neigh_nd, believes_a_neighbour_that_has_moved_once_the_old_mac_is_silent)
{
	struct neigh_nd *neigh = nd_make(ENTRIES);
	uint32_t ms = 5000;

	resolve(neigh, host(0x100), 0);
	hear(neigh, host(0x100), 9, SOLICITED | OVERRIDE, 1);
	cr_assert_eq(hear(neigh, host(0x100), 10, OVERRIDE, ms), NEIGH_DOUBT);
	for (; ms < 10000 && known_mac(neigh, host(0x100), ms) != 10; ms++)
		hear(neigh, host(0x100), 10, SOLICITED | OVERRIDE, ms);
	cr_assert(ms > 5000 && ms <= 5000 + NEIGH_REQUEST_MS + 1, "after %u ms", ms - 5000);
	nd_drop(neigh);
}

Test(neigh_nd, goes_by_the_gateway_off_the_link_and_nowhere_for_groups_and_ourselves)
{
	struct neigh_nd *neigh = nd_make(ENTRIES);
	const struct quern_ip6 nowhere[] = {unspecified, {0, 1}, all_nodes, {0, 0xffffc6120001}, host(1), host(4)};
	const struct quern_ip6 link_local = {0xfe80000000000000, 77};
	struct quern_ip6 hop;

	cr_assert(neigh_nd_next_hop(neigh, host(0x100), &hop) && ip6_equal(hop, host(0x100)));
	cr_assert(neigh_nd_next_hop(neigh, link_local, &hop) && ip6_equal(hop, link_local));
	cr_assert(neigh_nd_next_hop(neigh, far_away, &hop) && ip6_equal(hop, gateway));
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		cr_assert(!neigh_nd_next_hop(neigh, nowhere[i], &hop), "%zu", i);
		cr_assert_eq(resolve(neigh, nowhere[i], 0), NEIGH_UNREACHABLE, "%zu", i);
	}
	cr_assert_eq(resolve(neigh, far_away, 0), NEIGH_ASK);
	hear(neigh, gateway, 3, SOLICITED | OVERRIDE, 1);
	cr_assert_eq(resolve(neigh, far_away, 2), NEIGH_KNOWN);
	nd_drop(neigh);
}

Test(neigh_nd, the_prefix_says_what_is_on_the_link_at_every_length)
{
	struct neigh_nd *neigh = nd_make(ENTRIES);

	for (uint32_t length = 0; length <= 128; length++) {
		neigh->prefix_length = (uint8_t)length;
		for (uint32_t bit = 0; bit < 128; bit++) {
			struct quern_ip6 other = host(1);

			if (bit < 64)
				other.high ^= UINT64_C(1) << (63 - bit);
			else
				other.low ^= UINT64_C(1) << (127 - bit);
			cr_assert_eq(neigh_nd_is_on_link(neigh, other), bit >= length, "bit %u of /%u", bit, length);
		}
	}
	nd_drop(neigh);
}

Test(neigh_nd, listens_to_the_groups_of_its_own_addresses_and_to_that_of_all_nodes)
{
	struct neigh_nd *neigh = nd_make(ENTRIES);

	neigh->own_first = host(0x1fffffe);
	neigh->own_last = host(0x2000001);
	for (uint64_t number = 0x1fffff0; number < 0x2000010; number++)
		cr_assert_eq(neigh_nd_is_our_group(neigh, ip6_solicited_node(host(number))),
			     number >= 0x1fffffe && number <= 0x2000001);
	cr_assert(neigh_nd_is_our_group(neigh, all_nodes));
	cr_assert(!neigh_nd_is_our_group(neigh, (struct quern_ip6){0xff02000000000000, 2}));
	cr_assert(!neigh_nd_is_our_group(neigh, host(0x1fffffe)));
	nd_drop(neigh);
}

Test(neigh_nd, keeps_every_neighbour_in_use_through_a_flood_of_strangers_who_ask)
{
	struct neigh_nd *neigh = nd_make(ENTRIES);
	struct neigh_nd_packet reply;
	struct random random;
	uint32_t known = 0, kept = 0;

	random_seed(&random, 1);
	for (uint64_t number = 0x100; number < 0x120; number++) {
		resolve(neigh, host(number), 0);
		known += hear(neigh, host(number), number, SOLICITED | OVERRIDE, 1) == NEIGH_LEARN;
	}
	cr_assert_gt(known, 24);
	for (uint32_t i = 0; i < 60000; i++)
		cr_assert_eq(hear_question(neigh, host(random_next(&random) | 1 << 16), host(1), i, 2000, &reply),
			     NEIGH_ANSWER);
	cr_assert_leq(filled(neigh), ENTRIES);
	for (uint64_t number = 0x100; number < 0x120; number++)
		kept += resolve(neigh, host(number), 3000) == NEIGH_KNOWN;
	cr_assert_eq(kept, known);
	nd_drop(neigh);
}

Test(neigh_nd, gives_up_no_neighbour_in_use_for_the_address_that_a_stranger_gives)
{
	struct neigh_nd *neigh = nd_make(NEIGH_WINDOW);
	struct neigh_nd_packet request;
	uint8_t mac[6];

	for (uint64_t i = 0; i < NEIGH_WINDOW - 1; i++) {
		resolve(neigh, host(0x100 + i), 10);
		hear(neigh, host(0x100 + i), i, SOLICITED | OVERRIDE, 11);
	}
	cr_assert_eq(neigh_nd_resolve_stranger(neigh, host(0x150), 20, mac, &request), NEIGH_ASK);
	for (uint32_t i = 0; i < 1000; i++)
		neigh_nd_resolve_stranger(neigh, host(0x151 + i % 100), 1000 + i * 20, mac, &request);
	for (uint64_t i = 0; i < NEIGH_WINDOW - 1; i++)
		cr_assert_eq(resolve(neigh, host(0x100 + i), 21000), NEIGH_KNOWN, "host %u", (unsigned int)i);
	nd_drop(neigh);
}

Test(neigh_nd, asks_at_next_use_for_what_is_in_doubt)
{
	struct neigh_nd *neigh = nd_make(ENTRIES);

	resolve(neigh, far_away, 0);
	hear(neigh, gateway, 3, SOLICITED | OVERRIDE, 1);
	neigh_nd_suspect(neigh, far_away);
	cr_assert_eq(resolve(neigh, far_away, 2000), NEIGH_KNOWN_ASK);
	hear(neigh, gateway, 3, SOLICITED | OVERRIDE, 2001);
	cr_assert_eq(resolve(neigh, far_away, 4000), NEIGH_KNOWN);
	nd_drop(neigh);
}

Test(neigh_nd, a_handshake_confirms_a_neighbour_and_nobody_who_is_none)
{
	struct neigh_nd *neigh = nd_make(ENTRIES);
	uint8_t mac[6];

	mac_of(9, mac);
	neigh_nd_confirm(neigh, far_away, mac, 0);
	neigh_nd_confirm(neigh, host(1), mac, 0);
	cr_assert_eq(filled(neigh), 0);
	neigh_nd_confirm(neigh, host(0x100), mac, 0);
	cr_assert_eq(filled(neigh), 1);
	cr_assert_eq(known_mac(neigh, host(0x100), 10), 9);
	nd_drop(neigh);
}

/* Two addresses may have the same word in the cache: the address decides. */
Test(neigh_nd, neighbours_whose_words_are_equal_are_two)
{
	struct quern_ip6 first = host(0x100), second = host(0x200);
	struct neigh_entry entries[NEIGH_WINDOW] = {0};
	struct quern_ip6 addresses[NEIGH_WINDOW] = {{0, 0}};
	struct neigh_cache cache = {entries, addresses, NEIGH_WINDOW};
	struct neigh_entry *a = neigh_cache_make(&cache, (struct neigh_key){77, &first}, 0, 5, NEIGH_WORTH_USED);
	struct neigh_entry *b = neigh_cache_make(&cache, (struct neigh_key){77, &second}, 0, 5, NEIGH_WORTH_USED);

	cr_assert_not_null(a);
	cr_assert_not_null(b);
	cr_assert_neq(a, b);
	cr_assert_eq(neigh_cache_find(&cache, (struct neigh_key){77, &first}), a);
	cr_assert_eq(neigh_cache_find(&cache, (struct neigh_key){77, &second}), b);
}
