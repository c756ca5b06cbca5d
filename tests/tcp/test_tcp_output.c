/* test_tcp_output.c - what was said and found no buffer is owed again, and what outlives a flight. */
#include <criterion/criterion.h>

#include "tcp/tcp_output.h"

enum { UNA = 1000, NXT = 5000, TEXT = 100 };

/* A connection with text from UNA to NXT in flight, of which `segment` was to go. */
struct unsent {
	struct tcp_conn conn;
	struct tcp_flight flight;
};

static struct unsent unsent(uint32_t seq, uint8_t flags, uint32_t text_bytes)
{
	const struct segment segment = {.seq = seq, .flags = flags, .text_bytes = (uint16_t)text_bytes};
	struct unsent unsent = {.conn = {.snd_end = NXT + TEXT, .state = QUERN_ESTABLISHED},
				.flight = {.snd_una = UNA, .snd_nxt = NXT, .next = NXT, .flags = TCP_FLIGHT_TIMED}};

	tcp_set_flight(&unsent.conn, 0);
	if (seq + text_bytes > NXT)
		unsent.flight.snd_nxt = unsent.flight.next = seq + text_bytes;
	tcp_output_unsent(&unsent.conn, &unsent.flight, NULL, NXT, &segment);
	return unsent;
}

Test(tcp_output, new_text_without_a_buffer_is_new_still)
{
	struct unsent text = unsent(NXT, TCP_ACK, TEXT);

	cr_assert_eq(text.flight.next, NXT);
	cr_assert_eq(text.flight.snd_nxt, NXT);
	cr_assert_eq(text.flight.flags, 0, "it times nothing, and goes again by itself");
	cr_assert_eq(text.conn.flags, TCP_OWES_ACK);
}

Test(tcp_output, the_first_in_flight_goes_again_where_it_found_no_buffer_and_no_other_does_so)
{
	struct unsent first = unsent(UNA, TCP_ACK, TEXT), second = unsent(UNA + TEXT, TCP_ACK, TEXT);

	cr_assert_eq(first.flight.flags, TCP_FLIGHT_AGAIN);
	cr_assert_eq(second.flight.flags, 0);
	cr_assert_eq(first.flight.next, NXT);
	cr_assert_eq(second.flight.next, NXT);
}

Test(tcp_output, syn_fin_ack_and_probe_without_a_buffer_are_owed)
{
	static const struct {
		uint32_t seq;
		uint8_t flags;
		uint16_t owed;
	} cases[] = {{NXT, TCP_SYN, TCP_OWES_SYN | TCP_UNTIMED},
		     {NXT, TCP_FIN | TCP_ACK, TCP_OWES_FIN},
		     {NXT, TCP_ACK, TCP_OWES_ACK},
		     {NXT - 1, TCP_ACK, TCP_OWES_PROBE}};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct segment segment = {.seq = cases[i].seq, .flags = cases[i].flags};
		struct tcp_conn conn = {.snd_end = NXT, .state = QUERN_ESTABLISHED};

		tcp_output_unsent(&conn, NULL, NULL, NXT, &segment);
		cr_assert_eq(conn.flags, cases[i].owed, "case %u: %x", i, conn.flags);
	}
}

/* Rows 79 and 99: what a connection has learnt goes with it through a rest. */
Test(tcp_output, the_threshold_and_the_estimate_of_a_flight_are_those_of_the_next)
{
	enum { MSS = 1460, THRESHOLD = 8 * MSS };
	const struct tcp_profile profile = {.congestion = &tcp_newreno, .receive_window = UINT16_MAX};
	struct tcp_conn conn = {.state = QUERN_ESTABLISHED, .mss = MSS, .snd_end = NXT};
	struct tcp_flight flight, next;

	tcp_flight_begin(&conn, &flight, &profile, 0);
	flight.congestion.ssthresh = THRESHOLD;
	flight.rtt = (struct tcp_rtt){.srtt = 800, .rttvar = 40};
	tcp_flight_end(&conn, &flight);
	tcp_flight_begin(&conn, &next, &profile, 0);
	cr_assert(next.congestion.ssthresh >= THRESHOLD / 2 && next.congestion.ssthresh <= THRESHOLD * 3 / 2,
		  "%u of %u", next.congestion.ssthresh, THRESHOLD);
	cr_assert_eq(next.rtt.srtt, 800);
	cr_assert_eq(next.rtt.rttvar, 40);
}
