/* compare_report.c - what was compared, then a line a figure: means, change, interval, verdict. */
#include "compare/compare_report.h"

#include <math.h>
#include <string.h>

#include "compare/compare_judge.h"
#include "report/report_format.h"

enum { COLUMN = 16 };

/* More than any result has, and still a whole number. */
#define MOST 1e18

/* Prints a text and blanks up to the column's end: letters count once, however many bytes they have. */
static void print_column(FILE *out, const char *text)
{
	int letters = 0;

	for (const char *at = text; *at; at++)
		letters += ((unsigned char)*at & 0xc0) != 0x80;
	fprintf(out, "%s%*s", text, letters < COLUMN ? COLUMN - letters : 1, "");
}

static const char *format_value(enum compare_figure figure, double value, char text[REPORT_NUMBER_TEXT])
{
	uint64_t whole = (uint64_t)fmin(value + 0.5, MOST);

	return compare_is_time(figure) ? report_format_ns(whole, text) : report_format_count(whole, text);
}

static void print_percent(FILE *out, double share, const char *behind)
{
	fprintf(out, "%s%.1f%s", share < 0 ? "−" : "+", 100 * fabs(share), behind);
}

static void print_figure(FILE *out, const struct compare_side *base, const struct compare_side *other,
			 enum compare_figure figure)
{
	struct compare_change change = compare_judge(base, other, figure);
	char text[REPORT_NUMBER_TEXT];

	print_column(out, compare_figure_text(figure));
	print_column(out, format_value(figure, change.base, text));
	print_column(out, format_value(figure, change.other, text));
	print_percent(out, change.change, " %   ");
	if (change.verdict != COMPARE_UNKNOWN) {
		fputc('[', out);
		print_percent(out, change.low, " … ");
		print_percent(out, change.high, "]   ");
	}
	fprintf(out, "%s%s\n", compare_verdict_text(change.verdict), change.pairs > 0 ? ", by pairs" : "");
}

static void print_side(FILE *out, const struct compare_side *side, size_t number)
{
	fprintf(out, "%c%s  %s: %zu %s", (int)('A' + number), number == 0 ? " (base)" : "       ", side->files,
		side->count, compare_unit_name(side->unit));
	if (side->unit == COMPARE_BLOCKS)
		fprintf(out, " of %.3g s, of one run", side->block_s);
	fputc('\n', out);
}

static bool has_figures(const struct compare_side *base, const struct compare_side *other)
{
	for (int figure = 0; figure < COMPARE_FIGURES_END; figure++) {
		if (compare_has(base, other, (enum compare_figure)figure))
			return true;
	}
	return false;
}

void compare_text(FILE *out, const struct compare_side *sides, size_t count)
{
	char name[8] = "";
	bool has_blocks = false;

	for (size_t i = 0; i < count; i++) {
		print_side(out, &sides[i], i);
		has_blocks |= sides[i].unit == COMPARE_BLOCKS;
	}
	if (has_blocks)
		fputs("            the seconds of one run are less apart than runs are: make several, alternately\n",
		      out);
	for (size_t i = 1; i < count; i++) {
		snprintf(name, sizeof(name), "%c", (int)('A' + i));
		fputc('\n', out);
		print_column(out, "");
		print_column(out, "A (base)");
		print_column(out, name);
		fputs("change\n", out);
		if (!has_figures(&sides[0], &sides[i]))
			fputs("nothing that both have measured\n", out);
		for (int figure = 0; figure < COMPARE_FIGURES_END; figure++) {
			if (compare_has(&sides[0], &sides[i], (enum compare_figure)figure))
				print_figure(out, &sides[0], &sides[i], (enum compare_figure)figure);
		}
	}
}

static json_t *real_or_null(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *side_json(const struct compare_side *side)
{
	return json_pack("{s:s, s:s, s:I, s:o}", "files", side->files, "unit", compare_unit_name(side->unit), "count",
			 (json_int_t)side->count, "block_s",
			 side->unit == COMPARE_BLOCKS ? json_real(side->block_s) : json_null());
}

static json_t *figures_json(const struct compare_side *base, const struct compare_side *other)
{
	static const char *const verdicts[] = {"same", "better", "worse", "unknown"};
	json_t *list = json_array();

	for (int i = 0; i < COMPARE_FIGURES_END; i++) {
		enum compare_figure figure = (enum compare_figure)i;
		struct compare_change change;

		if (!compare_has(base, other, figure))
			continue;
		change = compare_judge(base, other, figure);
		json_array_append_new(list,
				      json_pack("{s:s, s:f, s:f, s:f, s:o, s:o, s:s, s:I}", "figure",
						compare_figure_key(figure), "base", change.base, "other", change.other,
						"change", change.change, "low", real_or_null(change.low), "high",
						real_or_null(change.high), "verdict", verdicts[change.verdict], "pairs",
						(json_int_t)change.pairs));
	}
	return list;
}

json_t *compare_json(const struct compare_side *sides, size_t count)
{
	json_t *others = json_array();

	for (size_t i = 1; i < count; i++) {
		json_t *other = side_json(&sides[i]);

		json_object_set_new(other, "figures", figures_json(&sides[0], &sides[i]));
		json_array_append_new(others, other);
	}
	return json_pack("{s:s, s:o, s:o}", "schema", "quern-compare/1", "base", side_json(&sides[0]), "others",
			 others);
}
