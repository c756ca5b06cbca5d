/* test_tcp_ip6.c - what differs for a connection over IPv6: the size of segments, and what may narrow them. */
#include <criterion/criterion.h>

#include "base/alias.h"
#include "tcp/tcp_icmp.h"
#include "tcp/tcp_mss.h"
#include "tcp/tcp_open.h"
#include "tcp/tcp_output.h"

enum { NOW_MS = 100000, SLOT_MS = 500 };

static const struct flow_key key4 = {0xc6120001, 0xc6130009, 80, 40000};
static const struct flow_key key6 = {ALIAS_OWN_FIRST, ALIAS_PEER_FIRST + 7, 80, 40000};

static struct tcp_profile profile_with(uint16_t mss, uint16_t mtu)
{
	const struct quern_tcp_options options = {.mss = mss};
	struct tcp_profile profile;

	cr_assert_eq(tcp_profile_make(&profile, &options, mtu), 0);
	return profile;
}

/* RFC 9293 3.7.1, MUST-67: of the MTU, the fixed headers of the version in use go off. */
Test(tcp_ip6, the_mss_that_we_offer_is_the_mtu_less_60)
{
	static const uint16_t mtus[] = {1280, 1500, 9000};

	for (int i = 0; i < 3; i++) {
		struct tcp_profile profile = profile_with(0, mtus[i]);
		struct segment segment;

		for (int is_ip6 = 0; is_ip6 < 2; is_ip6++) {
			struct tcp_conn conn = {.key = is_ip6 ? key6 : key4, .state = QUERN_CLOSED};

			tcp_open_active(&conn, &profile, 1, NOW_MS);
			cr_assert(tcp_output(&conn, NULL, NULL, &profile, NOW_MS, &segment));
			cr_assert_eq(segment.flags, TCP_SYN);
			cr_assert_eq(segment.mss, mtus[i] - (is_ip6 ? 60 : 40), "MTU %u", mtus[i]);
		}
	}
}

Test(tcp_ip6, an_mss_that_was_asked_for_holds_where_it_fits)
{
	cr_assert_eq(tcp_profile_mss(&(const struct tcp_profile){.mss = 1, .mss_ip6 = 2}, &key4), 1);
	cr_assert_eq(profile_with(1000, 1500).mss, 1000);
	cr_assert_eq(profile_with(1000, 1500).mss_ip6, 1000);
	cr_assert_eq(profile_with(1440, 1500).mss_ip6, 1440);
	cr_assert_eq(profile_with(1441, 1500).mss_ip6, 1440);
	cr_assert_eq(profile_with(1460, 1500).mss, 1460);
	cr_assert_eq(profile_with(1460, 1500).mss_ip6, 1440);
}

/* RFC 9293 MUST-15. */
Test(tcp_ip6, to_a_peer_that_says_nothing_segments_of_1220_bytes_go)
{
	struct tcp_profile profile = profile_with(0, 1500);

	for (int is_ip6 = 0; is_ip6 < 2; is_ip6++) {
		struct tcp_conn conn = {.key = is_ip6 ? key6 : key4, .state = QUERN_CLOSED};
		const struct segment silent = {.seq = 9, .wnd = 1000, .flags = TCP_SYN};
		const struct segment ample = {.seq = 9, .wnd = 1000, .flags = TCP_SYN, .mss = 8960};

		tcp_open_from_syn(&conn, &silent, &profile, 1, NOW_MS);
		cr_assert_eq(conn.mss, is_ip6 ? 1220 : 536);
		conn = (struct tcp_conn){.key = is_ip6 ? key6 : key4, .state = QUERN_CLOSED};
		tcp_open_from_syn(&conn, &ample, &profile, 1, NOW_MS);
		cr_assert_eq(conn.mss, is_ip6 ? 1440 : 1460);
	}
	cr_assert_eq(tcp_mss_for(0, 1000, true), 1000);
	cr_assert_eq(tcp_mss_for(1, 1440, true), TCP_MSS_LEAST);
}

Test(tcp_ip6, a_cookie_is_sent_with_the_mss_of_its_version)
{
	struct tcp_profile profile = profile_with(0, 1500);
	const struct segment syn = {.seq = 9, .wnd = 1000, .flags = TCP_SYN};
	struct segment syn_ack;

	tcp_open_none(&key6, &syn, &profile, 77, 0, &syn_ack);
	cr_assert_eq(syn_ack.mss, 1440);
	tcp_open_none(&key4, &syn, &profile, 77, 0, &syn_ack);
	cr_assert_eq(syn_ack.mss, 1460);
}

/* A connection with text in flight in segments of 1,440 bytes. */
struct talk {
	struct tcp_profile profile;
	struct tcp_conn conn;
	struct tcp_flight flight;
};

static void talk_begin(struct talk *talk)
{
	struct segment segment;

	*talk = (struct talk){.profile = profile_with(0, 1500),
			      .conn = {.key = key6, .snd_end = 1000, .mss = 1440, .snd_wnd = UINT16_MAX}};
	talk->conn.state = QUERN_ESTABLISHED;
	talk->conn.max_wnd = UINT16_MAX;
	tcp_flight_begin(&talk->conn, &talk->flight, &talk->profile, NOW_MS);
	talk->conn.snd_end += 5 * 1440;
	while (tcp_output(&talk->conn, &talk->flight, NULL, &talk->profile, NOW_MS, &segment))
		cr_assert_eq(segment.text_bytes, 1440);
	cr_assert_eq(talk->flight.snd_nxt, talk->conn.snd_end);
}

/* RFC 8201 4: what says less than 1280 is discarded, not rounded up. */
Test(tcp_ip6, too_big_narrows_down_to_1280_and_what_says_less_is_not_believed)
{
	for (uint32_t mtu = 0; mtu < 1600; mtu++) {
		const struct wire_icmp icmp = {
			.error = WIRE_ERROR_TOO_BIG, .seq = 1000 + 1440, .mtu = mtu, .quoted_bytes = 1500};
		bool narrows = mtu >= 1280 && mtu < 1500;
		struct tcp_icmp_verdict verdict;
		struct talk talk;

		talk_begin(&talk);
		verdict = tcp_icmp_input(&talk.conn, &talk.flight, &icmp, NOW_MS);
		cr_assert_eq(verdict.action, narrows ? TCP_ICMP_NARROWED : TCP_ICMP_NOTHING, "an MTU of %u", mtu);
		cr_assert_eq(talk.conn.mss, narrows ? mtu - 60 : 1440, "an MTU of %u", mtu);
		if (!narrows)
			cr_assert_eq(verdict.drop, QUERN_DROP_ICMP_TOO_BIG);
	}
}

Test(tcp_ip6, too_big_in_answer_to_a_syn_ends_it_only_where_a_link_may_be_that_narrow)
{
	for (uint32_t mtu = 1278; mtu < 1283; mtu++) {
		const struct wire_icmp icmp = {.error = WIRE_ERROR_TOO_BIG, .seq = 1, .mtu = mtu, .quoted_bytes = 1500};
		struct tcp_conn conn = {.key = key6, .state = QUERN_CLOSED};
		struct tcp_profile profile = profile_with(0, 1500);
		struct tcp_icmp_verdict verdict;

		tcp_open_active(&conn, &profile, 1, NOW_MS);
		verdict = tcp_icmp_input(&conn, NULL, &icmp, NOW_MS);
		cr_assert_eq(verdict.action, mtu < 1280 ? TCP_ICMP_NOTHING : TCP_ICMP_ENDED);
	}
}
