/* report_schedule.h - how many starts of an open loop were on time, and what made the others late. */
#ifndef REPORT_REPORT_SCHEDULE_H
#define REPORT_REPORT_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "report/report_tally.h"

struct report_run;

/* A generator that keeps less than this of its schedule, others' doing apart, was the bottleneck. */
#define REPORT_SCHEDULE_GOOD 0.99

struct report_schedule {
	uint64_t intended; /* starts that lay in the measured time */
	uint64_t on_time;  /* made within 10 us of their place */
	uint64_t late[REPORT_LATES_END];
};

/* Shares of 1, and 1 where nothing was intended: of all starts, and without those that others made late. A port that
 * takes no more is another's doing where the other end of it is part of the run. */
double report_schedule_kept(const struct report_schedule *schedule);
double report_schedule_kept_net(const struct report_schedule *schedule, bool port_is_others);

/* Whether the other end of the port is part of the run. */
bool report_schedule_port_is_others(const struct report_run *run);

/* Starts that had no other reason to be late than the generator. */
uint64_t report_schedule_own_lates(const struct report_schedule *schedule);

/* Where --strict asks for it, makes a run that passes invalid if the generator has not kept its schedule. */
void report_schedule_judge(struct report_run *run);

/* Says why a run is invalid, where it is. */
void report_schedule_complain(const struct report_run *run);

/* Members of `valid`, and lines of the text, for a run that had a schedule. */
void report_schedule_json(json_t *valid, const struct report_run *run);
void report_schedule_text(FILE *out, const struct report_run *run, const char *starts);

/* A line where the target stood still for long, and the workers did not. */
void report_schedule_silence(FILE *out, const struct report_run *run);

#endif
