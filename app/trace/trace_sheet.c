/* trace_sheet.c - lays a ladder out from top to bottom: labels above slanted arrows, states beside bars. */
#include "trace/trace_sheet.h"

#include <string.h>

#include "report/report_format.h"
#include "trace/trace_ladder.h"
#include "trace/trace_words.h"

enum {
	EDGE = 10,    /* around the picture */
	SLANT = 20,   /* how far below its tail an arrow's head is */
	ABOVE = 8,    /* a label */
	BELOW = 6,    /* an arrow's head */
	CROSSING = 8, /* how far below the first arrow's tail that of one is which crosses it */
	LANDING = 22, /* height of a row for what arrives late */
	BREAK = 34    /* and for a pause */
};

/* A picture while it is drawn. */
struct sheet {
	const struct trace_layers *layers;
	const struct trace_connection *connection;
	int y; /* where the next row begins */
	enum quern_state states[TRACE_ENDS];
	int since[TRACE_ENDS];           /* where the present piece of each lifeline begins */
	int late_tails[TRACE_LATE_MOST]; /* where what arrives late was said; 0 where that is not drawn */
};

static void write_text(struct sheet *sheet, const char *class, const char *text)
{
	char line[TRACE_LINE_TEXT];

	while ((text = trace_wrap(text, TRACE_TITLE_LETTERS, line)) != NULL) {
		sheet->y += TRACE_LINE;
		trace_draw_words(sheet->layers->words, EDGE, sheet->y, TRACE_START, class, line);
	}
}

static void draw_ends(struct sheet *sheet)
{
	char left[QUERN_ENDPOINT_TEXT], right[QUERN_ENDPOINT_TEXT];

	quern_format_endpoint(&sheet->connection->ends[0], left);
	quern_format_endpoint(&sheet->connection->ends[1], right);
	sheet->y += TRACE_LINE + ABOVE;
	trace_draw_words(sheet->layers->words, EDGE, sheet->y, TRACE_START, "h", left);
	if (strlen(left) + strlen(right) + 2 > TRACE_TITLE_LETTERS)
		sheet->y += TRACE_LINE;
	trace_draw_words(sheet->layers->words, TRACE_WIDTH - EDGE, sheet->y, TRACE_END, "h", right);
}

/* The state of an end from here on. */
static void set_state(struct sheet *sheet, int end, int y, enum quern_state state)
{
	if (state == QUERN_NO_STATE)
		return;
	trace_draw_bar(sheet->layers->bars, end, sheet->since[end], y, sheet->states[end]);
	trace_draw_state(sheet->layers->words, end, y, state);
	sheet->states[end] = state;
	sheet->since[end] = y;
}

static void draw_top(struct sheet *sheet)
{
	const struct trace_connection *connection = sheet->connection;
	char title[TRACE_TITLE_TEXT];
	const char *note;

	trace_title(connection, title);
	write_text(sheet, "h", title);
	for (uint32_t place = 0; (note = trace_note(connection, place)) != NULL; place++)
		write_text(sheet, "m", note);
	draw_ends(sheet);
	sheet->y += TRACE_LINE;
	for (int end = 0; end < TRACE_ENDS; end++) {
		sheet->states[end] = connection->states[end];
		sheet->since[end] = sheet->y - 5;
		trace_draw_state(sheet->layers->words, end, sheet->y, connection->states[end]);
	}
	sheet->y += BELOW;
}

/* The words of an arrow above it: in the middle, or at the end that says them where two arrows cross below. */
static void draw_label(struct sheet *sheet, const struct trace_event *event, enum trace_anchor anchor)
{
	static const int places[] = {[TRACE_START] = TRACE_LEFT + TRACE_BAR,
				     [TRACE_MIDDLE] = TRACE_WIDTH / 2,
				     [TRACE_END] = TRACE_RIGHT - TRACE_BAR};
	struct trace_words words;
	char line[TRACE_LINE_TEXT];

	trace_words_of(&words, sheet->connection, event);
	words.marks_apart = true;
	sheet->y += ABOVE - 3;
	for (;;) {
		bool is_mark = words.next >= words.marks_at;

		if (!trace_words_line(&words, TRACE_LABEL_LETTERS, line))
			break;
		sheet->y += TRACE_LINE;
		trace_draw_words(sheet->layers->words, places[anchor], sheet->y - 2, anchor, is_mark ? "l w" : "l",
				 line);
	}
}

/* When it was said, in a margin; below the state that begins there. */
static void draw_time(struct sheet *sheet, const struct trace_event *event, int end, int tail)
{
	bool has_state = event->from == end && event->sender_state != QUERN_NO_STATE;
	char time[TRACE_TIME_TEXT];

	trace_time_text((int64_t)(event->at_ns - sheet->connection->first_ns), time);
	trace_draw_beside(sheet->layers->words, end, tail + (has_state ? 14 : 0), "i", time);
}

static enum trace_stroke stroke_of(const struct trace_event *event)
{
	if (event->segment.flags & QUERN_RST)
		return TRACE_STROKE_RESET;
	return event->marks & (TRACE_AGAIN | TRACE_PARTLY_AGAIN) ? TRACE_STROKE_AGAIN : TRACE_STROKE_PLAIN;
}

/* Remembers where the tail of an arrow is whose head comes further down. */
static void begin_late(struct sheet *sheet, uint32_t index, int y)
{
	for (uint32_t i = 0; i < sheet->connection->late_count; i++)
		if (sheet->connection->late[i] == index)
			sheet->late_tails[i] = y;
}

static void draw_event(struct sheet *sheet, uint32_t index)
{
	const struct trace_event *event = &sheet->connection->events[index];
	int tail;

	draw_label(sheet, event, TRACE_MIDDLE);
	tail = sheet->y + 4;
	set_state(sheet, event->from, tail, event->sender_state);
	draw_time(sheet, event, 0, tail);
	if (event->lands != index) {
		begin_late(sheet, index, tail);
		sheet->y = tail + BELOW;
		return;
	}
	trace_draw_arrow(sheet->layers->arrows, event->from, tail, tail + SLANT, stroke_of(event),
			 !(event->marks & TRACE_NOT_TAKEN));
	set_state(sheet, !event->from, tail + SLANT, event->receiver_state);
	sheet->y = tail + SLANT + BELOW;
}

/* Two that are under way at once: both labels above, and the arrows cross below them. */
static void draw_crossing(struct sheet *sheet, uint32_t index)
{
	const struct trace_event *first = &sheet->connection->events[index], *second = first + 1;
	int tail, head;

	draw_label(sheet, first, first->from == 0 ? TRACE_START : TRACE_END);
	draw_label(sheet, second, second->from == 0 ? TRACE_START : TRACE_END);
	tail = sheet->y + 6;
	head = tail + 2 * SLANT + CROSSING;
	set_state(sheet, first->from, tail, first->sender_state);
	set_state(sheet, second->from, tail + CROSSING, second->sender_state);
	draw_time(sheet, first, first->from, tail);
	draw_time(sheet, second, second->from, tail + CROSSING);
	trace_draw_arrow(sheet->layers->arrows, first->from, tail, head, stroke_of(first), true);
	trace_draw_arrow(sheet->layers->arrows, second->from, tail + CROSSING, tail + CROSSING + SLANT + 4,
			 stroke_of(second), !(second->marks & TRACE_NOT_TAKEN));
	set_state(sheet, !second->from, tail + CROSSING + SLANT + 4, second->receiver_state);
	set_state(sheet, !first->from, head, first->receiver_state);
	sheet->y = head + BELOW;
}

static void draw_landing(struct sheet *sheet, uint32_t index)
{
	const struct trace_event *event = &sheet->connection->events[index];
	int head = sheet->y + LANDING / 2;

	for (uint32_t i = 0; i < sheet->connection->late_count; i++)
		if (sheet->connection->late[i] == index && sheet->late_tails[i] != 0)
			trace_draw_arrow(sheet->layers->arrows, event->from, sheet->late_tails[i], head,
					 stroke_of(event), true);
	set_state(sheet, !event->from, head, event->receiver_state);
	sheet->y += LANDING;
}

/* A piece of both lifelines that is not drawn to any scale. */
static void draw_break(struct sheet *sheet, const char *words)
{
	for (int end = 0; end < TRACE_ENDS; end++) {
		trace_draw_bar(sheet->layers->bars, end, sheet->since[end], sheet->y, sheet->states[end]);
		sheet->since[end] = sheet->y + BREAK;
	}
	trace_draw_break(sheet->layers->bars, sheet->y + 6, sheet->y + BREAK - 4);
	trace_draw_words(sheet->layers->words, TRACE_WIDTH / 2, sheet->y + BREAK / 2 + 5, TRACE_MIDDLE, "l m", words);
	sheet->y += BREAK;
}

static void draw_pause(struct sheet *sheet, uint64_t ns)
{
	char time[TRACE_TIME_TEXT], words[TRACE_LINE_TEXT];

	snprintf(words, sizeof(words), "… %s later …", trace_time_text((int64_t)ns, time));
	draw_break(sheet, words);
}

static void draw_skip(struct sheet *sheet, const struct trace_row *row)
{
	char count[REPORT_NUMBER_TEXT], words[TRACE_LINE_TEXT];

	snprintf(words, sizeof(words), "… %s segments …", report_format_count(row->amount, count));
	draw_break(sheet, words);
	for (int end = 0; end < TRACE_ENDS; end++)
		if (row->states[end] != sheet->states[end])
			set_state(sheet, end, sheet->y, row->states[end]);
}

/* True for an event that the next one crosses, and nothing else. */
static bool is_crossed(const struct trace_connection *connection, uint32_t index)
{
	const struct trace_event *event = &connection->events[index];

	return event->lands == index + 1 && event[1].from != event->from && event[1].lands == index + 1;
}

static void draw_row(struct sheet *sheet, const struct trace_row *row)
{
	switch (row->kind) {
	case TRACE_ROW_EVENT:
		draw_event(sheet, row->index);
		break;
	case TRACE_ROW_LANDING:
		draw_landing(sheet, row->index);
		break;
	case TRACE_ROW_PAUSE:
		draw_pause(sheet, row->amount);
		break;
	case TRACE_ROW_SKIP:
		draw_skip(sheet, row);
		break;
	}
}

static void draw_rows(struct sheet *sheet, uint32_t most)
{
	struct trace_ladder ladder, ahead;
	struct trace_row row, next;

	trace_ladder_begin(&ladder, sheet->connection, most);
	while (trace_ladder_next(&ladder, &row)) {
		ahead = ladder;
		if (row.kind == TRACE_ROW_EVENT && is_crossed(sheet->connection, row.index) &&
		    trace_ladder_next(&ahead, &next) && next.kind == TRACE_ROW_EVENT && next.index == row.index + 1 &&
		    trace_ladder_next(&ahead, &next) && next.kind == TRACE_ROW_LANDING && next.index == row.index) {
			draw_crossing(sheet, row.index);
			ladder = ahead;
			continue;
		}
		draw_row(sheet, &row);
	}
}

int trace_sheet(const struct trace_layers *layers, const struct trace_connection *connection, uint32_t most, int y)
{
	struct sheet sheet = {.layers = layers, .connection = connection, .y = y};

	draw_top(&sheet);
	draw_rows(&sheet, most);
	sheet.y += EDGE;
	for (int end = 0; end < TRACE_ENDS; end++)
		trace_draw_bar(layers->bars, end, sheet.since[end], sheet.y, sheet.states[end]);
	return sheet.y + EDGE;
}
