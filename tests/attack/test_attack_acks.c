/* test_attack_acks.c - row 15: ACKs that ask for more than is due. The congestion window begins with ten segments. */
#include <criterion/criterion.h>

#include "attack/battery.h"
#include "support/script.h"

enum { TEXT = 60000, WINDOW_SEGMENTS = 10 };

static struct driver driver;

/* What has been sent so far: the end of it, and in how many segments. */
struct sent {
	uint32_t end;
	unsigned int segments;
};

static void gather(const struct script *script, struct sent *sent)
{
	const struct driver_heard *heard;

	while ((heard = driver_next_heard(&driver)) != NULL) {
		uint32_t end = heard->segment.seq - script->iss + heard->segment.text_bytes;

		sent->segments += heard->segment.text_bytes > 0;
		sent->end = end > sent->end ? end : sent->end;
	}
}

static struct script begin(struct sent *sent)
{
	struct script script = script_reader(&driver, NULL);

	establish_passive(&script);
	driver_send(&driver, script.conn, TEXT);
	driver_collect(&driver);
	*sent = (struct sent){.end = 1};
	gather(&script, sent);
	cr_assert_eq(sent->end, 1 + WINDOW_SEGMENTS * DRIVER_MSS);
	return script;
}

/* Acknowledges `step` bytes at a time until all is acknowledged; returns the segments that it took. */
static unsigned int acknowledge_in_steps(uint32_t step, uint32_t *most)
{
	struct sent sent;
	struct script script = begin(&sent);

	*most = 0;
	for (uint32_t ack = 1; ack <= TEXT;) {
		ack = ack + step <= sent.end ? ack + step : sent.end;
		say(&script, ACK, 1, ack);
		gather(&script, &sent);
		*most = sent.end - ack > *most ? sent.end - ack : *most;
	}
	cr_assert_eq(sent.end, 1 + TEXT);
	driver_close(&driver);
	return sent.segments;
}

Test(attack_acks, an_ack_cut_into_pieces_opens_the_window_no_further_and_makes_no_small_segments)
{
	uint32_t honest_most, most;
	unsigned int honest = acknowledge_in_steps(DRIVER_MSS, &honest_most), divided;

	divided = acknowledge_in_steps(1, &most);
	/* Looked at between segments, not only where one ends. */
	cr_assert_lt(most, honest_most + DRIVER_MSS);
	/* One more at most: where the pieces do not end where segments do. */
	cr_assert_leq(divided, honest + 1, "%u segments instead of %u", divided, honest);
	battery_figure(
		15,
		"ACKs of one byte each: %u bytes in flight at most (%u with honest ones), %u segments for %u bytes, as "
		"honest ACKs draw (%u)",
		most, honest_most, divided, TEXT, honest);
}

Test(attack_acks, an_ack_of_what_was_never_sent_is_not_credited)
{
	static const uint32_t beyond[] = {1, 2, DRIVER_MSS, 65535, 1000000, 0x7fffffff};
	struct sent sent;
	struct script script = begin(&sent);
	uint32_t flight_end = sent.end;

	for (unsigned int i = 0; i < sizeof(beyond) / sizeof(*beyond); i++) {
		for (unsigned int j = 0; j < 100; j++)
			say(&script, ACK, 1, flight_end + beyond[i]);
		gather(&script, &sent);
		cr_assert_eq(sent.end, flight_end, "an ACK %u beyond SND.NXT drew text", beyond[i]);
		cr_assert_eq(script_info(&script).snd_una - script.iss, 1, "an ACK %u beyond SND.NXT was credited",
			     beyond[i]);
	}
	/* An ACK of all that is in flight, honest or not, opens the window by as much and one segment (RFC 3465). */
	say(&script, ACK, 1, flight_end);
	gather(&script, &sent);
	cr_assert_eq(sent.end, flight_end + (WINDOW_SEGMENTS + 1) * DRIVER_MSS);
	cr_assert_leq(driver_counters(&driver)->challenge_acks, 2);
	battery_figure(
		15,
		"%d ACKs beyond SND.NXT: none credited, nothing sent; an ACK of all in flight draws %d bytes, the "
		"window that there was and a segment",
		600, (WINDOW_SEGMENTS + 1) * DRIVER_MSS);
	driver_close(&driver);
}
