/* result_verdict.c - the verdict of runs that are one: the worst, but for thresholds, which are judged anew. */
#include "result/result_parts.h"

#include <string.h>

#include "report/report_document.h"

/* From the best to the worst. */
static const char *const verdicts[] = {"pass", "aborted", "invalid", "fail"};

enum { VERDICTS = sizeof(verdicts) / sizeof(verdicts[0]) };

/* As load_result.c has it: connections came about, and were served. */
static bool is_served(const json_t *totals)
{
	double cut_short = document_number(totals, "cut_short");

	if (document_number(totals, "opened") > 0 && document_number(totals, "established") == 0)
		return false;
	if (document_number(totals, "requests.sent") > 0)
		return document_number(totals, "requests.ok") > 0;
	return cut_short == 0 || cut_short < document_number(totals, "closed");
}

/* Whether nothing but thresholds can have made it fail. */
static bool is_good_but_for_thresholds(const json_t *document)
{
	const json_t *service;
	bool is_good = is_served(document_at(document, "totals"));
	size_t i;

	json_array_foreach(document_at(document, "services"), i, service) is_good &=
		is_served(document_at(service, "totals"));
	return is_good && result_missed(document) > 0 && json_is_true(document_at(document, "valid.accounting")) &&
	       !json_is_object(document_at(document, "stopped")) &&
	       document_number(document, "totals.requests.corrupt") == 0;
}

static size_t badness_of(const json_t *document)
{
	size_t badness = 0;

	while (badness < VERDICTS - 1 && strcmp(document_string(document, "verdict"), verdicts[badness]) != 0)
		badness++;
	return badness == VERDICTS - 1 && is_good_but_for_thresholds(document) ? 0 : badness;
}

size_t result_missed(const json_t *document)
{
	const json_t *threshold;
	size_t i, missed = 0;

	json_array_foreach(document_at(document, "thresholds"), i, threshold) missed +=
		json_is_true(document_at(threshold, "ok")) ? 0u : 1u;
	return missed;
}

const char *result_worst_verdict(json_t *const documents[], size_t count)
{
	size_t worst = 0;

	for (size_t i = 0; i < count; i++) {
		size_t badness = badness_of(documents[i]);

		worst = badness > worst ? badness : worst;
	}
	return verdicts[worst];
}
