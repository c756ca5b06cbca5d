/* trace_script.c - plays tables of segments to a book. */
#include "trace_script.h"

#include <criterion/criterion.h>

const struct quern_endpoint SCRIPT_CLIENT = {.address = 0xc6120001, .port = 1024};
const struct quern_endpoint SCRIPT_SERVER = {.address = 0xc6130001, .port = 80};

static const uint32_t ISSES[TRACE_ENDS] = {1000, 4294967290};

struct quern_segment script_segment(const struct step *step)
{
	bool is_server = step->from == 's';
	struct quern_segment segment = {
		.source = is_server ? SCRIPT_SERVER : SCRIPT_CLIENT,
		.dest = is_server ? SCRIPT_CLIENT : SCRIPT_SERVER,
		.seq = ISSES[is_server] + step->seq,
		.ack = step->flags & ACK ? ISSES[!is_server] + step->ack : 0,
		.flags = step->flags,
		.text_bytes = step->text,
		.header_bytes = 20,
		.window = (uint16_t)(step->window == SCRIPT_SHUT ? 0
				     : step->window              ? step->window
								 : 1000),
		.checksum = QUERN_CHECKSUM_RIGHT,
	};

	return segment;
}

struct trace_connection *script_follow(struct trace_book *book, const struct step steps[], size_t count)
{
	const struct trace_choice choice = {.most = 10};
	uint64_t at_ns = 1700000000000000000;

	trace_book_init(book, &choice);
	for (size_t i = 0; i < count; i++) {
		struct quern_segment segment = script_segment(&steps[i]);

		at_ns += (i == 0 ? 0 : steps[i].after_ms ? steps[i].after_ms : 1) * 1000000;
		cr_assert_eq(trace_book_add(book, at_ns, &segment), 0);
	}
	trace_follow(book->connections[0]);
	return book->connections[0];
}

void script_expect(enum quern_state client, enum quern_state server, const struct step steps[], size_t count)
{
	struct trace_connection *connection;
	struct trace_book book;

	connection = script_follow(&book, steps, count);
	cr_assert_eq(book.count, 1, "%u connections", book.count);
	cr_assert_eq(connection->count, count);
	cr_expect_eq(connection->states[0], client, "client begins as %d", connection->states[0]);
	cr_expect_eq(connection->states[1], server, "server begins as %d", connection->states[1]);
	for (size_t i = 0; i < count; i++) {
		const struct trace_event *event = &connection->events[i];

		cr_expect_eq(event->sender_state, steps[i].sender, "step %zu: sender is %s, not %s", i,
			     quern_state_name(event->sender_state), quern_state_name(steps[i].sender));
		cr_expect_eq(event->receiver_state, steps[i].receiver, "step %zu: receiver is %s, not %s", i,
			     quern_state_name(event->receiver_state), quern_state_name(steps[i].receiver));
		cr_expect_eq(event->marks, steps[i].marks, "step %zu: marks %x, not %x", i, event->marks,
			     steps[i].marks);
		cr_expect_eq(event->lands, i + steps[i].lands, "step %zu: lands at %u", i, event->lands);
	}
	trace_book_free(&book);
}
