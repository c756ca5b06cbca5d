/* report_trials.c - trials and repeats, a row each, and what they come to. */
#include "report/report_trials.h"

#include <math.h>
#include <string.h>

#include "report/report_bootstrap.h"
#include "report/report_format.h"
#include "report/report_parts.h"

/* Above it, what a run says depends on when it was made. */
#define SPREAD_MAX 0.15

struct report_spread report_spread_of(const double *values, uint32_t count, uint64_t seed)
{
	struct report_spread spread = {.low = NAN, .high = NAN};
	double least = INFINITY, most = -INFINITY, squares = 0;

	for (uint32_t i = 0; i < count; i++) {
		spread.mean += values[i] / count;
		least = fmin(least, values[i]);
		most = fmax(most, values[i]);
	}
	for (uint32_t i = 0; i < count; i++)
		squares += (values[i] - spread.mean) * (values[i] - spread.mean);
	spread.stddev = count > 1 ? sqrt(squares / (count - 1)) : 0;
	spread.range = spread.mean > 0 ? (most - least) / spread.mean : 0;
	report_bootstrap_mean(values, count, seed, &spread.low, &spread.high);
	/* Nothing that is counted here is less than nothing, however far few values lie apart. */
	if (spread.low < 0)
		spread.low = 0;
	return spread;
}

static json_t *integer(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *real_or_null(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

json_t *report_search_json(const struct report_run *run)
{
	const struct report_search *search = run->search;
	json_t *trials;

	if (!search)
		return json_null();
	trials = json_array();
	for (uint32_t i = 0; i < search->trials->count; i++) {
		const struct report_trial *trial = &search->trials->at[i];

		json_array_append_new(trials,
				      json_pack("{s:o, s:o, s:o, s:o, s:f, s:o, s:o, s:o, s:b, s:b, s:b}", "rate",
						integer(trial->rate), "achieved", integer(trial->achieved), "opened",
						integer(trial->opened), "failed", integer(trial->failed), "cps",
						trial->cps, "p50_ns", integer(trial->p50_ns), "p99_ns",
						integer(trial->p99_ns), "from_schedule_p99_ns",
						integer(trial->from_schedule_p99_ns), "kept", (int)trial->is_kept, "ok",
						(int)trial->is_good, "confirmation", (int)trial->is_confirmation));
	}
	return json_pack("{s:s, s:o, s:f, s:b, s:o, s:o, s:o}", "expr", search->condition, "found",
			 search->found ? integer(search->found) : json_null(), "resolution", search->resolution,
			 "noisy", (int)search->is_noisy, "best", integer(search->best), "changed",
			 integer(search->changed), "trials", trials);
}

/* One of the figures that repeats have. */
enum figure { CPS, P50, P99, RPS, FIGURES };

static double figure_of(const struct report_trial *trial, enum figure figure)
{
	switch (figure) {
	case CPS:
		return trial->cps;
	case P50:
		return (double)trial->p50_ns;
	case P99:
		return (double)trial->p99_ns;
	case RPS:
	case FIGURES:
		break;
	}
	return trial->rps;
}

static struct report_spread spread_of_figure(const struct report_run *run, enum figure figure)
{
	double values[REPORT_TRIALS_MAX];

	for (uint32_t i = 0; i < run->repeats->count; i++)
		values[i] = figure_of(&run->repeats->at[i], figure);
	return report_spread_of(values, run->repeats->count, run->settings->seed);
}

static json_t *spread_json(const struct report_run *run, enum figure figure)
{
	struct report_spread spread = spread_of_figure(run, figure);

	return json_pack("{s:f, s:f, s:o, s:o, s:f}", "mean", spread.mean, "stddev", spread.stddev, "low",
			 real_or_null(spread.low), "high", real_or_null(spread.high), "range", spread.range);
}

json_t *report_repeats_json(const struct report_run *run)
{
	json_t *runs;

	if (!run->repeats)
		return json_null();
	runs = json_array();
	for (uint32_t i = 0; i < run->repeats->count; i++) {
		const struct report_trial *trial = &run->repeats->at[i];

		json_t *row = json_pack("{s:f, s:f, s:f, s:o, s:o, s:o, s:o}", "started_at", trial->started_at, "cps",
					trial->cps, "requests_per_s", trial->rps, "p50_ns", integer(trial->p50_ns),
					"p99_ns", integer(trial->p99_ns), "opened", integer(trial->opened), "failed",
					integer(trial->failed));

		report_cost_add_json(row, &trial->cost);
		json_array_append_new(runs, row);
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:b}", "runs", runs, "cps", spread_json(run, CPS), "p50_ns",
			 spread_json(run, P50), "p99_ns", spread_json(run, P99), "requests_per_s",
			 spread_json(run, RPS), "noisy", (int)(spread_of_figure(run, CPS).range > SPREAD_MAX));
}

/* In bytes, of a cell of nine columns: µ has two of them. */
static int width_of(const char *text)
{
	return strstr(text, "µ") ? 10 : 9;
}

static void print_trial(FILE *out, const struct report_trial *trial)
{
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT], d[REPORT_NUMBER_TEXT];
	char e[REPORT_NUMBER_TEXT], f[REPORT_NUMBER_TEXT];
	const char *p50 = report_format_ns(trial->p50_ns, d), *p99 = report_format_ns(trial->p99_ns, e);
	const char *late = report_format_ns(trial->from_schedule_p99_ns, f);

	fprintf(out, "              %s %12s %12s %9s %*s %*s %*s%s%s\n", trial->is_good ? "✓" : "✗",
		report_format_count(trial->rate, a), report_format_count(trial->achieved, b),
		report_format_count(trial->failed, c), width_of(p50), p50, width_of(p99), p99, width_of(late) + 4, late,
		trial->is_kept ? "" : "   schedule not kept", trial->is_confirmation ? "   (once more)" : "");
}

static void print_search(FILE *out, const struct report_run *run)
{
	const struct report_search *search = run->search;
	char a[REPORT_NUMBER_TEXT];
	uint64_t no_port = 0;

	fprintf(out, "search          %12s %12s %9s %9s %9s %13s\n", "offered/s", "opened/s", "failed", "p50", "p99",
		"from schedule");
	for (uint32_t i = 0; i < search->trials->count; i++) {
		print_trial(out, &search->trials->at[i]);
		no_port += search->trials->at[i].no_port;
	}
	if (search->found > 0)
		fprintf(out, "              highest rate with %s: %s connections/s, to %.0f %%\n", search->condition,
			report_format_count(search->found, a), 100 * search->resolution);
	else
		fprintf(out, "              no rate with %s was found\n", search->condition);
	if (no_port > 0)
		fprintf(out,
			"              %s opens found no free port, which says nothing of the target: give more "
			"addresses "
			"(--source)\n",
			report_format_count(no_port, a));
	if (search->is_noisy)
		fprintf(out,
			"              this machine was too noisy: rates of up to %s were good once, and others good "
			"once and "
			"once not;\n              the same search may find another rate\n",
			report_format_count(search->best, a));
}

static void print_spread(FILE *out, const struct report_run *run, enum figure figure, const char *head, bool is_time)
{
	struct report_spread spread = spread_of_figure(run, figure);
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT], d[REPORT_NUMBER_TEXT];
	char *(*format)(uint64_t value, char text[REPORT_NUMBER_TEXT]) =
		is_time ? report_format_ns : report_format_count;

	fprintf(out, "%s%s ± %s", head, format((uint64_t)(spread.mean + 0.5), a),
		format((uint64_t)(spread.stddev + 0.5), b));
	if (isfinite(spread.low))
		fprintf(out, "   mean with 95 %% between %s and %s", format((uint64_t)(spread.low + 0.5), c),
			format((uint64_t)(spread.high + 0.5), d));
	fputc('\n', out);
}

static void print_repeats(FILE *out, const struct report_run *run)
{
	double range = spread_of_figure(run, CPS).range;
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT];

	for (uint32_t i = 0; i < run->repeats->count; i++) {
		const struct report_trial *trial = &run->repeats->at[i];

		fprintf(out, "%s%3u  %s connections/s   failed %s   p99 %s\n", i == 0 ? "repeats    " : "           ",
			i + 1, report_format_count((uint64_t)(trial->cps + 0.5), a),
			report_format_count(trial->failed, b), report_format_ns(trial->p99_ns, c));
	}
	print_spread(out, run, CPS, "              connections/s ", false);
	print_spread(out, run, P99, "              p99 ", true);
	if (report_has_requests(run->settings))
		print_spread(out, run, RPS, "              requests/s ", false);
	if (range > SPREAD_MAX)
		fprintf(out, "              the runs differ by %.0f %%: this machine was too noisy for small changes\n",
			100 * range);
}

void report_trials_text(FILE *out, const struct report_run *run)
{
	if (run->search)
		print_search(out, run);
	if (run->repeats)
		print_repeats(out, run);
}
