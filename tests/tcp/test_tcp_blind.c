/* test_tcp_blind.c - an attacker who cannot see the connection: RFC 5961, and the limit on its challenge ACKs. */
#include <criterion/criterion.h>

#include "base/random.h"
#include "support/script.h"

enum { FORGED = 100000 };

static struct driver driver;

static struct script established(void)
{
	struct script script;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	establish_passive(&script);
	return script;
}

static unsigned int count_heard(void)
{
	unsigned int count = 0;

	while (driver_next_heard(&driver) != NULL)
		count++;
	return count;
}

/* Row 43, RFC 5961 4.2: any SEQ, in every synchronized state but TIME-WAIT. */
Test(tcp_blind, a_syn_to_a_connection_is_challenged_wherever_it_lies)
{
	static const enum quern_state states[] = {QUERN_ESTABLISHED, QUERN_FIN_WAIT_1, QUERN_FIN_WAIT_2,
						  QUERN_CLOSE_WAIT,  QUERN_CLOSING,    QUERN_LAST_ACK};
	static const uint32_t seqs[] = {0, 1, 2, 500, 65536, 0x80000000};

	for (unsigned int i = 0; i < 6; i++) {
		struct reached reached = state_reach(&driver, states[i], false);

		for (unsigned int j = 0; j < 6; j++) {
			/* Longer than the throttle, shorter than a retransmission in all. */
			say(&reached.script, SYN, seqs[j], 0);
			if (j == 0)
				hear(&reached.script, ACK, reached.snd_nxt, reached.rcv_nxt);
		}
		in_state(&reached.script, states[i]);
		told_nothing(&reached.script);
		driver_close(&driver);
	}
}

/* Rows 38, 44 and 45. */
Test(tcp_blind, text_and_acks_outside_their_ranges_change_nothing)
{
	struct script script = established();

	say_text(&script, ACK, 70000, 1, 10);
	hear(&script, ACK, 1, 1);
	advance(&script, 1000);
	say_text(&script, ACK, (uint32_t)-100000, 1, 10);
	hear(&script, ACK, 1, 1);
	advance(&script, 1000);
	say_text(&script, ACK, 1, 2, 10);
	hear(&script, ACK, 1, 1);
	advance(&script, 1000);
	say_text(&script, ACK, 1, (uint32_t)-65535, 10);
	hear(&script, ACK, 1, 1);
	say_text(&script, 0, 1, 0, 10);
	say(&script, FIN, 1, 0);
	hear_nothing(&script);
	cr_assert_eq(driver_counters(&driver)->text_bytes, 0);
	in_state(&script, QUERN_ESTABLISHED);
	/* The oldest ACK that is let pass: SND.UNA - MAX.SND.WND. */
	say_text(&script, ACK, 1, (uint32_t)-65534, 10);
	hear(&script, ACK, 1, 11);
	driver_close(&driver);
}

/* Row 46: of the connection, at most one in each half second; others have their own. */
Test(tcp_blind, challenges_are_throttled_for_each_connection_by_itself)
{
	struct script script = established(), other = script;
	unsigned int heard;

	for (unsigned int i = 0; i < 100; i++)
		say(&script, SYN, 5000, 0);
	cr_assert_eq(count_heard(), 1);
	other.remote_port++;
	other.iss_known = false;
	establish_passive(&other);
	say(&other, SYN, 5000, 0);
	hear(&other, ACK, 1, 1);
	for (unsigned int i = 0; i < 1000; i++) {
		advance(&script, 10);
		say(&script, RST, 5000, 0);
	}
	heard = count_heard();
	cr_assert(heard >= 10 && heard <= 21, "%u challenges in ten seconds", heard);
	driver_close(&driver);
}

/* Attack 5: two ends that disagree about everything. */
Test(tcp_blind, an_ack_loop_dies_down)
{
	struct script script = established();
	unsigned int heard = 0;

	for (unsigned int i = 0; i < 10000; i++) {
		say(&script, ACK, (uint32_t)-5, 1);
		advance(&script, 1);
	}
	heard = count_heard();
	cr_assert(heard >= 1 && heard <= 21, "%u ACKs in ten seconds", heard);
	driver_close(&driver);
}

/* A peer that repeats its FIN or text has lost our ACK: it is told each time. */
Test(tcp_blind, the_throttle_never_keeps_a_lost_ack_from_being_repaired)
{
	struct script script = established();

	say_text(&script, ACK, 1, 1, 100);
	hear(&script, ACK, 1, 101);
	for (unsigned int i = 0; i < 20; i++) {
		say_text(&script, ACK, 1, 1, 100);
		hear(&script, ACK, 1, 101);
	}
	say(&script, FIN | ACK, 101, 1);
	hear(&script, ACK, 1, 102);
	for (unsigned int i = 0; i < 20; i++) {
		say(&script, FIN | ACK, 101, 1);
		hear(&script, ACK, 1, 102);
	}
	driver_close(&driver);
}

/* Attack 4. */
Test(tcp_blind, a_hundred_thousand_forged_segments_end_no_connection)
{
	static const uint8_t kinds[] = {RST, RST | ACK, SYN, ACK, FIN | ACK};
	struct script script = established();
	struct random random;
	unsigned int answers = 0;
	uint64_t begin_ms = driver_now_ms(&driver);

	random_seed(&random, 4);
	for (unsigned int i = 0; i < FORGED; i++) {
		struct raw_segment forged = script_segment(&script, kinds[random_below(&random, sizeof(kinds))], 0, 0);

		/* Half of them in or near the window, none at RCV.NXT, none that knows our numbers. */
		forged.seq = script.peer_iss + 1 + (uint32_t)random_next(&random);
		if (i % 2 == 0)
			forged.seq = script.peer_iss + 2 + random_below(&random, 66000);
		forged.ack = script.iss + 2 + random_below(&random, 0x7fff0000);
		if (forged.seq == script.peer_iss + 1)
			continue;
		driver_inject(&driver, &forged);
		if (i % 10 == 0)
			advance(&script, 1);
		/* The list of what was heard is short. */
		answers += driver.heard_count;
		driver.heard_count = 0;
		driver.heard_next = 0;
	}
	in_state(&script, QUERN_ESTABLISHED);
	told_nothing(&script);
	cr_assert_eq(driver_counters(&driver)->text_bytes, 0);
	cr_assert_leq(driver_counters(&driver)->challenge_acks, (driver_now_ms(&driver) - begin_ms) / 500 + 2);
	cr_assert_geq(driver_counters(&driver)->challenge_acks, 1);
	/* A FIN in the window is answered each time, whoever sent it (see above); the rest is throttled. */
	cr_assert_leq(answers, FORGED / 5, "%u answers", answers);
	say(&script, FIN | ACK, 1, 1);
	hear(&script, ACK, 1, 2);
	driver_close(&driver);
}
