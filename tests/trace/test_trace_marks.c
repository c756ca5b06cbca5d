/* test_trace_marks.c - what is odd about segments: numbers that come again, are missing, or ask for an answer. */
#include <criterion/criterion.h>

#include "trace_script.h"

#define OPENING                                                                           \
	{'c', SYN, 0, 0, 0, QUERN_SYN_SENT, QUERN_SYN_RCVD, 0, 0, 0, 0},                  \
		{'s', SYN | ACK, 0, 1, 0, QUERN_NO_STATE, QUERN_ESTABLISHED, 0, 0, 0, 0}, \
	{                                                                                 \
		'c', ACK, 1, 1, 0, QUERN_NO_STATE, QUERN_ESTABLISHED, 0, 0, 0, 0          \
	}
#define STAYS QUERN_NO_STATE, QUERN_NO_STATE

Test(trace_marks, tell_what_comes_again_from_what_fills_a_gap)
{
	static const struct step steps[] = {
		OPENING,
		{'s', ACK, 1, 1, 100},
		{'s', ACK, 301, 1, 100, STAYS, TRACE_GAP},
		{'c', ACK, 1, 101},
		{'c', ACK, 1, 101, 0, STAYS, TRACE_DUPLICATE_ACK},
		{'s', ACK, 1, 1, 100, STAYS, TRACE_AGAIN},
		{'s', ACK, 201, 1, 100, STAYS, TRACE_FILLS_GAP},
		{'s', ACK, 101, 1, 200, STAYS, TRACE_PARTLY_AGAIN},
		{'s', ACK, 301, 1, 200, STAYS, TRACE_PARTLY_AGAIN},
		{'s', ACK, 101, 1, 100, STAYS, TRACE_AGAIN},
		{'c', ACK, 1, 501},
		{'c', ACK, 1, 901, 0, STAYS, TRACE_UNSEEN_ACK},
		{'s', ACK, 601, 1, 100, STAYS, TRACE_FILLS_GAP},
	};

	EXPECT(QUERN_CLOSED, QUERN_LISTEN, steps);
}

Test(trace_marks, count_duplicate_acks_and_know_window_updates)
{
	static const struct step steps[] = {
		OPENING,
		{'s', ACK, 1, 1, 100},
		{'c', ACK, 1, 1, 0, STAYS, TRACE_DUPLICATE_ACK},
		{'c', ACK, 1, 1, 0, STAYS, TRACE_DUPLICATE_ACK},
		{'c', ACK, 1, 1, 0, STAYS, TRACE_WINDOW_UPDATE, 0, 2000},
		{'c', ACK, 1, 1, 10, STAYS, 0, 0, 2000},
		{'c', ACK, 11, 101, 0, STAYS, 0, 0, 2000},
		{'c', ACK, 11, 101, 0, STAYS, 0, 0, 2000},
	};
	struct trace_book book;
	struct trace_connection *connection;

	EXPECT(QUERN_CLOSED, QUERN_LISTEN, steps);
	connection = FOLLOW(&book, steps);
	cr_assert_eq(connection->events[4].nth, 1);
	cr_assert_eq(connection->events[5].nth, 2);
	trace_book_free(&book);
}

Test(trace_marks, know_probes_of_a_shut_window_and_their_answers)
{
	static const struct step steps[] = {
		OPENING,
		{'s', ACK, 1, 1, 100},
		{'c', ACK, 1, 101, 0, STAYS, TRACE_ZERO_WINDOW, 0, SCRIPT_SHUT},
		{'s', ACK, 100, 1, 0, STAYS, TRACE_WINDOW_PROBE},
		{'c', ACK, 1, 101, 0, STAYS, TRACE_ZERO_WINDOW | TRACE_PROBE_ANSWER, 0, SCRIPT_SHUT},
		{'s', ACK, 101, 1, 1, STAYS, TRACE_WINDOW_PROBE | TRACE_UNANSWERED},
		{'s', ACK, 101, 1, 1, STAYS, TRACE_WINDOW_PROBE},
		{'c', ACK, 1, 101, 0, STAYS, TRACE_ZERO_WINDOW | TRACE_PROBE_ANSWER, 0, SCRIPT_SHUT},
		{'c', ACK, 1, 101, 0, STAYS, TRACE_WINDOW_UPDATE, 0, 100},
		{'s', ACK, 101, 1, 100, STAYS, TRACE_PARTLY_AGAIN},
	};

	EXPECT(QUERN_CLOSED, QUERN_LISTEN, steps);
}

Test(trace_marks, know_keepalive_probes_with_and_without_an_octet)
{
	static const struct step steps[] = {
		OPENING,
		{'s', ACK, 0, 1, 0, STAYS, TRACE_KEEPALIVE},
		{'c', ACK, 1, 1, 0, STAYS, TRACE_PROBE_ANSWER},
		{'s', ACK, 0, 1, 1, STAYS, TRACE_KEEPALIVE},
		{'c', ACK, 1, 1, 0, STAYS, TRACE_PROBE_ANSWER},
	};

	EXPECT(QUERN_CLOSED, QUERN_LISTEN, steps);
}

Test(trace_marks, set_apart_what_does_not_belong_to_the_connection)
{
	static const struct step steps[] = {
		OPENING,
		{'c', PSH | ACK, 1, 1, 10},
		{'c', SYN, 777, 0, 0, STAYS, TRACE_OTHER_SYN},
		{'s', ACK, 1, 11},
		{'s', ACK, 0x60000000, 11, 10, STAYS, TRACE_OUTSIDE},
		{'s', ACK, 1, 0x90000000, 10, STAYS, TRACE_OUTSIDE},
		{'s', ACK, 1, 11, 10},
	};

	EXPECT(QUERN_CLOSED, QUERN_LISTEN, steps);
}

Test(trace_marks, scale_windows_where_both_ends_said_by_how_much)
{
	static const struct step steps[] = {OPENING, {'c', ACK, 1, 1, 10}};
	struct trace_connection *connection;
	struct trace_book book;

	for (int ends = 0; ends < 4; ends++) {
		connection = FOLLOW(&book, steps);
		connection->events[0].segment.has_scale = ends & 1;
		connection->events[0].segment.scale = 7;
		connection->events[1].segment.has_scale = (ends & 2) != 0;
		connection->events[1].segment.checksum = QUERN_CHECKSUM_WRONG;
		trace_follow(connection);
		cr_assert_eq(connection->events[0].window, 1000, "a SYN's window is not scaled");
		cr_assert_eq(connection->events[2].window, ends == 3 ? 128000 : 1000);
		cr_assert_eq(connection->events[1].marks, TRACE_WRONG_CHECKSUM, "it is said, and it counts");
		cr_assert_eq(connection->events[2].receiver_state, QUERN_ESTABLISHED);
		trace_book_free(&book);
	}
}

/* Whatever comes, in whatever order, each event lands, and says something that has words. */
Test(trace_marks, hold_in_any_order)
{
	static const uint16_t flags[] = {SYN, SYN | ACK, ACK, ACK, PSH | ACK, FIN | ACK, RST, RST | ACK, FIN, 0};
	uint32_t random = 1;

	for (int round = 0; round < 20000; round++) {
		struct step steps[24];
		struct trace_connection *connection;
		struct trace_book book;

		for (int i = 0; i < 24; i++) {
			random = random * 1664525 + 1013904223;
			steps[i] = (struct step){.from = random >> 31 ? 'c' : 's',
						 .flags = flags[(random >> 24) % 10],
						 .seq = (random >> 20) % 8,
						 .ack = (random >> 16) % 8,
						 .text = (random >> 12) % 3};
		}
		connection = FOLLOW(&book, steps);
		cr_assert_leq(connection->late_count, TRACE_LATE_MOST);
		for (uint32_t i = 0; i < connection->count; i++) {
			const struct trace_event *event = &connection->events[i];

			cr_assert(event->lands >= i && event->lands < connection->count);
			cr_assert_lt(event->marks, 1u << TRACE_PLACES_END);
			cr_assert_lt(event->sender_state, QUERN_STATES_END);
			cr_assert_lt(event->receiver_state, QUERN_STATES_END);
		}
		trace_book_free(&book);
	}
}
