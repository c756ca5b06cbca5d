/* compare_page.c - the sides, what has changed, and the plots of all sides in one. */
#include "compare/compare_page.h"

#include <math.h>
#include <string.h>

#include "compare/compare_side.h"
#include "page/page_frame.h"
#include "page/page_lines.h"
#include "page/page_text.h"

static void write_side(FILE *out, const json_t *side, size_t number)
{
	const char *unit = document_string(side, "unit");
	char text[PAGE_NUMBER_TEXT];

	fprintf(out, "<tr><td>%c%s</td><td>", (int)('A' + number), number == 0 ? " (base)" : "");
	for (const char *at = document_string(side, "files"); *at; at++) {
		char letter[2] = {*at, '\0'};

		page_escape(out, letter);
		/* Where a long list may be broken. */
		if (*at == ',')
			fputs("<wbr>", out);
	}
	fprintf(out, "</td><td>%.0f %s", document_number(side, "count"), unit);
	if (strcmp(unit, "blocks") == 0)
		fprintf(out, " of %s, of one run", page_format(document_number(side, "block_s"), PAGE_SECONDS, text));
	fputs("</td></tr>\n", out);
}

static void write_sides(FILE *out, const json_t *comparison)
{
	const json_t *others = json_object_get(comparison, "others");
	bool has_blocks = strcmp(document_string(comparison, "base.unit"), "blocks") == 0;

	fputs("<section id=\"sides\"><h2>Sides</h2><div class=\"wide\"><table class=\"files\"><thead><tr><th>side</th>"
	      "<th>files</th><th>values</th></tr></thead><tbody>\n",
	      out);
	write_side(out, json_object_get(comparison, "base"), 0);
	for (size_t i = 0; i < json_array_size(others); i++) {
		write_side(out, json_array_get(others, i), i + 1);
		has_blocks |= strcmp(document_string(json_array_get(others, i), "unit"), "blocks") == 0;
	}
	fputs("</tbody></table></div>\n", out);
	if (has_blocks)
		fputs("<p>The seconds of one run are less apart than runs are: make several, alternately.</p>\n", out);
	fputs("</section>\n", out);
}

static const char *percent(double share, char text[PAGE_NUMBER_TEXT])
{
	snprintf(text, PAGE_NUMBER_TEXT, "%s%.1f", share < 0 ? "−" : "+", 100 * fabs(share));
	return text;
}

/* A sign, a word and a colour: any of them says it alone. */
static void write_verdict(FILE *out, const json_t *figure)
{
	static const struct {
		const char *key, *class, *text;
	} verdicts[] = {{"same", "same", "= no significant difference"},
			{"better", "ok", "▲ better"},
			{"worse", "missed", "▼ worse"},
			{"unknown", "same", "? not known"}};

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		if (strcmp(document_string(figure, "verdict"), verdicts[i].key) == 0)
			fprintf(out, "<td class=\"%s\">%s%s</td>", verdicts[i].class, verdicts[i].text,
				document_number(figure, "pairs") > 0 ? ", by pairs" : "");
	}
}

static void write_figure(FILE *out, const json_t *figure)
{
	const char *name = document_string(figure, "figure");
	enum page_unit unit = PAGE_COUNT;
	char text[PAGE_NUMBER_TEXT], high[PAGE_NUMBER_TEXT];

	for (int i = 0; i < COMPARE_FIGURES_END; i++) {
		if (strcmp(name, compare_figure_key((enum compare_figure)i)) != 0)
			continue;
		name = compare_figure_text((enum compare_figure)i);
		unit = compare_is_time((enum compare_figure)i) ? PAGE_NS : PAGE_COUNT;
		break;
	}
	fprintf(out, "<tr><td>%s</td>", name);
	fprintf(out, "<td>%s</td>", page_format(document_number(figure, "base"), unit, text));
	fprintf(out, "<td>%s</td>", page_format(document_number(figure, "other"), unit, text));
	fprintf(out, "<td>%s %%", percent(document_number(figure, "change"), text));
	if (json_is_number(json_object_get(figure, "low")) && json_is_number(json_object_get(figure, "high")))
		fprintf(out, " <small>[%s … %s]</small>", percent(document_number(figure, "low"), text),
			percent(document_number(figure, "high"), high));
	fputs("</td>", out);
	write_verdict(out, figure);
	fputs("</tr>\n", out);
}

static void write_changes(FILE *out, const json_t *side, size_t number)
{
	const json_t *figures = json_object_get(side, "figures");
	char name = (char)('A' + number);

	fprintf(out, "<section class=\"changes\" id=\"side-%c\"><h2>%c against A</h2>\n", name, name);
	if (json_array_size(figures) == 0) {
		fputs("<p>Nothing that both have measured.</p></section>\n", out);
		return;
	}
	fprintf(out,
		"<div class=\"wide\"><table><thead><tr><th></th><th>A (base)</th><th>%c</th><th>change [95 %%]</th>"
		"<th>verdict</th></tr></thead><tbody>\n",
		name);
	for (size_t i = 0; i < json_array_size(figures); i++)
		write_figure(out, json_array_get(figures, i));
	fputs("</tbody></table></div></section>\n", out);
}

static const char *const names[COMPARE_DRAWN_MOST] = {"A (base)", "B", "C", "D", "E", "F"};

/* What the others measured is on the plot where it is the same thing as the base's. */
static bool is_drawn(const struct compare_drawn *drawn, const struct compare_drawn *base)
{
	return drawn->is_there && drawn->is_udp == base->is_udp;
}

static void draw_rates(FILE *out, const struct compare_drawn drawn[COMPARE_DRAWN_MOST])
{
	bool is_udp = drawn[0].is_udp;
	struct page_plot plot = {
		.id = "rate",
		.title = is_udp ? "Answers a second" : "Connections established a second",
		.about = "Each second as high as what there was in it. Of a side with several files: the first one.",
		.x_name = "seconds of the measured time",
		.x_unit = PAGE_SECONDS,
		.y_unit = PAGE_COUNT};

	for (size_t i = 0; i < COMPARE_DRAWN_MOST; i++) {
		if (is_drawn(&drawn[i], &drawn[0]))
			page_lines_rows(&plot, names[i], drawn[i].rows, is_udp ? "answered" : "established", true);
	}
	page_plot_write(out, &plot);
	page_plot_close(&plot);
}

static void draw_percentiles(FILE *out, const struct compare_drawn drawn[COMPARE_DRAWN_MOST])
{
	struct page_plot plot = {
		.id = "percentiles",
		.title = drawn[0].is_udp ? "Percentiles of round trips" : "Percentiles of set-up",
		.about = "So much of all took no longer; of a side with several files: of all its files.",
		.x_name = "share of all, by nines",
		.x_unit = PAGE_NINES,
		.y_unit = PAGE_NS,
		.y_is_log = true};

	for (size_t i = 0; i < COMPARE_DRAWN_MOST; i++) {
		if (is_drawn(&drawn[i], &drawn[0]))
			page_lines_percentiles(&plot, names[i], drawn[i].times);
	}
	page_plot_write(out, &plot);
	page_plot_close(&plot);
}

/* What of the sides is on no plot. */
static void write_absent(FILE *out, size_t count, const struct compare_drawn drawn[COMPARE_DRAWN_MOST])
{
	if (count > COMPARE_DRAWN_MOST)
		fprintf(out,
			"<section id=\"absent\"><p>The first %d sides of %zu are drawn; all are in the tables.</p>"
			"</section>\n",
			(int)COMPARE_DRAWN_MOST, count);
	for (size_t i = 1; i < COMPARE_DRAWN_MOST; i++) {
		if (drawn[i].is_there && !is_drawn(&drawn[i], &drawn[0]))
			fprintf(out,
				"<section><p>%s is not drawn: its runs are of another protocol than "
				"A's.</p></section>\n",
				names[i]);
	}
}

int compare_page_write(FILE *out, const json_t *comparison, const struct compare_drawn drawn[COMPARE_DRAWN_MOST])
{
	const json_t *others = json_object_get(comparison, "others");
	size_t count = json_array_size(others) + 1;

	page_frame_open(out, "compare", document_string(comparison, "base.files"));
	fprintf(out, "<header><h1>quern compare: %zu sides</h1></header>\n<main>\n", count);
	write_sides(out, comparison);
	for (size_t i = 1; i < count; i++)
		write_changes(out, json_array_get(others, i - 1), i);
	write_absent(out, count, drawn);
	draw_rates(out, drawn);
	draw_percentiles(out, drawn);
	fputs("</main>\n<footer>", out);
	page_frame_button(out, "compare.json");
	fputs("quern " QUERN_VERSION "</footer>\n", out);
	return page_frame_close(out, comparison);
}
