/* page_lists.c - lists of the document as tables, and what was set. */
#include "page/page_lists.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "judge/judge_condition.h"
#include "page/page_charts.h"
#include "page/page_sections.h"

enum { DIGITS = 15 };

char *page_threshold_value(const json_t *threshold, char text[PAGE_NUMBER_TEXT])
{
	static const enum page_unit units[] = {
		[JUDGE_COUNT] = PAGE_COUNT, [JUDGE_SHARE] = PAGE_SHARE, [JUDGE_TIME] = PAGE_NS};
	const json_t *value = document_at(threshold, "value");
	struct judge_condition condition;
	struct judge_fault fault;
	bool is_read =
		judge_read(&condition, document_string(threshold, "expr"), JUDGE_TCP | JUDGE_ASKS | JUDGE_UDP, &fault);

	if (!json_is_number(value))
		snprintf(text, PAGE_NUMBER_TEXT, "not measured");
	else
		page_format(json_number_value(value),
			    is_read && condition.count > 0 ? units[judge_kind_of(&condition.terms[0])] : PAGE_COUNT,
			    text);
	return text;
}

static bool is_of_ns(const char *key)
{
	size_t length = strlen(key);

	return length > 3 && strcmp(key + length - 3, "_ns") == 0;
}

static void cell(FILE *out, const json_t *value, const char *key)
{
	enum page_unit unit = is_of_ns(key) ? PAGE_NS : strcmp(key, "busy") == 0 ? PAGE_SHARE : PAGE_COUNT;
	char text[PAGE_NUMBER_TEXT];

	if (json_is_string(value))
		page_escape(out, json_string_value(value));
	else if (strcmp(key, "confirmation") == 0)
		fputs(json_is_true(value) ? "yes" : "–", out);
	else if (json_is_boolean(value))
		fputs(json_is_true(value) ? "<span class=\"ok\">✓</span>" : "<span class=\"missed\">✗</span>", out);
	else if (json_is_number(value))
		fputs(page_format(json_number_value(value), unit, text), out);
	else
		fputs("–", out);
}

/* The key of a column in words: "p99_ns" is p99, "totals.in_flight" in flight. */
static void head(FILE *out, const char *path)
{
	const char *key = strncmp(path, "totals.", 7) == 0 ? path + 7 : path;
	size_t length = strlen(key) - (is_of_ns(key) ? 3 : 0);

	fputs("<th>", out);
	for (size_t i = 0; i < length; i++)
		fputc(key[i] == '_' ? ' ' : key[i], out);
	fputs("</th>", out);
}

/* A table of a list of objects: of each the values of `paths`, which ends with null. */
static void list(FILE *out, const char *id, const char *title, const json_t *rows, const char *const paths[])
{
	const json_t *row;
	size_t i;

	if (json_array_size(rows) == 0)
		return;
	fprintf(out, "<section id=\"%s\"><h2>%s</h2><div class=\"wide\"><table><thead><tr>", id, title);
	for (size_t j = 0; paths[j]; j++)
		head(out, paths[j]);
	fputs("</tr></thead><tbody>\n", out);
	json_array_foreach(rows, i, row)
	{
		fputs("<tr>", out);
		for (size_t j = 0; paths[j]; j++) {
			fputs("<td>", out);
			cell(out, document_at(row, paths[j]), paths[j]);
			fputs("</td>", out);
		}
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div></section>\n", out);
}

static void thresholds(FILE *out, const json_t *list_of_all)
{
	char text[PAGE_NUMBER_TEXT];
	const json_t *threshold;
	size_t i;

	if (json_array_size(list_of_all) == 0)
		return;
	fputs("<section id=\"thresholds\"><h2>Thresholds</h2><div class=\"wide\"><table><thead><tr><th>kept</th>"
	      "<th>condition</th><th>value</th></tr></thead><tbody>\n",
	      out);
	json_array_foreach(list_of_all, i, threshold)
	{
		fputs("<tr><td>", out);
		cell(out, document_at(threshold, "ok"), "ok");
		fputs("</td><td>", out);
		page_escape(out, document_string(threshold, "expr"));
		fprintf(out, "</td><td>%s</td></tr>\n", page_threshold_value(threshold, text));
	}
	fputs("</tbody></table></div></section>\n", out);
}

/* How busy each worker was, as bars. */
void page_section_busy(FILE *out, const json_t *document)
{
	json_t *shares = json_object();
	const json_t *worker;
	size_t i;

	json_array_foreach(document_at(document, "workers"), i, worker)
	{
		char name[64];

		snprintf(name, sizeof(name), "core %.0f, %.20s", document_number(worker, "lcore"),
			 document_string(worker, "role"));
		json_object_set_new(shares, name, json_real(document_number(worker, "busy")));
	}
	page_bars(out, "busy", "Load of each worker", shares, PAGE_SHARE);
	json_decref(shares);
}

/* Of datagrams a worker has no connections. */
static void workers(FILE *out, const json_t *document)
{
	static const char *const paths[] = {"lcore",   "role",   "busy", "connections", "cycles_per_connection",
					    "packets", "stalls", NULL};
	static const char *const udp_paths[] = {"lcore", "role", "busy", "packets", "stalls", NULL};

	list(out, "workers", "Workers", document_at(document, "workers"),
	     json_is_object(document_at(document, "udp")) ? udp_paths : paths);
}

void page_section_lists(FILE *out, const json_t *document)
{
	static const char *const services[] = {"name",          "totals.opened",    "totals.established",
					       "totals.closed", "totals.in_flight", NULL};
	static const char *const requests[] = {"name",     "sent",   "ok",     "bad_status",
					       "bad_body", "p50_ns", "p99_ns", NULL};
	static const char *const targets[] = {"target", "weight", "opened", "established", "failed", NULL};
	static const char *const trials[] = {"rate", "achieved", "failed", "p99_ns", "ok", "confirmation", NULL};
	static const char *const datagrams[] = {"rate", "achieved", "sent", "lost", "ok", "confirmation", NULL};
	static const char *const runs[] = {"cps", "requests_per_s", "p50_ns", "p99_ns", "failed", NULL};

	thresholds(out, document_at(document, "thresholds"));
	list(out, "services", "Services", document_at(document, "services"), services);
	list(out, "requests", "Requests", document_at(document, "requests"), requests);
	if (json_array_size(document_at(document, "totals.targets")) > 1)
		list(out, "targets", "Targets", document_at(document, "totals.targets"), targets);
	list(out, "trials", "Trials of the search", document_at(document, "search.trials"), trials);
	list(out, "datagram-trials", "Trials of the search", document_at(document, "udp.search.trials"), datagrams);
	list(out, "runs", "Runs", document_at(document, "repeats.runs"), runs);
	workers(out, document);
}

/* Whatever is set, a line a key; lists and objects as they stand in the document. */
static void settings(FILE *out, const char *id, const char *title, const json_t *object)
{
	const char *key;
	json_t *value;

	fprintf(out, "<section id=\"%s\"><h2>%s</h2><div class=\"wide\"><table class=\"settings\"><tbody>\n", id,
		title);
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(DIGITS));

		if (!json_is_null(value) && !(json_is_array(value) && json_array_size(value) == 0)) {
			fputs("<tr><th>", out);
			page_escape(out, key);
			fputs("</th><td>", out);
			page_escape(out, json_is_string(value) ? json_string_value(value) : text ? text : "");
			fputs("</td></tr>\n", out);
		}
		free(text);
	}
	fputs("</tbody></table></div></section>\n", out);
}

void page_section_settings(FILE *out, const json_t *document)
{
	settings(out, "config", "Configuration", document_at(document, "config"));
	settings(out, "machine", "Machine", document_at(document, "machine"));
}

void page_section_tool(FILE *out, const json_t *document)
{
	fputs("made by quern ", out);
	page_escape(out, document_string(document, "tool.version"));
	fputs(" (", out);
	page_escape(out, document_string(document, "tool.git"));
	fputs("), DPDK ", out);
	page_escape(out, document_string(document, "tool.dpdk"));
}
