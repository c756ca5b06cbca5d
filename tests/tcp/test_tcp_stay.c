/* test_tcp_stay.c - TIME-WAIT through the seam: RFC 9293 3.6.1, RFC 1337, RFC 6191. */
#include <criterion/criterion.h>

#include "support/script.h"

static struct driver driver;

static struct script waiting(const struct shard_config *config)
{
	struct script script;

	driver_open(&driver, config);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	establish_passive(&script);
	close_actively(&script);
	mark(&script);
	return script;
}

/* Rows 70 and 76. */
Test(tcp_stay, lasts_sixty_seconds_and_then_nothing_is_left)
{
	struct script script = waiting(NULL);

	advance(&script, 59999);
	in_state(&script, QUERN_TIME_WAIT);
	advance(&script, 2);
	in_state(&script, QUERN_LISTEN);
	hear_nothing(&script);
	told_nothing(&script);
	say(&script, ACK, 2, 2);
	hear(&script, RST, 2, 0);
	driver_close(&driver);
}

/* Row 76: nothing of the old incarnation stands in the way of a new one, whatever numbers it begins with. */
Test(tcp_stay, leaves_a_tuple_that_takes_any_new_syn)
{
	static const uint32_t below[] = {0, 1, 100000, 0x7fffffff};

	for (unsigned int i = 0; i < 4; i++) {
		struct script script = waiting(NULL);

		advance(&script, 60001);
		script.peer_iss -= below[i];
		script.iss_known = false;
		establish_passive(&script);
		cr_assert_eq(driver_counters(&driver)->time_wait_reopened, 0);
		driver_close(&driver);
	}
}

/* Row 70: the switch. */
Test(tcp_stay, lasts_as_long_as_it_was_told_to)
{
	const struct shard_config config = {.time_wait_ms = 20};
	struct script script = waiting(&config);

	advance(&script, 19);
	in_state(&script, QUERN_TIME_WAIT);
	advance(&script, 2);
	in_state(&script, QUERN_LISTEN);
	driver_close(&driver);
}

/* Row 73. */
Test(tcp_stay, answers_a_repeated_fin_and_starts_2msl_again)
{
	struct script script = waiting(NULL);

	advance(&script, 30000);
	say(&script, FIN | ACK, 1, 2);
	hear(&script, ACK, 2, 2);
	advance(&script, 59999);
	in_state(&script, QUERN_TIME_WAIT);
	advance(&script, 2);
	in_state(&script, QUERN_LISTEN);
	driver_close(&driver);
}

/* Row 75: other segments than FIN do not prolong it. */
Test(tcp_stay, acknowledges_old_text_and_does_not_live_longer_for_it)
{
	struct script script = waiting(NULL);

	advance(&script, 30000);
	say_text(&script, ACK, (uint32_t)-9, 2, 10);
	hear(&script, ACK, 2, 2);
	advance(&script, 1000);
	say(&script, ACK, 0, 2);
	hear(&script, ACK, 2, 2);
	in_state(&script, QUERN_TIME_WAIT);
	advance(&script, 29001);
	in_state(&script, QUERN_LISTEN);
	driver_close(&driver);
}

/* Two ends in TIME-WAIT must not talk for ever (attack 5). */
Test(tcp_stay, answers_at_most_two_old_segments_a_second)
{
	struct script script = waiting(NULL);
	unsigned int answers = 0;

	for (unsigned int i = 0; i < 1000; i++) {
		say(&script, ACK, 0, 2);
		advance(&script, 10);
	}
	while (driver_next_heard(&driver) != NULL)
		answers++;
	cr_assert_leq(answers, 21, "%u answers in ten seconds", answers);
	cr_assert_geq(answers, 1);
	driver_close(&driver);
}

/* Row 74, RFC 1337. */
Test(tcp_stay, ignores_a_reset)
{
	struct script script = waiting(NULL);

	say(&script, RST, 2, 0);
	say(&script, RST | ACK, 2, 2);
	say(&script, RST, 3, 0);
	in_state(&script, QUERN_TIME_WAIT);
	hear_nothing(&script);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_TIME_WAIT_RST], 3);
	driver_close(&driver);
}

/* Row 74: the switch, still with the SEQ check of RFC 5961. */
Test(tcp_stay, ends_by_a_reset_at_rcv_nxt_where_that_is_asked_for)
{
	const struct shard_config config = {.time_wait_reset = true};
	struct script script = waiting(&config);

	say(&script, RST, 0, 0);
	say(&script, RST, 70000, 0);
	in_state(&script, QUERN_TIME_WAIT);
	say(&script, RST, 2, 0);
	in_state(&script, QUERN_LISTEN);
	driver_close(&driver);
}

/* Rows 71 and 72, RFC 6191 without timestamps. */
Test(tcp_stay, a_new_syn_above_the_old_numbers_connects_with_an_iss_above_the_old_ones)
{
	struct script script = waiting(NULL);
	uint32_t old_snd_nxt = script.iss + 2;

	script.peer_iss += 100000;
	script.iss_known = false;
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	cr_assert_gt((int32_t)(script.iss - old_snd_nxt), 0, "ISS %d above the old SND.NXT",
		     (int)(script.iss - old_snd_nxt));
	say(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	in_state(&script, QUERN_ESTABLISHED);
	cr_assert_eq(driver_counters(&driver)->time_wait_reopened, 1);
	advance(&script, 120000);
	in_state(&script, QUERN_ESTABLISHED);
	driver_close(&driver);
}

/* Row 71: else, silence. */
Test(tcp_stay, a_syn_below_the_old_numbers_is_dropped_in_silence)
{
	struct script script = waiting(NULL);

	say(&script, SYN, 0, 0);
	say(&script, SYN, (uint32_t)-100000, 0);
	hear_nothing(&script);
	in_state(&script, QUERN_TIME_WAIT);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_TIME_WAIT_SYN], 2);
	driver_close(&driver);
}

/* Row 72: "returns to TIME-WAIT state if the SYN turns out to be an old duplicate". */
Test(tcp_stay, comes_back_when_the_syn_that_reopened_it_was_an_old_duplicate)
{
	struct script script = waiting(NULL);
	struct script again = script;

	again.peer_iss += 100000;
	again.iss_known = false;
	say(&again, SYN, 0, 0);
	hear(&again, SYN | ACK, 0, 1);
	in_state(&again, QUERN_SYN_RCVD);
	say(&again, RST, 1, 0);
	in_state(&script, QUERN_TIME_WAIT);
	told_nothing(&script);
	say(&script, FIN | ACK, 1, 2);
	hear(&script, ACK, 2, 2);
	advance(&script, 60002);
	in_state(&script, QUERN_LISTEN);
	driver_close(&driver);
}

/* Row 72: the same where nobody answers. */
Test(tcp_stay, ends_although_the_connection_that_reopened_it_is_never_answered)
{
	struct script script = waiting(NULL);

	script.peer_iss += 100000;
	script.iss_known = false;
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	advance(&script, 200000);
	in_state(&script, QUERN_LISTEN);
	told_nothing(&script);
	driver_close(&driver);
}

/* Without a listener there is nobody to reopen it. */
Test(tcp_stay, of_a_client_takes_no_new_connection)
{
	struct script script;
	const struct driver_heard *heard;

	driver_open(&driver, NULL);
	script = script_connect(&driver, 5000, NULL);
	establish_active(&script);
	close_actively(&script);
	script.peer_iss += 100000;
	say(&script, SYN, 0, 0);
	heard = driver_next_heard(&driver);
	cr_assert(heard == NULL || (heard->segment.flags & SYN) == 0, "a client accepts connections");
	in_state(&script, QUERN_TIME_WAIT);
	driver_close(&driver);
}

/* Row 78: at the cap the oldest go, counted, a few at a time, and nobody waits for a place. */
Test(tcp_stay, makes_room_by_dropping_the_oldest_and_counts_it)
{
	enum { CAPACITY = 256, CLOSED = 600, BATCH_MAX = 16 };
	const struct shard_config config = {.max_time_wait = CAPACITY};
	struct script script;
	uint64_t evicted;

	driver_open(&driver, &config);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	for (uint16_t i = 0; i < CLOSED; i++) {
		script = script_new(&driver);
		script.remote_port = (uint16_t)(SCRIPT_REMOTE_PORT + i);
		establish_passive(&script);
		close_actively(&script);
		advance(&script, 10);
	}
	evicted = driver_counters(&driver)->time_wait_evicted;
	cr_assert_eq(driver_counters(&driver)->time_wait_entered, CLOSED);
	cr_assert(evicted >= CLOSED - CAPACITY && evicted <= CLOSED - CAPACITY + BATCH_MAX, "%d evicted", (int)evicted);
	for (uint16_t i = 0; i < CLOSED; i++) {
		script.remote_port = (uint16_t)(SCRIPT_REMOTE_PORT + i);
		in_state(&script, i < evicted ? QUERN_LISTEN : QUERN_TIME_WAIT);
	}
	advance(&script, 61000);
	in_state(&script, QUERN_LISTEN);
	driver_close(&driver);
}
