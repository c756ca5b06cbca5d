/* trace_svg.c - the picture as a file: what is drawn first, and what is read aloud. */
#include "trace/trace_svg.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trace/trace_ladder.h"
#include "trace/trace_sheet.h"
#include "trace/trace_words.h"

enum { EDGE = 6 };

/* A part of the picture while it is written: bars lie behind arrows, and arrows behind words. */
struct layer {
	FILE *stream;
	char *text;
	size_t bytes;
};

enum { BARS, ARROWS, WORDS, LAYERS };

/* Adds a state to those that an end has been in. */
static void say_state(FILE *out, enum quern_state state)
{
	if (state != QUERN_NO_STATE)
		fprintf(out, ", %s", trace_state_text(state));
}

/* "Left end 198.18.0.1:1024: CLOSED, SYN-SENT, ... ." */
static void say_states(FILE *out, const struct trace_connection *connection, uint32_t most, int end)
{
	char text[QUERN_ENDPOINT_TEXT];
	struct trace_ladder ladder;
	struct trace_row row;

	fprintf(out, " %s end %s: %s", end == 0 ? "Left" : "Right", quern_format_endpoint(&connection->ends[end], text),
		trace_state_text(connection->states[end]));
	trace_ladder_begin(&ladder, connection, most);
	while (trace_ladder_next(&ladder, &row)) {
		const struct trace_event *event = &connection->events[row.index];

		if (row.kind == TRACE_ROW_EVENT && event->from == end)
			say_state(out, event->sender_state);
		else if (row.kind == TRACE_ROW_LANDING || (row.kind == TRACE_ROW_EVENT && event->lands == row.index))
			say_state(out, event->from == end ? QUERN_NO_STATE : event->receiver_state);
	}
	fputc('.', out);
}

/* What the picture shows, for who cannot see it; null where there is no memory for it. */
static char *describe(const struct trace_connection *const connections[], uint32_t count, uint32_t most)
{
	char title[TRACE_TITLE_TEXT], *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	if (!out)
		return NULL;
	fputs("Ladder diagram: time runs downwards, arrows are segments.", out);
	for (uint32_t i = 0; i < count; i++) {
		trace_title(connections[i], title);
		fprintf(out, " %c%s.", title[0] - 'a' + 'A', title + 1);
		for (int end = 0; end < TRACE_ENDS; end++)
			say_states(out, connections[i], most, end);
	}
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static void name(char *text, size_t room, const struct trace_connection *const connections[], uint32_t count)
{
	char left[QUERN_ENDPOINT_TEXT], right[QUERN_ENDPOINT_TEXT];

	if (count == 1)
		snprintf(text, room, "TCP connection from %s to %s",
			 quern_format_endpoint(&connections[0]->ends[0], left),
			 quern_format_endpoint(&connections[0]->ends[1], right));
	else
		snprintf(text, room, "%" PRIu32 " TCP connections", count);
}

/* Draws all ladders into their layers; the height of the picture. */
static int draw(struct layer layers[LAYERS], const struct trace_connection *const connections[], uint32_t count,
		uint32_t most)
{
	const struct trace_layers streams = {layers[BARS].stream, layers[ARROWS].stream, layers[WORDS].stream};
	int y = EDGE;

	for (uint32_t i = 0; i < count; i++)
		y = trace_sheet(&streams, connections[i], most, y);
	return y;
}

int trace_svg(FILE *out, const struct trace_connection *const connections[], uint32_t count, uint32_t most)
{
	struct layer layers[LAYERS] = {0};
	char title[TRACE_TITLE_TEXT], *desc = describe(connections, count, most);
	bool is_whole = desc != NULL;
	int height = 0;

	for (int i = 0; i < LAYERS; i++) {
		layers[i].stream = open_memstream(&layers[i].text, &layers[i].bytes);
		is_whole &= layers[i].stream != NULL;
	}
	if (is_whole)
		height = draw(layers, connections, count, most);
	for (int i = 0; i < LAYERS; i++)
		if (layers[i].stream && fclose(layers[i].stream) != 0)
			is_whole = false;
	if (is_whole) {
		name(title, sizeof(title), connections, count);
		trace_draw_begin(out, height, title, desc);
		for (int i = 0; i < LAYERS; i++)
			fwrite(layers[i].text, 1, layers[i].bytes, out);
		trace_draw_finish(out);
	}
	for (int i = 0; i < LAYERS; i++)
		free(layers[i].text);
	free(desc);
	return is_whole ? 0 : -ENOMEM;
}
