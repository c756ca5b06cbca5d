/* page_sections.c - the verdict, and the figures that are looked for first. */
#include "page/page_sections.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "page/page_lists.h"
#include "page/page_text.h"

static void cause(FILE *out, const char *before, const char *what, const char *after)
{
	fprintf(out, "<li>%s", before);
	page_escape(out, what);
	fprintf(out, "%s</li>\n", after);
}

static void write_causes(FILE *out, const json_t *document)
{
	const char *verdict = document_string(document, "verdict");
	const json_t *threshold;
	size_t i;

	if (strcmp(verdict, "pass") == 0)
		return;
	fputs("<ul class=\"causes\">\n", out);
	if (strcmp(verdict, "aborted") == 0)
		cause(out, "it was stopped before its end", "", "; what is here is what there was by then");
	if (strcmp(verdict, "invalid") == 0)
		cause(out, "the generator did not keep its schedule", "", ", and --strict asks for that");
	if (!json_is_true(document_at(document, "valid.accounting")))
		cause(out, "the accounts do not add up", "", "");
	if (json_is_object(document_at(document, "stopped")))
		cause(out, "ended by its own condition: ", document_string(document, "stopped.expr"), "");
	json_array_foreach(document_at(document, "thresholds"), i, threshold)
	{
		char value[PAGE_NUMBER_TEXT], after[2 * PAGE_NUMBER_TEXT];

		if (json_is_true(document_at(threshold, "ok")))
			continue;
		snprintf(after, sizeof(after), ": it was %s", page_threshold_value(threshold, value));
		cause(out, "missed: ", document_string(threshold, "expr"), after);
	}
	if (document_number(document, "totals.opened") > 0 && document_number(document, "totals.established") == 0)
		cause(out, "not one connection came about", "", "");
	if (document_number(document, "totals.requests.corrupt") > 0)
		cause(out, "text was not what was sent", "", "");
	fputs("</ul>\n", out);
}

void page_section_verdict(FILE *out, const json_t *document)
{
	const char *verdict = document_string(document, "verdict"),
		   *target = document_string(document, "config.target");
	const json_t *service;
	size_t i;

	fprintf(out, "<header><span class=\"verdict %s\">", strcmp(verdict, "pass") == 0 ? "pass" : "other");
	for (const char *at = verdict; *at; at++)
		fputc(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : '?', out);
	fputs("</span><h1>quern ", out);
	page_escape(out, document_string(document, "config.kind"));
	if (json_array_size(document_at(document, "config.services")) == 0) {
		fputc(' ', out);
		page_escape(out, target);
	}
	json_array_foreach(document_at(document, "config.services"), i, service)
	{
		fputs(i == 0 ? " " : ", ", out);
		page_escape(out, document_string(service, "name"));
	}
	fprintf(out, "</h1><p>%.1f s measured</p></header>\n", document_number(document, "duration_s"));
	write_causes(out, document);
}

static void figure(FILE *out, const char *name, const char *value, const char *beside)
{
	fprintf(out, "<div><dt>%s</dt><dd>%s<small>%s</small></dd></div>\n", name, value, beside);
}

static void count_figure(FILE *out, const json_t *document, const char *name, const char *path)
{
	char text[PAGE_NUMBER_TEXT];

	figure(out, name, page_format(document_number(document, path), PAGE_COUNT, text), "");
}

static void times_figure(FILE *out, const json_t *document, const char *name, const char *path)
{
	const json_t *times = document_at(document, path);
	char p50[PAGE_NUMBER_TEXT], p99[PAGE_NUMBER_TEXT], p999[PAGE_NUMBER_TEXT], most[PAGE_NUMBER_TEXT];
	char beside[4 * PAGE_NUMBER_TEXT];

	if (document_number(times, "count") == 0)
		return;
	snprintf(beside, sizeof(beside), "p50 %s · p99.9 %s · max %s",
		 page_format(document_number(times, "p50"), PAGE_NS, p50),
		 page_format(document_number(times, "p999"), PAGE_NS, p999),
		 page_format(document_number(times, "max"), PAGE_NS, most));
	figure(out, name, page_format(document_number(times, "p99"), PAGE_NS, p99), beside);
}

static void rate_figure(FILE *out, const json_t *document)
{
	char mean[PAGE_NUMBER_TEXT], spread[PAGE_NUMBER_TEXT], least[PAGE_NUMBER_TEXT], beside[3 * PAGE_NUMBER_TEXT];

	snprintf(beside, sizeof(beside), "± %s · slowest second %s",
		 page_format(document_number(document, "rate.cps_stddev"), PAGE_COUNT, spread),
		 page_format(document_number(document, "rate.cps_min"), PAGE_COUNT, least));
	figure(out, "connections a second", page_format(document_number(document, "rate.cps_mean"), PAGE_COUNT, mean),
	       beside);
}

/* Of a search, what it found. */
static void found_figure(FILE *out, const json_t *search, const char *expr)
{
	char text[PAGE_NUMBER_TEXT];

	if (!json_is_object(search))
		return;
	fprintf(out, "<div><dt>found, a second</dt><dd>%s<small>",
		json_is_integer(document_at(search, "found"))
			? page_format(document_number(search, "found"), PAGE_COUNT, text)
			: "no rate");
	page_escape(out, expr);
	fputs("</small></dd></div>\n", out);
}

static void figures_of_connections(FILE *out, const json_t *document)
{
	double failed = 0;
	char text[PAGE_NUMBER_TEXT];
	const char *key;
	const json_t *value;

	json_object_foreach((json_t *)(uintptr_t)document_at(document, "totals.failed"), key, value) failed +=
		json_number_value(value);
	found_figure(out, document_at(document, "search"), document_string(document, "search.expr"));
	rate_figure(out, document);
	if (document_number(document, "totals.requests.sent") > 0)
		count_figure(out, document, "requests a second", "rate.requests_mean");
	count_figure(out, document, "opened", "totals.opened");
	count_figure(out, document, "established", "totals.established");
	figure(out, "failed", page_format(failed, PAGE_COUNT, text), "");
	times_figure(out, document, "set-up time, p99", "latency_ns.setup");
	if (json_is_integer(document_at(document, "config.cps")) || *document_string(document, "config.profile"))
		times_figure(out, document, "from schedule, p99", "latency_ns.setup_from_schedule");
	times_figure(out, document, "request time, p99", "latency_ns.request");
}

static void figures_of_datagrams(FILE *out, const json_t *document)
{
	found_figure(out, document_at(document, "udp.search"), document_string(document, "config.udp.search"));
	count_figure(out, document, "sent", "udp.counts.sent");
	count_figure(out, document, "received", "udp.counts.received");
	count_figure(out, document, "answered", "udp.counts.answered");
	count_figure(out, document, "lost", "udp.counts.lost");
	times_figure(out, document, "round trip, p99", "udp.latency_ns.rtt");
	times_figure(out, document, "from schedule, p99", "udp.latency_ns.rtt_from_schedule");
}

void page_section_figures(FILE *out, const json_t *document)
{
	fputs("<dl class=\"figures\">\n", out);
	if (json_is_object(document_at(document, "udp")))
		figures_of_datagrams(out, document);
	else
		figures_of_connections(out, document);
	fputs("</dl>\n", out);
}
