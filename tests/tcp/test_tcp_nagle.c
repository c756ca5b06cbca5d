/* test_tcp_nagle.c - Nagle's algorithm and its switch (row 54, SHLD-7, MUST-17), through the seam. Segments of 1,000
 * bytes. */
#include <errno.h>

#include <criterion/criterion.h>

#include "support/script.h"

enum { SEGMENT = 1000, WINDOW = 60000 };

static struct driver driver;

static struct script established_with(bool nagle, uint16_t window)
{
	const struct quern_tcp_options options = {.mss = SEGMENT, .nagle = nagle};
	struct script script = script_reader(&driver, &options);

	script.window = window;
	script.mss = SEGMENT;
	establish_passive(&script);
	return script;
}

static struct script established_by(bool nagle)
{
	return established_with(nagle, WINDOW);
}

/* Small writes while one is in flight wait for its ACK, and go together. */
Test(tcp_nagle, small_writes_wait_for_the_ack_of_the_one_before_and_go_together)
{
	struct script script = established_by(true);

	app_send(&script, 1);
	hear_text(&script, PSH | ACK, 1, 1, 1);
	for (int i = 0; i < 10; i++)
		app_send(&script, 20);
	hear_nothing(&script);
	say(&script, ACK, 1, 2);
	hear_text(&script, PSH | ACK, 2, 1, 200);
	say(&script, ACK, 1, 202);
	app_send(&script, 5);
	hear_text(&script, PSH | ACK, 202, 1, 5);
	hear_nothing(&script);
	driver_close(&driver);
}

/* The default: each write is a segment. */
Test(tcp_nagle, is_off_unless_asked_for)
{
	struct script script = established_by(false);

	for (uint32_t i = 0; i < 10; i++) {
		app_send(&script, 20);
		hear_text(&script, PSH | ACK, 1 + 20 * i, 1, 20);
	}
	driver_close(&driver);
}

/* Whatever is in flight, a full segment goes. */
Test(tcp_nagle, what_waits_goes_once_it_fills_a_segment)
{
	struct script script = established_by(true);

	app_send(&script, 1);
	hear_text(&script, PSH | ACK, 1, 1, 1);
	app_send(&script, SEGMENT - 1);
	hear_nothing(&script);
	app_send(&script, 2);
	hear_text(&script, ACK, 2, 1, SEGMENT);
	hear_nothing(&script);
	say(&script, ACK, 1, 2 + SEGMENT);
	hear_text(&script, PSH | ACK, 2 + SEGMENT, 1, 1);
	driver_close(&driver);
}

/* Minshall: behind full segments the end of a long answer does not wait for the peer's delayed ACK; the next one does.
 */
Test(tcp_nagle, the_end_of_a_long_answer_does_not_wait)
{
	struct script script = established_by(true);

	app_send(&script, 3 * SEGMENT + 100);
	for (uint32_t i = 0; i < 3; i++)
		hear_text(&script, ACK, 1 + SEGMENT * i, 1, SEGMENT);
	hear_text(&script, PSH | ACK, 1 + 3 * SEGMENT, 1, 100);
	app_send(&script, 100);
	hear_nothing(&script);
	/* The full ones are acknowledged, and the small one is not. */
	say(&script, ACK, 1, 1 + 3 * SEGMENT);
	hear_nothing(&script);
	say(&script, ACK, 1, 101 + 3 * SEGMENT);
	hear_text(&script, PSH | ACK, 101 + 3 * SEGMENT, 1, 100);
	driver_close(&driver);
}

Test(tcp_nagle, the_last_text_before_a_fin_does_not_wait)
{
	struct script script = established_by(true);

	app_send(&script, 10);
	hear_text(&script, PSH | ACK, 1, 1, 10);
	app_send(&script, 10);
	hear_nothing(&script);
	app_shutdown(&script);
	hear_text(&script, FIN | PSH | ACK, 11, 1, 10);
	hear_nothing(&script);
	driver_close(&driver);
}

/* A lost segment does not make what waits wait longer: both go in one. */
Test(tcp_nagle, what_waits_goes_along_with_what_the_timer_sends_again)
{
	struct script script = established_by(true);

	mark(&script);
	app_send(&script, 10);
	hear_text(&script, PSH | ACK, 1, 1, 10);
	app_send(&script, 10);
	advance(&script, 1010);
	hear_text_at(&script, 1000, PSH | ACK, 1, 1, 20);
	hear_nothing(&script);
	driver_close(&driver);
}

/* The octet of a window probe is no segment that anything waits for. */
Test(tcp_nagle, text_goes_at_once_when_a_shut_window_opens)
{
	struct script script = established_by(true);

	script.window = 0;
	say(&script, ACK, 1, 1);
	app_send(&script, 30);
	hear_nothing(&script);
	advance(&script, 1010);
	hear_text(&script, ACK, 1, 1, 1);
	say(&script, ACK, 1, 1);
	hear_nothing(&script);
	script.window = WINDOW;
	say(&script, ACK, 1, 1);
	hear_text(&script, PSH | ACK, 1, 1, 30);
	hear_nothing(&script);
	driver_close(&driver);
}

/* A window that takes less than a segment: stop and wait, and no silly segments. */
Test(tcp_nagle, a_narrow_window_is_used_one_segment_at_a_time)
{
	struct script script = established_with(true, 600);

	app_send(&script, 1500);
	hear_text(&script, ACK, 1, 1, 600);
	hear_nothing(&script);
	say(&script, ACK, 1, 301);
	hear_nothing(&script);
	say(&script, ACK, 1, 601);
	hear_text(&script, ACK, 601, 1, 600);
	hear_nothing(&script);
	driver_close(&driver);
}

/* MUST-17: a connection's own switch; off, what was held back goes. */
Test(tcp_nagle, one_connection_switches_it_off_and_on)
{
	struct script script = established_by(true);

	app_send(&script, 10);
	hear_text(&script, PSH | ACK, 1, 1, 10);
	app_send(&script, 10);
	hear_nothing(&script);
	cr_assert_eq(quern_conn_nagle(driver.shard, script.conn, false), 0);
	driver_collect(&driver);
	hear_text(&script, PSH | ACK, 11, 1, 10);
	app_send(&script, 10);
	hear_text(&script, PSH | ACK, 21, 1, 10);
	cr_assert_eq(quern_conn_nagle(driver.shard, script.conn, true), 0);
	app_send(&script, 10);
	hear_nothing(&script);
	app_abort(&script);
	cr_assert_eq(quern_conn_nagle(driver.shard, script.conn, true), -ENOENT);
	driver_close(&driver);
}
