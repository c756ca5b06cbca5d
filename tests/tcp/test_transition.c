/* test_transition.c - the transition table: what it says, and that docs/tcp-states.md says the same. Run it with
 * QUERN_WRITE_DOCS=1 to write that file anew. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "tcp/tcp_transition.h"

enum { PAGE_MAX = 65536 };

static const char introduction[] =
	"# The states of a connection\n"
	"\n"
	"RFC 9293 figure 5 as the engine has it: for each state, the events that can happen there, the state that\n"
	"follows and what is said to the peer. `tcp_transition()` takes these edges and is the only writer of a\n"
	"connection's state. A segment is judged first (its numbers, RST, SYN, ACK); only what is left of it is an\n"
	"event. What the table says may ride on another segment of the same turn: an ACK on a FIN, for instance.\n"
	"LISTEN belongs to the listener and TIME-WAIT to the ring of its records, but both follow the same edges.\n"
	"\n"
	"This file is printed by `tests/tcp/test_transition.c`, which fails when the two differ; with\n"
	"`QUERN_WRITE_DOCS=1` the test writes it.\n"
	"\n"
	"| State | Event | Next state | Said |\n"
	"|---|---|---|---|\n";

static void print_page(char page[PAGE_MAX])
{
	int used = snprintf(page, PAGE_MAX, "%s", introduction);

	for (enum quern_state state = QUERN_CLOSED; state < QUERN_STATES_END; state++) {
		for (enum tcp_event event = 0; event < TCP_EVENTS_END; event++) {
			struct tcp_edge edge = tcp_transition_edge(state, event);

			if (edge.next == QUERN_NO_STATE)
				continue;
			used += snprintf(page + used, PAGE_MAX - (size_t)used, "| %s | %s | %s | %s |\n",
					 quern_state_name(state), tcp_event_text(event), quern_state_name(edge.next),
					 tcp_say_text(edge.say));
		}
	}
	cr_assert_lt(used, PAGE_MAX);
}

Test(transition, docs_show_the_table_that_is_compiled_in)
{
	static char page[PAGE_MAX], file_page[PAGE_MAX];
	const char *docs = getenv("QUERN_DOCS");
	char path[4096];
	FILE *file;
	size_t bytes;

	cr_assert_not_null(docs, "QUERN_DOCS names the folder of tcp-states.md; meson sets it");
	snprintf(path, sizeof(path), "%s/tcp-states.md", docs);
	print_page(page);
	if (getenv("QUERN_WRITE_DOCS") != NULL) {
		file = fopen(path, "w");
		cr_assert_not_null(file);
		fputs(page, file);
		fclose(file);
	}
	file = fopen(path, "r");
	cr_assert_not_null(file, "%s is missing", path);
	bytes = fread(file_page, 1, PAGE_MAX - 1, file);
	fclose(file);
	file_page[bytes] = '\0';
	cr_assert_str_eq(file_page, page, "docs/tcp-states.md is not what the table says");
}

struct arrow {
	enum quern_state from;
	enum tcp_event event;
	enum quern_state next;
	enum tcp_say say;
};

/* The arrows of RFC 9293 figure 5, drawn by hand. */
static const struct arrow figure_5[] = {
	{QUERN_CLOSED, TCP_EVENT_ACTIVE_OPEN, QUERN_SYN_SENT, TCP_SAY_SYN},
	{QUERN_LISTEN, TCP_EVENT_RCV_SYN, QUERN_SYN_RCVD, TCP_SAY_SYN_ACK},
	{QUERN_SYN_SENT, TCP_EVENT_RCV_SYN, QUERN_SYN_RCVD, TCP_SAY_SYN_ACK},
	{QUERN_SYN_SENT, TCP_EVENT_RCV_SYN_ACK, QUERN_ESTABLISHED, TCP_SAY_ACK},
	{QUERN_SYN_SENT, TCP_EVENT_CLOSE, QUERN_CLOSED, TCP_SAY_NOTHING},
	{QUERN_SYN_RCVD, TCP_EVENT_RCV_ACK_OF_SYN, QUERN_ESTABLISHED, TCP_SAY_NOTHING},
	{QUERN_SYN_RCVD, TCP_EVENT_CLOSE, QUERN_FIN_WAIT_1, TCP_SAY_FIN},
	{QUERN_ESTABLISHED, TCP_EVENT_CLOSE, QUERN_FIN_WAIT_1, TCP_SAY_FIN},
	{QUERN_ESTABLISHED, TCP_EVENT_RCV_FIN, QUERN_CLOSE_WAIT, TCP_SAY_ACK},
	{QUERN_FIN_WAIT_1, TCP_EVENT_RCV_ACK_OF_FIN, QUERN_FIN_WAIT_2, TCP_SAY_NOTHING},
	{QUERN_FIN_WAIT_1, TCP_EVENT_RCV_FIN, QUERN_CLOSING, TCP_SAY_ACK},
	{QUERN_FIN_WAIT_2, TCP_EVENT_RCV_FIN, QUERN_TIME_WAIT, TCP_SAY_ACK},
	{QUERN_CLOSE_WAIT, TCP_EVENT_CLOSE, QUERN_LAST_ACK, TCP_SAY_FIN},
	{QUERN_CLOSING, TCP_EVENT_RCV_ACK_OF_FIN, QUERN_TIME_WAIT, TCP_SAY_NOTHING},
	{QUERN_LAST_ACK, TCP_EVENT_RCV_ACK_OF_FIN, QUERN_CLOSED, TCP_SAY_NOTHING},
};

Test(transition, every_arrow_of_figure_5_is_an_edge)
{
	for (unsigned int i = 0; i < sizeof(figure_5) / sizeof(*figure_5); i++) {
		const struct arrow *arrow = &figure_5[i];
		struct tcp_edge edge = tcp_transition_edge(arrow->from, arrow->event);

		cr_expect(edge.next == arrow->next && edge.say == arrow->say, "%s, %s: to %s saying %s",
			  quern_state_name(arrow->from), tcp_event_text(arrow->event), quern_state_name(edge.next),
			  tcp_say_text(edge.say));
	}
}

static bool in_figure_5(enum quern_state from, enum quern_state next)
{
	for (unsigned int i = 0; i < sizeof(figure_5) / sizeof(*figure_5); i++) {
		if (figure_5[i].from == from && figure_5[i].next == next)
			return true;
	}
	return false;
}

/* What is no arrow of the figure is an end (RST, ABORT, timeout) or a return to LISTEN. */
Test(transition, no_edge_leads_where_figure_5_has_no_way)
{
	for (enum quern_state state = QUERN_CLOSED; state < QUERN_STATES_END; state++) {
		for (enum tcp_event event = 0; event < TCP_EVENTS_END; event++) {
			enum quern_state next = tcp_transition_edge(state, event).next;

			if (next == QUERN_NO_STATE || next == QUERN_CLOSED || next == state || in_figure_5(state, next))
				continue;
			cr_expect(next == QUERN_LISTEN || (state == QUERN_TIME_WAIT && next == QUERN_SYN_RCVD),
				  "%s, %s: to %s", quern_state_name(state), tcp_event_text(event),
				  quern_state_name(next));
		}
	}
}

/* RFC 9293 3.10.5: in a synchronized state ABORT tells the peer, in SYN-SENT nobody. */
Test(transition, abort_ends_every_state_and_resets_where_the_peer_knows_of_us)
{
	static const enum quern_state told[] = {QUERN_SYN_RCVD, QUERN_ESTABLISHED, QUERN_FIN_WAIT_1, QUERN_FIN_WAIT_2,
						QUERN_CLOSE_WAIT};
	struct tcp_edge edge;

	for (unsigned int i = 0; i < 5; i++) {
		edge = tcp_transition_edge(told[i], TCP_EVENT_ABORT);
		cr_expect(edge.next == QUERN_CLOSED && edge.say == TCP_SAY_RST, "%s", quern_state_name(told[i]));
	}
	edge = tcp_transition_edge(QUERN_SYN_SENT, TCP_EVENT_ABORT);
	cr_expect(edge.next == QUERN_CLOSED && edge.say == TCP_SAY_NOTHING);
}
