/* result_judge.c - a merged document held against its thresholds, and told in words. */
#include "result/result_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <stdint.h>
#include <string.h>

#include "judge/judge_condition.h"
#include "page/page_text.h"
#include "report/report_hdr.h"

static const struct {
	enum judge_number number;
	const char *path;
} numbers[] = {
	{JUDGE_OPENED, "totals.opened"},
	{JUDGE_ESTABLISHED, "totals.established"},
	{JUDGE_CLOSED, "totals.closed"},
	{JUDGE_IN_FLIGHT, "totals.in_flight"},
	{JUDGE_FAILED_TIMEOUT, "totals.failed.timeout"},
	{JUDGE_FAILED_RESET, "totals.failed.reset"},
	{JUDGE_FAILED_REFUSED, "totals.failed.refused"},
	{JUDGE_FAILED_NO_PORT, "totals.failed.no_port"},
	{JUDGE_FAILED_NO_MEMORY, "totals.failed.no_memory"},
	{JUDGE_CUT_SHORT, "totals.cut_short"},
	{JUDGE_CPS, "rate.cps_mean"},
	{JUDGE_REQUESTS, "totals.requests.sent"},
	{JUDGE_REQUESTS_OK, "totals.requests.ok"},
	{JUDGE_RPS, "rate.requests_mean"},
	{JUDGE_RETRANSMITS, "totals.retransmits"},
	{JUDGE_SCHEDULE_KEPT, "valid.schedule_kept"},
};

static const struct {
	enum judge_times times;
	const char *path;
} histograms[] = {
	{JUDGE_TIMES_SETUP, "latency_ns.setup.hdr"},
	{JUDGE_TIMES_FROM_SCHEDULE, "latency_ns.setup_from_schedule.hdr"},
	{JUDGE_TIMES_FIRST_BYTE, "latency_ns.first_byte.hdr"},
	{JUDGE_TIMES_LIFE, "latency_ns.life.hdr"},
	{JUDGE_TIMES_REQUEST, "latency_ns.request.hdr"},
};

enum { HISTOGRAMS = sizeof(histograms) / sizeof(histograms[0]) };

static double sum_of(const json_t *counts)
{
	const char *key;
	json_t *value;
	double sum = 0;

	json_object_foreach((json_t *)(uintptr_t)counts, key, value) sum += json_number_value(value);
	return sum;
}

static void know_numbers(struct judge_facts *facts, const json_t *document)
{
	static const char *const bad[] = {"totals.requests.bad_status", "totals.requests.bad_body",
					  "totals.requests.malformed", "totals.requests.corrupt",
					  "totals.requests.cut_short"};
	double failed = sum_of(document_at(document, "totals.failed")), not_ok = 0;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		judge_know(facts, numbers[i].number, document_number(document, numbers[i].path));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		not_ok += document_number(document, bad[i]);
	judge_know(facts, JUDGE_FAILED, failed);
	judge_know_share(facts, JUDGE_FAILED_RATIO, failed, document_number(document, "totals.opened"));
	judge_know(facts, JUDGE_REQUESTS_BAD, not_ok);
	judge_know(facts, JUDGE_DROPS, sum_of(document_at(document, "totals.drops")));
}

static json_t *term_json(const struct judge_condition *condition, const struct judge_term *term,
			 const struct judge_facts *facts)
{
	bool is_kept = judge_term_holds(term, facts);
	double value = 0;
	bool is_known = judge_value(term, facts, &value);

	return json_pack("{s:o, s:b, s:o}", "expr", json_stringn(condition->text + term->begin, term->length), "ok",
			 (int)is_kept, "value", is_known ? json_real(value) : json_null());
}

static void add_line(json_t *lines, const char *text)
{
	json_array_append_new(lines, json_string(text));
}

static void add_term_line(json_t *lines, const struct judge_condition *condition, const struct judge_term *term,
			  const struct judge_facts *facts)
{
	char number[PAGE_NUMBER_TEXT] = "nothing was measured", line[256];
	double value = 0;

	if (judge_value(term, facts, &value) && judge_kind_of(term) == JUDGE_SHARE)
		snprintf(number, sizeof(number), "%.6g", value);
	else if (judge_value(term, facts, &value))
		page_format(value, judge_kind_of(term) == JUDGE_TIME ? PAGE_NS : PAGE_COUNT, number);
	snprintf(line, sizeof(line), "%-14s%s %.*s (%s)", json_array_size(lines) == 0 ? "thresholds" : "",
		 judge_term_holds(term, facts) ? "✓" : "✗", term->length < 150 ? (int)term->length : 150,
		 condition->text + term->begin, number);
	add_line(lines, line);
}

/* Judges each, and tells of each in `lines`. False where one is no condition. */
static bool judge_all(json_t *document, const struct judge_facts *facts, json_t *lines)
{
	json_t *rows = json_array(), *text;
	struct judge_condition condition;
	struct judge_fault fault;
	size_t i;

	json_array_foreach(document_at(document, "config.thresholds"), i, text)
	{
		const char *expr = json_string_value(text);

		if (!expr || !judge_read(&condition, expr, JUDGE_TCP | JUDGE_ASKS, &fault)) {
			json_decref(rows);
			return false;
		}
		for (unsigned int j = 0; j < condition.count; j++) {
			json_array_append_new(rows, term_json(&condition, &condition.terms[j], facts));
			add_term_line(lines, &condition, &condition.terms[j], facts);
		}
	}
	json_object_set_new(document, "thresholds", rows);
	return true;
}

static char *count_at(const json_t *document, const char *path, char text[PAGE_NUMBER_TEXT])
{
	return page_format(document_number(document, path), PAGE_COUNT, text);
}

static void add_times_line(json_t *lines, const json_t *document, const char *name, const char *path)
{
	static const char *const keys[] = {"p50", "p99", "p999", "max"};
	const json_t *times = document_at(document, path);
	char texts[4][PAGE_NUMBER_TEXT], line[256];

	for (int i = 0; i < 4; i++)
		page_format(document_number(times, keys[i]), PAGE_NS, texts[i]);
	snprintf(line, sizeof(line), "%-14sp50 %s   p99 %s   p99.9 %s   max %s", name, texts[0], texts[1], texts[2],
		 texts[3]);
	add_line(lines, line);
}

/* Upper case, as a report begins. */
static const char *word_of(const char *verdict)
{
	static const char *const names[][2] = {{"pass", "PASS"}, {"fail", "FAIL"}, {"aborted", "ABORTED"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(verdict, names[i][0]) == 0)
			return names[i][1];
	}
	return "INVALID";
}

/* Failures by cause: timeout 2, refused 1 */
static void add_failed_line(json_t *lines, const json_t *document)
{
	const json_t *failed = document_at(document, "totals.failed"), *value;
	char number[PAGE_NUMBER_TEXT], line[256];
	const char *key, *between = ": ";
	int length = snprintf(line, sizeof(line), "              failed %s",
			      page_format(sum_of(failed), PAGE_COUNT, number));

	json_object_foreach((json_t *)(uintptr_t)failed, key, value)
	{
		if (json_number_value(value) <= 0 || length > 150)
			continue;
		length += snprintf(line + length, sizeof(line) - (size_t)length, "%s%.20s %s", between, key,
				   page_format(json_number_value(value), PAGE_COUNT, number));
		between = ", ";
	}
	snprintf(line + length, sizeof(line) - (size_t)length, "      in flight at end %s",
		 page_format(document_number(document, "totals.in_flight"), PAGE_COUNT, number));
	add_line(lines, line);
}

static void add_head(json_t *lines, const json_t *document)
{
	char line[256];
	const json_t *file;
	size_t i;

	snprintf(line, sizeof(line), "RESULT  %s   quern %.16s, %zu runs merged   %.1f s measured",
		 word_of(document_string(document, "verdict")), document_string(document, "config.kind"),
		 json_array_size(document_at(document, "config.merged")), document_number(document, "duration_s"));
	add_line(lines, line);
	add_line(lines, "");
	json_array_foreach(document_at(document, "config.merged"), i, file)
	{
		snprintf(line, sizeof(line), "%-14s%.200s", i == 0 ? "merged" : "", json_string_value(file));
		add_line(lines, line);
	}
}

static void set_text(json_t *document, const json_t *judged)
{
	json_t *lines = json_array();
	char a[PAGE_NUMBER_TEXT], b[PAGE_NUMBER_TEXT], c[PAGE_NUMBER_TEXT], line[256];

	add_head(lines, document);
	snprintf(line, sizeof(line), "connections   opened %s   established %s   closed %s",
		 count_at(document, "totals.opened", a), count_at(document, "totals.established", b),
		 count_at(document, "totals.closed", c));
	add_line(lines, line);
	add_failed_line(lines, document);
	add_line(lines,
		 json_is_true(document_at(document, "valid.accounting"))
			 ? "              check: opened = established + failed, established = closed + in flight  ✓"
			 : "              check: opened = established + failed, established = closed + in flight  ✗");
	snprintf(line, sizeof(line), "rate          %s ± %s per second (σ of 1 s samples)   slowest second %s",
		 count_at(document, "rate.cps_mean", a), count_at(document, "rate.cps_stddev", b),
		 count_at(document, "rate.cps_min", c));
	add_line(lines, line);
	add_times_line(lines, document, "set-up time", "latency_ns.setup");
	add_times_line(lines, document, "from schedule", "latency_ns.setup_from_schedule");
	if (document_number(document, "totals.requests.sent") > 0)
		add_times_line(lines, document, "request time", "latency_ns.request");
	json_array_extend(lines, (json_t *)(uintptr_t)judged);
	json_object_set_new(document, "text", lines);
}

int result_judge(json_t *document)
{
	struct quern_histogram *times = calloc(HISTOGRAMS, sizeof(*times));
	struct judge_facts facts;
	json_t *judged = json_array();
	bool is_good = times != NULL;

	memset(&facts, 0, sizeof(facts));
	know_numbers(&facts, document);
	for (size_t i = 0; i < HISTOGRAMS && is_good; i++) {
		is_good = report_hdr_read(document_string(document, histograms[i].path), &times[i]) == 0;
		facts.times[histograms[i].times] = &times[i];
	}
	/* Of a run without a schedule it is that of set-up once more; of several services some may have none. */
	if (is_good)
		facts.plain_times = times[1].count >= times[0].count ? &times[1] : &times[0];
	is_good = is_good && judge_all(document, &facts, judged);
	if (is_good && strcmp(document_string(document, "verdict"), "pass") == 0 &&
	    (result_missed(document) > 0 || !json_is_true(document_at(document, "valid.accounting"))))
		json_object_set_new(document, "verdict", json_string("fail"));
	if (is_good)
		set_text(document, judged);
	json_decref(judged);
	free(times);
	return is_good ? 0 : times ? -EINVAL : -ENOMEM;
}
