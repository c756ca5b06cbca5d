/* load_live_lines.c - a line of a screen, a function. */
#include "load/load_live_lines.h"

#include <string.h>

#include "live/live_lines.h"
#include "report/report_facts.h"
#include "report/report_judged.h"

/* In which order lines go where there is no room for all: the first one last. */
enum { RANK_OPEN = 2, RANK_SETUP, RANK_FAILED, RANK_THRESHOLDS, RANK_SCHEDULE, RANK_PACKETS, RANK_WORKERS, RANK_PARTS };

static void say_failed(struct live_look *look, const struct report_totals *totals)
{
	const uint64_t *failed = totals->failed;
	struct live_line *line = live_look_line(look, "failed", RANK_FAILED);
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT], d[REPORT_NUMBER_TEXT];

	snprintf(line->text, sizeof(line->text), "timeout %s · RST %s · refused %s · no port %s",
		 report_format_count(failed[REPORT_FAILED_timeout], a),
		 report_format_count(failed[REPORT_FAILED_reset], b),
		 report_format_count(failed[REPORT_FAILED_refused], c),
		 report_format_count(failed[REPORT_FAILED_no_port], d));
	if (failed[REPORT_FAILED_no_memory] > 0)
		snprintf(line->text + strlen(line->text), sizeof(line->text) - strlen(line->text), " · no memory %s",
			 report_format_count(failed[REPORT_FAILED_no_memory], a));
	if (report_failed(totals) > 0)
		line->mood = LIVE_BAD;
}

static void say_open(struct live_look *look, const struct quern_engine *engine, const struct load_measure *measure,
		     const struct report_row *row)
{
	struct live_line *line = live_look_line(look, "in flight", RANK_OPEN);
	struct report_memory memory;
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT];

	report_memory_read(&memory, engine, measure->shard_count);
	snprintf(line->text, sizeof(line->text), "%s   TIME-WAIT %s", report_format_count(row->in_flight, a),
		 report_format_count(memory.time_wait, b));
}

/* Those of the last second; behind them, of all so far. */
static void say_setups(struct live_look *look, const struct report_run *so_far, const struct report_row *row)
{
	struct live_line *line = live_look_line(look, "set-up", RANK_SETUP);
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT], d[REPORT_NUMBER_TEXT];

	if (row->established == 0)
		snprintf(line->text, sizeof(line->text), "nothing in the last second");
	else
		snprintf(line->text, sizeof(line->text), "p50 %s  p99 %s  p99.9 %s", report_format_ns(row->p50_ns, a),
			 report_format_ns(row->p99_ns, b), report_format_ns(row->p999_ns, c));
	if (so_far->setup->count == 0)
		return;
	line = live_look_line(look, "  so far", RANK_SCHEDULE);
	snprintf(line->text, sizeof(line->text), "p99 %s  max %s",
		 report_format_ns(quern_histogram_percentile(so_far->setup, 99), a),
		 report_format_ns(so_far->setup->max, d));
	if (so_far->is_scheduled)
		snprintf(line->text + strlen(line->text), sizeof(line->text) - strlen(line->text),
			 "   from schedule: p99 %s  max %s",
			 report_format_ns(quern_histogram_percentile(so_far->from_schedule, 99), b),
			 report_format_ns(so_far->from_schedule->max, c));
}

static void say_schedule(struct live_look *look, const struct report_run *so_far)
{
	struct live_line *line;
	double kept, net;

	if (!so_far->is_scheduled || so_far->schedule.intended == 0)
		return;
	line = live_look_line(look, "schedule", RANK_SCHEDULE);
	kept = report_schedule_kept(&so_far->schedule);
	net = report_schedule_kept_net(&so_far->schedule, report_schedule_port_is_others(so_far));
	snprintf(line->text, sizeof(line->text), "%s: %.3f %% within 10 µs, %.3f %% but for others' doing",
		 net >= REPORT_SCHEDULE_GOOD ? "kept" : "NOT kept", 100 * kept, 100 * net);
	line->mood = net >= REPORT_SCHEDULE_GOOD ? LIVE_PLAIN : LIVE_BAD;
}

static void say_thresholds(struct live_look *look, const struct report_run *so_far)
{
	const struct cli_judge *judge = &so_far->settings->judge;
	struct judge_facts facts;

	report_facts(&facts, so_far);
	for (uint16_t i = 0; i < judge->threshold_count; i++) {
		const struct judge_condition *condition = &judge->thresholds[i];

		for (uint16_t j = 0; j < condition->count; j++) {
			struct live_line *line = live_look_line(look, i + j == 0 ? "thresholds" : "", RANK_THRESHOLDS);
			FILE *out = fmemopen(line->text, sizeof(line->text), "w");

			if (!out)
				continue;
			report_judged_term(out, condition, &condition->terms[j], &facts);
			fclose(out);
			line->mood = judge_term_holds(&condition->terms[j], &facts) ? LIVE_GOOD : LIVE_BAD;
		}
	}
}

static void say_services(struct live_look *look, const struct load_measure *measure)
{
	const struct cli_settings *settings = measure->settings;

	for (uint16_t i = 0; i < settings->service_count && settings->service_count > 1; i++) {
		struct live_line *line = live_look_line(look, i == 0 ? "services" : "", RANK_PARTS);
		struct report_totals totals = {.opened = 0};
		char name[CLI_SERVICE_TEXT], a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT];

		for (uint16_t j = i; j < measure->client_count; j = (uint16_t)(j + settings->service_count))
			report_totals_add(&totals, measure->clients[j].tally);
		snprintf(line->text, sizeof(line->text), "%s: established %s  failed %s",
			 cli_service_name(settings, &settings->service[i], name),
			 report_format_count(totals.established, a), report_format_count(report_failed(&totals), b));
	}
}

static void merge(struct quern_histogram *sum, const struct quern_histogram *live, struct quern_histogram *room)
{
	quern_histogram_snapshot(live, room);
	quern_histogram_merge(sum, room);
}

/* The run so far as a report has it, in the room that the end of a run needs only then. */
static void fill_so_far(struct report_run *run, struct load_measure *measure, const struct report_totals *totals)
{
	struct report_tally *sum = measure->run_sum;

	report_tally_reset(sum);
	*run = (struct report_run){.settings = measure->settings, .totals = *totals, .series = &measure->series};
	for (uint16_t i = 0; i < measure->client_count; i++) {
		const struct load_client *client = &measure->clients[i];

		merge(&sum->from_schedule, &client->tally->from_schedule, measure->part);
		if (measure->settings->judge.threshold_count > 0) {
			merge(&sum->first_byte, &client->tally->first_byte, measure->part);
			merge(&sum->life, &client->tally->life, measure->part);
			merge(&sum->request, &client->tally->request, measure->part);
		}
		if (!client->is_scheduled)
			continue;
		run->is_scheduled = true;
		run->schedule.intended += report_read(&client->tally->opened);
		run->schedule.on_time += report_read(&client->tally->on_schedule);
		for (int cause = 0; cause < REPORT_LATES_END; cause++)
			run->schedule.late[cause] += report_read(&client->tally->late[cause]);
	}
	report_between(run, &measure->run_begin, &measure->end, measure->shards);
	run->setup = measure->setup;
	run->from_schedule = run->is_scheduled ? &sum->from_schedule : measure->setup;
	run->first_byte = &sum->first_byte;
	run->life = &sum->life;
	run->request = &sum->request;
}

void load_live_lines(struct live_look *look, struct load_measure *measure, const struct quern_engine *engine,
		     const struct report_row *row, const struct report_totals *totals)
{
	static struct report_run second, so_far;

	second = (struct report_run){.settings = measure->settings};
	report_between(&second, &measure->last_row, &measure->end, measure->shards);
	fill_so_far(&so_far, measure, totals);
	look->line_count = 0;
	say_open(look, engine, measure, row);
	say_setups(look, &so_far, row);
	say_failed(look, totals);
	say_thresholds(look, &so_far);
	say_schedule(look, &so_far);
	live_lines_packets(look, &second, RANK_PACKETS);
	live_lines_workers(look, &second, RANK_WORKERS);
	say_services(look, measure);
}
