/* page_charts.c - from the document's rows and histograms to lines. */
#include "page/page_charts.h"

#include <math.h>
#include <stdlib.h>
#include <stdint.h>
#include <string.h>

#include "cli/cli_profile.h"
#include "page/page_lines.h"
#include "page/page_plot.h"

static bool is_udp(const json_t *document)
{
	return json_is_object(json_object_get(document, "udp"));
}

static const json_t *rows_of(const json_t *document)
{
	return document_at(document, is_udp(document) ? "udp.series" : "series");
}

/* The rate that was intended, from the first to the last row; of merged runs the first one's is not that of all. */
static void add_intended(struct page_plot *plot, const json_t *document, double end_s)
{
	static struct cli_profile profile;
	const char *text = document_string(document, "config.profile");
	const json_t *cps = document_at(document, is_udp(document) ? "config.udp.pps" : "config.cps");
	char error[CLI_ERROR_TEXT];
	struct page_line *line;
	double at_s = 0;

	profile.count = 0;
	if (*text && cli_profile_read(text, &profile, error) != 0)
		return;
	if ((profile.count == 0 && !json_is_integer(cps)) || json_array_size(document_at(document, "services")) > 0 ||
	    document_at(document, "config.merged"))
		return;
	line = page_plot_add(plot, "intended", 2 * (size_t)profile.count + 2);
	if (!line)
		return;
	line->is_dashed = true;
	for (uint16_t i = 0; i < profile.count && at_s <= end_s; i++) {
		page_line_point(line, at_s, (double)profile.legs[i].from);
		at_s += (double)profile.legs[i].ns / 1e9;
		page_line_point(line, at_s, (double)profile.legs[i].to);
	}
	if (profile.count == 0) {
		page_line_point(line, 0, json_number_value(cps));
		page_line_point(line, end_s, json_number_value(cps));
	}
}

void page_chart_rate(FILE *out, const json_t *document)
{
	const json_t *rows = rows_of(document);
	double end_s = document_number(json_array_get(rows, json_array_size(rows) - 1), "t_s");
	struct page_plot plot = {.id = "rate",
				 .title = "Rate over time",
				 .about = "Each second as high as what there was in it.",
				 .x_name = "seconds of the measured time",
				 .x_unit = PAGE_SECONDS,
				 .y_unit = PAGE_COUNT};

	if (json_array_size(rows) == 0)
		return;
	if (is_udp(document)) {
		page_lines_rows(&plot, "sent", rows, "sent", true);
		page_lines_rows(&plot, "answered", rows, "answered", true);
		page_lines_rows(&plot, "lost", rows, "lost", true);
	} else {
		page_lines_rows(&plot, "opened", rows, "opened", true);
		page_lines_rows(&plot, "requests", rows, "requests", true);
		page_lines_rows(&plot, "failed", rows, "failed", true);
	}
	add_intended(&plot, document, end_s);
	page_plot_write(out, &plot);
	page_plot_close(&plot);
}

void page_chart_latency(FILE *out, const json_t *document)
{
	const json_t *rows = rows_of(document);
	struct page_plot plot = {.id = "latency",
				 .title = is_udp(document) ? "Round trips over time" : "Set-up time over time",
				 .about = document_at(document, "config.merged")
						  ? "Of each second the greatest of the percentiles of the runs."
						  : "Percentiles of each second.",
				 .x_name = "seconds of the measured time",
				 .x_unit = PAGE_SECONDS,
				 .y_unit = PAGE_NS,
				 .y_is_log = true};

	page_lines_rows(&plot, "p50", rows, "p50_ns", false);
	page_lines_rows(&plot, "p99", rows, "p99_ns", false);
	if (is_udp(document))
		page_lines_rows(&plot, "p99.9", rows, "p999_ns", false);
	page_plot_write(out, &plot);
	page_plot_close(&plot);
}

void page_chart_percentiles(FILE *out, const json_t *document)
{
	static const struct {
		const char *name, *path;
	} times[] = {{"set-up", "latency_ns.setup"},          {"from schedule", "latency_ns.setup_from_schedule"},
		     {"first byte", "latency_ns.first_byte"}, {"request", "latency_ns.request"},
		     {"round trip", "udp.latency_ns.rtt"},    {"from schedule", "udp.latency_ns.rtt_from_schedule"}};
	struct page_plot plot = {
		.id = "percentiles",
		.title = "Percentiles",
		.about = "So much of all took no longer. Each step to the right is a tenth of what was left.",
		.x_name = "share of all, by nines",
		.x_unit = PAGE_NINES,
		.y_unit = PAGE_NS,
		.y_is_log = true};
	bool has_schedule =
		json_is_integer(document_at(document, "config.cps")) || *document_string(document, "config.profile");

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		/* Without a schedule it is the set-up once more. */
		if (i != 1 || has_schedule)
			page_lines_percentiles(&plot, times[i].name, document_at(document, times[i].path));
	}
	page_plot_write(out, &plot);
	page_plot_close(&plot);
}

static int by_rate(const void *a, const void *b)
{
	double one = document_number(*(const json_t *const *)a, "rate"),
	       other = document_number(*(const json_t *const *)b, "rate");

	return (one > other) - (one < other);
}

/* Of a trial: the share of datagrams that it lost. */
static double loss_of(const json_t *trial)
{
	double sent = document_number(trial, "sent");

	return sent > 0 ? document_number(trial, "lost") / sent : NAN;
}

/* Dots, the trials in the order of their rates: the value of `key`, or their loss where there is none. */
static void add_trials(struct page_plot *plot, const char *name, const json_t *trials, const char *key)
{
	size_t count = json_array_size(trials);
	const json_t **sorted = malloc((count + 1) * sizeof(const json_t *));
	struct page_line *line = sorted ? page_plot_add(plot, name, count) : NULL;

	for (size_t i = 0; sorted && i < count; i++)
		sorted[i] = json_array_get(trials, i);
	if (line) {
		line->shape = PAGE_DOTS;
		qsort(sorted, count, sizeof(const json_t *), by_rate);
	}
	for (size_t i = 0; line && i < count; i++) {
		double value = key ? document_number(sorted[i], key) : loss_of(sorted[i]);

		page_line_point(line, document_number(sorted[i], "rate"), !key || value > 0 ? value : NAN);
	}
	free(sorted);
}

void page_chart_search(FILE *out, const json_t *document)
{
	bool is_udp_search = json_is_object(document_at(document, "udp.search"));
	const json_t *trials = document_at(document, is_udp_search ? "udp.search.trials" : "search.trials");
	struct page_plot plot = {.id = "search",
				 .title = is_udp_search ? "Load against loss" : "Load against set-up time",
				 .about = "A dot a trial of the search.",
				 .x_name = is_udp_search ? "datagrams a second" : "opens a second that were intended",
				 .x_unit = PAGE_COUNT,
				 .y_unit = is_udp_search ? PAGE_SHARE : PAGE_NS,
				 .y_is_log = !is_udp_search};

	if (json_array_size(trials) == 0)
		return;
	if (is_udp_search) {
		add_trials(&plot, "lost", trials, NULL);
	} else {
		add_trials(&plot, "p50", trials, "p50_ns");
		add_trials(&plot, "p99", trials, "p99_ns");
	}
	page_plot_write(out, &plot);
	page_plot_close(&plot);
}

void page_bars(FILE *out, const char *id, const char *title, const json_t *counts, enum page_unit unit)
{
	char text[PAGE_NUMBER_TEXT];
	const char *key;
	const json_t *value;
	double most = 0;

	json_object_foreach((json_t *)(uintptr_t)counts, key, value) most = fmax(most, json_number_value(value));
	if (most == 0)
		return;
	fprintf(out, "<figure id=\"%s\"><figcaption><h2>%s</h2></figcaption><table class=\"bars\"><tbody>\n", id,
		title);
	json_object_foreach((json_t *)(uintptr_t)counts, key, value)
	{
		if (json_number_value(value) == 0)
			continue;
		fputs("<tr><td>", out);
		page_escape(out, key);
		fprintf(out, "</td><td>%s</td>", page_format(json_number_value(value), unit, text));
		fprintf(out, "<td class=\"bar\"><div style=\"width:%.1f%%\"></div></td></tr>\n",
			100 * json_number_value(value) / (unit == PAGE_SHARE ? 1 : most));
	}
	fputs("</tbody></table></figure>\n", out);
}
