/* load_result.c - clients' counts as one run, runs as one report. */
#include "load/load_result.h"

#include <string.h>

#include "cli/cli_signal.h"
#include "report/report_judged.h"
#include "report/report_requests.h"

/* Intended starts that were never reached are late as well. */
static void add_schedule(struct report_schedule *schedule, const struct load_client *client)
{
	const struct report_tally *tally = client->tally;

	if (!client->is_scheduled)
		return;
	schedule->intended += tally->opened + client->missed;
	schedule->on_time += tally->on_schedule;
	for (int cause = 0; cause < REPORT_LATES_END; cause++)
		schedule->late[cause] += tally->late[cause] + client->missed_late[cause];
}

static void merge_schedule(struct report_schedule *sum, const struct report_schedule *schedule)
{
	sum->intended += schedule->intended;
	sum->on_time += schedule->on_time;
	for (int cause = 0; cause < REPORT_LATES_END; cause++)
		sum->late[cause] += schedule->late[cause];
}

/* What came is what was to come, and the accounts add up. */
static bool is_sound(const struct report_totals *totals)
{
	return totals->requests[REPORT_REQUESTS_corrupt] == 0 && report_adds_up(totals);
}

/* Not all was in vain. */
static bool is_served(const struct report_totals *totals)
{
	if (totals->opened > 0 && totals->established == 0)
		return false;
	/* Of a connection that was cut, requests before that may have been answered. */
	if (totals->requests[REPORT_REQUESTS_sent] > 0)
		return totals->requests[REPORT_REQUESTS_ok] > 0;
	return totals->cut_short == 0 || totals->cut_short < report_closed(totals);
}

/* Of the whole, and of each service. */
static bool is_so_of_all(const struct report_run *run, bool (*is_so)(const struct report_totals *totals))
{
	bool are_all = is_so(&run->totals);

	for (uint16_t i = 0; run->parts && i < run->settings->service_count; i++)
		are_all &= is_so(&run->parts[i].totals);
	return are_all;
}

/* A run failed where text was corrupt or the accounts do not add up, also where a signal has ended it; and else where
 * not one connection came about, all were cut short or no request was answered, where its own condition has ended it,
 * and where a search has found nothing. */
static enum report_verdict judge(const struct report_run *run)
{
	if (!is_so_of_all(run, is_sound))
		return REPORT_FAIL;
	if (cli_signal_count() > 0)
		return REPORT_ABORTED;
	if (!is_so_of_all(run, is_served))
		return REPORT_FAIL;
	if (run->stop->condition || (run->search && run->search->found == 0))
		return REPORT_FAIL;
	return REPORT_PASS;
}

static void fill(struct report_run *run, const struct load_measure *measure, const struct report_tally *tally,
		 const struct report_schedule *schedule, bool is_scheduled)
{
	report_totals_add(&run->totals, tally);
	run->is_scheduled = is_scheduled;
	run->schedule = *schedule;
	run->silence_ns = measure->silence_ns;
	run->setup = &tally->setup;
	run->from_schedule = is_scheduled ? &tally->from_schedule : &tally->setup;
	run->first_byte = &tally->first_byte;
	run->life = &tally->life;
	run->request = &tally->request;
	run->each = tally->each;
}

/* Of one service, or of any. */
static bool has_schedule(const struct load_measure *measure, uint16_t first, uint16_t count)
{
	bool is_scheduled = false;

	for (uint16_t i = first; i < first + count; i++)
		is_scheduled |= measure->clients[i].is_scheduled;
	return is_scheduled;
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

/* Adds the run that has ended to those before it. */
static void add_run(struct load_measure *measure, struct report_schedule *schedule)
{
	for (uint16_t i = 0; i < measure->client_count; i++) {
		const struct load_client *client = &measure->clients[i];
		struct load_sum *sum = &measure->sums[i % measure->settings->service_count];

		report_tally_add(measure->run_sum, client->tally);
		report_tally_add(sum->tally, client->tally);
		report_requests_merge(sum->tally, client->tally);
		add_schedule(schedule, client);
		add_schedule(&sum->schedule, client);
		if (client->longest_silence_ns > measure->silence_ns)
			measure->silence_ns = client->longest_silence_ns;
	}
}

bool load_result_end_run(struct load_measure *measure, uint64_t *next)
{
	struct report_run run = {.settings = measure->settings, .series = &measure->series};
	struct report_schedule schedule = {.intended = 0};

	report_tally_reset(measure->run_sum);
	if (load_trials_are_searched(&measure->trials)) {
		report_tally_renew(measure->sums[0].tally);
		measure->sums[0].schedule = schedule;
	}
	add_run(measure, &schedule);
	fill(&run, measure, measure->run_sum, &schedule, has_schedule(measure, 0, measure->settings->service_count));
	report_series_settle(&measure->series, &run.totals);
	if (cli_signal_count() > 0 || measure->stop.found.condition)
		return false;
	report_between(&run, &measure->run_begin, &measure->end, measure->shards);
	return load_trials_note(&measure->trials, &run, measure->orders.cps, open_s_of(measure), next);
}

/* What bench's servers were sent, and was not what it should have been, is the run's too. */
static void add_corrupt(const struct load_measure *measure, struct report_run *run, struct report_run *parts)
{
	for (uint16_t i = 0; i < measure->shard_count; i++) {
		const struct report_shard *shard = &measure->shards[i];

		for (uint16_t j = 0; strcmp(shard->role, "server") == 0 && j < shard->tally_count; j++) {
			uint64_t corrupt = report_read(&shard->tallies[j]->requests[REPORT_REQUESTS_corrupt]);

			run->totals.requests[REPORT_REQUESTS_corrupt] += corrupt;
			parts[j].totals.requests[REPORT_REQUESTS_corrupt] += corrupt;
		}
	}
}

/* The run, and its services as parts of it. */
static void add_up(struct load_measure *measure, struct report_run *run, struct report_run parts[CLI_MAX_SERVICES])
{
	uint16_t count = measure->settings->service_count;
	struct report_schedule schedule = {.intended = 0};

	report_tally_reset(measure->run_sum);
	for (uint16_t i = 0; i < count; i++) {
		const struct load_sum *sum = &measure->sums[i];

		report_tally_add(measure->run_sum, sum->tally);
		merge_schedule(&schedule, &sum->schedule);
		parts[i] =
			(struct report_run){.settings = measure->settings, .service = &measure->settings->service[i]};
		fill(&parts[i], measure, sum->tally, &sum->schedule, has_schedule(measure, i, 1));
		parts[i].duration_s = measure->end.at_s - measure->begin.at_s;
	}
	fill(run, measure, measure->run_sum, &schedule, has_schedule(measure, 0, count));
	if (count == 1)
		run->each = measure->sums[0].tally->each;
	else
		run->parts = parts;
	add_corrupt(measure, run, parts);
}

int load_result_report(struct load_measure *measure, const struct quern_engine *engine, struct report_output *output)
{
	static struct report_run parts[CLI_MAX_SERVICES];
	struct report_steered steered = load_steer_past(&measure->orders.steer);
	struct report_run run = {.settings = measure->settings,
				 .series = &measure->series,
				 .stop = &measure->stop.found,
				 .steered = &steered};
	int rc, code;

	add_up(measure, &run, parts);
	report_between(&run, &measure->begin, &measure->end, measure->shards);
	load_trials_report(&measure->trials, &run);
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
