/* test_tcp_sack.c - what the sender does about loss where the peer says what it has (row 98; RFC 6675, 2018, 2883,
 * 6937), through the seam. Segments of 1,000 bytes; blocks and ACKs count in segments. */
#include <criterion/criterion.h>

#include "support/sack_script.h"

static struct driver driver;

/* Established, with so many segments queued, of which the first window has gone. */
static struct script ten_in_flight(uint32_t queued)
{
	struct script script = sack_established(&driver);

	app_send(&script, queued * SEGMENT);
	if (queued > 10)
		hear_segments(&script, 0, 9);
	else
		hear_last_segments(&script, 0, 9);
	return script;
}

/* Segments 0 and 3 of ten are lost. Duplicates let new text go; then each hole goes once, and in proportion to what
 * arrives: half of it, until five segments are in the network. */
Test(tcp_sack, a_recovery_sends_the_holes_and_nothing_that_the_peer_has)
{
	struct script script = ten_in_flight(60);

	sack(&script, 0, 1, 2);
	hear_segments(&script, 10, 10);
	sack(&script, 0, 1, 3);
	hear_segments(&script, 11, 11);
	sack(&script, 0, 4, 5);
	hear_segments(&script, 0, 0);
	sack(&script, 0, 4, 6);
	sack(&script, 0, 4, 7);
	sack(&script, 0, 4, 8);
	hear_nothing(&script);
	sack(&script, 0, 4, 9);
	hear_segments(&script, 3, 3);
	sack(&script, 0, 4, 10);
	hear_segments(&script, 12, 12);
	sack(&script, 0, 4, 11);
	hear_segments(&script, 13, 13);
	sack(&script, 0, 4, 12);
	hear_segments(&script, 14, 14);
	sack(&script, 3, 4, 12);
	hear_segments(&script, 15, 15);
	/* All that was sent before the loss: five may be in flight. */
	acknowledge(&script, 12);
	hear_segments(&script, 16, 16);
	acknowledge(&script, 13);
	hear_segments(&script, 17, 17);
	cr_assert_eq(driver_counters(&driver)->retransmits, 2);
	driver_close(&driver);
}

/* RFC 6675 5, step 2: no third duplicate is waited for where enough was SACKed. */
Test(tcp_sack, one_ack_that_tells_of_more_than_two_segments_begins_a_recovery)
{
	struct script script = ten_in_flight(60);

	sack(&script, 0, 1, 4);
	hear_segments(&script, 0, 0);
	driver_close(&driver);
}

/* RFC 6675 2: what tells nothing new is no duplicate ACK; nor is what came twice (RFC 2883), with a scoreboard or
 * without. */
Test(tcp_sack, acks_that_tell_nothing_new_begin_nothing)
{
	struct script script = ten_in_flight(60);

	acknowledge(&script, 1);
	hear_segments(&script, 10, 11);
	for (int i = 0; i < 5; i++)
		sack(&script, 1, 0, 1);
	hear_nothing(&script);
	sack(&script, 1, 2, 3);
	hear_segments(&script, 12, 12);
	for (int i = 0; i < 5; i++) {
		sack(&script, 1, 2, 3);
		sack_octets(&script, 1 + SEGMENT, 2,
			    (const uint32_t[][2]){{1, 501}, {1 + 2 * SEGMENT, 1 + 3 * SEGMENT}});
		acknowledge(&script, 1);
	}
	hear_nothing(&script);
	driver_close(&driver);
}

/* Beyond SND.NXT, upside down, empty, around SND.UNA. */
Test(tcp_sack, blocks_that_cannot_be_true_change_nothing)
{
	static const uint32_t bogus[][2] = {{10, 13}, {13, 14}, {4, 3}, {3, 3}, {0, 2}, {4000000, 2000000}};
	struct script script = ten_in_flight(60);

	sack(&script, 0, 1, 2);
	hear_segments(&script, 10, 10);
	for (size_t i = 0; i < sizeof bogus / sizeof *bogus; i++)
		sack(&script, 0, bogus[i][0], bogus[i][1]);
	hear_nothing(&script);
	sack(&script, 0, 1, 3);
	hear_segments(&script, 11, 11);
	sack(&script, 0, 1, 4);
	hear_segments(&script, 0, 0);
	driver_close(&driver);
}

/* RFC 6937 counts octets: a thousand ACKs that tell of one more each let the same go as one that tells of a thousand.
 */
Test(tcp_sack, what_arrives_in_single_octets_counts_as_what_arrives_at_once)
{
	struct script script = ten_in_flight(60);

	sack(&script, 0, 1, 4);
	hear_segments(&script, 0, 0);
	for (uint32_t octets = 1; octets <= SEGMENT; octets++) {
		sack_octets(&script, 1, 1, (const uint32_t[][2]){{1 + SEGMENT, 1 + 4 * SEGMENT + octets}});
		if (octets == SEGMENT / 2)
			hear_nothing(&script);
	}
	hear_segments(&script, 10, 10);
	driver_close(&driver);
}

/* RFC 2018 8: after a timeout the peer may have thrown away what it had. */
Test(tcp_sack, a_timeout_forgets_what_was_sacked)
{
	struct script script = ten_in_flight(60);

	sack(&script, 0, 1, 2);
	hear_segments(&script, 10, 10);
	advance(&script, 1010);
	hear_segments(&script, 0, 0);
	acknowledge(&script, 1);
	hear_segments(&script, 1, 2);
	driver_close(&driver);
}

/* And what is SACKed from then on is left out of what goes again. */
Test(tcp_sack, what_is_sacked_after_a_timeout_does_not_go_again)
{
	struct script script = ten_in_flight(60);

	/* The tail loss probe, and then the timer. */
	advance(&script, 20);
	hear_segments(&script, 10, 10);
	advance(&script, 1010);
	hear_segments(&script, 0, 0);
	sack(&script, 1, 2, 10);
	hear_text(&script, ACK, 1 + SEGMENT, 1, SEGMENT);
	hear_segments(&script, 10, 10);
	acknowledge(&script, 10);
	hear_segments(&script, 11, 12);
	driver_close(&driver);
}

/* Nor does what was SACKed of a segment whose beginning was not. */
Test(tcp_sack, after_a_timeout_a_hole_goes_as_long_as_it_is)
{
	struct script script = ten_in_flight(60);

	advance(&script, 20);
	hear_segments(&script, 10, 10);
	advance(&script, 1010);
	hear_segments(&script, 0, 0);
	sack_octets(&script, 1 + SEGMENT, 1, (const uint32_t[][2]){{1 + SEGMENT + 500, 1 + 5 * SEGMENT}});
	hear_text(&script, ACK, 1 + SEGMENT, 1, 500);
	/* The window is two segments long. */
	hear_text(&script, ACK, 1 + 5 * SEGMENT, 1, SEGMENT);
	hear_text(&script, ACK, 1 + 6 * SEGMENT, 1, 500);
	hear_nothing(&script);
	driver_close(&driver);
}

/* A peer whose ACK stops within what it said it had has thrown that away: it goes again without a timeout. */
Test(tcp_sack, what_the_peer_takes_back_goes_again)
{
	struct script script = ten_in_flight(10);

	sack(&script, 0, 1, 4);
	hear_segments(&script, 0, 0);
	sack_octets(&script, 1 + SEGMENT, 1, (const uint32_t[][2]){{1 + 4 * SEGMENT, 1 + 8 * SEGMENT}});
	hear_segments(&script, 1, 3);
	driver_close(&driver);
}

/* RFC 6675 4, rule 3: with nothing new to send a hole goes before it is lost for certain. */
Test(tcp_sack, with_nothing_new_to_send_the_next_hole_goes_early)
{
	struct script script = ten_in_flight(10);

	sack(&script, 0, 1, 4);
	hear_segments(&script, 0, 0);
	sack(&script, 0, 1, 6);
	hear_nothing(&script);
	sack(&script, 0, 7, 8);
	hear_segments(&script, 6, 6);
	driver_close(&driver);
}

/* Rule 4: of the last segment no ACK tells anything. It goes once, and the timer has the rest. */
Test(tcp_sack, the_last_segment_is_rescued_once)
{
	struct script script = ten_in_flight(10);

	sack(&script, 0, 1, 4);
	hear_segments(&script, 0, 0);
	sack(&script, 0, 1, 9);
	hear_nothing(&script);
	acknowledge(&script, 9);
	hear_segments(&script, 9, 9);
	acknowledge(&script, 9);
	hear_nothing(&script);
	acknowledge(&script, 10);
	advance(&script, 5000);
	hear_nothing(&script);
	driver_close(&driver);
}

/* RFC 6675 5, step 4.3: an ACK of a part of what went again first is none beyond it. */
Test(tcp_sack, no_rescue_goes_before_all_of_the_first_retransmission_has_come)
{
	struct script script = ten_in_flight(10);
	const uint32_t blocks[][2] = {{1 + SEGMENT, 1 + 9 * SEGMENT}};

	sack(&script, 0, 1, 4);
	hear_segments(&script, 0, 0);
	sack_octets(&script, 1 + SEGMENT / 2, 1, blocks);
	hear_nothing(&script);
	acknowledge(&script, 9);
	hear_segments(&script, 9, 9);
	driver_close(&driver);
}

/* A FIN is a number as others are: SACKed, it does not go again; lost, it does. */
Test(tcp_sack, a_fin_is_sacked_and_goes_again_as_text_does)
{
	for (uint32_t fin_is_lost = 0; fin_is_lost < 2; fin_is_lost++) {
		struct script script = sack_established(&driver);
		const uint32_t blocks[][2] = {{1 + SEGMENT, 2 + 5 * SEGMENT - fin_is_lost}};

		app_send(&script, 5 * SEGMENT);
		hear_last_segments(&script, 0, 4);
		app_close(&script);
		hear(&script, FIN | ACK, 1 + 5 * SEGMENT, 1);
		sack_octets(&script, 1, 1, blocks);
		hear_segments(&script, 0, 0);
		if (fin_is_lost) {
			acknowledge(&script, 5);
			hear(&script, FIN | ACK, 1 + 5 * SEGMENT, 1);
		}
		say(&script, ACK, 1, 2 + 5 * SEGMENT);
		hear_nothing(&script);
		in_state(&script, QUERN_FIN_WAIT_2);
		driver_close(&driver);
	}
}

/* What goes again fits the window that the peer has now. */
Test(tcp_sack, a_hole_beyond_a_window_that_has_shrunk_waits)
{
	struct script script = ten_in_flight(20);

	script.window = 500;
	sack(&script, 0, 1, 4);
	hear_text(&script, ACK, 1, 1, 500);
	hear_nothing(&script);
	sack(&script, 0, 1, 9);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Everything below `top` but the first, one ACK a segment. */
static void sack_up_to(struct script *script, uint32_t from, uint32_t top)
{
	for (uint32_t right = from; right <= top; right++)
		sack(script, 0, 1, right);
}

/* RFC 5681 4.3: the loss of a retransmission counts as another one, and the window is halved again. */
Test(tcp_sack, a_retransmission_that_is_lost_goes_again_when_three_later_segments_are_sacked)
{
	struct script script = ten_in_flight(60);

	sack(&script, 0, 1, 4);
	hear_segments(&script, 0, 0);
	/* What was sent before it says nothing of it. Five may be in flight, the retransmission among them. */
	sack_up_to(&script, 5, 10);
	hear_segments(&script, 10, 13);
	sack_up_to(&script, 11, 12);
	hear_segments(&script, 14, 15);
	sack(&script, 0, 1, 13);
	hear_segments(&script, 0, 0);
	cr_assert_eq(driver_counters(&driver)->retransmits, 2);
	/* Half of five is two and a half. */
	acknowledge(&script, 14);
	hear_nothing(&script);
	acknowledge(&script, 15);
	hear_segments(&script, 16, 16);
	acknowledge(&script, 16);
	hear_segments(&script, 17, 17);
	driver_close(&driver);
}

/* Half a segment goes as soon as there is room for half a segment. */
Test(tcp_sack, a_hole_that_is_short_waits_for_no_more_than_itself)
{
	struct script script = ten_in_flight(60);
	const uint32_t left = 1 + 3 * SEGMENT + 500;

	sack_octets(&script, 1, 2, (const uint32_t[][2]){{left, 1 + 6 * SEGMENT}, {1 + SEGMENT, 1 + 3 * SEGMENT}});
	hear_segments(&script, 0, 0);
	for (uint32_t octets = 100; octets <= 500; octets += 100) {
		sack_octets(&script, 1, 2,
			    (const uint32_t[][2]){{left, 1 + 6 * SEGMENT + octets}, {1 + SEGMENT, 1 + 3 * SEGMENT}});
		if (octets == 500)
			hear_text(&script, ACK, 1 + 3 * SEGMENT, 1, 500);
		hear_nothing(&script);
	}
	driver_close(&driver);
}

enum { STAMPED = SEGMENT - 12 };

/* As sack_octets(), of one block, with a timestamp. */
static void sack_at(struct script *script, uint32_t ack, uint32_t left, uint32_t right, uint32_t tsval)
{
	struct raw_segment segment = script_segment(script, ACK, 1, ack);
	uint8_t block[] = {1, 1, 5, 10, 0, 0, 0, 0, 0, 0, 0, 0};

	for (int i = 0; i < 4; i++) {
		block[4 + i] = (uint8_t)((script->iss + left) >> (24 - 8 * i));
		block[8 + i] = (uint8_t)((script->iss + right) >> (24 - 8 * i));
	}
	raw_add_timestamps(&segment, tsval, script->heard.tsval);
	memcpy(segment.options + segment.option_bytes, block, sizeof(block));
	segment.option_bytes = (uint8_t)(segment.option_bytes + sizeof(block));
	driver_inject(script->driver, &segment);
}

/* Three segments are lost, each as long as timestamps leave it: the second goes once there is room for so much. */
Test(tcp_sack, beside_timestamps_a_hole_goes_as_soon_as_a_segment_may)
{
	static const uint8_t permitted[] = {4, 2, 1, 1};
	const struct quern_tcp_options settings = {.mss = SEGMENT, .congestion = QUERN_CONGESTION_NEWRENO};
	struct script script = script_reader(&driver, &settings);
	struct raw_segment syn;

	script.window = 60000;
	script.mss = SEGMENT;
	syn = script_segment(&script, SYN, 0, 0);
	raw_add_timestamps(&syn, 1, 0);
	memcpy(syn.options + syn.option_bytes, permitted, sizeof(permitted));
	syn.option_bytes = (uint8_t)(syn.option_bytes + sizeof(permitted));
	driver_inject(&driver, &syn);
	hear(&script, SYN | ACK, 0, 1);
	say_at(&script, ACK, 1, 1, 0, 2, script.heard.tsval);
	told(&script, TOLD_ESTABLISHED);
	app_send(&script, 40 * STAMPED);
	for (uint32_t i = 0; i < 10; i++)
		hear_text(&script, ACK, 1 + i * STAMPED, 1, STAMPED);
	sack_at(&script, 1, 1 + 3 * STAMPED, 1 + 6 * STAMPED, 3);
	hear_text(&script, ACK, 1, 1, STAMPED);
	hear_nothing(&script);
	sack_at(&script, 1, 1 + 3 * STAMPED, 1 + 7 * STAMPED, 4);
	hear_text(&script, ACK, 1 + STAMPED, 1, STAMPED);
	hear_nothing(&script);
	driver_close(&driver);
}
