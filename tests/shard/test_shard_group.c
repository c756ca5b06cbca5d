/* test_shard_group.c - rules that listen to groups: joined, told of, and heard; and nothing else is. */
#include <criterion/criterion.h>

#include "support/forward_lab.h"
#include "support/raw_words.h"

enum { FEED = 5000, TARGET = 6000, CLIENT = 40000, IGMP = 2, ICMP6 = 58, QUERY_BYTES = 12, MLD_BYTES = 28 };
enum { JOINED = 4, LEFT = 3, WANTED = 2 };

static struct lab lab;
static const struct quern_endpoint group = {.address = 0xefff0102, .port = FEED},
				   group6 = {.ip6 = {UINT64_C(0xff05) << 48, 0x12345}, .port = FEED};

/* One rule of port 0. */
static void open_with(struct quern_endpoint listen, struct quern_endpoint to)
{
	static struct quern_forward_target target;
	static struct quern_forward_rule rule;
	struct lab_plan plan = {.rules = &rule, .rule_count = 1};

	target.to = to;
	rule = (struct quern_forward_rule){
		.name = "feed", .listen = listen, .targets = &target, .target_count = 1, .one_way = true};
	lab_open(&lab, &plan);
}

/* What came out is a report of one group over IPv4, whole and right: its version; 0 where nothing came out. */
static int hear_igmp(uint16_t port, uint32_t address, int word)
{
	const struct lab_packet *packet = lab_next(&lab, port);
	const uint8_t *ip = packet ? packet->frame : NULL, *igmp = ip + 24;

	if (!packet)
		return 0;
	cr_assert_eq(get32(ip) >> 16, 0x46c0, "IPv4 with one option");
	cr_assert_eq(get32(ip + 8) >> 16, 1 << 8 | IGMP, "TTL 1");
	cr_assert_eq(get32(ip + 12), LAB_ADDRESS(port, 1));
	cr_assert_eq(get32(ip + 20), 0x94040000, "router alert");
	cr_assert_eq(ones_sum(0, ip, 24), 0xffff);
	cr_assert_eq(ones_sum(0, igmp, get16(ip + 2) - 24), 0xffff);
	if (igmp[0] != 0x22) {
		cr_assert_eq(igmp[0], word == LEFT ? 0x17 : igmp[0] == 0x12 ? 0x12 : 0x16);
		cr_assert_eq(get32(igmp + 4), address);
		cr_assert_eq(get32(ip + 16), word == LEFT ? 0xe0000002 : address);
		return igmp[0] == 0x12 ? 1 : 2;
	}
	cr_assert_eq(get32(ip + 16), 0xe0000016);
	cr_assert_eq(get32(igmp + 4), 1, "one record");
	cr_assert_eq(get32(igmp + 8), (uint32_t)word << 24);
	cr_assert_eq(get32(igmp + 12), address);
	return 3;
}

/* The same over IPv6. */
static int hear_mld(uint16_t port, const struct quern_ip6 *address, int word)
{
	const struct lab_packet *packet = lab_next(&lab, port);
	const uint8_t *ip = packet ? packet->frame : NULL, *mld = ip + 48;

	if (!packet)
		return 0;
	cr_assert_eq(get32(ip + 4) & 0xffff, 0x0001, "hop-by-hop header, and one hop");
	cr_assert_eq(get16(ip + 8), 0xfe80, "from a link-local address");
	cr_assert_eq(get32(ip + 40), ICMP6 << 24 | 0x000502, "router alert");
	cr_assert_eq(ones_sum(ones_sum(get16(ip + 4) - 8 + ICMP6, ip + 8, 32), mld, get16(ip + 4) - 8), 0xffff);
	cr_assert_eq(mld[0], 143);
	cr_assert_eq(get32(ip + 36), 0x16);
	cr_assert_eq(get32(mld + 4), 1, "one record");
	cr_assert_eq(get32(mld + 8), (uint32_t)word << 24);
	cr_assert_eq(get32(mld + 12), (uint32_t)(address->high >> 32));
	cr_assert_eq(get32(mld + 24), (uint32_t)address->low);
	return 2;
}

/* Opens, and hears what is said then. */
static void open_joined(struct quern_endpoint listen, struct quern_endpoint to)
{
	bool is_ip6 = quern_ip6_is_set(&listen.ip6);

	open_with(listen, to);
	for (int i = 0; i < 2; i++) {
		if (is_ip6)
			cr_assert_eq(hear_mld(0, &listen.ip6, JOINED), 2);
		else
			cr_assert_eq(hear_igmp(0, listen.address, JOINED), 3);
		lab_advance(&lab, 1000);
	}
	lab_hear_nothing(&lab);
}

/* Who asks for `address`, or all by 0, in a version of IGMP. */
static void ask(uint8_t version, uint32_t from, uint32_t address, uint8_t code)
{
	uint32_t bytes = version == 3 ? QUERY_BYTES : 8;
	uint8_t ip[24 + QUERY_BYTES] = {0x46, 0xc0}, *igmp = ip + 24;

	put16(ip + 2, 24 + bytes);
	put16(ip + 8, 1 << 8 | IGMP);
	put32(ip + 12, from);
	put32(ip + 16, address ? address : 0xe0000001);
	put32(ip + 20, 0x94040000);
	put16(ip + 10, ~ones_sum(0, ip, 24) & 0xffff);
	igmp[0] = 0x11;
	igmp[1] = version == 1 ? 0 : code;
	put32(igmp + 4, address);
	put16(igmp + 2, ~ones_sum(0, igmp, bytes) & 0xffff);
	lab_say_bytes(&lab, 0, ip, 24 + bytes);
}

/* The same of MLD, version 2, for all. */
static void ask6(uint16_t response_ms)
{
	uint8_t ip[48 + MLD_BYTES] = {0x60}, *mld = ip + 48;

	put32(ip + 4, (8 + MLD_BYTES) << 16 | 0x0001);
	put16(ip + 8, 0xfe80);
	ip[23] = 9;
	put16(ip + 24, 0xff02);
	ip[39] = 1;
	put32(ip + 40, ICMP6 << 24 | 0x000502);
	mld[0] = 130;
	put16(mld + 4, response_ms);
	put16(mld + 2, ~ones_sum(ones_sum(MLD_BYTES + ICMP6, ip + 8, 32), mld, MLD_BYTES) & 0xffff);
	lab_say_bytes(&lab, 0, ip, sizeof ip);
}

Test(shard_group, a_rule_joins_its_group_at_its_own_port_and_leaves_it_in_the_end)
{
	open_joined(group, lab_end(1, 100, TARGET));
	cr_assert_eq(lab_counters(&lab, 0)->group_reports, 2);
	lab_advance(&lab, 60000);
	lab_hear_nothing(&lab);
	shard_forward_leave(lab.ports[0].shard);
	shard_forward_leave(lab.ports[1].shard);
	lab_advance(&lab, 0);
	cr_assert_eq(hear_igmp(0, group.address, LEFT), 3);
	lab_advance(&lab, 1000);
	cr_assert_eq(hear_igmp(0, group.address, LEFT), 3);
	lab_close(&lab);
}

Test(shard_group, and_so_over_ip6)
{
	open_joined(group6, lab_end6(1, 100, TARGET));
	shard_forward_leave(lab.ports[0].shard);
	lab_advance(&lab, 1000);
	cr_assert_eq(hear_mld(0, &group6.ip6, LEFT), 2);
	cr_assert_eq(hear_mld(0, &group6.ip6, LEFT), 2);
	lab_close(&lab);
}

Test(shard_group, who_asks_is_answered_in_its_own_version_within_the_time_it_gives)
{
	open_joined(group, lab_end(1, 100, TARGET));
	ask(3, LAB_ADDRESS(0, 254), 0, 10);
	lab_advance(&lab, 1000);
	cr_assert_eq(hear_igmp(0, group.address, WANTED), 3);
	ask(3, 0, group.address, 10);
	lab_advance(&lab, 1000);
	cr_assert_eq(hear_igmp(0, group.address, WANTED), 3, "to a switch that has no address");
	ask(3, LAB_ADDRESS(0, 254), group.address + 1, 10);
	lab_advance(&lab, 1000);
	lab_hear_nothing(&lab);
	ask(2, LAB_ADDRESS(0, 254), 0, 10);
	lab_advance(&lab, 1000);
	cr_assert_eq(hear_igmp(0, group.address, WANTED), 2);
	ask(1, LAB_ADDRESS(0, 254), 0, 0);
	lab_advance(&lab, 10000);
	cr_assert_eq(hear_igmp(0, group.address, WANTED), 1);
	/* Of a group that is not ours nobody is told by anybody: it is as any other packet to a group. */
	cr_assert_eq(lab_counters(&lab, 0)->group_queries, 4);
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_IP_DEST], 1);
	lab_close(&lab);
}

Test(shard_group, and_so_over_ip6_where_a_flood_of_queries_draws_ten_answers_a_second)
{
	unsigned int answers = 0;

	open_joined(group6, lab_end6(1, 100, TARGET));
	ask6(1000);
	lab_advance(&lab, 1000);
	cr_assert_eq(hear_mld(0, &group6.ip6, WANTED), 2);
	lab_hear_nothing(&lab);
	for (int i = 0; i < 2000; i++) {
		ask6(0);
		lab_advance(&lab, 1);
	}
	while (hear_mld(0, &group6.ip6, WANTED) == 2)
		answers++;
	cr_assert(answers >= 19 && answers <= 21, "%u answers in 2 s", answers);
	lab_advance(&lab, 100);
	while (hear_mld(0, &group6.ip6, WANTED) == 2)
		continue;
	lab_close(&lab);
}

Test(shard_group, the_shard_of_another_queue_leaves_it_to_the_first_to_tell)
{
	static struct port_plan plans[2] = {{.entries = 2}, {.entries = 2}};
	static struct quern_forward_target target;
	const struct quern_forward_rule rule = {
		.name = "feed", .listen = group, .targets = &target, .target_count = 1, .one_way = true};
	const struct lab_plan second = {.rules = &rule, .rule_count = 1, .port_plans = plans, .queue = 1};

	target.to = lab_end(1, 100, TARGET);
	for (int i = 0; i < 2; i++) {
		port_plan_share(&plans[i], 2);
		port_plan_prepare(&plans[i]);
	}
	lab_open(&lab, &second);
	lab_advance(&lab, 1000);
	lab_hear_nothing(&lab);
	ask(3, LAB_ADDRESS(0, 254), 0, 10);
	lab_advance(&lab, 1000);
	cr_assert_eq(hear_igmp(0, group.address, WANTED), 3, "who asked it is answered by it");
	lab_close(&lab);
}

/* A datagram of a client's goes to the target, from an address of our own, which is returned, and the client's port. */
static struct quern_endpoint goes_on(const struct lab_datagram *said, const struct quern_endpoint *to)
{
	struct lab_datagram heard;

	lab_say(&lab, 0, said);
	heard = lab_hear_same(&lab, 1, said);
	lab_expect_own(&heard.source, 1, CLIENT);
	lab_expect_end(&heard.dest, to);
	return heard.source;
}

Test(shard_group, what_its_group_hears_goes_on_and_nothing_comes_back)
{
	struct quern_endpoint to = lab_end(1, 100, TARGET), ours = to;
	struct lab_datagram said = lab_from_to(lab_end(0, 200, CLIENT), group, 7), back;

	open_joined(group, to);
	for (uint32_t i = 0; i < 1472; i += 64) {
		said.text_bytes = said.text_from = i;
		ours = goes_on(&said, &to);
	}
	cr_assert_eq(lab_counters(&lab, 0)->udp_forwarded, 23);
	cr_assert_eq(shard_forward_sessions(lab.forward), 0);
	back = lab_from_to(to, ours, 1);
	lab_say(&lab, 1, &back);
	cr_assert_eq(lab_counters(&lab, 1)->drops[QUERN_DROP_UDP_NO_LISTENER], 1);
	cr_assert_not_null(lab_next(&lab, 1), "port unreachable, as to any port where nobody listens");
	lab_close(&lab);
}

Test(shard_group, and_so_over_ip6_for_whoever_sends)
{
	struct quern_endpoint to = lab_end6(1, 100, TARGET);

	lab_only_without_ethernet("the hosts here have no neighbour discovery");
	open_joined(group6, to);
	for (uint16_t host = 10; host < 200; host += 10) {
		struct lab_datagram said = lab_from_to(lab_end6(0, host, CLIENT), group6, host);

		goes_on(&said, &to);
	}
	lab_close(&lab);
}

/* RFC 3376 6, RFC 3810 6: who asks gets no answer about it either. */
Test(shard_group, of_the_group_of_all_nothing_is_told)
{
	struct quern_endpoint all = {.address = 0xe0000001, .port = FEED}, to = lab_end(1, 100, TARGET);
	struct lab_datagram said = lab_from_to(lab_end(0, 200, CLIENT), all, 1);

	open_with(all, to);
	ask(3, LAB_ADDRESS(0, 254), 0, 10);
	lab_advance(&lab, 2000);
	lab_hear_nothing(&lab);
	goes_on(&said, &to);
	lab_close(&lab);
	all = (struct quern_endpoint){.ip6 = {UINT64_C(0xff02) << 48, 1}, .port = FEED};
	open_with(all, lab_end6(1, 100, TARGET));
	ask6(1000);
	lab_advance(&lab, 2000);
	lab_close(&lab);
}

/* Datagrams that a group does not let in, or its rule not on: each is counted, and answered by nobody. */
static void stays(struct quern_endpoint from, struct quern_endpoint to, uint8_t ttl, enum quern_drop reason)
{
	struct lab_datagram said = lab_from_to(from, to, 1);
	uint64_t before = lab_counters(&lab, 0)->drops[reason];

	said.ttl = ttl;
	lab_say(&lab, 0, &said);
	cr_assert_eq(lab_counters(&lab, 0)->drops[reason], before + 1, "%s", quern_drop_name(reason));
	lab_hear_nothing(&lab);
}

Test(shard_group, other_groups_other_ports_own_datagrams_and_those_at_their_end_stay_without_an_answer)
{
	struct quern_endpoint from = lab_end(0, 200, CLIENT), other = group, port = group;

	other.address++;
	port.port++;
	open_joined(group, lab_end(1, 100, TARGET));
	stays(from, other, 0, QUERN_DROP_IP_DEST);
	stays(from, port, 0, QUERN_DROP_UDP_NO_LISTENER);
	stays(from, group, 1, QUERN_DROP_UDP_TTL);
	stays(lab_end(0, 2, CLIENT), group, 0, QUERN_DROP_IP_SOURCE);
	stays(lab_end(0, 0xffff, CLIENT), group, 0, QUERN_DROP_IP_SOURCE);
	stays(from, lab_end(0, 0xffff, FEED), 0, QUERN_DROP_IP_DEST);
	stays(from, (struct quern_endpoint){.address = UINT32_MAX, .port = FEED}, 0, QUERN_DROP_IP_DEST);
	cr_assert_eq(lab_counters(&lab, 0)->unreachables_sent, 0);
	lab_close(&lab);
	open_joined(group6, lab_end6(1, 100, TARGET));
	from = lab_end6(0, 200, CLIENT);
	other = port = group6;
	other.ip6.low++;
	port.port++;
	stays(from, other, 0, QUERN_DROP_IP_DEST);
	stays(from, port, 0, QUERN_DROP_UDP_NO_LISTENER);
	stays(from, group6, 1, QUERN_DROP_UDP_TTL);
	stays(lab_end6(0, 2, CLIENT), group6, 0, QUERN_DROP_IP_SOURCE);
	lab_close(&lab);
}

Test(shard_group, other_rules_join_what_they_name_and_leave_what_they_do_not)
{
	static const struct quern_forward_target to = {.to = {.address = LAB_ADDRESS(1, 100), .port = TARGET}};
	struct quern_endpoint other = {.address = group.address + 1, .port = FEED};
	struct quern_forward_rule rules[2] = {
		{.name = "feed", .listen = other, .targets = &to, .target_count = 1, .one_way = true},
		{.name = "asked", .listen = lab_end(0, 1, FEED), .targets = &to, .target_count = 1}};
	struct lab_datagram said = lab_from_to(lab_end(0, 200, CLIENT), other, 1);

	open_joined(group, to.to);
	stays(said.source, other, 0, QUERN_DROP_IP_DEST);
	lab_offer(&lab, rules, 1);
	lab_settle(&lab);
	cr_assert_not_null(lab_next(&lab, 0), "one report of both");
	lab_advance(&lab, 1000);
	while (lab_next(&lab, 0))
		continue;
	goes_on(&said, &to.to);
	stays(said.source, group, 0, QUERN_DROP_IP_DEST);
	lab_offer(&lab, rules + 1, 1);
	lab_settle(&lab);
	cr_assert_eq(hear_igmp(0, other.address, LEFT), 3);
	lab_advance(&lab, 1000);
	cr_assert_eq(hear_igmp(0, other.address, LEFT), 3);
	stays(said.source, other, 0, QUERN_DROP_IP_DEST);
	lab_close(&lab);
}
