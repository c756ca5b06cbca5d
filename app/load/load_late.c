/* load_late.c - spells in which nothing could be started, one of each cause. */
#include "load/load_late.h"

#include <stdbool.h>

/* Who was kept from starting has a backlog, which takes time as well: what is excused of that is a quarter of the time
 * that the host had, in which a generator works off what is due at a fifth of what it can do, and of others as long
 * again. */
static uint64_t caught_up_ns(const struct load_late *late, enum report_late cause)
{
	const struct quern_gap *spell = &late->spells[cause];
	uint64_t length_ns = spell->end_ns - spell->begin_ns;

	return spell->end_ns + (cause == REPORT_LATE_host ? length_ns / 4 : length_ns);
}

static bool is_caught_up(const struct load_late *late, enum report_late cause, uint64_t next_ns)
{
	return late->spells[cause].end_ns == 0 || next_ns >= caught_up_ns(late, cause);
}

void load_late_wait(struct load_late *late, enum report_late cause, uint64_t next_ns, uint64_t now_ns)
{
	struct quern_gap *spell = &late->spells[cause];

	if (is_caught_up(late, cause, next_ns))
		spell->begin_ns = next_ns;
	spell->end_ns = now_ns;
}

void load_late_gap(struct load_late *late, struct quern_gap gap, uint64_t next_ns)
{
	struct quern_gap *spell = &late->spells[REPORT_LATE_host];

	if (is_caught_up(late, REPORT_LATE_host, next_ns))
		*spell = gap;
	else
		spell->end_ns += gap.end_ns - gap.begin_ns;
}

void load_late_look(struct load_late *late, struct quern_gap latest, uint64_t next_ns)
{
	if (latest.end_ns == late->seen_ns)
		return;
	late->seen_ns = latest.end_ns;
	load_late_gap(late, latest, next_ns);
}

uint64_t load_late_until(const struct load_late *late, enum report_late cause)
{
	return caught_up_ns(late, cause);
}

enum report_late load_late_cause(const struct load_late *late, uint64_t intended_ns, uint64_t now_ns)
{
	for (enum report_late cause = 0; cause < REPORT_LATES_END; cause++) {
		uint64_t begin_ns = late->spells[cause].begin_ns, until_ns = caught_up_ns(late, cause);

		if (intended_ns < begin_ns || intended_ns >= until_ns)
			continue;
		if (cause != REPORT_LATE_host || now_ns - intended_ns <= until_ns - begin_ns + LOAD_ON_TIME_NS)
			return cause;
	}
	return REPORT_LATES_END;
}
