/* live_draw.c - the header, the table, the chart and the lines; then what does not fit goes. */
#include "live/live_draw.h"

#include <stdio.h>
#include <string.h>

#include "report/report_format.h"

enum {
	NAME_CELLS = 13,
	NUMBER_CELLS = 13,
	BAR_CELLS = 20,
	ONE_LINE_CELLS = 100,
	BESIDE_CELLS = 120,
	AIRY_ROWS = 14,
	AIRIER_ROWS = 20
};

/* Ranks of what is no line of the model; those of lines lie between and behind. */
enum { RANK_CLOCK, RANK_FIRST, RANK_NOTE, RANK_TITLE, RANK_CHART = 6, RANK_HEAD, RANK_KEYS, RANK_AIR = 10 };

/* What ASCII has in place of a character that is drawn; for any other, a question mark. */
static const char *plain_of(const char *at, size_t length)
{
	static const char *const pairs[][2] = {
		{"µ", "u"}, {"·", "|"}, {"✓", "ok"}, {"✗", "MISSED"}, {"█", "#"}, {"░", "."}, {"▁", "_"}, {"▂", "."},
		{"▃", "-"}, {"▄", "="}, {"▅", "+"},  {"▆", "*"},      {"▇", "%"}, {"–", "-"}, {"…", "~"},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (strlen(pairs[i][0]) == length && memcmp(pairs[i][0], at, length) == 0)
			return pairs[i][1];
	}
	return "?";
}

/* Bytes of the character that begins there; a byte that begins none counts for itself. */
static size_t character_bytes(const char *at)
{
	unsigned char first = (unsigned char)*at;
	size_t want = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;

	for (size_t i = 1; i < want; i++) {
		if (((unsigned char)at[i] & 0xc0) != 0x80)
			return 1;
	}
	return want;
}

/* Copies no more than a line of the terminal has, but for its last column, in which some wrap. */
static void put_text(struct live_row *row, const char *text, const struct live_size *size)
{
	size_t used = 0, cells = 0;

	while (*text) {
		size_t length = character_bytes(text);
		bool is_shown = length > 1 ? size->is_utf8 : *text >= ' ' && *text < 0x7f;
		const char *shown = is_shown ? text : length > 1 ? plain_of(text, length) : "?";
		size_t bytes = is_shown ? length : strlen(shown), wide = is_shown ? 1 : bytes;

		if (cells + wide >= size->columns || used + bytes >= sizeof(row->text))
			break;
		memcpy(row->text + used, shown, bytes);
		used += bytes;
		cells += wide;
		text += length;
	}
	row->text[used] = '\0';
}

static void add_row(struct live_page *page, const char *text, unsigned int rank, enum live_mood mood,
		    const struct live_size *size)
{
	struct live_row *row = &page->rows[page->count];

	if (page->count == LIVE_ROWS)
		return;
	page->count++;
	row->rank = rank;
	row->mood = mood;
	put_text(row, text, size);
}

static void print_clock(FILE *out, double t_s)
{
	uint64_t whole = t_s > 0 && t_s < 1e15 ? (uint64_t)t_s : 0;

	fprintf(out, "%02llu:%02u:%02u", (unsigned long long)(whole / 3600), (unsigned int)(whole / 60 % 60),
		(unsigned int)(whole % 60));
}

static void print_progress(FILE *out, const struct live_model *model)
{
	int full = (int)(BAR_CELLS * (model->done > 1 ? 1 : model->done) + 0.5);

	print_clock(out, model->t_s);
	if (model->total_s > 0) {
		fputs(" / ", out);
		print_clock(out, model->total_s);
	}
	fputs("  ", out);
	for (int i = 0; i < BAR_CELLS && model->done >= 0; i++)
		fputs(i < full ? "█" : "░", out);
}

static void draw_header(struct live_page *page, const struct live_model *model, const struct live_size *size)
{
	char text[LIVE_BYTES] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	if (!out)
		return;
	if (size->columns >= ONE_LINE_CELLS)
		fprintf(out, "%s   ", model->title);
	else
		add_row(page, model->title, RANK_TITLE, LIVE_STRONG, size);
	print_progress(out, model);
	fclose(out);
	add_row(page, text, RANK_CLOCK, LIVE_STRONG, size);
}

/* To the last digit where they fit. */
static void print_number(FILE *out, double value, int cells)
{
	char text[REPORT_NUMBER_TEXT];

	if (value < 0 || value > 1e18)
		value = value < 0 ? 0 : 1e18;
	report_format_count((uint64_t)(value + 0.5), text);
	if (strlen(text) >= (size_t)cells)
		report_format_big(value, text);
	fprintf(out, "%*s", cells, text);
}

static double chart_most(const struct live_model *model)
{
	double most = 0;

	for (uint16_t i = 0; i < LIVE_SECONDS; i++) {
		double value = live_model_charted(model, i);

		most = value > most ? value : most;
	}
	return most;
}

/* The newest second stands on the right. */
static void print_chart(FILE *out, const struct live_model *model, uint16_t cells)
{
	static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	double most = chart_most(model);

	for (uint16_t i = 0; i < cells; i++) {
		double value = live_model_charted(model, (uint16_t)(cells - 1 - i));
		int height = most > 0 ? (int)(value / most * 7 + 0.5) : 0;

		fputs(value < 0 ? " " : blocks[height > 7 ? 7 : height], out);
	}
}

static void print_chart_name(FILE *out, const struct live_model *model)
{
	char most[REPORT_NUMBER_TEXT];

	fprintf(out, "%s, last 60 s, at most %s", model->charted,
		report_format_count((uint64_t)(chart_most(model) + 0.5), most));
}

/* One row of the table, -1 for its head. What stands beside it: the chart's name beside the head, the chart below. */
static void draw_table_row(struct live_page *page, const struct live_model *model, int number,
			   const struct live_size *size)
{
	bool has_minute = size->columns > NAME_CELLS + 3 * NUMBER_CELLS;
	const struct live_counter *counter = &model->counters[number < 0 ? 0 : number];
	char text[LIVE_BYTES] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	if (!out)
		return;
	fprintf(out, "%-*s", NAME_CELLS, number < 0 ? "" : counter->name);
	if (number < 0) {
		fprintf(out, "%*s", NUMBER_CELLS, "now");
		if (has_minute)
			fprintf(out, "%*s", NUMBER_CELLS, "1 min avg");
		fprintf(out, "%*s", NUMBER_CELLS, "total");
	} else {
		print_number(out, counter->now, NUMBER_CELLS);
		if (has_minute)
			print_number(out, counter->minute, NUMBER_CELLS);
		print_number(out, (double)counter->total, NUMBER_CELLS);
	}
	if (size->columns >= BESIDE_CELLS && number <= 0) {
		fputs("     ", out);
		if (number < 0)
			print_chart_name(out, model);
		else
			print_chart(out, model, LIVE_SECONDS);
	}
	fclose(out);
	add_row(page, text,
		number < 0   ? RANK_HEAD
		: number < 3 ? RANK_FIRST
			     : RANK_TITLE,
		number < 0 ? LIVE_FAINT : LIVE_PLAIN, size);
}

static void draw_table(struct live_page *page, const struct live_model *model, const struct live_size *size)
{
	char text[LIVE_BYTES] = "";
	uint16_t room = size->columns > NAME_CELLS + 1 ? (uint16_t)(size->columns - NAME_CELLS - 1) : 1;
	FILE *out;

	for (int i = -1; i < (int)model->counter_count; i++)
		draw_table_row(page, model, i, size);
	if (size->columns >= BESIDE_CELLS)
		return;
	out = fmemopen(text, sizeof(text), "w");
	if (!out)
		return;
	fprintf(out, "%-*s", NAME_CELLS, model->charted);
	print_chart(out, model, room < LIVE_SECONDS ? room : LIVE_SECONDS);
	fclose(out);
	add_row(page, text, RANK_CHART, LIVE_PLAIN, size);
}

static void draw_lines(struct live_page *page, const struct live_model *model, const struct live_size *size)
{
	char text[LIVE_TEXT + LIVE_LABEL + 8];

	for (uint16_t i = 0; i < model->line_count; i++) {
		const struct live_line *line = &model->lines[i];

		snprintf(text, sizeof(text), "%-*s%s", NAME_CELLS, line->label, line->text);
		add_row(page, text, line->rank, line->mood, size);
	}
}

static void draw_help(struct live_page *page, const struct live_model *model, const struct live_size *size)
{
	add_row(page, "q  quit, as Ctrl-C: the whole report, marked aborted", RANK_FIRST, LIVE_PLAIN, size);
	if (model->can_steer) {
		add_row(page, "p  pause: open no more; again: go on", RANK_FIRST, LIVE_PLAIN, size);
		add_row(page, "+  the rate, or the number held, 10 % up", RANK_FIRST, LIVE_PLAIN, size);
		add_row(page, "-  the same, 10 % down", RANK_FIRST, LIVE_PLAIN, size);
	}
	add_row(page, "?  this help, and back", RANK_FIRST, LIVE_PLAIN, size);
}

static void leave_out(struct live_page *page, uint16_t rows)
{
	while (page->count > rows) {
		uint16_t worst = 0;

		for (uint16_t i = 1; i < page->count; i++) {
			if (page->rows[i].rank >= page->rows[worst].rank)
				worst = i;
		}
		page->count--;
		memmove(&page->rows[worst], &page->rows[worst + 1],
			sizeof(page->rows[0]) * (size_t)(page->count - worst));
	}
}

void live_draw(struct live_page *page, const struct live_model *model, const struct live_size *size)
{
	page->count = 0;
	/* Where others write while the screen is up: what they say stays above it, if it is no longer than that. */
	if (size->rows >= AIRY_ROWS)
		add_row(page, "", RANK_AIR, LIVE_PLAIN, size);
	if (size->rows >= AIRIER_ROWS)
		add_row(page, "", RANK_AIR, LIVE_PLAIN, size);
	draw_header(page, model, size);
	if (model->shows_help) {
		draw_help(page, model, size);
	} else {
		draw_table(page, model, size);
		draw_lines(page, model, size);
	}
	if (model->note[0])
		add_row(page, model->note, RANK_NOTE, LIVE_STRONG, size);
	if (model->has_keys)
		add_row(page, model->can_steer ? "q quit · p pause · +/- rate · ? help" : "q quit · ? help", RANK_KEYS,
			LIVE_FAINT, size);
	leave_out(page, size->rows);
}
