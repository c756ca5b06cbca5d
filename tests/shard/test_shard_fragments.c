/* test_shard_fragments.c - datagrams that come in fragments are forwarded as others are, and hold no buffer until then.
 */
#include <criterion/criterion.h>

#include "support/lab_error.h"
#include "support/lab_fragment.h"
#include "support/raw_words.h"
#include "udp/udp_fragments.h"

enum { LISTEN = 53, TARGET = 5300, CLIENT = 40000, MTU = 1500, EACH = 1480, LONG = 4000, QUOTED = 500 };
enum { CUT6 = 1280 /* what every path of IPv6 takes */, EACH6 = CUT6 - 48 };

static struct lab lab;

static void open_with(bool is_ip6, enum quern_balance balance, const struct port_plan *plan)
{
	static struct quern_forward_target targets[2];
	static struct quern_forward_rule rule;

	targets[0].to = is_ip6 ? lab_end6(1, 100, TARGET) : lab_end(1, 100, TARGET);
	targets[1].to = is_ip6 ? lab_end6(1, 101, TARGET) : lab_end(1, 101, TARGET);
	rule = (struct quern_forward_rule){.name = "all",
					   .listen = is_ip6 ? lab_end6(0, 1, LISTEN) : lab_end(0, 1, LISTEN),
					   .targets = targets,
					   .target_count = balance == QUERN_BALANCE_ALL ? 2 : 1,
					   .balance = balance};
	lab_open(&lab, &(struct lab_plan){.rules = &rule, .rule_count = 1, .port_plans = plan});
}

static void open_for(bool is_ip6, enum quern_balance balance)
{
	open_with(is_ip6, balance, NULL);
}

static struct lab_datagram question(bool is_ip6, uint32_t bytes, uint32_t from)
{
	struct lab_datagram asked = is_ip6 ? lab_from_to(lab_end6(0, 200, CLIENT), lab_end6(0, 1, LISTEN), from)
					   : lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), from);

	asked.text_bytes = bytes;
	return asked;
}

static uint64_t dropped(uint16_t port, enum quern_drop reason)
{
	return lab_counters(&lab, port)->drops[reason];
}

static uint32_t pieces(uint32_t bytes, uint32_t each)
{
	return (bytes + 8 + each - 1) / each;
}

/* There and back, in whatever order fragments come; each way is cut to its own MTU, or as every path of IPv6 takes it.
 */
static void goes_there_and_back(bool is_ip6)
{
	uint32_t each = is_ip6 ? EACH6 : EACH, mtu = is_ip6 ? CUT6 : MTU;

	open_for(is_ip6, QUERN_BALANCE_MAGLEV);
	for (uint32_t bytes = 1500; bytes < 60000; bytes += 3001) {
		struct lab_datagram asked = question(is_ip6, bytes, bytes), heard, answer, back;

		lab_say_cut(&lab, 0, &asked, (1000 + bytes % 400) & ~7u, bytes, bytes % 2);
		heard = lab_hear_joined(&lab, 1, mtu, &asked, pieces(bytes, each));
		answer = lab_from_to(heard.dest, heard.source, bytes);
		answer.text_bytes = bytes;
		lab_say_cut(&lab, 1, &answer, 1400, bytes, true);
		back = lab_hear_joined(&lab, 0, mtu, &answer, pieces(bytes, each));
		lab_expect_end(&back.source, &asked.dest);
		lab_expect_end(&back.dest, &asked.source);
	}
	cr_assert_eq(shard_forward_sessions(lab.forward), 1);
	cr_assert_eq(lab_counters(&lab, 0)->udp_joined + lab_counters(&lab, 1)->udp_joined, 40);
	lab_close(&lab);
}

Test(shard_fragments, a_long_datagram_goes_there_and_back)
{
	goes_there_and_back(false);
}

Test(shard_fragments, and_so_over_ip6)
{
	goes_there_and_back(true);
}

/* What would have needed no fragments goes on without; also without a checksum; to all targets where they get copies.
 */
Test(shard_fragments, what_fits_goes_on_whole_and_copies_go_to_all)
{
	struct lab_datagram asked = question(false, 1000, 1), heard;

	open_for(false, QUERN_BALANCE_ALL);
	lab_say_cut(&lab, 0, &asked, 304, 7, false);
	lab_hear_same(&lab, 1, &asked);
	lab_hear_same(&lab, 1, &asked);
	asked.no_checksum = true;
	lab_say_cut(&lab, 0, &asked, 304, 8, false);
	lab_hear_same(&lab, 1, &asked);
	heard = lab_hear_same(&lab, 1, &asked);
	cr_assert_eq(heard.fragment, 0);
	asked = question(false, LONG, 9);
	lab_say_cut(&lab, 0, &asked, EACH, 9, false);
	lab_hear_joined(&lab, 1, MTU, &asked, 3);
	lab_hear_joined(&lab, 1, MTU, &asked, 3);
	lab_close(&lab);
}

/* RFC 8200 5: its sender may have cut it for a path that takes no more. To all targets too. */
Test(shard_fragments, over_ip6_no_fragment_is_longer_than_every_path_takes)
{
	for (int is_all = 0; is_all < 2; is_all++) {
		open_for(true, is_all ? QUERN_BALANCE_ALL : QUERN_BALANCE_MAGLEV);
		for (uint32_t bytes = 1200; bytes < 2600; bytes += 7) {
			struct lab_datagram asked = question(true, bytes, bytes);

			lab_say_cut(&lab, 0, &asked, 600, bytes, false);
			for (int target = 0; target <= is_all; target++)
				if (bytes <= CUT6 - 48)
					lab_hear_same(&lab, 1, &asked);
				else
					lab_hear_joined(&lab, 1, CUT6, &asked, pieces(bytes, EACH6));
		}
		lab_close(&lab);
	}
}

/* RFC 5508 REQ-4: who has sent the datagram hears of it, though it is a fragment of ours that is quoted. Others than
 * the first have no ports. */
Test(shard_fragments, an_error_about_a_first_fragment_comes_to_who_has_sent_the_datagram)
{
	static const uint8_t closed[2][2] = {{3, 3}, {1, 4}};

	for (int is_ip6 = 0; is_ip6 < 2; is_ip6++) {
		struct lab_datagram asked = question(is_ip6, LONG, 1);
		uint32_t at = is_ip6 ? 8 : 12, ends = is_ip6 ? 32 : 8, l4 = is_ip6 ? 48 : 20;
		uint8_t error[LAB_FRAME_MAX], whole[LAB_WHOLE_MAX];
		struct lab_packet first, second;
		const uint8_t *quote;

		lab_datagram_build(whole, &asked);
		open_for(is_ip6, QUERN_BALANCE_MAGLEV);
		lab_say_cut(&lab, 0, &asked, 1000, 1, true);
		first = *lab_next(&lab, 1);
		second = *lab_next(&lab, 1);
		while (lab_next(&lab, 1))
			continue;
		first.bytes = second.bytes = QUOTED;
		lab_say_bytes(&lab, 1, error, lab_error_about(error, &first, closed[is_ip6], 0));
		quote = lab_error_quote(lab_next(&lab, 0), closed[is_ip6]);
		cr_assert_arr_eq(quote + at, whole + at, ends, "addresses");
		cr_assert_arr_eq(quote + l4, whole + (is_ip6 ? 40 : 20), 8, "ports, length and checksum");
		lab_say_bytes(&lab, 1, error, lab_error_about(error, &second, closed[is_ip6], 0));
		lab_hear_nothing(&lab);
		cr_assert_eq(dropped(1, QUERN_DROP_ICMP_IGNORED) + dropped(1, QUERN_DROP_ICMP_QUOTE), 1);
		lab_close(&lab);
	}
}

/* RFC 792, RFC 8200 4.5: where the first fragment has come, its sender hears that others have not. */
Test(shard_fragments, who_sends_hears_that_fragments_were_lost_where_the_first_was_not)
{
	static const uint8_t late[2][2] = {{11, 1}, {3, 1}};

	for (int is_ip6 = 0; is_ip6 < 2; is_ip6++) {
		struct lab_datagram asked = question(is_ip6, LONG, 1);
		uint8_t whole[LAB_WHOLE_MAX], fragment[LAB_FRAME_MAX];
		uint32_t bytes = lab_datagram_build(whole, &asked), header = is_ip6 ? 40 : 20, part, quoted;
		const struct lab_packet *error;

		open_for(is_ip6, QUERN_BALANCE_MAGLEV);
		lab_say_bytes(&lab, 0, fragment, lab_fragment(fragment, whole, bytes, 1400, 1400, 1));
		lab_advance(&lab, UDP_FRAGMENTS_MS + 1);
		lab_hear_nothing(&lab);
		part = lab_fragment(fragment, whole, bytes, 0, 1400, 2);
		lab_say_bytes(&lab, 0, fragment, part);
		lab_say_bytes(&lab, 0, fragment, lab_fragment(fragment, whole, bytes, 2800, 1208, 2));
		lab_fragment(fragment, whole, bytes, 0, 1400, 2);
		lab_advance(&lab, UDP_FRAGMENTS_MS + 1);
		error = lab_next(&lab, 0);
		cr_assert_not_null(error);
		quoted = error->bytes - header - 8;
		cr_assert_eq(error->bytes, is_ip6 ? 1280 : 576);
		cr_assert_lt(quoted, part);
		cr_assert_arr_eq(lab_error_quote(error, late[is_ip6]), fragment, quoted);
		lab_hear_nothing(&lab);
		cr_assert_eq(dropped(0, QUERN_DROP_IP_FRAGMENT_LOST), 3);
		cr_assert_eq(lab_counters(&lab, 0)->unreachables_sent, 1);
		lab_close(&lab);
	}
}

/* A damaged one is none; one whose time to live is over is told, as are those that nobody takes. */
Test(shard_fragments, what_is_wrong_with_a_datagram_is_found_once_it_is_whole)
{
	struct lab_datagram asked = question(false, LONG, 1);
	const struct lab_packet *error;

	open_for(false, QUERN_BALANCE_MAGLEV);
	asked.wrong_checksum = true;
	lab_say_cut(&lab, 0, &asked, EACH, 1, false);
	lab_hear_nothing(&lab);
	cr_assert_eq(dropped(0, QUERN_DROP_UDP_MALFORMED), 1);
	asked.wrong_checksum = false;
	asked.ttl = 1;
	lab_say_cut(&lab, 0, &asked, EACH, 2, true);
	error = lab_next(&lab, 0);
	cr_assert(error && error->frame[20] == 11, "time exceeded");
	asked.ttl = 0;
	asked.dest.port++;
	lab_say_cut(&lab, 0, &asked, EACH, 3, true);
	error = lab_next(&lab, 0);
	cr_assert(error && error->frame[20] == 3 && error->frame[21] == 3, "port unreachable");
	lab_close(&lab);
}

/* Battery 16: RFC 5722. And each frame that is lost is counted, once. */
Test(shard_fragments, overlaps_and_what_never_becomes_whole_are_dropped_and_counted)
{
	struct lab_datagram asked = question(false, LONG, 1);
	uint8_t packet[LAB_FRAME_MAX * 2], fragment[LAB_FRAME_MAX];
	uint32_t bytes = lab_datagram_build(packet, &asked);

	open_for(false, QUERN_BALANCE_MAGLEV);
	lab_say_bytes(&lab, 0, fragment, lab_fragment(fragment, packet, bytes, 0, EACH, 1));
	lab_say_bytes(&lab, 0, fragment, lab_fragment(fragment, packet, bytes, EACH - 8, EACH, 1));
	cr_assert_eq(dropped(0, QUERN_DROP_IP_FRAGMENT_WRONG), 2);
	lab_say_cut(&lab, 0, &asked, EACH, 1, false);
	cr_assert_eq(dropped(0, QUERN_DROP_IP_FRAGMENT_WRONG), 5);
	/* Of another, the middle never comes. */
	lab_say_bytes(&lab, 0, fragment, lab_fragment(fragment, packet, bytes, 0, EACH, 2));
	lab_say_bytes(&lab, 0, fragment, lab_fragment(fragment, packet, bytes, 2 * EACH, bytes - 20 - 2 * EACH, 2));
	lab_advance(&lab, UDP_FRAGMENTS_MS - 1);
	cr_assert_eq(dropped(0, QUERN_DROP_IP_FRAGMENT_LOST), 0);
	lab_advance(&lab, 2);
	cr_assert_eq(dropped(0, QUERN_DROP_IP_FRAGMENT_LOST), 2);
	cr_assert_not_null(lab_next(&lab, 0), "time exceeded");
	/* And so the first is no longer spoilt. */
	lab_say_cut(&lab, 0, &asked, EACH, 1, false);
	lab_hear_joined(&lab, 1, MTU, &asked, 3);
	lab_close(&lab);
}

/* Battery 16: FragmentSmack. No buffer is held by what waits, which lab_close() looks at, and who comes whole gets
 * through at once. */
Test(shard_fragments, a_flood_holds_nothing_up_and_its_memory_is_bounded)
{
	enum { FLOOD = 20000 };
	struct lab_datagram asked = question(false, LONG, 1), lie = asked;
	uint8_t packet[LAB_FRAME_MAX * 2], fragment[LAB_FRAME_MAX];
	uint32_t bytes, errors = 0;

	open_for(false, QUERN_BALANCE_MAGLEV);
	for (uint32_t i = 0; i < FLOOD; i++) {
		lie.source.address = LAB_ADDRESS(0, 300 + i % 20000);
		bytes = lab_datagram_build(packet, &lie);
		lab_say_bytes(&lab, 0, fragment, lab_fragment(fragment, packet, bytes, i % 2 * EACH, EACH, i));
		if (i % 1000 == 0) {
			lab_say_cut(&lab, 0, &asked, EACH, i, i % 2000 == 0);
			lab_hear_joined(&lab, 1, MTU, &asked, 3);
		}
	}
	cr_assert_gt(dropped(0, QUERN_DROP_IP_FRAGMENT_FULL), FLOOD - 100);
	cr_assert(shard_forward_validate(lab.forward));
	lab_advance(&lab, UDP_FRAGMENTS_MS + 1);
	cr_assert_eq(dropped(0, QUERN_DROP_IP_FRAGMENT_FULL) + dropped(0, QUERN_DROP_IP_FRAGMENT_LOST), FLOOD);
	/* Of those that were left half had a first one: no more than an error's limit lets through at once. */
	while (lab_next(&lab, 0))
		errors++;
	cr_assert(errors > 0 && errors <= 50 + 2, "%u errors", errors);
	lab_close(&lab);
}

/* The ping of death, and all that no datagram can have. */
Test(shard_fragments, no_word_of_flags_and_offset_makes_anything_of_one_fragment)
{
	struct lab_datagram asked = question(false, 56, 1);
	uint8_t packet[LAB_FRAME_MAX];

	open_for(false, QUERN_BALANCE_MAGLEV);
	for (uint32_t word = 1; word < 0x4000; word++) {
		asked.fragment = (uint16_t)word;
		asked.id = (uint16_t)word;
		lab_say_bytes(&lab, 0, packet, lab_datagram_build(packet, &asked));
	}
	lab_hear_nothing(&lab);
	cr_assert_gt(dropped(0, QUERN_DROP_IP_FRAGMENT_WRONG), 0);
	cr_assert(shard_forward_validate(lab.forward));
	lab_close(&lab);
}

/* RFC 6946, RFC 8200 4.5. */
Test(shard_fragments, of_ip6_one_fragment_may_be_all)
{
	struct lab_datagram asked = question(true, 100, 1);
	uint8_t packet[LAB_FRAME_MAX], fragment[LAB_FRAME_MAX];
	uint32_t bytes = lab_datagram_build(packet, &asked);
	const struct lab_packet *error;

	open_for(true, QUERN_BALANCE_MAGLEV);
	lab_say_bytes(&lab, 0, fragment, lab_fragment(fragment, packet, bytes, 0, bytes - 40, 1));
	lab_hear_same(&lab, 1, &asked);
	asked.text_bytes = 0;
	bytes = lab_datagram_build(packet, &asked);
	lab_say_bytes(&lab, 0, fragment, lab_fragment(fragment, packet, bytes, 0, 8, 2));
	lab_hear_same(&lab, 1, &asked);
	/* And what goes no further is quoted whole. */
	asked.text_bytes = 100;
	asked.dest.port++;
	bytes = lab_datagram_build(packet, &asked);
	lab_say_bytes(&lab, 0, fragment, lab_fragment(fragment, packet, bytes, 0, bytes - 40, 3));
	error = lab_next(&lab, 0);
	cr_assert(error && error->frame[40] == 1 && error->bytes == 48 + bytes, "port unreachable");
	cr_assert_arr_eq(error->frame + 48, packet, bytes);
	lab_close(&lab);
}

/* A UDP length that is less than what the fragments come to: a whole packet might go on behind its datagram, and nobody
 * cuts one that does. */
Test(shard_fragments, a_datagram_that_ends_before_its_fragments_do_is_none)
{
	struct lab_datagram asked = question(false, LONG, 1);
	uint8_t packet[LAB_FRAME_MAX * 2], fragment[LAB_FRAME_MAX];
	uint32_t bytes = lab_datagram_build(packet, &asked);

	open_for(false, QUERN_BALANCE_MAGLEV);
	put16(packet + 24, 8 + LONG - 600);
	put16(packet + 26, 0);
	for (uint32_t from = 0; from < bytes - 20; from += EACH) {
		uint32_t rest = bytes - 20 - from;

		lab_say_bytes(&lab, 0, fragment,
			      lab_fragment(fragment, packet, bytes, from, rest < EACH ? rest : EACH, 1));
	}
	lab_hear_nothing(&lab);
	cr_assert_eq(dropped(0, QUERN_DROP_UDP_MALFORMED), 1);
	lab_close(&lab);
}

/* Fragments come to the queue of their addresses; who owns the datagram is known by its ports, once it is whole. */
static void comes_to_its_owner(bool is_ip6)
{
	struct lab_datagram asked = question(is_ip6, LONG, 1);
	struct port_plan plans[2] = {{.entries = 128, .spread_by_port = true}};
	struct rte_mbuf *moved;
	uint32_t foreign = 0;

	for (unsigned int i = 0; i < PORT_PLAN_KEY_BYTES; i++)
		plans[0].key[i] = (uint8_t)(i * 77 + 5);
	port_plan_share(&plans[0], 4);
	port_plan_prepare(&plans[0]);
	plans[1] = plans[0];
	open_with(is_ip6, QUERN_BALANCE_MAGLEV, plans);
	for (uint16_t i = 0; i < 40; i++) {
		asked.source.port = (uint16_t)(CLIENT + i);
		lab_say_cut(&lab, 0, &asked, 1448, i, false);
		if (shard_foreign(lab.ports[0].shard, &moved, 1) == 1) {
			foreign++;
			cr_assert_neq(moved->hash.usr, 0);
			shard_receive_moved(lab.ports[0].shard, &moved, 1, lab.now_ns);
			lab_advance(&lab, 0);
		}
		lab_hear_joined(&lab, 1, MTU, &asked, is_ip6 ? 4 : 3);
	}
	cr_assert(foreign > 20 && foreign < 40, "%u of 40 are others'", foreign);
	cr_assert_eq(shard_forward_sessions(lab.forward), 40);
	lab_close(&lab);
}

Test(shard_fragments, a_datagram_comes_to_its_owner_once_it_is_whole)
{
	comes_to_its_owner(false);
}

Test(shard_fragments, and_so_does_one_of_ip6)
{
	comes_to_its_owner(true);
}
