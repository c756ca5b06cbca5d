/* report_udp.c - counts of datagrams: their sums, their seconds, and JSON. */
#include "report/report_udp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"

enum { ROWS_AT_FIRST = 600 };
#define LARGEST_DIFFERENCE (UINT64_MAX / 2)

void report_udp_tally_reset(struct report_udp_tally *tally)
{
	memset(tally, 0, sizeof(*tally));
	quern_histogram_reset(&tally->rtt);
	quern_histogram_reset(&tally->from_schedule);
}

void report_udp_totals_add(struct report_udp_counts *totals, const struct report_udp_tally *tally)
{
#define X(name) totals->name += __atomic_load_n(&tally->counts.name, __ATOMIC_RELAXED);
	REPORT_UDP_COUNTS(X)
#undef X
}

bool report_udp_adds_up(const struct report_udp *udp)
{
	const struct report_udp_counts *totals = &udp->totals;

	return udp->is_server || totals->sent == totals->answered + totals->lost + totals->in_flight;
}

int report_udp_series_open(struct report_udp_series *series)
{
	*series = (struct report_udp_series){.capacity = ROWS_AT_FIRST};
	series->rows = malloc(ROWS_AT_FIRST * sizeof(*series->rows));
	series->last_rtt = malloc(sizeof(*series->last_rtt));
	series->difference = malloc(sizeof(*series->difference));
	if (!series->rows || !series->last_rtt || !series->difference) {
		report_udp_series_close(series);
		return -ENOMEM;
	}
	report_udp_series_reset(series);
	return 0;
}

void report_udp_series_close(struct report_udp_series *series)
{
	free(series->rows);
	free(series->last_rtt);
	free(series->difference);
	*series = (struct report_udp_series){.rows = NULL};
}

void report_udp_series_reset(struct report_udp_series *series)
{
	series->count = 0;
	memset(&series->last, 0, sizeof(series->last));
	quern_histogram_reset(series->last_rtt);
}

/* What came since; less than nothing is nothing. */
static uint64_t since(uint64_t now, uint64_t before)
{
	return now - before < LARGEST_DIFFERENCE ? now - before : 0;
}

static void add_times(struct report_udp_series *series, struct report_udp_row *row, const struct quern_histogram *rtt)
{
	report_series_subtract(series->difference, rtt, series->last_rtt);
	row->p50_ns = quern_histogram_percentile(series->difference, 50);
	row->p99_ns = quern_histogram_percentile(series->difference, 99);
	row->p999_ns = quern_histogram_percentile(series->difference, 99.9);
	*series->last_rtt = *rtt;
}

struct report_udp_row *report_udp_series_add(struct report_udp_series *series, double t_s,
					     const struct report_udp_counts *totals, const struct quern_histogram *rtt)
{
	double begin_s = series->count > 0 ? series->rows[series->count - 1].t_s : 0;
	struct report_udp_row *row;

	if (series->count == series->capacity) {
		struct report_udp_row *rows = realloc(series->rows, 2 * series->capacity * sizeof(*rows));

		if (!rows)
			return NULL;
		series->rows = rows;
		series->capacity *= 2;
	}
	row = &series->rows[series->count++];
	*row = (struct report_udp_row){.t_s = t_s, .span_s = t_s - begin_s};
#define X(name) row->counts.name = since(totals->name, series->last.name);
	REPORT_UDP_COUNTS(X)
#undef X
	series->last = *totals;
	if (rtt)
		add_times(series, row, rtt);
	return row;
}

void report_udp_series_settle(struct report_udp_series *series, const struct report_udp_counts *totals)
{
	struct report_udp_row *row = series->count > 0 ? &series->rows[series->count - 1] : NULL;

	if (!row)
		return;
#define X(name) row->counts.name += since(totals->name, series->last.name);
	REPORT_UDP_COUNTS(X)
#undef X
	series->last = *totals;
}

static json_t *integer(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static double per_second(uint64_t count, double duration_s)
{
	return duration_s > 0 ? (double)count / duration_s : 0;
}

static json_t *series_json(const struct report_udp_series *series)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < series->count; i++) {
		const struct report_udp_row *row = &series->rows[i];
		const struct report_udp_counts *counts = &row->counts;

		json_array_append_new(rows,
				      json_pack("{s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "t_s", row->t_s,
						"sent", integer(counts->sent), "received", integer(counts->received),
						"answered", integer(counts->answered), "lost", integer(counts->lost),
						"duplicated", integer(counts->duplicated), "reordered",
						integer(counts->reordered), "p50_ns", integer(row->p50_ns), "p99_ns",
						integer(row->p99_ns), "p999_ns", integer(row->p999_ns)));
	}
	return rows;
}

static json_t *search_json(const struct report_udp *udp)
{
	json_t *trials;

	if (!udp->trials)
		return json_null();
	trials = json_array();
	for (uint32_t i = 0; i < udp->trials->count; i++) {
		const struct report_trial *trial = &udp->trials->at[i];

		json_array_append_new(trials,
				      json_pack("{s:o, s:o, s:o, s:o, s:b, s:b}", "rate", integer(trial->rate),
						"achieved", integer(trial->achieved), "sent", integer(trial->opened),
						"lost", integer(trial->failed), "ok", (int)trial->is_good,
						"confirmation", (int)trial->is_confirmation));
	}
	return json_pack("{s:o, s:f, s:o}", "found", udp->found ? integer(udp->found) : json_null(), "resolution",
			 udp->resolution, "trials", trials);
}

json_t *report_udp_json(const struct report_run *run)
{
	const struct report_udp *udp = run->udp;
	struct quern_histogram *nothing;
	json_t *counts, *object;

	if (!udp)
		return json_null();
	nothing = malloc(sizeof(*nothing));
	if (!nothing)
		return NULL;
	quern_histogram_reset(nothing);
	counts = json_object();
#define X(name) json_object_set_new(counts, #name, integer(udp->totals.name));
	REPORT_UDP_COUNTS(X)
#undef X
	object = json_pack("{s:s, s:f, s:o, s:{s:f, s:f}, s:{s:f, s:f}, s:{s:o, s:o}, s:o, s:o}", "role",
			   udp->is_server ? "server" : "client", "duration_s", udp->duration_s, "counts", counts, "pps",
			   "tx", per_second(udp->totals.sent, udp->duration_s), "rx",
			   per_second(udp->totals.received, udp->duration_s), "wire_bps", "tx",
			   8 * per_second(udp->totals.tx_wire, udp->duration_s), "rx",
			   8 * per_second(udp->totals.rx_wire, udp->duration_s), "latency_ns", "rtt",
			   report_times_json(udp->rtt, nothing), "rtt_from_schedule",
			   report_times_json(udp->from_schedule, nothing), "series", series_json(udp->series), "search",
			   search_json(udp));
	free(nothing);
	return object;
}
