/* test_tcp_input.c - tcp_input() as arithmetic: random segments by seed, and what must hold whatever they are. */
#include <string.h>

#include <criterion/criterion.h>

#include "base/random.h"
#include "base/seq.h"
#include "tcp/tcp_challenge.h"
#include "tcp/tcp_input.h"
#include "tcp/tcp_open.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_time_wait.h"

enum { LIVES = 20000, SEGMENTS_A_LIFE = 20, WINDOW = 65535 };

static const struct tcp_profile profile = {.mss = 1460,
					   .receive_window = WINDOW,
					   .ttl = 64,
					   .connect_timeout_ms = 180000,
					   .user_timeout_ms = 120000,
					   .fin_wait_2_ms = 60000};

/* A number that is near `base` more often than not. */
static uint32_t near(struct random *random, uint32_t base)
{
	static const int32_t offsets[] = {-1, 0, 0, 0, 0, 1, 10, -100, 65534, 65535, -65535, -65536};

	if (random_below(random, 10) == 0)
		return (uint32_t)random_next(random);
	return base + (uint32_t)offsets[random_below(random, sizeof(offsets) / sizeof(*offsets))];
}

static struct segment draw(struct random *random, const struct tcp_conn *conn)
{
	struct segment segment = {.seq = near(random, conn->rcv_nxt),
				  .ack = near(random, conn->snd_end),
				  .wnd = (uint16_t)random_next(random),
				  .flags = TCP_ACK};

	if (random_below(random, 3) == 0)
		segment.flags = (uint8_t)random_below(random, 64);
	if (random_below(random, 4) == 0)
		segment.flags |= TCP_FIN;
	if (random_below(random, 3) == 0)
		segment.text_bytes = random_below(random, 1460);
	return segment;
}

static void drain(struct tcp_conn *conn, uint32_t now_ms)
{
	struct segment out;
	unsigned int said = 0;

	while (tcp_output(conn, NULL, NULL, &profile, now_ms, &out)) {
		cr_assert_lt(++said, 5, "one segment is answered by many");
		cr_assert_eq(out.text_bytes, 0);
		if (out.flags & TCP_ACK)
			cr_assert_eq(out.ack, conn->rcv_nxt);
	}
	cr_assert_eq(conn->flags & TCP_OWES, 0);
}

/* One segment; what must hold before and after. */
static struct tcp_verdict give(struct tcp_conn *conn, struct random *random, uint32_t now_ms)
{
	const struct tcp_conn before = *conn;
	const struct segment segment = draw(random, conn);
	struct tcp_verdict verdict = tcp_input(conn, NULL, NULL, &segment, &profile, now_ms);

	cr_assert_eq(memcmp(&conn->key, &before.key, sizeof(before.key)), 0);
	cr_assert(verdict.drop == QUERN_DROP_NONE || verdict.deliver == 0, "dropped text is delivered");
	cr_assert_leq(verdict.trim_front + verdict.deliver, segment.text_bytes);
	if (before.state != QUERN_SYN_SENT) {
		cr_assert(!seq_before(conn->rcv_nxt, before.rcv_nxt), "RCV.NXT goes back");
		cr_assert_leq(conn->rcv_nxt - before.rcv_nxt, verdict.deliver + 1);
	}
	cr_assert(!seq_before(tcp_snd_una(conn, NULL), tcp_snd_una(&before, NULL)), "SND.UNA goes back");
	cr_assert(!seq_before(conn->snd_end, tcp_snd_una(conn, NULL)), "SND.UNA beyond SND.NXT");
	cr_assert(!(verdict.reset && (segment.flags & TCP_RST)), "a RST is answered by a RST");
	cr_assert_eq((verdict.events & TCP_HAPPENED_ENDED) != 0, conn->state == QUERN_CLOSED);
	cr_assert_eq((verdict.events & TCP_HAPPENED_TIME_WAIT) != 0, conn->state == QUERN_TIME_WAIT);
	cr_assert_eq((verdict.events & TCP_HAPPENED_RETURNED) != 0, conn->state == QUERN_LISTEN);
	return verdict;
}

static void live(struct random *random)
{
	const struct segment syn = {.seq = (uint32_t)random_next(random), .wnd = WINDOW, .mss = 1400, .flags = TCP_SYN};
	struct tcp_conn conn = {.key = {1, 2, 3, 4}, .generation = 1};
	uint32_t now_ms = (uint32_t)random_next(random);

	if (random_below(random, 2) == 0)
		tcp_open_from_syn(&conn, &syn, &profile, (uint32_t)random_next(random), now_ms);
	else
		tcp_open_active(&conn, &profile, (uint32_t)random_next(random), now_ms);
	drain(&conn, now_ms);
	for (unsigned int i = 0; i < SEGMENTS_A_LIFE; i++) {
		struct tcp_verdict verdict = give(&conn, random, now_ms);

		if (verdict.events & (TCP_HAPPENED_ENDED | TCP_HAPPENED_RETURNED | TCP_HAPPENED_TIME_WAIT))
			return;
		drain(&conn, now_ms);
		now_ms += random_below(random, 600);
	}
}

Test(tcp_input, no_segment_breaks_what_must_hold)
{
	struct random random;

	random_seed(&random, 5961);
	for (unsigned int i = 0; i < LIVES; i++)
		live(&random);
}

/* RFC 5961 7, row 46: by half seconds of the clock. */
Test(tcp_input, challenges_are_allowed_once_in_each_half_second)
{
	uint8_t slot = 0;
	unsigned int allowed = 0;

	for (uint32_t now_ms = 1000; now_ms < 601000; now_ms += 7)
		allowed += tcp_challenge_allowed(&slot, now_ms);
	cr_assert(allowed >= 1150 && allowed <= 1201, "%u in ten minutes", allowed);
}

Test(tcp_input, the_first_challenge_of_a_connection_is_always_allowed)
{
	for (uint32_t now_ms = 0; now_ms < 300000; now_ms += 100) {
		uint8_t slot = 0;

		cr_assert(tcp_challenge_allowed(&slot, now_ms), "not at %u ms", now_ms);
	}
}
