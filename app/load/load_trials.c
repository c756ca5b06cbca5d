/* load_trials.c - which run comes next. */
#include "load/load_trials.h"

#include "report/report_facts.h"
#include "judge/judge_condition.h"

#define SEARCH_FIRST UINT64_C(10000)
#define SEARCH_MOST UINT64_C(100000000)

void load_trials_begin(struct load_trials *trials, const struct cli_settings *settings)
{
	*trials = (struct load_trials){.settings = settings};
	trials->search.most = SEARCH_MOST;
	trials->search.is_patient = true;
}

bool load_trials_are_searched(const struct load_trials *trials)
{
	return trials->settings->judge.search_text != NULL;
}

bool load_trials_are_several(const struct load_trials *trials)
{
	return load_trials_are_searched(trials) || trials->settings->judge.repeats > 1;
}

uint64_t load_trials_first(const struct load_trials *trials)
{
	return load_trials_are_searched(trials) ? SEARCH_FIRST : 0;
}

static uint64_t percentile(const struct quern_histogram *times, double percent)
{
	return times ? quern_histogram_percentile(times, percent) : 0;
}

static double per_second(uint64_t count, double span_s)
{
	return span_s > 0 ? (double)count / span_s : 0;
}

static struct report_trial trial_of(const struct report_run *run, uint64_t rate, double open_s)
{
	const struct report_totals *totals = &run->totals;

	return (struct report_trial){
		.rate = rate,
		.achieved = (uint64_t)(per_second(totals->opened, open_s) + 0.5),
		.opened = totals->opened,
		.failed = report_failed(totals),
		.no_port = totals->failed[REPORT_FAILED_no_port],
		.p50_ns = percentile(run->setup, 50),
		.p99_ns = percentile(run->setup, 99),
		.from_schedule_p99_ns = percentile(run->from_schedule, 99),
		.cps = per_second(totals->established, open_s),
		.rps = per_second(totals->requests[REPORT_REQUESTS_ok], open_s),
		.started_at = run->started_at,
		.cost = report_cost_of(run),
	};
}

bool load_trials_note(struct load_trials *trials, const struct report_run *run, uint64_t rate, double open_s,
		      uint64_t *next)
{
	struct report_trial trial = trial_of(run, rate, open_s);
	struct judge_facts facts;

	*next = 0;
	if (load_trials_are_searched(trials)) {
		report_facts(&facts, run);
		trial.is_good = trial.opened > 0 && judge_holds(&trials->settings->judge.search, &facts);
		load_search_note(&trials->search, &trial);
		*next = load_search_next(&trials->search, SEARCH_FIRST);
		return *next > 0;
	}
	if (trials->settings->judge.repeats == 0)
		return false;
	trials->repeats.at[trials->repeats.count++] = trial;
	return trials->repeats.count < trials->settings->judge.repeats;
}

void load_trials_report(struct load_trials *trials, struct report_run *run)
{
	if (trials->repeats.count > 0) {
		run->repeats = &trials->repeats;
		run->started_at = trials->repeats.at[0].started_at;
	}
	if (!load_trials_are_searched(trials))
		return;
	trials->found = (struct report_search){.condition = trials->settings->judge.search_text,
					       .found = load_search_found(&trials->search),
					       .resolution = LOAD_SEARCH_RESOLUTION,
					       .best = trials->search.best,
					       .changed = trials->search.changed,
					       .is_noisy = load_search_is_noisy(&trials->search),
					       .trials = &trials->search.trials};
	run->search = &trials->found;
}
