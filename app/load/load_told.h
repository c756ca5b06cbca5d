/* load_told.h - what clients have to tell --metrics while they run, over all runs since the start. */
#ifndef LOAD_TOLD_H
#define LOAD_TOLD_H

#include <pthread.h>

#include "load/load_client.h"
#include "metrics/metrics.h"

/* Each run begins with empty histograms. Those of runs that are over are added up here, before the next may begin. */
struct load_told {
	pthread_mutex_t lock; /* between the control thread and that of the metrics; workers never take it */
	uint32_t carried;     /* the number of the last run that is in `past` */
	struct metrics_setups past;
	const struct load_client *clients;
	const uint16_t *client_count;
};

void load_told_begin(struct load_told *told, const struct load_client *clients, const uint16_t *client_count);

/* The clients have done a run, and the next one has not begun. */
void load_told_carry(struct load_told *told, uint32_t run);

/* `setups` of a struct metrics_source; `app` is a struct load_told. */
void load_told_setups(void *app, struct metrics_setups *sum);

#endif
