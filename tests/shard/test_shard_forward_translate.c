/* test_shard_forward_translate.c - datagrams of one version of IP go on in the other, and so do their answers and
 * errors (RFC 7915). */
#include <string.h>

#include <criterion/criterion.h>

#include "support/lab_error.h"
#include "support/lab_fragment.h"
#include "support/raw_frame.h"
#include "support/raw_words.h"

enum {
	LISTEN = 53,
	TARGET = 5300,
	CLIENT = 40000,
	MTU = 1500,
	CUT6 = 1280,  /* what every path of IPv6 takes, */
	EACH6 = 1232, /* and of a datagram in each fragment of it */
	DONT_FRAGMENT = 0x4000,
	IP4 = 20,
	IP6 = 40,
	ICMP = 8
};

static struct lab lab;
static bool is_one_way; /* the rule that is opened next */

static struct quern_endpoint end_of(bool is_ip6, uint16_t port, uint16_t host, uint16_t number)
{
	return is_ip6 ? lab_end6(port, host, number) : lab_end(port, host, number);
}

/* A rule that listens in one version, and has a target in the other; or at any address, with a target in both. */
static void open_rule(struct quern_endpoint listen, struct quern_endpoint to, struct quern_endpoint also_to)
{
	static struct quern_forward_target targets[2];
	static struct quern_forward_rule rule;

	targets[0].to = to;
	targets[1].to = also_to;
	rule = (struct quern_forward_rule){.name = "turn",
					   .listen = listen,
					   .targets = targets,
					   .target_count = also_to.port ? 2 : 1,
					   .balance = also_to.port ? QUERN_BALANCE_ALL : QUERN_BALANCE_MAGLEV,
					   .translate = true,
					   .one_way = is_one_way,
					   .idle_ms = is_one_way ? 0 : 5000};
	lab_open(&lab, &(struct lab_plan){.rules = &rule, .rule_count = 1});
}

static void open_from(bool is_ip6)
{
	is_one_way = false;
	open_rule(end_of(is_ip6, 0, 1, LISTEN), end_of(!is_ip6, 1, 100, TARGET), (struct quern_endpoint){.port = 0});
}

static struct lab_datagram question(bool is_ip6, uint32_t bytes)
{
	struct lab_datagram asked =
		lab_from_to(end_of(is_ip6, 0, 200, CLIENT), end_of(is_ip6, 0, 1, LISTEN), bytes * 7);

	asked.text_bytes = bytes;
	asked.fragment = is_ip6 ? 0 : DONT_FRAGMENT;
	return asked;
}

static struct lab_datagram answer_to(const struct lab_datagram *heard, uint32_t bytes)
{
	struct lab_datagram answer = lab_from_to(heard->dest, heard->source, bytes * 5);

	answer.text_bytes = bytes;
	answer.fragment = quern_ip6_is_set(&answer.dest.ip6) ? 0 : DONT_FRAGMENT;
	return answer;
}

static void there_and_back(bool is_ip6)
{
	open_from(is_ip6);
	for (uint32_t bytes = 0; bytes <= MTU - IP6 - 8; bytes++) {
		struct lab_datagram asked = question(is_ip6, bytes), heard, answer, back;
		struct quern_endpoint to = end_of(!is_ip6, 1, 100, TARGET);

		asked.source.port = (uint16_t)(CLIENT + bytes % 5);
		lab_say(&lab, 0, &asked);
		heard = lab_hear_same(&lab, 1, &asked);
		lab_expect_end(&heard.dest, &to);
		cr_assert_eq(heard.source.ip6.high != 0, !is_ip6, "an address of our own, of the target's version");
		/* RFC 7915 5.1. */
		if (is_ip6)
			cr_assert_eq(heard.fragment, IP4 + 8 + bytes > 1260 ? DONT_FRAGMENT : 0);
		answer = answer_to(&heard, bytes);
		lab_say(&lab, 1, &answer);
		back = lab_hear_same(&lab, 0, &answer);
		lab_expect_end(&back.source, &asked.dest);
		lab_expect_end(&back.dest, &asked.source);
	}
	cr_assert_eq(shard_forward_sessions(lab.forward), 5);
	cr_assert_eq(lab_counters(&lab, 0)->udp_forwarded, lab_counters(&lab, 1)->udp_returned);
	lab_advance(&lab, 5001);
	cr_assert_eq(shard_forward_sessions(lab.forward), 0);
	lab_close(&lab);
}

Test(shard_forward_translate, a_client_of_ip4_is_served_by_a_target_of_ip6)
{
	there_and_back(false);
}

Test(shard_forward_translate, a_client_of_ip6_is_served_by_a_target_of_ip4)
{
	there_and_back(true);
}

/* RFC 7915 4.5: what has no checksum gets one; also where its text is spread over buffers. */
Test(shard_forward_translate, what_comes_without_a_checksum_goes_on_with_one)
{
	struct lab_datagram heard;

	open_from(false);
	for (uint32_t bytes = 0; bytes < 1400; bytes += 37) {
		struct lab_datagram asked = question(false, bytes);

		asked.no_checksum = true;
		lab_say(&lab, 0, &asked);
		heard = lab_hear(&lab, 1);
		cr_assert_eq(heard.text_sum, raw_text_sum(asked.text_from, bytes));
		asked = question(false, 4000 + bytes);
		asked.no_checksum = true;
		lab_say_cut(&lab, 0, &asked, 1480, bytes, bytes % 2);
		lab_hear_joined(&lab, 1, MTU, &asked, bytes < EACH6 * 4 - 4008 ? 4 : 5);
	}
	lab_close(&lab);
}

/* Whoever sends more than the way on takes, 20 bytes more or less than what it sends, is told; or it is cut. */
Test(shard_forward_translate, what_is_too_long_in_the_other_version_is_refused_or_cut)
{
	struct lab_datagram asked = question(false, MTU - IP6 - 8);
	const struct lab_packet *error;

	open_from(false);
	asked.fragment = DONT_FRAGMENT;
	lab_say(&lab, 0, &asked);
	lab_hear_same(&lab, 1, &asked);
	asked.text_bytes++;
	lab_say(&lab, 0, &asked);
	error = lab_next(&lab, 0);
	cr_assert(error && error->frame[20] == 3 && error->frame[21] == 4, "fragmentation needed");
	cr_assert_eq(get16(error->frame + 26), MTU - 20);
	asked.fragment = 0;
	lab_say(&lab, 0, &asked);
	lab_hear_joined(&lab, 1, CUT6, &asked, 2);
	asked.text_bytes = CUT6 - IP6 - 8;
	lab_say(&lab, 0, &asked);
	lab_hear_same(&lab, 1, &asked);
	asked.text_bytes++;
	lab_say(&lab, 0, &asked);
	lab_hear_joined(&lab, 1, CUT6, &asked, 2);
	lab_close(&lab);
}

Test(shard_forward_translate, of_ip6_nothing_is_cut_that_has_come_whole)
{
	struct lab_datagram asked = question(true, MTU - IP6 + 20 - 8);
	uint8_t packet[LAB_FRAME_MAX];
	const struct lab_packet *error;

	open_from(true);
	lab_say(&lab, 0, &asked);
	cr_assert_eq(lab_hear_same(&lab, 1, &asked).fragment, DONT_FRAGMENT);
	asked.text_bytes++;
	lab_say_bytes(&lab, 0, packet, lab_datagram_build(packet, &asked));
	error = lab_next(&lab, 0);
	cr_assert_not_null(error);
	cr_assert_eq(error->frame[IP6], 2, "too big, not %u", error->frame[IP6]);
	cr_assert_eq(get32(error->frame + IP6 + 4), MTU + 20);
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_UDP_TOO_BIG], 1);
	lab_close(&lab);
}

static void in_fragments(bool is_ip6)
{
	open_from(is_ip6);
	for (uint32_t bytes = 1600; bytes < 9000; bytes += 371) {
		struct lab_datagram asked = question(is_ip6, bytes), heard, answer, back;
		uint32_t there = is_ip6 ? 1480 : EACH6, home = is_ip6 ? EACH6 : 1480;

		lab_say_cut(&lab, 0, &asked, 1400, bytes, bytes % 2);
		heard = lab_hear_joined(&lab, 1, MTU, &asked, (bytes + 8 + there - 1) / there);
		answer = answer_to(&heard, bytes);
		lab_say_cut(&lab, 1, &answer, 1400, bytes, bytes % 2);
		back = lab_hear_joined(&lab, 0, MTU, &answer, (bytes + 8 + home - 1) / home);
		lab_expect_end(&back.source, &asked.dest);
	}
	lab_close(&lab);
}

Test(shard_forward_translate, what_comes_in_fragments_leaves_in_those_of_the_other_version)
{
	in_fragments(false);
	in_fragments(true);
}

/* A rule for any address takes both versions; of targets of both, each gets its own. */
Test(shard_forward_translate, copies_go_to_targets_of_both_versions)
{
	struct quern_endpoint any = {.port = LISTEN};

	open_rule(any, lab_end(1, 100, TARGET), lab_end6(1, 101, TARGET));
	for (uint32_t i = 0; i < 2; i++) {
		struct lab_datagram asked = question(i == 1, 700), heard[2], back;

		lab_say(&lab, 0, &asked);
		for (uint32_t target = 0; target < 2; target++)
			heard[target] = lab_hear_same(&lab, 1, &asked);
		cr_assert_eq(heard[0].dest.address, LAB_ADDRESS(1, 100));
		cr_assert_eq(heard[1].dest.ip6.low, 101);
		for (uint32_t target = 0; target < 2; target++) {
			struct lab_datagram answer = answer_to(&heard[target], 500);

			lab_say(&lab, 1, &answer);
			back = lab_hear_same(&lab, 0, &answer);
			lab_expect_end(&back.dest, &asked.source);
		}
	}
	lab_close(&lab);
}

/* What is said in `words` of one version is heard in those of the other, about the datagram as it was said. */
static void comes_home(uint16_t from_port, const struct lab_datagram *said, const uint8_t words[2][2], uint32_t mtu,
		       uint32_t heard_mtu)
{
	uint8_t error[LAB_FRAME_MAX], quoted[LAB_DATAGRAM_MAX];
	uint16_t to_port = 1 - from_port;
	bool is_ip6 = quern_ip6_is_set(&said->source.ip6);
	uint32_t header = is_ip6 ? IP6 : IP4, bytes = lab_datagram_build(quoted, said);
	const struct lab_packet *passed;
	struct lab_packet out;

	lab_say(&lab, to_port, said);
	out = *lab_next(&lab, from_port);
	lab_say_bytes(&lab, from_port, error, lab_error_about(error, &out, words[!is_ip6], mtu));
	passed = lab_next(&lab, to_port);
	cr_assert_not_null(passed);
	cr_assert_eq(passed->bytes, header + ICMP + bytes);
	cr_assert_eq(passed->frame[0] >> 4, is_ip6 ? 6 : 4);
	lab_error_quote(passed, words[is_ip6]);
	cr_assert_eq(get32(passed->frame + header + 4), heard_mtu);
	/* From there to the end all is as it was said: addresses, ports, checksum, text. */
	cr_assert_arr_eq(passed->frame + header + ICMP + (is_ip6 ? 8 : 12), quoted + (is_ip6 ? 8 : 12),
			 bytes - (is_ip6 ? 8 : 12));
}

/* RFC 7915 4.2 and 5.2: from a target to its client, and from a client that has gone to its target. */
Test(shard_forward_translate, errors_come_to_who_has_sent_the_datagram_in_words_that_it_knows)
{
	static const uint8_t closed[2][2] = {{3, 3}, {1, 4}}, too_big[2][2] = {{3, 4}, {2, 0}};

	for (int is_ip6 = 0; is_ip6 < 2; is_ip6++) {
		struct lab_datagram asked = question(is_ip6, 100), heard, answer;

		open_from(is_ip6);
		comes_home(1, &asked, closed, 0, 0);
		comes_home(1, &asked, too_big, 1400, is_ip6 ? 1420 : 1380);
		lab_say(&lab, 0, &asked);
		heard = lab_hear_same(&lab, 1, &asked);
		answer = answer_to(&heard, 100);
		comes_home(0, &answer, closed, 0, 0);
		cr_assert_eq(lab_counters(&lab, 0)->udp_errors_passed + lab_counters(&lab, 1)->udp_errors_passed, 3);
		lab_close(&lab);
	}
}

/* A word that the other version does not have is dropped. */
Test(shard_forward_translate, an_error_without_a_word_for_it_goes_no_further)
{
	static const uint8_t problem[2] = {4, 2};
	struct lab_datagram asked = question(false, 100);
	uint8_t error[LAB_FRAME_MAX];
	struct lab_packet out;

	open_from(false);
	lab_say(&lab, 0, &asked);
	out = *lab_next(&lab, 1);
	lab_say_bytes(&lab, 1, error, lab_error_about(error, &out, problem, 0));
	lab_hear_nothing(&lab);
	lab_close(&lab);
}

Test(shard_forward_translate, a_time_to_live_that_is_over_is_told_in_the_clients_own_version)
{
	for (int is_ip6 = 0; is_ip6 < 2; is_ip6++) {
		struct lab_datagram asked = question(is_ip6, 100);
		const struct lab_packet *error;

		open_from(is_ip6);
		asked.ttl = 1;
		lab_say(&lab, 0, &asked);
		error = lab_next(&lab, 0);
		cr_assert(error && error->frame[is_ip6 ? IP6 : IP4] == (is_ip6 ? 3 : 11), "time exceeded");
		asked.ttl = 2;
		lab_say(&lab, 0, &asked);
		cr_assert_eq(lab_hear(&lab, 1).ttl, 1);
		lab_close(&lab);
	}
}

/* From an address of the port's own, in its version; to a target, a group, or copies to targets of both. */
static void goes_one_way(bool is_ip6)
{
	const struct quern_endpoint target = end_of(!is_ip6, 1, 100, TARGET), none = {.port = 0};

	is_one_way = true;
	open_rule(end_of(is_ip6, 0, 1, LISTEN), target, none);
	for (uint32_t bytes = 0; bytes <= MTU - IP6 - 8; bytes += 3) {
		struct lab_datagram asked = question(is_ip6, bytes), heard;

		lab_say(&lab, 0, &asked);
		heard = lab_hear_same(&lab, 1, &asked);
		lab_expect_end(&heard.dest, &target);
		lab_expect_own(&heard.source, 1, CLIENT);
	}
	for (uint32_t bytes = 1600; bytes < 5000; bytes += 371) {
		struct lab_datagram asked = question(is_ip6, bytes);
		uint32_t there = is_ip6 ? 1480 : EACH6;

		lab_say_cut(&lab, 0, &asked, 1400, bytes, false);
		lab_hear_joined(&lab, 1, MTU, &asked, (bytes + 8 + there - 1) / there);
	}
	cr_assert_eq(shard_forward_sessions(lab.forward), 0);
	cr_assert_eq(shard_forward_aliases(lab.ports[0].shard) + shard_forward_aliases(lab.ports[1].shard), 0);
	lab_close(&lab);
}

Test(shard_forward_translate, one_way_nothing_is_kept_of_it)
{
	goes_one_way(false);
	goes_one_way(true);
}

Test(shard_forward_translate, one_way_copies_and_groups_are_of_any_version)
{
	const struct quern_endpoint group = {.address = 0xefff0101, .port = TARGET};
	const struct quern_endpoint group6 = {.ip6 = {UINT64_C(0xff05) << 48, 0x101}, .port = TARGET};

	for (uint32_t i = 0; i < 4; i++) {
		struct lab_datagram asked = question(i % 2, 700), heard[2];

		is_one_way = true;
		open_rule((struct quern_endpoint){.port = LISTEN}, i < 2 ? lab_end(1, 100, TARGET) : group,
			  i < 2 ? lab_end6(1, 101, TARGET) : group6);
		lab_say(&lab, 0, &asked);
		for (uint32_t target = 0; target < 2; target++) {
			heard[target] = lab_hear_same(&lab, 1, &asked);
			lab_expect_own(&heard[target].source, 1, CLIENT);
		}
		cr_assert_eq(heard[0].dest.address, i < 2 ? LAB_ADDRESS(1, 100) : group.address);
		cr_assert_eq(heard[1].dest.ip6.low, i < 2 ? 101 : 0x101);
		lab_close(&lab);
	}
}
