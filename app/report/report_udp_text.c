/* report_udp_text.c - what a person reads of datagrams: the report, and the line of a second. */
#include <string.h>

#include "report/report.h"
#include "report/report_format.h"
#include "report/report_progress.h"

static double per_second(uint64_t count, double duration_s)
{
	return duration_s > 0 ? (double)count / duration_s : 0;
}

static void print_rate(FILE *out, const char *head, uint64_t count, uint64_t wire, double duration_s)
{
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT];

	double bits = 8 * per_second(wire, duration_s);

	fprintf(out, "%s%s datagrams/s   %s%sbit/s on the wire", head,
		report_format_count((uint64_t)(per_second(count, duration_s) + 0.5), a), report_format_big(bits, b),
		bits < 1000 ? " " : "");
}

/* `count` and, where there are any, their share of `all`. */
static void print_share(FILE *out, const char *name, uint64_t count, uint64_t all)
{
	char a[REPORT_NUMBER_TEXT];

	fprintf(out, "   %s %s", name, report_format_count(count, a));
	if (count > 0 && all > 0)
		fprintf(out, " (%.1e)", (double)count / (double)all);
}

static void print_more(FILE *out, const char *words, uint64_t count)
{
	char a[REPORT_NUMBER_TEXT];

	if (count > 0)
		fprintf(out, "              %s %s\n", report_format_count(count, a), words);
}

static void print_client(FILE *out, const struct report_run *run)
{
	const struct report_udp *udp = run->udp;
	const struct report_udp_counts *totals = &udp->totals;
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT];
	bool is_one_way = run->settings->udp.is_one_way;

	fprintf(out, "datagrams     sent %s", report_format_count(totals->sent, a));
	if (!is_one_way) {
		fprintf(out, "   answered %s", report_format_count(totals->answered, b));
		print_share(out, "lost", totals->lost, totals->sent);
	}
	fprintf(out, "   of %u bytes on %s flows\n", run->settings->service[0].payload_bytes,
		report_format_count(totals->flows, a));
	if (!is_one_way) {
		fprintf(out, "              duplicated %s", report_format_count(totals->duplicated, a));
		print_share(out, "reordered", totals->reordered, totals->answered + totals->late);
		fprintf(out, "   late %s", report_format_count(totals->late, a));
		fprintf(out, "   corrupted %s   in flight at end %s\n", report_format_count(totals->corrupted, a),
			report_format_count(totals->in_flight, b));
		print_more(out, "answers were too old to tell what they are", totals->stale);
		fprintf(out, "              check: sent = answered + lost + in flight  %s\n",
			report_udp_adds_up(udp) ? "✓" : "✗");
	}
	print_rate(out, "rate          tx ", totals->sent, totals->tx_wire, udp->duration_s);
	if (!is_one_way)
		print_rate(out, "\n              rx ", totals->received, totals->rx_wire, udp->duration_s);
	fputc('\n', out);
	if (run->is_scheduled)
		report_schedule_text(out, run, "datagrams");
}

static void print_server(FILE *out, const struct report_udp *udp)
{
	const struct report_udp_counts *totals = &udp->totals;
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT];

	fprintf(out, "datagrams     received %s   answered %s   of %s flows", report_format_count(totals->received, a),
		report_format_count(totals->sent, b), report_format_big((double)totals->flows, (char[32]){0}));
	fputs("\n              of quern's generators:", out);
	print_share(out, "lost", totals->lost, totals->received + totals->lost);
	fprintf(out, "   duplicated %s", report_format_count(totals->duplicated, a));
	fprintf(out, "   reordered %s\n", report_format_count(totals->reordered, a));
	print_more(out, "of no such generator, or changed on the way", totals->unknown);
	print_more(out, "so old that it is not known whether they came before", totals->stale);
	print_more(out, "of more flows than are followed", totals->untracked);
	print_rate(out, "rate          rx ", totals->received, totals->rx_wire, udp->duration_s);
	print_rate(out, "\n              tx ", totals->sent, totals->tx_wire, udp->duration_s);
	fputc('\n', out);
}

static void print_times(FILE *out, const char *head, const struct quern_histogram *times)
{
	static const double percents[] = {50, 90, 99, 99.9, 99.99};
	char a[REPORT_NUMBER_TEXT];

	fprintf(out, "%s", head);
	for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++)
		fprintf(out, "p%g %s   ", percents[i],
			report_format_ns(quern_histogram_percentile(times, percents[i]), a));
	fprintf(out, "max %s\n", report_format_ns(times->max, a));
}

static void print_search(FILE *out, const struct report_run *run)
{
	const struct report_udp *udp = run->udp;
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT];

	for (uint32_t i = 0; i < udp->trials->count; i++) {
		const struct report_trial *trial = &udp->trials->at[i];

		fprintf(out, "%s%s %12s offered   %12s sent   lost %s%s\n",
			i == 0 ? "search        " : "              ", trial->is_good ? "✓" : "✗",
			report_format_count(trial->rate, a), report_format_count(trial->achieved, b),
			report_format_count(trial->failed, c), trial->is_confirmation ? "   (once more)" : "");
	}
	if (udp->found > 0)
		fprintf(out, "              highest rate with %s: %s datagrams/s, to %.0f %%\n",
			run->settings->judge.search_text, report_format_count(udp->found, a), 100 * udp->resolution);
	else
		fprintf(out, "              no rate with %s was found\n", run->settings->judge.search_text);
}

void report_udp_text(FILE *out, const struct report_run *run)
{
	if (run->udp->trials)
		print_search(out, run);
	if (run->udp->is_server)
		print_server(out, run->udp);
	else
		print_client(out, run);
	if (run->udp->rtt && run->udp->rtt->count > 0)
		print_times(out, "round trip    ", run->udp->rtt);
	if (run->is_scheduled && run->udp->from_schedule && run->udp->from_schedule->count > 0)
		print_times(out, "              from schedule: ", run->udp->from_schedule);
}

void report_udp_progress_line(const struct report_progress *progress, const struct report_udp_row *row,
			      const struct report_activity *activity, bool is_server)
{
	const struct report_udp_counts *counts = &row->counts;

	if (progress->is_quiet)
		return;
	fprintf(progress->out, "%st=%.0fs txpps=%.0f rxpps=%.0f lost=%llu dup=%llu reord=%llu",
		progress->redraws ? "\r\033[K" : "", row->t_s, per_second(counts->sent, row->span_s),
		per_second(counts->received, row->span_s), (unsigned long long)counts->lost,
		(unsigned long long)counts->duplicated, (unsigned long long)counts->reordered);
	if (!is_server)
		fprintf(progress->out, " p50us=%.1f p99us=%.1f p999us=%.1f", (double)row->p50_ns / 1e3,
			(double)row->p99_ns / 1e3, (double)row->p999_ns / 1e3);
	fprintf(progress->out, " drop=%llu busy=%.0f%%%s", (unsigned long long)activity->drops, 100 * activity->busy,
		progress->redraws ? "" : "\n");
	fflush(progress->out);
}
