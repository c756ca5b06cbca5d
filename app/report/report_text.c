/* report_text.c - the report a person reads. */
#include "report/report_parts.h"

#include <string.h>

#include "cli/cli_target.h"
#include "report/report_format.h"
#include "report/report_judged.h"
#include "report/report_requests.h"
#include "report/report_trials.h"

enum { BAR_CELLS = 20 };

static uint64_t percentile(const struct quern_histogram *histogram, double percent)
{
	return quern_histogram_percentile(histogram, percent);
}

static void print_target(FILE *out, const struct cli_settings *settings)
{
	char text[CLI_TARGET_TEXT];

	fprintf(out, "quern %s", cli_command_name(settings->command));
	for (uint16_t i = 0; settings->command == CLI_LOAD && i < settings->service_count; i++)
		fprintf(out, " %s", cli_format_target(settings, &settings->service[i], text));
}

void report_text_times(FILE *out, const struct quern_histogram *times)
{
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT], d[REPORT_NUMBER_TEXT];

	fprintf(out, "p50 %s   p99 %s   p99.9 %s   max %s", report_format_ns(percentile(times, 50), a),
		report_format_ns(percentile(times, 99), b), report_format_ns(percentile(times, 99.9), c),
		report_format_ns(times->max, d));
}

void report_text_short(FILE *out, const struct report_run *run)
{
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT];
	struct report_rate rate = report_series_rate(run->series);

	fprintf(out, " %.1f s  ", run->duration_s);
	for (int i = 0; i < BAR_CELLS; i++)
		fputs("█", out);
	fprintf(out, "  %s connections/s   established %s   failed %s\n", report_format_count((uint64_t)rate.mean, a),
		report_format_count(run->totals.established, b), report_format_count(report_failed(&run->totals), c));
	fputs("set-up   ", out);
	report_text_times(out, run->setup);
	if (report_has_requests(run->settings)) {
		fprintf(out, "\nrequests %s/s   ",
			report_format_count((uint64_t)report_series_requests_mean(run->series), a));
		report_text_times(out, run->request);
	}
	fprintf(out, "\n2MSL %s · ", report_format_span(run->settings->time_wait_ns, a));
	if (report_adds_up(&run->totals))
		fprintf(out, "all %s opens accounted for\n", report_format_count(run->totals.opened, b));
	else
		fputs("the connections do NOT add up\n", out);
}

void report_text_header(FILE *out, const struct report_run *run, bool colors)
{
	static const char *const words[] = {"PASS", "FAIL", "ABORTED", "INVALID"};
	uint64_t ramp_ns = cli_ramp_ns(run->settings), warmup_ns = run->settings->warmup_ns;
	char ramp[REPORT_NUMBER_TEXT], warmup[REPORT_NUMBER_TEXT];

	fprintf(out, "RESULT  %s%s%s   ", colors ? (run->verdict == REPORT_PASS ? "\033[32m" : "\033[31m") : "",
		words[run->verdict], colors ? "\033[0m" : "");
	print_target(out, run->settings);
	fprintf(out, "   %.1f s measured", run->duration_s);
	report_format_span(ramp_ns, ramp);
	report_format_span(warmup_ns, warmup);
	if (ramp_ns > 0 && warmup_ns > 0)
		fprintf(out, " (%s ramp and %s warm-up left out)", ramp, warmup);
	else if (ramp_ns + warmup_ns > 0)
		fprintf(out, " (%s left out)", ramp_ns > 0 ? strcat(ramp, " ramp") : strcat(warmup, " warm-up"));
	fputs("\n\n", out);
}

/* Why set-ups have failed, or took long, as far as routers know. */
static void print_icmp(FILE *out, const struct report_totals *totals)
{
	char a[REPORT_NUMBER_TEXT];
	bool is_first = true;

	for (int i = QUERN_ICMP_NONE + 1; i < QUERN_ICMPS_END; i++) {
		if (totals->icmp[i] == 0)
			continue;
		fprintf(out, "%s%s %s", is_first ? "\n              ICMP: " : ", ", quern_icmp_text((enum quern_icmp)i),
			report_format_count(totals->icmp[i], a));
		is_first = false;
	}
}

static void print_connections(FILE *out, const struct report_run *run)
{
	const struct report_totals *totals = &run->totals;
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT];
	uint64_t failed = report_failed(totals);

	fprintf(out, "connections   opened %s   established %s   closed %s\n", report_format_count(totals->opened, a),
		report_format_count(totals->established, b), report_format_count(report_closed(totals), c));
	fprintf(out, "              failed %s", report_format_count(failed, a));
	if (failed > 0)
		fprintf(out, " (%.1e)", (double)failed / (double)totals->opened);
	for (int i = 0; i < REPORT_FAILED_END && failed > 0; i++)
		fprintf(out, "%s%s %s", i == 0 ? ": " : ", ", report_failure_names[i],
			report_format_count(totals->failed[i], a));
	print_icmp(out, totals);
	fputs("\n              closed by", out);
	for (int i = 0; i < REPORT_CLOSED_END; i++)
		fprintf(out, "%s %s %s", i == 0 ? "" : ",", report_close_names[i],
			report_format_count(totals->closed[i], a));
	fprintf(out, "      in flight at end %s\n", report_format_count(totals->in_flight, a));
	if (run->settings->command == CLI_SERVE && totals->requests[REPORT_REQUESTS_corrupt] > 0)
		fprintf(out, "              corrupt %s: what came is not the text of --pattern\n",
			report_format_count(totals->requests[REPORT_REQUESTS_corrupt], a));
	if (totals->cut_short > 0)
		fprintf(out, "              cut short %s: closed before the whole answer had come\n",
			report_format_count(totals->cut_short, a));
	fprintf(out, "              check: opened = established + failed  %s    established = closed + in flight  %s\n",
		totals->opened == totals->established + failed ? "✓" : "✗",
		totals->established == report_closed(totals) + totals->in_flight ? "✓" : "✗");
}

static void print_rate(FILE *out, const struct report_run *run)
{
	struct report_rate rate = report_series_rate(run->series);
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT];

	fprintf(out, "rate          %s ± %s per second (σ of 1 s samples)   slowest second %s\n",
		report_format_count((uint64_t)rate.mean, a), report_format_count((uint64_t)rate.stddev, b),
		report_format_count((uint64_t)rate.min, c));
}

static void print_setup(FILE *out, const struct report_run *run)
{
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT];
	const struct report_worker *first = &run->workers[0];

	fprintf(out, "set-up time   min %s   ", report_format_ns(run->setup->count ? run->setup->min : 0, a));
	report_text_times(out, run->setup);
	fprintf(out, "\n              p90 %s   p99.99 %s", report_format_ns(percentile(run->setup, 90), a),
		report_format_ns(percentile(run->setup, 99.99), b));
	if (run->worker_count > 0 && first->turns > 0 && run->machine.tsc_hz > 0)
		fprintf(out, "   (resolution one turn of the loop, %s on average)",
			report_format_ns(
				(uint64_t)((double)first->cycles / (double)first->turns * 1e9 / run->machine.tsc_hz),
				a));
	fputc('\n', out);
	report_schedule_silence(out, run);
	if (!run->is_scheduled)
		return;
	fputs("              from schedule: ", out);
	report_text_times(out, run->from_schedule);
	fputc('\n', out);
	report_schedule_text(out, run, "opens");
}

void report_text_drops(FILE *out, const struct quern_counters *traffic)
{
	char text[REPORT_NUMBER_TEXT];
	uint64_t drops = 0;

	for (int i = QUERN_DROP_NONE + 1; i < QUERN_DROPS_END; i++)
		drops += traffic->drops[i];
	fprintf(out, "   drops %s\n", report_format_count(drops, text));
	for (int i = QUERN_DROP_NONE + 1; i < QUERN_DROPS_END; i++) {
		if (traffic->drops[i] != 0)
			fprintf(out, "              dropped %s: %s\n", report_format_count(traffic->drops[i], text),
				quern_drop_text((enum quern_drop)i));
	}
}

static void print_packets(FILE *out, const struct report_run *run)
{
	const struct quern_counters *traffic = &run->traffic;
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT];

	fprintf(out, "packets       rx %s  tx %s", report_format_big((double)traffic->rx_packets, a),
		report_format_big((double)traffic->tx_packets, b));
	if (run->packets_per_connection > 0)
		fprintf(out, "   %.2f a connection", run->packets_per_connection);
	fprintf(out, "   retransmitted %s", report_format_count(traffic->retransmits, c));
	report_text_drops(out, traffic);
}

static void print_cookies(FILE *out, const struct quern_counters *traffic)
{
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT];

	if (traffic->cookies_sent == 0)
		return;
	fprintf(out, "SYN cookies   sent %s   came back %s   refused %s\n",
		report_format_count(traffic->cookies_sent, a), report_format_count(traffic->cookies_accepted, b),
		report_format_count(traffic->cookies_refused, c));
}

void report_text_impaired(FILE *out, const struct report_run *run)
{
	for (uint16_t i = 0; i < run->impaired_count; i++) {
		const struct report_impaired *impaired = &run->impaired[i];
		const struct quern_impair_counters *counters = &impaired->counters;
		char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT], d[REPORT_NUMBER_TEXT];

		fprintf(out, "%s%s %s: frames %s   lost %s   duplicated %s   reordered %s",
			i == 0 ? "impaired      " : "              ", run->settings->ports[impaired->port].device,
			impaired->way == QUERN_RX ? "rx" : "tx", report_format_count(counters->frames, a),
			report_format_count(counters->lost, b), report_format_count(counters->duplicated, c),
			report_format_count(counters->reordered, d));
		fprintf(out, "   corrupted %s   delayed %s\n", report_format_count(counters->corrupted, a),
			report_format_count(counters->delayed, b));
		if (counters->queue_full > 0)
			fprintf(out,
				"              dropped %s that would have waited too long for their turn at the rate\n",
				report_format_count(counters->queue_full, a));
		if (counters->no_room > 0)
			fprintf(out, "              dropped %s, since more were on their way than there is room for\n",
				report_format_count(counters->no_room, a));
	}
}

void report_text_capture(FILE *out, const struct report_run *run)
{
	const struct quern_capture_report *capture = &run->capture;
	char a[REPORT_NUMBER_TEXT];

	if (!run->is_captured)
		return;
	fprintf(out, "capture       %s: %s%s frames", run->settings->pcap, capture->is_full ? "the first " : "",
		report_format_count(capture->frames, a));
	if (capture->is_full)
		fputs("; for more: --pcap FILE,frames=N", out);
	if (capture->missing > 0)
		fprintf(out, "   missing %s, which came faster than the file takes them",
			report_format_count(capture->missing, a));
	fputc('\n', out);
}

static void print_memory(FILE *out, const struct report_run *run)
{
	const struct report_memory *memory = &run->memory;
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT];

	fprintf(out, "memory        %.1f B a connection, %.1f B in TIME-WAIT (%s now)   reserved %sB\n",
		memory->bytes_established, memory->bytes_time_wait, report_format_count(memory->time_wait, a),
		report_format_big((double)memory->reserved_bytes, b));
}

void report_text_machine(FILE *out, const struct report_run *run)
{
	char a[REPORT_NUMBER_TEXT];

	for (uint16_t i = 0; i < run->worker_count; i++) {
		const struct report_worker *worker = &run->workers[i];

		fprintf(out, "%score %u: %s, %.0f %% of turns busy", i == 0 ? "workers       " : "              ",
			worker->core, worker->role, 100 * worker->busy);
		if (worker->connections > 0)
			fprintf(out, ", %s cycles a connection",
				report_format_count(worker->cycles / worker->connections, a));
		if (worker->moved_out > 0)
			fprintf(out, ", moved %s frames to the others", report_format_count(worker->moved_out, a));
		if (worker->stalls > 0)
			fprintf(out, ", stalled %llu time%s, for up to %.1f s", (unsigned long long)worker->stalls,
				worker->stalls == 1 ? "" : "s", (double)worker->longest_stall_ms / 1000);
		fputc('\n', out);
	}
	fprintf(out, "machine       %s, %u cores, %u node%s, %s pages, DPDK %s", run->machine.cpu, run->machine.cores,
		run->machine.numa_nodes, run->machine.numa_nodes == 1 ? "" : "s", run->machine.pages,
		run->machine.dpdk);
	for (uint16_t i = 0; i < run->settings->port_count; i++) {
		if (i == 0 || strcmp(run->drivers[i], run->drivers[i - 1]) != 0)
			fprintf(out, ", %s", run->drivers[i]);
	}
	fputc('\n', out);
}

static void print_all_of_connections(FILE *out, const struct report_run *run)
{
	print_connections(out, run);
	report_text_targets(out, run);
	if (report_has_requests(run->settings))
		report_requests_text(out, run);
	print_rate(out, run);
	if (run->setup)
		print_setup(out, run);
	report_services_text(out, run);
	report_steered_text(out, run->steered, run->settings->service_count);
}

/* What --out has put where: the folder once, then names. */
static void print_files(FILE *out, const struct cli_settings *settings)
{
	const char *head = "files         ";

	for (size_t i = 0; settings->out && i < sizeof(settings->out_files) / sizeof(settings->out_files[0]); i++) {
		const char *file = settings->out_files[i];

		if (file[0] == '\0')
			continue;
		fprintf(out, "%s%s", head, head[0] == 'f' ? file : strrchr(file, '/') + 1);
		head = "  ";
	}
	if (head[0] == ' ')
		fputc('\n', out);
}

void report_text(FILE *out, const struct report_run *run, bool colors)
{
	report_text_header(out, run, colors);
	report_trials_text(out, run);
	if (run->udp)
		report_udp_text(out, run);
	else
		print_all_of_connections(out, run);
	print_packets(out, run);
	print_cookies(out, &run->traffic);
	report_text_impaired(out, run);
	report_text_capture(out, run);
	if (!run->udp)
		print_memory(out, run);
	report_text_machine(out, run);
	report_judged_text(out, run);
	print_files(out, run->settings);
}
