/* load_result.c - clients' counts as one run, runs as one report. */
#include "load/load_result.h"

#include "cli/cli_signal.h"
#include "report/report_judged.h"
#include "report/report_requests.h"

/* Intended starts that were never reached are late as well. */
static struct report_schedule schedule_of(const struct report_totals *totals, const struct report_schedule *missed)
{
	struct report_schedule schedule = {.intended = totals->opened + missed->intended,
					   .on_time = totals->on_schedule};

	for (int cause = 0; cause < REPORT_LATES_END; cause++)
		schedule.late[cause] = totals->late[cause] + missed->late[cause];
	return schedule;
}

static void add_missed(struct report_schedule *missed, const struct load_client *client)
{
	missed->intended += client->missed;
	for (int cause = 0; cause < REPORT_LATES_END; cause++)
		missed->late[cause] += client->missed_late[cause];
}

/* A run failed where the accounts do not add up, where not one connection came about or one request was answered, where
 * its own condition has ended it, and where a search has found nothing. */
static enum report_verdict judge(const struct report_run *run)
{
	const struct report_totals *totals = &run->totals;

	if (cli_signal_count() > 0)
		return REPORT_ABORTED;
	if (totals->requests[REPORT_REQUESTS_corrupt] > 0 || !report_adds_up(totals))
		return REPORT_FAIL;
	if (totals->opened > 0 && totals->established == 0)
		return REPORT_FAIL;
	if (totals->requests[REPORT_REQUESTS_sent] > 0 && totals->requests[REPORT_REQUESTS_ok] == 0)
		return REPORT_FAIL;
	if (run->stop->condition || (run->search && run->search->found == 0))
		return REPORT_FAIL;
	return REPORT_PASS;
}

static void fill(struct report_run *run, const struct load_measure *measure, const struct report_tally *tally,
		 const struct report_schedule *missed)
{
	report_totals_add(&run->totals, tally);
	run->is_scheduled = measure->clients[0].is_scheduled;
	if (run->is_scheduled)
		run->schedule = schedule_of(&run->totals, missed);
	run->silence_ns = measure->silence_ns;
	run->setup = &tally->setup;
	run->from_schedule = run->is_scheduled ? &tally->from_schedule : &tally->setup;
	run->first_byte = &tally->first_byte;
	run->life = &tally->life;
	run->request = &tally->request;
	run->each = tally->each;
}

/* How long the clients have opened connections, on their own clock. */
static double open_s_of(const struct load_measure *measure)
{
	uint64_t longest_ns = 0;

	for (uint16_t i = 0; i < measure->client_count; i++) {
		const struct load_client *client = &measure->clients[i];
		uint64_t begin_ns = client->measure_begin_ns, end_ns = client->stopped_ns;

		if (end_ns > begin_ns && end_ns - begin_ns > longest_ns)
			longest_ns = end_ns - begin_ns;
	}
	return (double)longest_ns / (double)CLI_NS_PER_S;
}

bool load_result_end_run(struct load_measure *measure, uint64_t *next)
{
	struct report_run run = {.settings = measure->settings, .series = &measure->series};
	struct report_schedule missed = {.intended = 0};

	report_tally_reset(measure->run_sum);
	if (load_trials_are_searched(&measure->trials)) {
		report_tally_renew(measure->sum);
		measure->missed = missed;
	}
	for (uint16_t i = 0; i < measure->client_count; i++) {
		report_tally_add(measure->run_sum, measure->clients[i].tally);
		report_requests_merge(measure->sum, measure->clients[i].tally);
		add_missed(&missed, &measure->clients[i]);
		add_missed(&measure->missed, &measure->clients[i]);
		if (measure->clients[i].longest_silence_ns > measure->silence_ns)
			measure->silence_ns = measure->clients[i].longest_silence_ns;
	}
	report_tally_add(measure->sum, measure->run_sum);
	fill(&run, measure, measure->run_sum, &missed);
	report_series_settle(&measure->series, &run.totals);
	if (cli_signal_count() > 0 || measure->stop.found.condition)
		return false;
	report_between(&run, &measure->run_begin, &measure->end, measure->shards);
	return load_trials_note(&measure->trials, &run, measure->orders.cps, open_s_of(measure), next);
}

int load_result_report(struct load_measure *measure, const struct quern_engine *engine, struct report_output *output)
{
	struct report_run run = {
		.settings = measure->settings, .series = &measure->series, .stop = &measure->stop.found};
	int rc, code;

	fill(&run, measure, measure->sum, &measure->missed);
	/* What bench's servers were sent, and was not what it should have been, is the run's too. */
	for (uint16_t i = measure->client_count; i < measure->shard_count; i++)
		run.totals.requests[REPORT_REQUESTS_corrupt] +=
			report_read(&measure->shards[i].tally->requests[REPORT_REQUESTS_corrupt]);
	load_trials_report(&measure->trials, &run);
	report_between(&run, &measure->begin, &measure->end, measure->shards);
	report_describe(&run, engine, measure->shard_count);
	run.verdict = judge(&run);
	report_schedule_judge(&run);
	code = report_judge(&run);
	if (measure->settings->command == CLI_BENCH) {
		report_text_short(output->text, &run);
		fputc('\n', output->text);
	}
	report_text(output->text, &run, output->colors);
	rc = report_output_write(output, &run);
	report_schedule_complain(&run);
	return rc != 0 ? rc : code;
}
