/* test_trace_states.c - the states of both ends, from what is seen on the line between them. */
#include <criterion/criterion.h>

#include "trace_script.h"

/* Steps that many connections begin with. */
#define OPENING                                                                           \
	{'c', SYN, 0, 0, 0, QUERN_SYN_SENT, QUERN_SYN_RCVD, 0, 0, 0, 0},                  \
		{'s', SYN | ACK, 0, 1, 0, QUERN_NO_STATE, QUERN_ESTABLISHED, 0, 0, 0, 0}, \
	{                                                                                 \
		'c', ACK, 1, 1, 0, QUERN_NO_STATE, QUERN_ESTABLISHED, 0, 0, 0, 0          \
	}

Test(trace_states, of_a_handshake_and_a_close_are_those_of_figure_5)
{
	static const struct step steps[] = {
		OPENING,
		{'c', PSH | ACK, 1, 1, 100},
		{'s', PSH | ACK, 1, 101, 50},
		{'c', FIN | ACK, 101, 51, 0, QUERN_FIN_WAIT_1, QUERN_CLOSE_WAIT},
		{'s', ACK, 51, 102, 0, QUERN_NO_STATE, QUERN_FIN_WAIT_2},
		{'s', FIN | ACK, 51, 102, 0, QUERN_LAST_ACK, QUERN_TIME_WAIT},
		{'c', ACK, 102, 52, 0, QUERN_NO_STATE, QUERN_CLOSED},
	};

	EXPECT(QUERN_CLOSED, QUERN_LISTEN, steps);
}

Test(trace_states, of_two_that_open_at_once_cross)
{
	static const struct step steps[] = {
		{'c', SYN, 0, 0, 0, QUERN_SYN_SENT, QUERN_SYN_RCVD, 0, 1},
		{'s', SYN, 0, 0, 0, QUERN_SYN_SENT, QUERN_SYN_RCVD},
		{'c', SYN | ACK, 0, 1, 0, QUERN_NO_STATE, QUERN_ESTABLISHED, 0, 1},
		{'s', SYN | ACK, 0, 1, 0, QUERN_NO_STATE, QUERN_ESTABLISHED},
		{'c', ACK, 1, 1, 10},
	};

	EXPECT(QUERN_CLOSED, QUERN_CLOSED, steps);
}

Test(trace_states, of_two_that_close_at_once_cross)
{
	static const struct step steps[] = {
		OPENING,
		{'c', FIN | ACK, 1, 1, 0, QUERN_FIN_WAIT_1, QUERN_CLOSING, 0, 1},
		{'s', FIN | ACK, 1, 1, 0, QUERN_FIN_WAIT_1, QUERN_CLOSING},
		{'c', ACK, 2, 2, 0, QUERN_NO_STATE, QUERN_TIME_WAIT, 0, 1},
		{'s', ACK, 2, 2, 0, QUERN_NO_STATE, QUERN_TIME_WAIT},
	};

	EXPECT(QUERN_CLOSED, QUERN_LISTEN, steps);
}

Test(trace_states, after_a_half_close_text_still_flows_the_other_way)
{
	static const struct step steps[] = {
		OPENING,
		{'c', FIN | ACK, 1, 1, 0, QUERN_FIN_WAIT_1, QUERN_CLOSE_WAIT},
		{'s', ACK, 1, 2, 0, QUERN_NO_STATE, QUERN_FIN_WAIT_2},
		{'s', PSH | ACK, 1, 2, 500},
		{'c', ACK, 2, 501},
		{'s', FIN | ACK, 501, 2, 0, QUERN_LAST_ACK, QUERN_TIME_WAIT},
		{'c', ACK, 2, 502, 0, QUERN_NO_STATE, QUERN_CLOSED},
	};

	EXPECT(QUERN_CLOSED, QUERN_LISTEN, steps);
}

Test(trace_states, an_ack_was_lost_or_late_where_what_it_acknowledges_comes_again)
{
	static const struct step steps[] = {
		OPENING,
		{'c', FIN | ACK, 1, 1, 0, QUERN_FIN_WAIT_1, QUERN_CLOSE_WAIT},
		{'s', FIN | ACK, 1, 2, 0, QUERN_LAST_ACK, QUERN_TIME_WAIT},
		{'c', ACK, 2, 2, 0, QUERN_NO_STATE, QUERN_NO_STATE, TRACE_NOT_TAKEN},
		{'s', FIN | ACK, 1, 2, 0, QUERN_NO_STATE, QUERN_TIME_WAIT, TRACE_AGAIN | TRACE_TIME_WAIT_AGAIN},
		{'c', ACK, 2, 2, 0, QUERN_NO_STATE, QUERN_CLOSED},
	};

	EXPECT(QUERN_CLOSED, QUERN_LISTEN, steps);
}

Test(trace_states, a_server_whose_syn_comes_again_had_not_heard_the_third_ack)
{
	static const struct step steps[] = {
		{'c', SYN, 0, 0, 0, QUERN_SYN_SENT, QUERN_NO_STATE},
		{'c', SYN, 0, 0, 0, QUERN_NO_STATE, QUERN_SYN_RCVD, TRACE_AGAIN},
		{'s', SYN | ACK, 0, 1, 0, QUERN_NO_STATE, QUERN_ESTABLISHED},
		{'c', ACK, 1, 1, 0, QUERN_NO_STATE, QUERN_NO_STATE, TRACE_NOT_TAKEN},
		{'s', SYN | ACK, 0, 1, 0, QUERN_NO_STATE, QUERN_NO_STATE, TRACE_AGAIN},
		{'c', ACK, 1, 1, 0, QUERN_NO_STATE, QUERN_ESTABLISHED},
	};

	EXPECT(QUERN_CLOSED, QUERN_LISTEN, steps);
}

Test(trace_states, who_is_not_heard_of_is_not_known)
{
	static const struct step steps[] = {
		{'c', SYN, 0, 0, 0, QUERN_SYN_SENT, QUERN_NO_STATE},
		{'c', SYN, 0, 0, 0, QUERN_NO_STATE, QUERN_NO_STATE, TRACE_AGAIN},
	};

	EXPECT(QUERN_CLOSED, QUERN_NO_STATE, steps);
}

Test(trace_states, who_refuses_had_no_connection)
{
	static const struct step steps[] = {
		{'c', SYN, 0, 0, 0, QUERN_SYN_SENT, QUERN_NO_STATE},
		{'s', RST | ACK, 0, 1, 0, QUERN_NO_STATE, QUERN_CLOSED},
	};

	EXPECT(QUERN_CLOSED, QUERN_CLOSED, steps);
}

Test(trace_states, a_reset_ends_both_and_sends_a_listener_back)
{
	static const struct step open[] = {OPENING, {'c', RST | ACK, 1, 1, 0, QUERN_CLOSED, QUERN_CLOSED}};
	static const struct step half_open[] = {
		{'c', SYN, 0, 0, 0, QUERN_SYN_SENT, QUERN_SYN_RCVD},
		{'s', SYN | ACK, 0, 1, 0, QUERN_NO_STATE, QUERN_NO_STATE},
		{'c', RST, 1, 0, 0, QUERN_CLOSED, QUERN_LISTEN},
	};

	EXPECT(QUERN_CLOSED, QUERN_LISTEN, open);
	EXPECT(QUERN_CLOSED, QUERN_LISTEN, half_open);
}

Test(trace_states, a_reset_that_is_not_believed_ends_nothing)
{
	static const struct step steps[] = {
		OPENING,
		{'c', RST, 500, 0, 0, QUERN_NO_STATE, QUERN_NO_STATE, TRACE_OUTSIDE},
		{'s', ACK, 1, 1, 0, QUERN_NO_STATE, QUERN_NO_STATE},
		{'c', PSH | ACK, 1, 1, 10},
		{'s', RST, 1, 0, 0, QUERN_NO_STATE, QUERN_NO_STATE},
		{'c', PSH | ACK, 11, 1, 10},
		{'s', ACK, 1, 21},
	};

	EXPECT(QUERN_CLOSED, QUERN_LISTEN, steps);
}

Test(trace_states, a_dead_peer_is_not_told_by_a_reset_that_it_is_over)
{
	static const struct step steps[] = {
		OPENING,
		{'c', PSH | ACK, 1, 1, 1},
		{'s', ACK, 1, 2},
		{'c', ACK, 1, 1, 0, QUERN_NO_STATE, QUERN_NO_STATE, TRACE_KEEPALIVE, 0, 0, 7200000},
		{'s', ACK, 1, 2, 0, QUERN_NO_STATE, QUERN_NO_STATE, TRACE_PROBE_ANSWER},
		{'c', ACK, 1, 1, 0, QUERN_NO_STATE, QUERN_NO_STATE, TRACE_KEEPALIVE | TRACE_UNANSWERED, 0, 0, 7200000},
		{'c', ACK, 1, 1, 0, QUERN_NO_STATE, QUERN_NO_STATE, TRACE_KEEPALIVE | TRACE_UNANSWERED, 0, 0, 75000},
		{'c', RST | ACK, 2, 1, 0, QUERN_CLOSED, QUERN_NO_STATE, 0, 0, 0, 75000},
	};

	EXPECT(QUERN_CLOSED, QUERN_LISTEN, steps);
}

Test(trace_states, are_a_question_mark_until_they_show)
{
	static const struct step steps[] = {
		{'c', PSH | ACK, 101, 51, 100},
		{'s', ACK, 51, 201},
		{'s', PSH | ACK, 51, 201, 10, QUERN_ESTABLISHED, QUERN_ESTABLISHED},
		{'s', FIN | ACK, 61, 201, 0, QUERN_FIN_WAIT_1, QUERN_CLOSE_WAIT},
		{'c', FIN | ACK, 201, 62, 0, QUERN_LAST_ACK, QUERN_TIME_WAIT},
		{'s', ACK, 62, 202, 0, QUERN_NO_STATE, QUERN_CLOSED},
	};
	static const struct step closing[] = {
		{'c', FIN | ACK, 101, 51, 0, QUERN_NO_STATE, QUERN_NO_STATE},
		{'s', ACK, 51, 102, 0, QUERN_NO_STATE, QUERN_NO_STATE},
		{'s', FIN | ACK, 51, 102, 0, QUERN_LAST_ACK, QUERN_TIME_WAIT},
		{'c', ACK, 102, 52, 0, QUERN_NO_STATE, QUERN_CLOSED},
	};

	EXPECT(QUERN_NO_STATE, QUERN_NO_STATE, steps);
	EXPECT(QUERN_NO_STATE, QUERN_NO_STATE, closing);
}

Test(trace_states, a_capture_that_begins_with_the_second_syn_knows_the_first)
{
	static const struct step steps[] = {
		{'s', SYN | ACK, 0, 1, 0, QUERN_NO_STATE, QUERN_ESTABLISHED},
		{'c', ACK, 1, 1, 0, QUERN_NO_STATE, QUERN_ESTABLISHED},
	};

	EXPECT(QUERN_SYN_SENT, QUERN_SYN_RCVD, steps);
}

Test(trace_states, a_fin_behind_a_hole_is_heard_once_the_hole_is_filled)
{
	static const struct step steps[] = {
		OPENING,
		{'c', FIN | ACK, 101, 1, 0, QUERN_FIN_WAIT_1, QUERN_CLOSE_WAIT, TRACE_GAP, 2},
		{'s', ACK, 1, 1, 0, QUERN_NO_STATE, QUERN_NO_STATE, TRACE_DUPLICATE_ACK},
		{'c', PSH | ACK, 1, 1, 100, QUERN_NO_STATE, QUERN_NO_STATE, TRACE_FILLS_GAP},
		{'s', ACK, 1, 102, 0, QUERN_NO_STATE, QUERN_FIN_WAIT_2},
	};

	EXPECT(QUERN_CLOSED, QUERN_LISTEN, steps);
}

Test(trace_states, two_fins_that_cross_have_acks_that_cross_whoever_is_first)
{
	static const struct step steps[] = {
		OPENING,
		{'s', FIN | ACK, 1, 1, 0, QUERN_FIN_WAIT_1, QUERN_CLOSING, 0, 1},
		{'c', FIN | ACK, 1, 1, 0, QUERN_FIN_WAIT_1, QUERN_CLOSING},
		{'c', ACK, 2, 2, 0, QUERN_NO_STATE, QUERN_TIME_WAIT, 0, 1},
		{'s', ACK, 2, 2, 0, QUERN_NO_STATE, QUERN_TIME_WAIT},
	};

	EXPECT(QUERN_CLOSED, QUERN_LISTEN, steps);
}

Test(trace_states, a_syn_that_is_answered_in_the_end_was_late_and_not_lost)
{
	static const struct step steps[] = {
		{'c', SYN, 0, 0, 0, QUERN_SYN_SENT, QUERN_SYN_RCVD},
		{'s', SYN | ACK, 0, 1, 0, QUERN_NO_STATE, QUERN_ESTABLISHED, 0, 1},
		{'c', SYN, 0, 0, 0, QUERN_NO_STATE, QUERN_NO_STATE, TRACE_AGAIN},
		{'c', ACK, 1, 1, 0, QUERN_NO_STATE, QUERN_ESTABLISHED},
	};

	EXPECT(QUERN_CLOSED, QUERN_LISTEN, steps);
}

Test(trace_states, a_server_that_goes_on_had_been_acknowledged)
{
	static const struct step steps[] = {
		{'c', SYN, 0, 0, 0, QUERN_SYN_SENT, QUERN_SYN_RCVD},
		{'s', SYN | ACK, 0, 1, 0, QUERN_NO_STATE, QUERN_ESTABLISHED},
		{'c', ACK, 1, 1, 0, QUERN_NO_STATE, QUERN_NO_STATE, TRACE_NOT_TAKEN},
		{'c', PSH | ACK, 1, 1, 10, QUERN_NO_STATE, QUERN_ESTABLISHED, 0, 1},
		{'s', SYN | ACK, 0, 1, 0, QUERN_NO_STATE, QUERN_NO_STATE, TRACE_AGAIN},
		{'s', ACK, 1, 11},
	};

	EXPECT(QUERN_CLOSED, QUERN_LISTEN, steps);
}

Test(trace_states, text_that_comes_again_had_not_been_acknowledged_nor_had_the_fin_behind_it)
{
	static const struct step steps[] = {
		OPENING,
		{'c', PSH | ACK, 1, 1, 100},
		{'s', FIN | ACK, 1, 101, 0, QUERN_FIN_WAIT_1, QUERN_CLOSE_WAIT},
		{'c', FIN | ACK, 101, 2, 0, QUERN_LAST_ACK, QUERN_TIME_WAIT},
		{'s', ACK, 2, 102, 0, QUERN_NO_STATE, QUERN_NO_STATE, TRACE_NOT_TAKEN},
		{'c', PSH | ACK, 1, 2, 100, QUERN_NO_STATE, QUERN_NO_STATE, TRACE_AGAIN},
		{'s', ACK, 2, 102, 0, QUERN_NO_STATE, QUERN_CLOSED},
	};

	EXPECT(QUERN_CLOSED, QUERN_LISTEN, steps);
}

Test(trace_states, a_probe_behind_a_fin_does_not_want_for_its_ack)
{
	static const struct step steps[] = {
		OPENING,
		{'c', FIN | ACK, 1, 1, 0, QUERN_FIN_WAIT_1, QUERN_CLOSE_WAIT},
		{'s', ACK, 1, 2, 0, QUERN_NO_STATE, QUERN_FIN_WAIT_2},
		{'c', ACK, 1, 1, 0, QUERN_NO_STATE, QUERN_NO_STATE, TRACE_KEEPALIVE, 0, 0, 7200000},
		{'s', ACK, 1, 2, 0, QUERN_NO_STATE, QUERN_NO_STATE, TRACE_PROBE_ANSWER},
		{'c', ACK, 1, 1, 1, QUERN_NO_STATE, QUERN_NO_STATE, TRACE_KEEPALIVE, 0, 0, 7200000},
		{'s', ACK, 1, 2, 0, QUERN_NO_STATE, QUERN_NO_STATE, TRACE_PROBE_ANSWER},
	};

	EXPECT(QUERN_CLOSED, QUERN_LISTEN, steps);
}
