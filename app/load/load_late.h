/* load_late.h - why a start was late: what kept the generator from it, as far as that was not the generator itself. */
#ifndef LOAD_LATE_H
#define LOAD_LATE_H

#include <stdint.h>

#include <quern/calls.h>

#include "report/report_tally.h"

enum { LOAD_ON_TIME_NS = 10000 };

/* The latest time, for each cause, in which no start could be made. All zero at first. */
struct load_late {
	struct quern_gap spells[REPORT_LATES_END];
	uint64_t seen_ns; /* the end of the shard's latest gap that was noted */
};

/* Notes that a start that was due at `next_ns` has to wait, still now. */
void load_late_wait(struct load_late *late, enum report_late cause, uint64_t next_ns, uint64_t now_ns);

/* Notes that the host had the core, while a start was, or is, due at `next_ns`. What comes before the last spell is
 * caught up with adds to that what it has taken, and no more: a generator that is behind is not excused by it. */
void load_late_gap(struct load_late *late, struct quern_gap gap, uint64_t next_ns);

/* Notes the shard's latest gap, if it is new. */
void load_late_look(struct load_late *late, struct quern_gap latest, uint64_t next_ns);

/* Why a start that was intended then is made now, or not at all; REPORT_LATES_END for what has no other cause than the
 * generator. A spell is the cause of what was due in it, and while it was caught up with. What is late for longer than
 * the host had the core is not the host's. */
enum report_late load_late_cause(const struct load_late *late, uint64_t intended_ns, uint64_t now_ns);

/* Until when a cause holds for what is due one after the other. */
uint64_t load_late_until(const struct load_late *late, enum report_late cause);

#endif
