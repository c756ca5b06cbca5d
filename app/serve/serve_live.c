/* serve_live.c - rows and totals of a server as the lines of a screen. */
#include "serve/serve_live.h"

#include "live/live_lines.h"

enum { COUNTER_ESTABLISHED, COUNTER_CLOSED, COUNTER_REQUESTS };

/* In which order lines go where there is no room for all: the first one last. */
enum { RANK_OPEN = 2, RANK_CLOSED, RANK_PACKETS, RANK_WORKERS };

bool serve_live_open(struct live *live, const struct cli_settings *settings, bool has_requests)
{
	static const char *const names[] = {"established/s", "closed/s", "requests/s"};

	if (!live_open(live, settings))
		return false;
	live->model.counter_count = has_requests ? COUNTER_REQUESTS + 1 : COUNTER_REQUESTS;
	for (uint16_t i = 0; i < live->model.counter_count; i++)
		live->model.counters[i].name = names[i];
	live->model.charted = "CPS";
	live->model.charted_counter = COUNTER_ESTABLISHED;
	live->model.total_s = (double)settings->duration_ns / (double)CLI_NS_PER_S;
	return true;
}

static void say_open(struct live_look *look, const struct report_row *row, const struct report_memory *memory)
{
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT];

	snprintf(live_look_line(look, "in flight", RANK_OPEN)->text, LIVE_TEXT, "%s   TIME-WAIT %s   buffers %s",
		 report_format_count(row->in_flight, a), report_format_count(memory->time_wait, b),
		 report_format_count(memory->mbufs_used, c));
}

static void say_closed(struct live_look *look, const struct report_totals *totals)
{
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT], d[REPORT_NUMBER_TEXT];

	snprintf(live_look_line(look, "closed by", RANK_CLOSED)->text, LIVE_TEXT,
		 "FIN %s · RST %s · timeout %s · evicted %s", report_format_count(totals->closed[REPORT_CLOSED_fin], a),
		 report_format_count(totals->closed[REPORT_CLOSED_reset], b),
		 report_format_count(totals->closed[REPORT_CLOSED_timeout], c),
		 report_format_count(totals->closed[REPORT_CLOSED_evicted], d));
}

void serve_live_take(struct live *live, const struct report_row *row, const struct report_totals *totals,
		     const struct report_memory *memory, const struct report_run *second)
{
	static struct live_look look;

	look.span_s = row->span_s;
	look.totals[COUNTER_ESTABLISHED] = totals->established;
	look.totals[COUNTER_CLOSED] = report_closed(totals);
	look.totals[COUNTER_REQUESTS] = totals->requests[REPORT_REQUESTS_ok];
	look.line_count = 0;
	say_open(&look, row, memory);
	say_closed(&look, totals);
	live_lines_packets(&look, second, RANK_PACKETS);
	live_lines_workers(&look, second, RANK_WORKERS);
	live_model_take(&live->model, &look);
}
