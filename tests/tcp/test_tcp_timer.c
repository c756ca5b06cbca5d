/* test_tcp_timer.c - timers of one connection on a bare wheel. */
#include <criterion/criterion.h>

#include "tcp/tcp_open.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_timer.h"
#include "tcp/tcp_transition.h"

static const struct quern_tcp_options no_options;

/* Advances to the tick at which the connection's timer fires, or 0 where it does not in a day. */
static uint32_t next_fire(struct wheel *wheel, uint32_t from)
{
	uint32_t fired[4];

	for (uint32_t now = from; now < from + 86400000; now++) {
		uint32_t due;

		if (!wheel_next(wheel, &due))
			return 0;
		if ((int32_t)(due - now) > 0)
			now = due;
		if (wheel_advance(wheel, now, fired, 4) > 0)
			return now;
	}
	return 0;
}

/* RFC 6298 2.1, 5.5 and 5.6; RFC 9293 MUST-23. */
Test(tcp_timer, a_syn_fires_at_one_three_seven_seconds_and_so_on_until_r2)
{
	static const uint32_t at_ms[] = {1000, 3000, 7000, 15000, 31000, 63000, 127000, 180000};
	struct tcp_conn conn = {.key = {1, 2, 3, 4}};
	struct tcp_profile profile;
	struct tcp_timer_verdict verdict;
	struct segment segment;
	struct wheel wheel;
	const uint32_t start = 5000;
	uint32_t now = start;

	cr_assert_eq(tcp_profile_make(&profile, &no_options, 1500), 0);
	wheel_init(&wheel, &conn.timer, 6, start);
	tcp_open_active(&conn, &profile, 77, start);
	cr_assert(tcp_output(&conn, NULL, NULL, &profile, now, &segment));
	tcp_timer_on_sent(&conn, &wheel, &profile, now);
	for (unsigned int i = 0; i < 8; i++) {
		now = next_fire(&wheel, now + 1);
		cr_assert(now - start >= at_ms[i] && now - start <= at_ms[i] + 1, "fired after %u ms instead of %u",
			  now - start, at_ms[i]);
		verdict = tcp_timer_fired(&conn, NULL, NULL, &wheel, &profile, now);
		if (i == 7) {
			cr_assert_eq(verdict.action, TCP_TIMER_EXPIRED);
			cr_assert_eq(conn.state, QUERN_CLOSED);
			break;
		}
		cr_assert(verdict.action == TCP_TIMER_SEND || verdict.action == TCP_TIMER_UNANSWERED);
		cr_assert(tcp_output(&conn, NULL, NULL, &profile, now, &segment));
		cr_assert_eq(segment.flags, TCP_SYN);
		cr_assert_eq(segment.seq, 77);
		tcp_timer_on_sent(&conn, &wheel, &profile, now);
	}
}

/* RFC 9293 MUST-15 to MUST-17 of the interface: defaults, and what cannot be. */
Test(tcp_timer, settings_get_the_defaults_of_the_rfc)
{
	struct quern_tcp_options options = {.mss = 1461};
	struct tcp_profile profile;

	cr_assert_eq(tcp_profile_make(&profile, &no_options, 1500), 0);
	cr_assert_eq(profile.mss, 1460);
	cr_assert_eq(profile.receive_window, 65535);
	cr_assert_eq(profile.ttl, 64);
	cr_assert_not(profile.keepalive);
	cr_assert_geq(profile.keepalive_idle_ms, 7200000);
	cr_assert_geq(profile.connect_timeout_ms, 180000);
	cr_assert_geq(profile.user_timeout_ms, 100000);
	cr_assert_eq(tcp_profile_make(&profile, &options, 1500), -22);
	options = (struct quern_tcp_options){.syn_cookies = QUERN_SYN_COOKIES_NEVER + 1};
	cr_assert_eq(tcp_profile_make(&profile, &options, 1500), -22);
	options = (struct quern_tcp_options){.dscp = 64};
	cr_assert_eq(tcp_profile_make(&profile, &options, 1500), -22);
	options = (struct quern_tcp_options){.dscp = 46};
	cr_assert_eq(tcp_profile_make(&profile, &options, 1500), 0);
	cr_assert_eq(profile.tos, 46 << 2);
}
