/* forward_series.c - differences of counters between two looks. */
#include "forward/forward_series.h"

#include <stdlib.h>

enum { ROWS_AT_FIRST = 3600 };

static struct forward_row *next_row(struct forward_series *series)
{
	size_t capacity = series->capacity == 0 ? ROWS_AT_FIRST : 2 * series->capacity;
	struct forward_row *rows;

	if (series->count < series->capacity)
		return &series->rows[series->count++];
	rows = realloc(series->rows, capacity * sizeof(*rows));
	if (!rows)
		return NULL;
	series->rows = rows;
	series->capacity = capacity;
	return &series->rows[series->count++];
}

static void add_shard(struct forward_row *row, const struct quern_counters *last, const struct quern_counters *now)
{
	row->forwarded += now->udp_forwarded - last->udp_forwarded;
	row->returned += now->udp_returned - last->udp_returned;
	row->opened += now->udp_sessions_opened - last->udp_sessions_opened;
	row->ended += now->udp_sessions_ended - last->udp_sessions_ended;
	row->rx_packets += now->rx_packets - last->rx_packets;
	row->tx_packets += now->tx_packets - last->tx_packets;
	for (int drop = 0; drop < QUERN_DROPS_END; drop++)
		row->drops += now->drops[drop] - last->drops[drop];
}

struct forward_row *forward_series_add(struct forward_series *series, double begin_s, const struct report_sample *last,
				       const struct report_sample *now)
{
	struct forward_row *row = next_row(series);

	if (!row)
		return NULL;
	*row = (struct forward_row){.t_s = now->at_s - begin_s, .span_s = now->at_s - last->at_s};
	for (uint16_t shard = 0; shard < now->shard_count; shard++)
		add_shard(row, &last->counters[shard], &now->counters[shard]);
	return row;
}

void forward_series_close(struct forward_series *series)
{
	free(series->rows);
	*series = (struct forward_series){.rows = NULL};
}
