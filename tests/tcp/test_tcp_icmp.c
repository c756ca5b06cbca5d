/* test_tcp_icmp.c - ICMP errors as arithmetic: what may end, what may narrow, and what changes nothing. */
#include <string.h>

#include <criterion/criterion.h>

#include "base/seq.h"
#include "tcp/tcp_icmp.h"
#include "tcp/tcp_open.h"
#include "tcp/tcp_output.h"

enum { MSS = 1460, IN_FLIGHT = 10 * MSS, NOW_MS = 100000, SLOT_MS = 500 };

static const struct quern_tcp_options no_options;
static const enum wire_error all_errors[] = {WIRE_ERROR_SOFT, WIRE_ERROR_HARD, WIRE_ERROR_TOO_BIG};
static const enum quern_state synchronized[] = {QUERN_ESTABLISHED, QUERN_FIN_WAIT_1, QUERN_FIN_WAIT_2,
						QUERN_CLOSE_WAIT,  QUERN_CLOSING,    QUERN_LAST_ACK};

/* A connection with ten segments in flight, and with `more` bytes queued behind them. */
struct talk {
	struct tcp_profile profile;
	struct tcp_conn conn;
	struct tcp_flight flight;
};

static void say_all(struct talk *talk, uint32_t *segments, uint32_t *largest)
{
	struct segment segment;
	uint32_t next = talk->flight.next;

	while (tcp_output(&talk->conn, &talk->flight, NULL, &talk->profile, NOW_MS, &segment)) {
		cr_assert_eq(segment.seq, next, "a gap");
		next += segment_length(&segment);
		++*segments;
		*largest = segment.text_bytes > *largest ? segment.text_bytes : *largest;
	}
	cr_assert_eq(next, talk->flight.snd_nxt);
}

static struct talk talk_with(enum quern_state state, uint32_t more)
{
	struct talk talk = {.conn = {.key = {1, 2, 3, 4}, .snd_end = 0xfffff000, .mss = MSS, .snd_wnd = UINT16_MAX}};
	uint32_t segments = 0, largest = 0;

	cr_assert_eq(tcp_profile_make(&talk.profile, &no_options, 1500), 0);
	talk.conn.state = state & 0xfU;
	talk.conn.max_wnd = UINT16_MAX;
	tcp_flight_begin(&talk.conn, &talk.flight, &talk.profile, NOW_MS);
	talk.conn.snd_end += IN_FLIGHT + more;
	say_all(&talk, &segments, &largest);
	cr_assert_eq(segments, 10);
	return talk;
}

static struct wire_icmp error_about(enum wire_error error, uint32_t seq, uint32_t mtu)
{
	return (struct wire_icmp){.error = (uint8_t)error, .seq = seq, .mtu = mtu, .quoted_bytes = MSS + 40};
}

static struct tcp_icmp_verdict give(struct talk *talk, enum wire_error error, uint32_t seq, uint32_t mtu,
				    uint32_t now_ms)
{
	const struct wire_icmp icmp = error_about(error, seq, mtu);

	return tcp_icmp_input(&talk->conn, &talk->flight, &icmp, now_ms);
}

/* Row 107, RFC 5461: and the record is as it was, but for the size of segments. */
Test(tcp_icmp, no_error_ends_a_synchronized_connection)
{
	for (unsigned int i = 0; i < sizeof(synchronized) / sizeof(*synchronized); i++) {
		for (unsigned int j = 0; j < 3; j++) {
			struct talk talk = talk_with(synchronized[i], 0);
			struct tcp_conn before = talk.conn;
			struct tcp_icmp_verdict verdict =
				give(&talk, all_errors[j], talk.flight.snd_una + MSS, 1400, NOW_MS);

			cr_assert_eq(verdict.action, j == 2 ? TCP_ICMP_NARROWED : TCP_ICMP_NOTED);
			cr_assert_eq(talk.conn.mss, j == 2 ? 1360 : MSS);
			before.mss = talk.conn.mss;
			cr_assert_eq(memcmp(&talk.conn, &before, sizeof(before)), 0, "state %u, error %u",
				     synchronized[i], j);
		}
	}
}

/* Row 108, RFC 5927 4.1, to the number. */
Test(tcp_icmp, what_is_not_in_flight_is_not_believed)
{
	static const int32_t beyond[] = {0, 1, MSS, 65535, 1000000, INT32_MAX};

	for (unsigned int j = 0; j < 3; j++) {
		struct talk talk = talk_with(QUERN_ESTABLISHED, 5000);
		const struct talk before = talk;
		struct tcp_icmp_verdict verdict;

		for (unsigned int i = 0; i < sizeof(beyond) / sizeof(*beyond); i++) {
			verdict = give(&talk, all_errors[j], talk.flight.snd_nxt + (uint32_t)beyond[i], 1400, NOW_MS);
			cr_assert_eq(verdict.action, TCP_ICMP_NOTHING);
			cr_assert_eq(verdict.drop, QUERN_DROP_ICMP_SEQUENCE, "SND.NXT + %d", beyond[i]);
			verdict =
				give(&talk, all_errors[j], talk.flight.snd_una - 1 - (uint32_t)beyond[i], 1400, NOW_MS);
			cr_assert_eq(verdict.drop, QUERN_DROP_ICMP_SEQUENCE, "SND.UNA - 1 - %d", beyond[i]);
		}
		cr_assert_eq(memcmp(&talk, &before, sizeof(talk)), 0);
		verdict = give(&talk, all_errors[j], talk.flight.snd_nxt - 1, 1400, NOW_MS);
		cr_assert_neq(verdict.action, TCP_ICMP_NOTHING, "SND.NXT - 1 is in flight");
		talk = before;
		verdict = give(&talk, all_errors[j], talk.flight.snd_una, 1400, NOW_MS);
		cr_assert_neq(verdict.action, TCP_ICMP_NOTHING, "SND.UNA is in flight");
	}
}

Test(tcp_icmp, a_connection_at_rest_has_nothing_in_flight)
{
	for (unsigned int j = 0; j < 3; j++) {
		struct talk talk = talk_with(QUERN_ESTABLISHED, 0);

		for (int32_t offset = -2; offset <= 2; offset++) {
			const struct wire_icmp icmp =
				error_about(all_errors[j], talk.conn.snd_end + (uint32_t)offset, 1400);
			struct tcp_icmp_verdict verdict = tcp_icmp_input(&talk.conn, NULL, &icmp, NOW_MS);

			cr_assert_eq(verdict.drop, QUERN_DROP_ICMP_SEQUENCE);
		}
		/* A FIN is in flight, and fits every link. */
		talk.conn.snd_end++;
		talk.conn.flags |= TCP_FIN_IN_FLIGHT;
		const struct wire_icmp icmp = error_about(all_errors[j], talk.conn.snd_end - 1, 600);
		struct tcp_icmp_verdict verdict = tcp_icmp_input(&talk.conn, NULL, &icmp, NOW_MS);

		cr_assert_eq(verdict.drop, j == 2 ? QUERN_DROP_ICMP_TOO_BIG : QUERN_DROP_NONE);
		cr_assert_eq(talk.conn.mss, MSS);
	}
}

/* SHLD-26: refused, where a SYN of ours is quoted and nothing else. */
Test(tcp_icmp, hard_errors_end_syn_sent_and_soft_ones_do_not)
{
	for (unsigned int j = 0; j < 3; j++) {
		for (int32_t offset = -1; offset <= 1; offset++) {
			struct tcp_conn conn = {.key = {1, 2, 3, 4}};
			const struct wire_icmp icmp = error_about(all_errors[j], 77 + (uint32_t)offset, 0);
			struct tcp_icmp_verdict verdict;
			struct tcp_profile profile;

			cr_assert_eq(tcp_profile_make(&profile, &no_options, 1500), 0);
			tcp_open_active(&conn, &profile, 77, NOW_MS);
			verdict = tcp_icmp_input(&conn, NULL, &icmp, NOW_MS);
			if (offset != 0)
				cr_assert_eq(verdict.drop, QUERN_DROP_ICMP_SEQUENCE);
			else
				cr_assert_eq(verdict.action, j == 0 ? TCP_ICMP_NOTED : TCP_ICMP_ENDED);
			cr_assert_eq(conn.state, j > 0 && offset == 0 ? QUERN_CLOSED : QUERN_SYN_SENT);
		}
	}
}

/* Half-open is what a stranger says it is; an active open that has met the peer's SYN is more than that. */
Test(tcp_icmp, in_syn_received_nothing_ends_and_a_half_open_one_is_not_even_noted)
{
	for (unsigned int j = 0; j < 3; j++) {
		for (unsigned int passive = 0; passive < 2; passive++) {
			struct tcp_conn conn = {.key = {1, 2, 3, 4}, .mss = MSS, .snd_end = 78};
			const struct wire_icmp icmp = error_about(all_errors[j], 77, 0);
			struct tcp_icmp_verdict verdict;

			conn.state = QUERN_SYN_RCVD;
			conn.flags = TCP_SYN_IN_FLIGHT | (passive ? TCP_PASSIVE : 0);
			verdict = tcp_icmp_input(&conn, NULL, &icmp, NOW_MS);
			cr_assert_eq(conn.state, QUERN_SYN_RCVD);
			cr_assert_eq(conn.mss, MSS);
			if (passive)
				cr_assert_eq(verdict.drop, QUERN_DROP_ICMP_NO_CONNECTION);
			else
				cr_assert_eq(verdict.drop, j == 2 ? QUERN_DROP_ICMP_TOO_BIG : QUERN_DROP_NONE);
		}
	}
}

/* Text is queued and has not gone: what is in flight is a SYN. */
Test(tcp_icmp, too_big_about_a_syn_narrows_nothing_though_text_waits_behind_it)
{
	struct tcp_conn conn = {.key = {1, 2, 3, 4}, .mss = MSS, .snd_end = 78};
	const struct wire_icmp icmp = error_about(WIRE_ERROR_TOO_BIG, 77, 600);
	struct tcp_flight flight, before;
	struct tcp_profile profile;

	cr_assert_eq(tcp_profile_make(&profile, &no_options, 1500), 0);
	conn.state = QUERN_SYN_RCVD;
	conn.flags = TCP_SYN_IN_FLIGHT;
	tcp_flight_begin(&conn, &flight, &profile, NOW_MS);
	conn.snd_end += 5000;
	before = flight;
	cr_assert_eq(tcp_icmp_input(&conn, &flight, &icmp, NOW_MS).drop, QUERN_DROP_ICMP_TOO_BIG);
	cr_assert_eq(conn.mss, MSS);
	cr_assert_eq(memcmp(&flight, &before, sizeof(flight)), 0);
}

/* Row 109. RFC 1191 7.1 has the plateaus; the floor holds whatever is said. */
Test(tcp_icmp, the_mtu_is_what_is_said_or_the_next_plateau_and_never_below_the_floor)
{
	static const struct {
		uint32_t said;
		uint16_t quoted;
		uint32_t mtu;
	} cases[] = {
		{1400, 1500, 1400}, {1280, 1500, 1280}, {553, 1500, 553},   {552, 1500, 552}, {551, 1500, 552},
		{68, 1500, 552},    {1, 1500, 552},     {65535, 40, 65535}, {0, 1500, 1492},  {0, 1492, 1006},
		{0, 1006, 552},     {0, 576, 552},      {0, 552, 552},      {0, 40, 552},     {0, 0, 552},
		{0, 9000, 8166},    {0, 65535, 32000},  {0, 17915, 17914},  {0, 2003, 2002},  {0, 2002, 1492},
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct wire_icmp icmp = {
			.error = WIRE_ERROR_TOO_BIG, .mtu = cases[i].said, .quoted_bytes = cases[i].quoted};

		cr_assert_eq(tcp_icmp_mtu(&icmp), cases[i].mtu, "%u of a packet of %u", cases[i].said, cases[i].quoted);
	}
}

Test(tcp_icmp, a_path_never_becomes_wider)
{
	struct talk talk = talk_with(QUERN_ESTABLISHED, 0);
	struct tcp_icmp_verdict verdict;
	uint32_t mss = MSS;

	for (uint32_t i = 0; i < 2000; i++) {
		uint32_t mtu = i * 7919 % 2200;

		verdict = give(&talk, WIRE_ERROR_TOO_BIG, talk.flight.snd_una, mtu, NOW_MS + i * SLOT_MS);
		cr_assert_leq(talk.conn.mss, mss, "an MTU of %u has raised the MSS", mtu);
		cr_assert_eq(verdict.action == TCP_ICMP_NARROWED, talk.conn.mss < mss);
		mss = talk.conn.mss;
	}
	cr_assert_eq(mss, TCP_MTU_LEAST - TCP_IP4_HEADERS);
	/* Nor does a peer's small MSS grow to the floor. */
	talk.conn.mss = 200;
	verdict = give(&talk, WIRE_ERROR_TOO_BIG, talk.flight.snd_una, 68, NOW_MS);
	cr_assert_eq(verdict.drop, QUERN_DROP_ICMP_TOO_BIG);
	cr_assert_eq(talk.conn.mss, 200);
}

Test(tcp_icmp, a_path_becomes_narrower_once_in_half_a_second)
{
	struct talk talk = talk_with(QUERN_ESTABLISHED, 0);
	unsigned int narrowed = 0;

	for (uint32_t ms = 0; ms < 10000; ms += 10) {
		struct tcp_icmp_verdict verdict =
			give(&talk, WIRE_ERROR_TOO_BIG, talk.flight.snd_una, 1499 - ms / 12, NOW_MS + ms);

		narrowed += verdict.action == TCP_ICMP_NARROWED;
		cr_assert(verdict.action == TCP_ICMP_NARROWED || verdict.drop == QUERN_DROP_ICMP_TOO_BIG);
	}
	cr_assert_eq(narrowed, 20);
}

/* RFC 1191 3 and 6.5: at once, without a word to congestion control or to the timer. */
Test(tcp_icmp, what_is_in_flight_goes_again_in_segments_that_fit_and_is_no_loss)
{
	static const uint32_t mtus[] = {1499, 1400, 1280, 1006, 576, 68};

	for (unsigned int i = 0; i < sizeof(mtus) / sizeof(*mtus); i++) {
		for (unsigned int with_fin = 0; with_fin < 2; with_fin++) {
			struct talk talk = talk_with(QUERN_ESTABLISHED, 0);
			uint32_t segments = 0, largest = 0, mss;
			struct tcp_conn before;
			struct tcp_flight flight;

			if (with_fin) {
				talk.conn.snd_end++;
				talk.conn.flags |= TCP_FIN_IN_FLIGHT;
				talk.flight.congestion.cwnd += 1;
				say_all(&talk, &segments, &largest);
				segments = largest = 0;
			}
			/* A recovery that was about to send the first of it sends it once. */
			talk.flight.flags |= TCP_FLIGHT_AGAIN;
			before = talk.conn;
			flight = talk.flight;
			give(&talk, WIRE_ERROR_TOO_BIG, talk.flight.snd_una + 3 * MSS, mtus[i], NOW_MS + 1);
			mss = talk.conn.mss;
			cr_assert_eq(talk.flight.next, talk.flight.snd_una);
			say_all(&talk, &segments, &largest);
			cr_assert_leq(largest, mss);
			cr_assert_eq(segments, (IN_FLIGHT + mss - 1) / mss, "MTU %u: %u segments", mtus[i], segments);
			cr_assert_eq(talk.flight.snd_nxt, flight.snd_nxt);
			cr_assert_eq(talk.flight.congestion.cwnd, flight.congestion.cwnd);
			cr_assert_eq(talk.flight.since_ms, flight.since_ms);
			cr_assert_eq(talk.conn.retries, before.retries);
			cr_assert_eq(talk.conn.backoff, before.backoff);
			cr_assert_eq(talk.flight.rtt.srtt, flight.rtt.srtt);
			/* Karn: what went twice times nothing. */
			cr_assert_eq(talk.flight.flags & TCP_FLIGHT_TIMED, 0);
		}
	}
}
