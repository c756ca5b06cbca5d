/* report_schedule.c - shares of a schedule that were kept, and in words what kept the rest. */
#include "report/report_schedule.h"

#include <string.h>

#include "cli/cli_exit.h"
#include "report/report.h"
#include "report/report_format.h"

/* How many times the one p99 is the other before it is said what that means, and how much longer at least. */
enum { MUCH_LONGER = 2, MUCH_NS = 1000000 };

/* A target that says nothing for so long, and so many times as long as it needs for an answer, has stalled. */
enum { SILENT_NS = 100000000, MUCH_SLOWER = 5 };

static double share_of(uint64_t on_time, uint64_t of)
{
	return of == 0 ? 1 : (double)on_time / (double)of;
}

double report_schedule_kept(const struct report_schedule *schedule)
{
	return share_of(schedule->on_time, schedule->intended);
}

double report_schedule_kept_net(const struct report_schedule *schedule, bool port_is_others)
{
	uint64_t others = schedule->late[REPORT_LATE_host] + schedule->late[REPORT_LATE_cc];

	if (port_is_others)
		others += schedule->late[REPORT_LATE_port];
	return share_of(schedule->on_time, schedule->intended - others);
}

uint64_t report_schedule_own_lates(const struct report_schedule *schedule)
{
	uint64_t own = schedule->intended - schedule->on_time;

	for (int i = 0; i < REPORT_LATES_END; i++)
		own -= schedule->late[i];
	return own;
}

/* What such a port does not take is left by who is at its other end, and on a cable that is bench's own server. */
bool report_schedule_port_is_others(const struct report_run *run)
{
	static const char memif[] = "memif:";

	if (run->settings->command == CLI_BENCH)
		return true;
	for (uint16_t i = 0; i < run->settings->port_count; i++) {
		if (strncmp(run->settings->ports[i].device, memif, sizeof(memif) - 1) != 0)
			return false;
	}
	return run->settings->port_count > 0;
}

void report_schedule_judge(struct report_run *run)
{
	if (run->settings->strict && run->is_scheduled && run->verdict == REPORT_PASS &&
	    report_schedule_kept_net(&run->schedule, report_schedule_port_is_others(run)) < REPORT_SCHEDULE_GOOD)
		run->verdict = REPORT_INVALID;
}

void report_schedule_complain(const struct report_run *run)
{
	if (run->verdict != REPORT_INVALID)
		return;
	cli_fail(CLI_EXIT_INVALID,
		 "the generator was the bottleneck: %.1f %% of its starts were on time, those apart that others "
		 "have kept it from, and --strict wants %.0f %%; lower the rate, or give it more cores: %s",
		 100 * report_schedule_kept_net(&run->schedule, report_schedule_port_is_others(run)),
		 100 * REPORT_SCHEDULE_GOOD, run->settings->command == CLI_BENCH ? "--client-cores" : "-c");
}

void report_schedule_json(json_t *valid, const struct report_run *run)
{
	const struct report_schedule *schedule = &run->schedule;
	json_t *late = json_object();

	for (int i = 0; i < REPORT_LATES_END; i++)
		json_object_set_new(late, report_late_names[i], json_integer((json_int_t)schedule->late[i]));
	json_object_set_new(late, "generator", json_integer((json_int_t)report_schedule_own_lates(schedule)));
	json_object_set_new(valid, "schedule_kept", json_real(report_schedule_kept(schedule)));
	json_object_set_new(valid, "schedule_kept_net",
			    json_real(report_schedule_kept_net(schedule, report_schedule_port_is_others(run))));
	json_object_set_new(valid, "late", late);
}

struct gaps {
	uint64_t count, ns, longest_ns;
};

/* What the host has taken of the workers that make load. */
static struct gaps gaps_of(const struct report_run *run)
{
	struct gaps gaps = {0, 0, 0};

	for (uint16_t i = 0; i < run->worker_count; i++) {
		const struct report_worker *worker = &run->workers[i];

		if (!worker->is_client)
			continue;
		gaps.count += worker->gaps;
		gaps.ns += worker->gap_ns;
		gaps.longest_ns = worker->longest_gap_ns > gaps.longest_ns ? worker->longest_gap_ns : gaps.longest_ns;
	}
	return gaps;
}

static void print_gaps(FILE *out, const struct report_run *run)
{
	struct gaps gaps = gaps_of(run);
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT];

	if (gaps.count > 0)
		fprintf(out, "              the host had the core %s time%s, for %s in all and %s at most\n",
			report_format_count(gaps.count, a), gaps.count == 1 ? "" : "s", report_format_ns(gaps.ns, b),
			report_format_ns(gaps.longest_ns, c));
}

void report_schedule_silence(FILE *out, const struct report_run *run)
{
	char text[REPORT_NUMBER_TEXT];

	if (run->silence_ns < SILENT_NS + 2 * gaps_of(run).longest_ns ||
	    run->silence_ns < MUCH_SLOWER * quern_histogram_percentile(run->setup, 50))
		return;
	fprintf(out,
		"              no set-up was answered for %s while some waited: the target, or the way to it, "
		"stalled\n",
		report_format_ns(run->silence_ns, text));
}

/* In words, where times from schedule are much longer than those from send: who kept opens waiting. */
static void print_hint(FILE *out, const struct report_run *run)
{
	static const char *const causes[] = {[REPORT_LATE_host] = "for the core, which the host had",
					     [REPORT_LATE_cc] = "for room under --cc, since the target is slow",
					     [REPORT_LATE_port] = "for the port, which took no more"};
	const char *cause = "for the generator, which was the bottleneck: give it more cores (-c)";
	uint64_t most = report_schedule_own_lates(&run->schedule), sent_ns, schedule_ns;
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT];

	if (!run->setup || !run->from_schedule)
		return;
	sent_ns = quern_histogram_percentile(run->setup, 99);
	schedule_ns = quern_histogram_percentile(run->from_schedule, 99);
	if (schedule_ns < MUCH_LONGER * sent_ns || schedule_ns < sent_ns + MUCH_NS)
		return;
	for (int i = 0; i < REPORT_LATES_END; i++) {
		if (run->schedule.late[i] <= most)
			continue;
		most = run->schedule.late[i];
		cause = i == REPORT_LATE_port && report_schedule_port_is_others(run)
				? "for the server, which took no more: it stalled, or is slower than the schedule"
				: causes[i];
	}
	fprintf(out, "              p99 is %s from schedule, %s from send: opens waited %s\n",
		report_format_ns(schedule_ns, a), report_format_ns(sent_ns, b), cause);
}

void report_schedule_text(FILE *out, const struct report_run *run, const char *starts)
{
	static const char *const texts[] = {[REPORT_LATE_host] = "while the host had the core",
					    [REPORT_LATE_cc] = "held back by --cc",
					    [REPORT_LATE_port] = "while the port took no more"};
	const struct report_schedule *schedule = &run->schedule;
	uint64_t own = report_schedule_own_lates(schedule);
	const char *comma = "";
	char a[REPORT_NUMBER_TEXT];

	fprintf(out, "              %.3f %% of %s within 10 µs of their schedule", 100 * report_schedule_kept(schedule),
		starts);
	if (schedule->on_time < schedule->intended)
		fprintf(out, "; late: ");
	for (int i = 0; i < REPORT_LATES_END; i++) {
		if (schedule->late[i] == 0)
			continue;
		fprintf(out, "%s%s %s", comma, report_format_count(schedule->late[i], a), texts[i]);
		comma = ", ";
	}
	if (own > 0)
		fprintf(out, "%s%s by the generator itself", comma, report_format_count(own, a));
	fputc('\n', out);
	if (schedule->intended > schedule->on_time + own)
		fprintf(out, "              %.3f %% without those that were late by others' doing\n",
			100 * report_schedule_kept_net(schedule, report_schedule_port_is_others(run)));
	print_gaps(out, run);
	print_hint(out, run);
}
