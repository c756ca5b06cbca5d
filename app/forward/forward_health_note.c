/* forward_health_note.c - what is said of a target whose state has changed. */
#include <unistd.h>

#include "forward/forward_health.h"
#include "forward/forward_report.h"

void forward_health_note(FILE *out, const struct quern_forward_rule *rule, uint16_t target,
			 enum quern_target_state before, const struct quern_forward_stats *now)
{
	const char *clear = isatty(fileno(out)) ? "\r\033[K" : ""; /* over the line of progress */
	unsigned int fall = rule->check.fall ? rule->check.fall : QUERN_FORWARD_FALL;
	char to[QUERN_ENDPOINT_TEXT];

	forward_target_text(&rule->targets[target].to, to);
	if (now->state == QUERN_TARGET_DOWN)
		fprintf(out, "%swarning: target %s of rule %s is down: %s, %u probes in a row\n", clear, to, rule->name,
			quern_target_cause_text(now->cause), fall);
	else if (now->state == QUERN_TARGET_UP && before == QUERN_TARGET_DOWN)
		fprintf(out, "%starget %s of rule %s is up again\n", clear, to, rule->name);
	fflush(out);
}
