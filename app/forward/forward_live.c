/* forward_live.c - the greppable line, and the redrawn one of a terminal. */
#include "forward/forward_live.h"

#include "report/report_format.h"

static double per_second(uint64_t count, const struct forward_row *row)
{
	return row->span_s > 0 ? (double)count / row->span_s : 0;
}

static void print_redrawn(const struct report_progress *progress, const struct forward_row *row)
{
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT];

	report_progress_bar(progress, row->t_s);
	fprintf(progress->out, "  forwarded %s/s   returned %s/s   sessions %s",
		report_format_count((uint64_t)per_second(row->forwarded, row), a),
		report_format_count((uint64_t)per_second(row->returned, row), b),
		report_format_count(row->sessions, c));
	fprintf(progress->out, "   drops %s/s   busy %.0f %%",
		report_format_count((uint64_t)per_second(row->drops, row), a), 100 * row->busy);
	fflush(progress->out);
}

void forward_live_line(const struct report_progress *progress, const struct forward_row *row)
{
	if (progress->is_quiet)
		return;
	if (progress->redraws) {
		print_redrawn(progress, row);
		return;
	}
	fprintf(progress->out, "t=%.0fs fwd=%.0f ret=%.0f sessions=%llu opened=%llu ended=%llu", row->t_s,
		per_second(row->forwarded, row), per_second(row->returned, row), (unsigned long long)row->sessions,
		(unsigned long long)row->opened, (unsigned long long)row->ended);
	fprintf(progress->out, " rxpps=%.0f txpps=%.0f drop=%llu busy=%.0f%%\n", per_second(row->rx_packets, row),
		per_second(row->tx_packets, row), (unsigned long long)row->drops, 100 * row->busy);
	fflush(progress->out);
}
