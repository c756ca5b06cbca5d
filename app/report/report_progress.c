/* report_progress.c - the greppable line, and the redrawn one of a terminal. */
#include "report/report_progress.h"

#include "report/report_format.h"

enum { BAR_CELLS = 20 };

static double per_second(uint64_t count, const struct report_row *row)
{
	return row->span_s > 0 ? (double)count / row->span_s : 0;
}

void report_progress_bar(const struct report_progress *progress, double t_s)
{
	int full = progress->total_s > 0 ? (int)(BAR_CELLS * t_s / progress->total_s + 0.5) : BAR_CELLS;

	fprintf(progress->out, "\r\033[K %.1f s  ", t_s);
	for (int i = 0; i < BAR_CELLS; i++)
		fputs(i < full ? "█" : "░", progress->out);
}

static void print_redrawn(const struct report_progress *progress, const struct report_row *row)
{
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT];

	report_progress_bar(progress, row->t_s);
	if (progress->has_requests)
		fprintf(progress->out, "  %s requests/s",
			report_format_count((uint64_t)per_second(row->requests, row), a));
	fprintf(progress->out, "  %s connections/s   in flight %s   failed %s",
		report_format_count((uint64_t)per_second(row->established, row), a),
		report_format_count(row->in_flight, b), report_format_count(row->failed, c));
	fflush(progress->out);
}

void report_progress_line(const struct report_progress *progress, const struct report_row *row,
			  const struct report_activity *activity)
{
	if (progress->is_quiet)
		return;
	if (progress->redraws) {
		print_redrawn(progress, row);
		return;
	}
	fprintf(progress->out, "t=%.0fs cps=%.0f est=%.0f fail=%llu inflight=%llu", row->t_s,
		per_second(row->opened, row), per_second(row->established, row), (unsigned long long)row->failed,
		(unsigned long long)row->in_flight);
	if (progress->has_requests)
		fprintf(progress->out, " rps=%.0f", per_second(row->requests, row));
	if (progress->has_setups)
		fprintf(progress->out, " p50us=%.1f p99us=%.1f p999us=%.1f", (double)row->p50_ns / 1e3,
			(double)row->p99_ns / 1e3, (double)row->p999_ns / 1e3);
	fprintf(progress->out, " rxpps=%.0f drop=%llu busy=%.0f%%\n", activity->rx_packets,
		(unsigned long long)activity->drops, 100 * activity->busy);
	fflush(progress->out);
}

void report_progress_end(const struct report_progress *progress)
{
	if (!progress->is_quiet && progress->redraws) {
		fputs("\r\033[K", progress->out);
		fflush(progress->out);
	}
}
