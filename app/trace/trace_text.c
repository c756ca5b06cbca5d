/* trace_text.c - a line for each segment, with the states of both ends where they change. */
#include "trace/trace_text.h"

#include <string.h>

#include "report/report_format.h"
#include "trace/trace_ladder.h"
#include "trace/trace_words.h"

enum {
	TIME_COLUMNS = 10,
	STATE_COLUMNS = 12,
	MARGINS = TIME_COLUMNS + 2 + STATE_COLUMNS + 2 + 2 + STATE_COLUMNS, /* all but what is between the lifelines */
	HEAD_COLUMNS = 10                                                   /* of an arrow: "--- " and " --->" */
};

#define PLAIN "\033[0m"
#define RED "\033[31m"
#define YELLOW "\033[33m"
#define GREEN "\033[32m"
#define BLUE "\033[34m"
#define MAGENTA "\033[35m"

/* What a picture shows by its colour: how far a connection is. */
static const char *color_of(enum quern_state state)
{
	switch (state) {
	case QUERN_SYN_SENT:
	case QUERN_SYN_RCVD:
		return YELLOW;
	case QUERN_ESTABLISHED:
		return GREEN;
	case QUERN_FIN_WAIT_1:
	case QUERN_FIN_WAIT_2:
	case QUERN_CLOSE_WAIT:
	case QUERN_CLOSING:
	case QUERN_LAST_ACK:
		return BLUE;
	case QUERN_TIME_WAIT:
		return MAGENTA;
	case QUERN_NO_STATE:
	case QUERN_CLOSED:
	case QUERN_LISTEN:
	case QUERN_STATES_END:
		break;
	}
	return "";
}

/* Fills up with blanks, as printf() does not by columns of UTF-8. */
static void print_padded(FILE *out, const char *text, size_t columns, bool to_right, const char *color)
{
	size_t used = trace_columns(text);
	int blanks = used < columns ? (int)(columns - used) : 0;

	fprintf(out, "%*s%s%s%s%*s", to_right ? blanks : 0, "", color, text, *color ? PLAIN : "", to_right ? 0 : blanks,
		"");
}

struct row {
	const char *time;
	const char *states[TRACE_ENDS]; /* left and right; empty where they stay */
	const char *colors[TRACE_ENDS];
	const char *middle; /* exactly as wide as the space between the lifelines */
	const char *middle_color;
};

static void print_row(FILE *out, const struct row *row)
{
	print_padded(out, row->time, TIME_COLUMNS, true, "");
	fputs("  ", out);
	print_padded(out, row->states[0], STATE_COLUMNS, false, row->colors[0]);
	fprintf(out, " |%s%s%s|", row->middle_color, row->middle, *row->middle_color ? PLAIN : "");
	if (row->states[1][0] != '\0')
		fprintf(out, " %s%s%s", row->colors[1], row->states[1], *row->colors[1] ? PLAIN : "");
	fputc('\n', out);
}

/* Words in the middle of `width` columns, which they fit into with two to spare; where they begin. */
static size_t draw_words(char *middle, size_t width, char ground, const char *words)
{
	size_t bytes = strlen(words), columns = trace_columns(words);
	size_t left = columns < width ? (width - columns) / 2 : 0;
	size_t all = columns < width ? width + bytes - columns : bytes;

	memset(middle, ground, all);
	memcpy(middle + left, words, bytes);
	middle[all] = '\0';
	return left;
}

/* "---- words ---->", or its mirror image; one that does not arrive ends in x. */
static void draw_arrow(char *middle, size_t width, const char *words, bool to_right, bool arrives)
{
	size_t left = draw_words(middle, width, '-', words), last = strlen(middle) - 1;

	middle[left - 1] = middle[left + strlen(words)] = ' ';
	if (to_right)
		middle[last] = arrives ? '>' : ' ';
	else
		middle[0] = arrives ? '<' : ' ';
	if (!arrives)
		middle[to_right ? last - 1 : 1] = 'x';
}

/* States as they are, on a line of their own. */
static void print_states(FILE *out, const char *words, const enum quern_state states[TRACE_ENDS],
			 const struct trace_text_style *style)
{
	char middle[TRACE_LINE_TEXT];
	struct row row = {"", {"", ""}, {"", ""}, middle, ""};

	draw_words(middle, style->columns - MARGINS, ' ', words);
	for (int end = 0; end < TRACE_ENDS; end++) {
		row.states[end] = trace_state_text(states[end]);
		row.colors[end] = style->colors ? color_of(states[end]) : "";
	}
	print_row(out, &row);
}

static void set_state(struct row *row, int end, enum quern_state state, const struct trace_text_style *style)
{
	if (state == QUERN_NO_STATE)
		return;
	row->states[end] = quern_state_name(state);
	row->colors[end] = style->colors ? color_of(state) : "";
}

static const char *color_of_event(const struct trace_event *event, const struct trace_text_style *style)
{
	if (!style->colors)
		return "";
	if (event->segment.flags & QUERN_RST)
		return RED;
	return event->marks & (TRACE_AGAIN | TRACE_PARTLY_AGAIN | TRACE_NOT_TAKEN | TRACE_WRONG_CHECKSUM) ? YELLOW : "";
}

static void print_event(FILE *out, const struct trace_connection *connection, uint32_t index,
			const struct trace_text_style *style)
{
	const struct trace_event *event = &connection->events[index];
	size_t width = style->columns - MARGINS;
	char line[TRACE_LINE_TEXT], middle[2 * TRACE_LINE_TEXT], time[TRACE_TIME_TEXT];
	struct row row = {time, {"", ""}, {"", ""}, middle, color_of_event(event, style)};
	struct trace_words words;

	trace_words_of(&words, connection, event);
	trace_time_text((int64_t)(event->at_ns - connection->first_ns), time);
	set_state(&row, event->from, event->sender_state, style);
	if (event->lands == index)
		set_state(&row, !event->from, event->receiver_state, style);
	trace_words_line(&words, width - HEAD_COLUMNS, line);
	draw_arrow(middle, width, line, event->from == 0, !(event->marks & TRACE_NOT_TAKEN));
	print_row(out, &row);
	while (trace_words_line(&words, width - 2, line)) {
		row = (struct row){"", {"", ""}, {"", ""}, middle, row.middle_color};
		draw_words(middle, width, ' ', line);
		print_row(out, &row);
	}
}

static void print_wrapped(FILE *out, const char *before, const char *text, const struct trace_text_style *style)
{
	char line[TRACE_LINE_TEXT];

	while ((text = trace_wrap(text, style->columns - strlen(before), line)) != NULL)
		fprintf(out, "%s%s\n", before, line);
}

static void print_head(FILE *out, const struct trace_connection *connection, const struct trace_text_style *style)
{
	char title[TRACE_TITLE_TEXT], left[QUERN_ENDPOINT_TEXT], right[QUERN_ENDPOINT_TEXT];
	const int before = TIME_COLUMNS + 2;
	const char *note;
	int gap;

	trace_title(connection, title);
	print_wrapped(out, "", title, style);
	for (uint32_t place = 0; (note = trace_note(connection, place)) != NULL; place++)
		print_wrapped(out, "  ", note, style);
	quern_format_endpoint(&connection->ends[0], left);
	quern_format_endpoint(&connection->ends[1], right);
	gap = (int)style->columns - before - (int)strlen(left);
	if (gap > (int)strlen(right))
		fprintf(out, "%*s%s%*s\n", before, "", left, gap, right);
	else
		fprintf(out, "%*s%s\n%*s\n", before, "", left, (int)style->columns, right);
	print_states(out, "", connection->states, style);
}

static void print_landing(FILE *out, const struct trace_event *event, const struct trace_text_style *style)
{
	char flags[TRACE_WORD_TEXT], words[TRACE_LINE_TEXT], middle[TRACE_LINE_TEXT];
	struct row row = {"", {"", ""}, {"", ""}, middle, ""};

	snprintf(words, sizeof(words), "(the %s arrives)", trace_flags_text(event->segment.flags, flags));
	draw_words(middle, style->columns - MARGINS, ' ', words);
	set_state(&row, !event->from, event->receiver_state, style);
	print_row(out, &row);
}

static void print_pause(FILE *out, uint64_t ns, const struct trace_text_style *style)
{
	char time[TRACE_TIME_TEXT], words[TRACE_LINE_TEXT], middle[TRACE_LINE_TEXT];
	const struct row row = {"", {"", ""}, {"", ""}, middle, ""};

	snprintf(words, sizeof(words), "... %s later ...", trace_time_text((int64_t)ns, time));
	draw_words(middle, style->columns - MARGINS, ' ', words);
	print_row(out, &row);
}

static void print_skip(FILE *out, const struct trace_row *row, const struct trace_text_style *style)
{
	char count[REPORT_NUMBER_TEXT], words[TRACE_LINE_TEXT];

	snprintf(words, sizeof(words), "... %s segments ...", report_format_count(row->amount, count));
	print_states(out, words, row->states, style);
}

void trace_text(FILE *out, const struct trace_connection *connection, const struct trace_text_style *style)
{
	struct trace_ladder ladder;
	struct trace_row row;

	print_head(out, connection, style);
	trace_ladder_begin(&ladder, connection, style->most);
	while (trace_ladder_next(&ladder, &row)) {
		switch (row.kind) {
		case TRACE_ROW_EVENT:
			print_event(out, connection, row.index, style);
			break;
		case TRACE_ROW_LANDING:
			print_landing(out, &connection->events[row.index], style);
			break;
		case TRACE_ROW_PAUSE:
			print_pause(out, row.amount, style);
			break;
		case TRACE_ROW_SKIP:
			print_skip(out, &row, style);
			break;
		}
	}
}
