/* load_steer.h - what a person changes while a run goes on: the rate, the number held, a pause. Any control thread may
 * write, clients read it once a turn. */
#ifndef LOAD_STEER_H
#define LOAD_STEER_H

#include <pthread.h>

#include "report/report_steered.h"

/* What holds for a service from now on. */
struct load_level {
	uint64_t cps; /* 0 where it has no schedule */
	uint64_t cc;  /* 0 where none are held */
};

struct load_steer {
	uint32_t version; /* of what follows, written behind it; 0 while nothing has been changed */
	bool is_paused;
	struct load_level levels[CLI_MAX_SERVICES];

	pthread_mutex_t lock; /* of writers, and of all below */
	const struct cli_settings *settings;
	struct report_steered past;
};

/* Nothing is changed yet. */
void load_steer_open(struct load_steer *steer, const struct cli_settings *settings);
void load_steer_close(struct load_steer *steer);

/* Multiplies the rate of every service that has one, or the number that it holds where it has none, and leaves it at
 * least 1. 0; -ENOTSUP where nothing can be changed: the rate is max, or that of a profile or a search. `at_s` is the
 * time of the run, for its report. */
int load_steer_scale(struct load_steer *steer, double factor, double at_s);

/* Gives the one service that there is a rate, or where it has no schedule the number that it holds. 0; -EINVAL for 0
 * or more than that can be; -ENOTSUP likewise, and where there are several services. */
int load_steer_set(struct load_steer *steer, uint64_t value, double at_s);

/* Opens nothing, or goes on. 0; -EALREADY; -ENOTSUP where a rate is that of a profile or a search. */
int load_steer_pause(struct load_steer *steer, bool is_paused, double at_s);

/* What holds now, for whoever shows it. */
struct load_level load_steer_level(struct load_steer *steer, uint16_t service, bool *is_paused);

/* What was changed so far, copied for the report. */
struct report_steered load_steer_past(struct load_steer *steer);

/* For clients: the version, and with it what it says is there to be read. */
static inline uint32_t load_steer_version(const struct load_steer *steer)
{
	return __atomic_load_n(&steer->version, __ATOMIC_ACQUIRE);
}

#endif
