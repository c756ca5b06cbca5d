/* forward_series.h - what was forwarded in each second. */
#ifndef FORWARD_FORWARD_SERIES_H
#define FORWARD_FORWARD_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include "report/report_sample.h"

struct forward_row {
	double t_s;    /* its end, from the start */
	double span_s; /* its length */
	uint64_t forwarded;
	uint64_t returned;
	uint64_t opened; /* sessions */
	uint64_t ended;  /* likewise */
	uint64_t rx_packets;
	uint64_t tx_packets;
	uint64_t drops;
	uint64_t sessions; /* open at its end */
	double busy;       /* of the busiest worker */
};

struct forward_series {
	struct forward_row *rows;
	size_t count;
	size_t capacity;
};

/* Adds the row between two looks at the engine; returns it, for its last two fields to be filled, or null where there
 * is no memory. */
struct forward_row *forward_series_add(struct forward_series *series, double begin_s, const struct report_sample *last,
				       const struct report_sample *now);
void forward_series_close(struct forward_series *series);

#endif
