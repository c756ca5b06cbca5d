/* test_tcp_tail.c - the tail loss probe (RFC 8985 7), through the seam. */
#include <criterion/criterion.h>

#include "support/sack_script.h"
#include "tcp/tcp_tail.h"

enum { PROBE_MS = 10, DELAYED_ACK_MS = 200, RTO_MS = 1000 };

static struct driver driver;

/* Ten segments on their way, and more to come. */
static struct script ten_in_flight(void)
{
	struct script script = sack_established(&driver);

	app_send(&script, 60 * SEGMENT);
	hear_segments(&script, 0, 9);
	return script;
}

/* Whatever cwnd says. One probe, and the timer has the rest. */
Test(tcp_tail, a_silence_of_two_round_trips_draws_one_new_segment)
{
	struct script script = ten_in_flight();

	advance(&script, PROBE_MS - 1);
	hear_nothing(&script);
	advance(&script, 2);
	hear_segments(&script, 10, 10);
	advance(&script, RTO_MS - 10);
	hear_nothing(&script);
	advance(&script, 20);
	hear_segments(&script, 0, 0);
	driver_close(&driver);
}

/* All ten, and nothing else to say: the last one goes again. */
static struct script probed_again(void)
{
	struct script script = sack_established(&driver);

	app_send(&script, 10 * SEGMENT);
	hear_last_segments(&script, 0, 9);
	advance(&script, PROBE_MS + 1);
	hear_segments(&script, 9, 9);
	return script;
}

/* Sends more, and says how much of it may go at once. */
static uint32_t window_in_segments(struct script *script, uint32_t first)
{
	uint32_t count = 0;
	const struct driver_heard *heard;

	app_send(script, 40 * SEGMENT);
	while ((heard = driver_next_heard(&driver)) != NULL) {
		cr_assert_eq(heard->segment.seq, script->iss + 1 + SEGMENT * (first + count));
		count++;
	}
	return count;
}

/* What Nagle's algorithm holds back draws the ACK that it waits for. */
Test(tcp_tail, nagles_algorithm_does_not_hold_the_probe_back)
{
	struct script script = sack_established(&driver);

	cr_assert_eq(quern_conn_nagle(driver.shard, script.conn, true), 0);
	app_send(&script, 10);
	hear_text(&script, PSH | ACK, 1, 1, 10);
	app_send(&script, 20);
	advance(&script, PROBE_MS + DELAYED_ACK_MS - 1);
	hear_nothing(&script);
	advance(&script, 2);
	hear_text(&script, PSH | ACK, 11, 1, 20);
	driver_close(&driver);
}

Test(tcp_tail, an_answer_that_both_copies_have_come_changes_no_window)
{
	struct script script = probed_again();

	acknowledge(&script, 10);
	sack(&script, 10, 9, 10);
	cr_assert_eq(window_in_segments(&script, 10), 10);
	driver_close(&driver);
}

/* Where the peer does not tell what came twice, it says the same thing again. */
Test(tcp_tail, a_second_answer_without_blocks_changes_no_window)
{
	struct script script = probed_again();

	acknowledge(&script, 10);
	acknowledge(&script, 10);
	cr_assert_eq(window_in_segments(&script, 10), 10);
	driver_close(&driver);
}

/* One copy has come, and later text has been acknowledged: the other was lost. */
Test(tcp_tail, a_loss_that_the_probe_has_repaired_halves_the_window)
{
	struct script script = probed_again();

	acknowledge(&script, 9);
	app_send(&script, 2 * SEGMENT);
	hear_last_segments(&script, 10, 11);
	acknowledge(&script, 11);
	/* One is in flight. */
	cr_assert_eq(window_in_segments(&script, 12), 5 - 1);
	driver_close(&driver);
}

/* What went long before it cannot be on its way any more: no third duplicate is waited for. */
Test(tcp_tail, a_probe_that_is_sacked_alone_begins_a_recovery)
{
	struct script script = ten_in_flight();

	advance(&script, PROBE_MS + 1);
	hear_segments(&script, 10, 10);
	sack(&script, 0, 10, 11);
	hear_segments(&script, 0, 0);
	driver_close(&driver);
}

/* The peer may hold back the ACK of a single segment. */
Test(tcp_tail, of_a_single_segment_a_delayed_ack_is_waited_for)
{
	struct script script = sack_established(&driver);

	app_send(&script, SEGMENT);
	hear_last_segments(&script, 0, 0);
	advance(&script, PROBE_MS + DELAYED_ACK_MS - 1);
	hear_nothing(&script);
	advance(&script, 2);
	hear_segments(&script, 0, 0);
	driver_close(&driver);
}

/* RFC 8985 7.2: neither a path as short as can be, nor a window of one octet, is a reason to wait for the timer. */
Test(tcp_tail, the_shortest_round_trip_and_the_least_window_have_a_probe)
{
	static const struct {
		uint16_t srtt, window;
		bool has_probe;
	} cases[] = {{1, 1, true}, {0, 1, false}, {1, 0, false}};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct tcp_conn conn = {
			.sack_permitted = 1, .snd_wnd = cases[i].window, .mss = SEGMENT, .state = QUERN_ESTABLISHED};
		struct tcp_flight flight = {.snd_una = 1000, .snd_nxt = 5000, .next = 5000, .rtt.srtt = cases[i].srtt};

		cr_assert_eq(tcp_tail_wait(&conn, &flight, 1000) < 1000, cases[i].has_probe, "case %u", i);
	}
}

/* Every ACK that moves SND.UNA begins the wait anew, and it is as long as two round trips are. */
Test(tcp_tail, the_wait_is_two_round_trips_from_the_last_ack)
{
	struct script script = ten_in_flight();

	for (uint32_t number = 0; number < 200; number++) {
		advance(&script, 8);
		acknowledge(&script, number + 1);
		while (driver_next_heard(&driver) != NULL)
			continue;
		driver_send(&driver, script.conn, SEGMENT);
	}
	cr_assert_eq(driver_counters(&driver)->retransmits, 0);
	driver_close(&driver);
}

/* Duplicates say that something is lost: recovery, or the timer, is for that. */
Test(tcp_tail, what_was_sacked_meanwhile_leaves_it_to_the_timer)
{
	struct script script = ten_in_flight();

	sack(&script, 0, 1, 2);
	hear_segments(&script, 10, 10);
	advance(&script, RTO_MS - 1);
	hear_nothing(&script);
	advance(&script, 2);
	hear_segments(&script, 0, 0);
	driver_close(&driver);
}
