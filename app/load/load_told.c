/* load_told.c - set-up times of all runs, so that what is told never falls. */
#include "load/load_told.h"

void load_told_begin(struct load_told *told, const struct load_client *clients, const uint16_t *client_count)
{
	*told = (struct load_told){.clients = clients, .client_count = client_count};
	pthread_mutex_init(&told->lock, NULL);
}

void load_told_carry(struct load_told *told, uint32_t run)
{
	pthread_mutex_lock(&told->lock);
	for (uint16_t i = 0; i < *told->client_count; i++)
		metrics_setups_add(&told->past, &told->clients[i].tally->setup);
	told->carried = run;
	pthread_mutex_unlock(&told->lock);
}

/* A client that has not begun another run may be about to empty its histogram: what it had is carried. No client can
 * begin one while the lock is held, but that which was ordered before. */
void load_told_setups(void *app, struct metrics_setups *sum)
{
	struct load_told *told = app;

	pthread_mutex_lock(&told->lock);
	metrics_setups_merge(sum, &told->past);
	for (uint16_t i = 0; i < *told->client_count; i++) {
		if (!load_client_is_of_run(&told->clients[i], told->carried))
			metrics_setups_add(sum, &told->clients[i].tally->setup);
	}
	pthread_mutex_unlock(&told->lock);
}
