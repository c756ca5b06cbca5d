/* report_judged.c - thresholds term by term, each with the value that it was held against. */
#include "report/report_judged.h"

#include <string.h>

#include "cli/cli_exit.h"
#include "report/report_facts.h"
#include "report/report_format.h"

enum { VALUE_TEXT = 48 };

int report_judge(struct report_run *run)
{
	struct judge_facts facts;
	bool are_kept = true;

	if (run->verdict == REPORT_INVALID)
		return CLI_EXIT_INVALID;
	if (run->verdict != REPORT_PASS)
		return run->verdict == REPORT_FAIL ? CLI_EXIT_FAILED : CLI_EXIT_DONE;
	report_facts(&facts, run);
	for (uint16_t i = 0; i < run->settings->judge.threshold_count; i++)
		are_kept &= judge_holds(&run->settings->judge.thresholds[i], &facts);
	if (are_kept)
		return CLI_EXIT_DONE;
	run->verdict = REPORT_FAIL;
	return CLI_EXIT_THRESHOLD;
}

json_t *report_thresholds_json(const struct report_run *run)
{
	const struct cli_judge *judge = &run->settings->judge;
	json_t *rows = json_array();
	struct judge_facts facts;

	report_facts(&facts, run);
	for (uint16_t i = 0; i < judge->threshold_count; i++) {
		for (uint16_t j = 0; j < judge->thresholds[i].count; j++) {
			const struct judge_term *term = &judge->thresholds[i].terms[j];
			double value = 0;
			bool is_known = judge_value(term, &facts, &value);

			json_array_append_new(
				rows, json_pack("{s:o, s:b, s:o}", "expr",
						json_stringn(judge->thresholds[i].text + term->begin, term->length),
						"ok", (int)judge_term_holds(term, &facts), "value",
						is_known ? json_real(value) : json_null()));
		}
	}
	return rows;
}

json_t *report_stopped_json(const struct report_run *run)
{
	const struct report_stop *stop = run->stop;

	if (!stop || !stop->condition)
		return json_null();
	return json_pack("{s:s, s:f, s:f}", "expr", stop->condition, "t_s", stop->at_s, "value", stop->value);
}

/* 1,234; 0.0001; 31 µs */
static const char *format_value(const struct judge_term *term, double value, char text[VALUE_TEXT])
{
	char number[REPORT_NUMBER_TEXT];

	switch (judge_kind_of(term)) {
	case JUDGE_COUNT:
		return strcpy(text, report_format_count((uint64_t)(value + 0.5), number));
	case JUDGE_TIME:
		return strcpy(text, report_format_ns((uint64_t)value, number));
	case JUDGE_SHARE:
		break;
	}
	snprintf(text, VALUE_TEXT, "%.6g", value);
	return text;
}

void report_judged_term(FILE *out, const struct judge_condition *condition, const struct judge_term *term,
			const struct judge_facts *facts)
{
	bool is_from_schedule = judge_kind_of(term) == JUDGE_TIME && term->times < 0 &&
				facts->plain_times == facts->times[JUDGE_TIMES_FROM_SCHEDULE] &&
				facts->plain_times != facts->times[JUDGE_TIMES_SETUP];
	char text[VALUE_TEXT];
	double value;

	fprintf(out, "%s %.*s (%s%s)", judge_term_holds(term, facts) ? "✓" : "✗", (int)term->length,
		condition->text + term->begin,
		judge_value(term, facts, &value) ? format_value(term, value, text) : "nothing was measured",
		is_from_schedule ? " from schedule" : "");
}

void report_judged_text(FILE *out, const struct report_run *run)
{
	const struct cli_judge *judge = &run->settings->judge;
	const struct report_stop *stop = run->stop;
	struct judge_facts facts;
	char text[VALUE_TEXT];

	report_facts(&facts, run);
	for (uint16_t i = 0; i < judge->threshold_count; i++) {
		for (uint16_t j = 0; j < judge->thresholds[i].count; j++) {
			fputs(i + j == 0 ? "thresholds    " : "              ", out);
			report_judged_term(out, &judge->thresholds[i], &judge->thresholds[i].terms[j], &facts);
			fputc('\n', out);
		}
	}
	if (stop && stop->condition)
		fprintf(out, "stopped       at %.1f s, since %s (%s in the last second)\n", stop->at_s, stop->condition,
			format_value(&judge->stop_if.terms[0], stop->value, text));
}
