/* test_trace_any.c - segments without sense, in any number and order: all of it can be shown. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "trace/trace_svg.h"
#include "trace/trace_text.h"
#include "trace/trace_words.h"
#include "trace_script.h"

static uint64_t state = 20261126;

/* A draw below `bound`. */
static uint32_t draw(uint32_t bound)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 33) % bound);
}

/* Mostly near each other, and sometimes anywhere. */
static uint32_t number(void)
{
	return draw(16) == 0 ? draw(UINT32_MAX) : 4294967200u + draw(200);
}

static struct quern_segment any_segment(void)
{
	static const uint16_t flags[] = {SYN, SYN | ACK, ACK, ACK, PSH | ACK, FIN | ACK, RST, RST | ACK};
	struct quern_endpoint ends[2] = {{.address = draw(2), .port = 1},
					 {.ip6 = {0, draw(2)}, .port = (uint16_t)draw(2)}};
	uint32_t from = draw(2);
	struct quern_segment segment = {
		.source = ends[from],
		.dest = ends[!from],
		.seq = number(),
		.ack = number(),
		.flags = (uint16_t)(draw(8) == 0 ? draw(512) : flags[draw(8)]),
		.text_bytes = draw(3)    ? 0
			      : draw(64) ? draw(20)
					 : draw(UINT32_MAX),
		.window = (uint16_t)draw(3),
		.checksum = (enum quern_checksum)draw(4),
		.has_scale = draw(2),
		.scale = (uint8_t)draw(15),
		.mss = (uint16_t)draw(65536),
		.sack_permitted = draw(2),
		.sack_count = (uint8_t)draw(QUERN_SACKS + 1),
		.has_timestamps = draw(2),
		.tsval = number(),
		.tsecr = number(),
		.unknown_count = (uint8_t)draw(QUERN_OPTIONS_UNKNOWN + 1),
		.options_end_early = draw(2),
	};

	return segment;
}

static void expect_lines_fit(char *text, uint32_t columns)
{
	char *save;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		cr_assert_leq(trace_columns(line), columns, "%s", line);
}

static void show_all(struct trace_book *book)
{
	const struct trace_text_style style = {.columns = TRACE_TEXT_COLUMNS + draw(61), .most = draw(3) * 6};
	const struct trace_connection *shown[16];
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);
	uint32_t count = 0;

	for (uint32_t i = 0; i < book->count && count < 16; i++) {
		if (!book->connections[i]->is_shown)
			continue;
		trace_follow(book->connections[i]);
		shown[count++] = book->connections[i];
		trace_text(out, book->connections[i], &style);
	}
	fclose(out);
	expect_lines_fit(text, style.columns);
	free(text);
	out = open_memstream(&text, &bytes);
	cr_assert_eq(trace_svg(out, shown, count, style.most), 0);
	fclose(out);
	cr_assert(strstr(text, "</svg>\n"));
	free(text);
}

Test(trace_any, segments_in_any_order_can_be_shown)
{
	for (int round = 0; round < 2000; round++) {
		const struct trace_choice choice = {.most = 16};
		struct trace_book book;
		uint64_t segments = 0;

		trace_book_init(&book, &choice);
		for (uint32_t left = draw(60); left > 0; left--) {
			struct quern_segment segment = any_segment();

			cr_assert_eq(trace_book_add(&book, draw(4) ? draw(1000000) : state, &segment), 0);
		}
		show_all(&book);
		for (uint32_t i = 0; i < book.count; i++)
			segments += book.connections[i]->segments;
		cr_assert_eq(segments, book.segments, "each segment is of one connection");
		trace_book_free(&book);
	}
}

Test(trace_any, many_connections_are_told_apart)
{
	const struct trace_choice choice = {.most = 3};
	struct trace_book book;

	trace_book_init(&book, &choice);
	for (int turn = 0; turn < 2; turn++) {
		for (uint32_t i = 0; i < 70000; i++) {
			struct quern_segment segment = {.source = {.address = i >> 8, .port = (uint16_t)(1 + i % 256)},
							.dest = {.address = 7, .port = 80},
							.flags = turn == 0 ? SYN : ACK};

			cr_assert_eq(trace_book_add(&book, i, &segment), 0);
		}
	}
	cr_assert_eq(book.count, 70000);
	cr_assert_eq(book.shown, 3);
	cr_assert_eq(book.hidden_segments, 2 * (70000 - 3));
	for (uint32_t i = 0; i < book.count; i++)
		cr_assert_eq(book.connections[i]->segments, 2);
	trace_book_free(&book);
}

Test(trace_any, a_bound_on_connections_holds_and_counts_what_is_beyond)
{
	const struct trace_choice choice = {.most = 1};
	struct trace_book book;

	trace_book_init(&book, &choice);
	for (uint32_t i = 0; i < TRACE_MAX_CONNECTIONS + 5; i++) {
		struct quern_segment segment = {
			.source = {.address = i, .port = 1}, .dest = {.address = 7, .port = 80}, .flags = SYN};

		cr_assert_eq(trace_book_add(&book, i, &segment), 0);
	}
	cr_assert_eq(book.count, TRACE_MAX_CONNECTIONS);
	cr_assert_eq(book.beyond, 5);
	cr_assert(trace_book_is_full(&book));
	trace_book_free(&book);
}
