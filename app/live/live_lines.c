/* live_lines.c - traffic and workers of a second. */
#include "live/live_lines.h"

#include <string.h>

static const char *big(double count, double span_s, char text[REPORT_NUMBER_TEXT])
{
	return report_format_big(span_s > 0 ? count / span_s : 0, text);
}

/* 2.9 Gbit/s, 812 bit/s */
static const char *bits(uint64_t bytes, double span_s, char text[REPORT_NUMBER_TEXT])
{
	big(8.0 * (double)bytes, span_s, text);
	strcat(text, strchr(text, ' ') ? "bit/s" : " bit/s");
	return text;
}

static void say_drops(struct live_look *look, const struct quern_counters *traffic, unsigned int rank)
{
	struct live_line *line = live_look_line(look, "drops", rank);
	char number[REPORT_NUMBER_TEXT];
	bool is_any = false;
	FILE *out = fmemopen(line->text, sizeof(line->text), "w");

	if (!out)
		return;
	for (int i = QUERN_DROP_NONE + 1; i < QUERN_DROPS_END; i++) {
		if (traffic->drops[i] == 0)
			continue;
		fprintf(out, "%s%s %s", is_any ? " · " : "", quern_drop_name((enum quern_drop)i),
			report_format_count(traffic->drops[i], number));
		is_any = true;
	}
	fputs(is_any ? " in the last second" : "none in the last second", out);
	fclose(out);
	line->mood = is_any ? LIVE_BAD : LIVE_PLAIN;
}

void live_lines_packets(struct live_look *look, const struct report_run *second, unsigned int rank)
{
	const struct quern_counters *traffic = &second->traffic;
	struct live_line *line = live_look_line(look, "packets", rank);
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT], d[REPORT_NUMBER_TEXT];
	double span_s = second->duration_s;

	/* What one end of a cable sends, the other receives. */
	if (second->settings->command == CLI_BENCH)
		snprintf(line->text, sizeof(line->text), "%s/s  %s over the cable",
			 big((double)traffic->tx_packets, span_s, a), bits(traffic->tx_bytes, span_s, b));
	else
		snprintf(line->text, sizeof(line->text), "rx %s/s  tx %s/s   rx %s  tx %s",
			 big((double)traffic->rx_packets, span_s, a), big((double)traffic->tx_packets, span_s, b),
			 bits(traffic->rx_bytes, span_s, c), bits(traffic->tx_bytes, span_s, d));
	say_drops(look, traffic, rank);
}

void live_lines_workers(struct live_look *look, const struct report_run *second, unsigned int rank)
{
	struct live_line *line = live_look_line(look, "workers", rank);
	char number[REPORT_NUMBER_TEXT];
	size_t used = 0;

	for (uint16_t i = 0; i < second->worker_count && used < sizeof(line->text); i++) {
		const struct report_worker *worker = &second->workers[i];
		double rate = second->duration_s > 0 ? (double)worker->connections / second->duration_s : 0;

		used += (size_t)snprintf(line->text + used, sizeof(line->text) - used, "%s%u: %.0f %%  %s/s",
					 i > 0 ? "   " : "", worker->core, 100 * worker->busy,
					 report_format_count((uint64_t)(rate + 0.5), number));
	}
}
