/* test_tcp_silence.c - timestamps after a peer's 24 days of silence, when TS.Recent is void until a segment renews it
 * (RFC 7323 5.5, row 104). */
#include <criterion/criterion.h>

#include "support/script.h"

enum { DAY_MS = 86400000 };

static struct driver driver;

/* A connection whose peer has said 1000 last, 24 days ago. */
static struct script silent(void)
{
	struct script script = script_reader(&driver, NULL);

	say_at(&script, SYN, 0, 0, 0, 1000, 0);
	hear(&script, SYN | ACK, 0, 1);
	say_at(&script, ACK, 1, 1, 0, 1000, script.heard.tsval);
	told(&script, TOLD_ESTABLISHED);
	hear_nothing(&script);
	advance(&script, 24ULL * DAY_MS);
	return script;
}

/* Row 104: the first that is heard then may move nothing. What comes after it is taken all the same, until one does. */
Test(tcp_silence, a_first_segment_that_renews_nothing_leaves_room_for_the_next)
{
	static const struct {
		int flags;
		uint32_t seq, bytes;
		bool has_timestamps;
	} firsts[] = {{ACK, 101, 10, true},    /* beyond a hole */
		      {ACK, 0, 1, true},       /* behind the left edge */
		      {ACK, 200000, 10, true}, /* out of the window */
		      {ACK, 1, 10, false},     {SYN, 1, 0, true}, {RST, 50, 0, true}};

	for (unsigned int i = 0; i < sizeof firsts / sizeof *firsts; i++) {
		struct script script = silent();

		if (firsts[i].has_timestamps)
			say_at(&script, firsts[i].flags, firsts[i].seq, 1, firsts[i].bytes, 997, 0);
		else
			say_text(&script, firsts[i].flags, firsts[i].seq, 1, firsts[i].bytes);
		driver.heard_next = driver.heard_count;
		told_nothing(&script);
		advance(&script, 1000);
		say_at(&script, ACK, 1, 1, 10, 998, 0);
		told_text(&script, 10);
		hear(&script, ACK, 1, 11);
		cr_assert_eq(script.heard.tsecr, 998);
		say_at(&script, ACK, 11, 1, 10, 997, 0);
		told_nothing(&script);
		cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_TCP_PAWS], 1, "TS.Recent counts again");
		driver_close(&driver);
	}
}

/* Row 104: idle time of keepalive counts from when it is switched on, the silence of the peer does not. */
Test(tcp_silence, keepalive_that_is_switched_on_does_not_end_a_silence)
{
	const struct quern_tcp_options options = {.keepalive = true};
	struct script script = silent();

	cr_assert_eq(quern_conn_keepalive(driver.shard, script.conn, &options), 0);
	say_at(&script, ACK, 1, 1, 10, 999, 0);
	told_text(&script, 10);
	hear(&script, ACK, 1, 11);
	driver_close(&driver);
}
