/* test_tcp_keepalive.c - RFC 9293 3.8.4: two hours in milliseconds. */
#include <errno.h>

#include <criterion/criterion.h>

#include "support/script.h"

enum { TWO_HOURS = 7200000 };

static struct driver driver;

static struct script kept(const struct quern_tcp_options *options)
{
	struct script script;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, options);
	script = script_new(&driver);
	establish_passive(&script);
	mark(&script);
	return script;
}

/* Row 87, MUST-25. */
Test(tcp_keepalive, is_off_unless_asked_for)
{
	struct script script = kept(NULL);

	advance(&script, 10ULL * TWO_HOURS);
	hear_nothing(&script);
	in_state(&script, QUERN_ESTABLISHED);
	driver_close(&driver);
}

/* Rows 88 to 90 and the ruling of ten probes. */
Test(tcp_keepalive, probes_ten_times_after_two_hours_and_then_gives_up)
{
	const struct quern_tcp_options options = {.keepalive = true};
	struct script script = kept(&options);

	advance(&script, TWO_HOURS - 1);
	hear_nothing(&script);
	advance(&script, 2);
	hear_at(&script, TWO_HOURS, ACK, 0, 1);
	advance(&script, 749990);
	for (uint64_t probe = 1; probe < 10; probe++)
		hear_at(&script, TWO_HOURS + probe * 75000, ACK, 0, 1);
	hear_nothing(&script);
	in_state(&script, QUERN_ESTABLISHED);
	advance(&script, 15);
	told_ended(&script, QUERN_END_TIMEOUT);
	cr_assert_eq((driver.told[driver.told_next - 1].at_ms - script.mark_ms) / 1000, 7950);
	in_state(&script, QUERN_LISTEN);
	cr_assert_eq(driver_counters(&driver)->keepalive_probes, 10);
	driver_close(&driver);
}

/* Rows 90 and 91. */
Test(tcp_keepalive, starts_again_with_whatever_the_peer_says)
{
	const struct quern_tcp_options options = {.keepalive = true};
	struct script script = kept(&options);

	advance(&script, TWO_HOURS + 75001);
	hear_at(&script, TWO_HOURS, ACK, 0, 1);
	hear_at(&script, TWO_HOURS + 75000, ACK, 0, 1);
	say(&script, ACK, 1, 1);
	mark(&script);
	advance(&script, TWO_HOURS - 1000);
	hear_nothing(&script);
	say_text(&script, ACK, 1, 1, 1);
	hear(&script, ACK, 1, 2);
	mark(&script);
	advance(&script, TWO_HOURS - 1);
	hear_nothing(&script);
	advance(&script, 749990);
	for (uint64_t probe = 0; probe < 10; probe++)
		hear_at(&script, TWO_HOURS + probe * 75000, ACK, 0, 2);
	in_state(&script, QUERN_ESTABLISHED);
	told_nothing(&script);
	driver_close(&driver);
}

/* Row 91: a peer that has forgotten the connection. */
Test(tcp_keepalive, ends_the_connection_when_the_probe_is_reset)
{
	const struct quern_tcp_options options = {.keepalive = true};
	struct script script = kept(&options);

	advance(&script, TWO_HOURS + 1);
	hear(&script, ACK, 0, 1);
	say(&script, RST, 1, 0);
	told_ended(&script, QUERN_END_RESET);
	driver_close(&driver);
}

/* Row 91: the other side of it; SHLD-12. */
Test(tcp_keepalive, of_the_peer_is_answered)
{
	struct script script = kept(NULL);

	for (unsigned int i = 0; i < 3; i++) {
		say(&script, ACK, 0, 1);
		hear(&script, ACK, 1, 1);
		advance(&script, 1000);
		say_text(&script, ACK, 0, 1, 1);
		hear(&script, ACK, 1, 1);
		advance(&script, 1000);
	}
	cr_assert_eq(driver_counters(&driver)->text_bytes, 0);
	driver_close(&driver);
}

/* Rows 87 and 88, MUST-24: configurable, by listener and by connection. */
Test(tcp_keepalive, keeps_the_times_it_is_given)
{
	const struct quern_tcp_options options = {
		.keepalive = true, .keepalive_idle_ms = 5000, .keepalive_interval_ms = 1000, .keepalive_probes = 3};
	const struct quern_tcp_options off = {0};
	struct script script = kept(NULL);

	advance(&script, 60000);
	cr_assert_eq(quern_conn_keepalive(driver.shard, script.conn, &options), 0);
	say(&script, ACK, 1, 1);
	mark(&script);
	advance(&script, 8001);
	for (uint64_t probe = 0; probe < 3; probe++)
		hear_at(&script, 5000 + probe * 1000, ACK, 0, 1);
	told_ended(&script, QUERN_END_TIMEOUT);
	driver_close(&driver);

	script = kept(&options);
	cr_assert_eq(quern_conn_keepalive(driver.shard, script.conn, &off), 0);
	advance(&script, 60000);
	hear_nothing(&script);
	in_state(&script, QUERN_ESTABLISHED);
	app_abort(&script);
	cr_assert_eq(quern_conn_keepalive(driver.shard, script.conn, &off), -ENOENT);
	driver_close(&driver);
}

/* Row 88, MUST-26: not while something is outstanding; and in CLOSE-WAIT and a half-closed FIN-WAIT-2 as well. */
Test(tcp_keepalive, serves_half_closed_connections_and_waits_while_a_fin_is_in_flight)
{
	const struct quern_tcp_options options = {.keepalive = true, .keepalive_idle_ms = 2000};
	struct script script = kept(&options);

	say(&script, FIN | ACK, 1, 1);
	hear(&script, ACK, 1, 2);
	mark(&script);
	advance(&script, 2001);
	hear_at(&script, 2000, ACK, 0, 2);
	driver_close(&driver);

	script = kept(&options);
	app_shutdown(&script);
	hear(&script, FIN | ACK, 1, 1);
	advance(&script, 6900);
	hear(&script, FIN | ACK, 1, 1);
	hear(&script, FIN | ACK, 1, 1);
	hear_nothing(&script);
	say(&script, ACK, 1, 2);
	mark(&script);
	advance(&script, 2001);
	hear_at(&script, 2000, ACK, 1, 1);
	driver_close(&driver);
}

/* RFC 6298 5: probes that nobody answered are no repeats of the FIN. */
Test(tcp_keepalive, a_fin_behind_unanswered_probes_has_a_timeout_of_its_own)
{
	const struct quern_tcp_options options = {.keepalive = true};
	struct script script = kept(&options);

	advance(&script, TWO_HOURS + 2 * 75000 + 1);
	driver.heard_next = driver.heard_count;
	mark(&script);
	app_close(&script);
	hear(&script, FIN | ACK, 1, 1);
	advance(&script, 1001);
	hear_at(&script, 1000, FIN | ACK, 1, 1);
	driver_close(&driver);
}
