/* sim_fail.c - the first broken rule of a run. */
#include "sim/sim_fail.h"

#include <stdarg.h>
#include <stdio.h>

#include "sim/sim_world.h"

void sim_fail(struct sim_world *world, enum sim_rule rule, const char *format, ...)
{
	struct sim_failure *failure = &world->failure;
	va_list arguments;

	if (failure->rule != SIM_RULE_NONE)
		return;
	failure->rule = rule;
	failure->at_ns = world->now_ns;
	va_start(arguments, format);
	vsnprintf(failure->text, sizeof(failure->text), format, arguments);
	va_end(arguments);
}

char sim_fail_letter(enum sim_rule rule)
{
	static const char letters[] = {
#define X(name, letter, text) [SIM_RULE_##name] = (letter),
		SIM_RULES(X)
#undef X
	};

	return letters[rule];
}

const char *sim_fail_rule(enum sim_rule rule)
{
	static const char *const texts[] = {
#define X(name, letter, text) [SIM_RULE_##name] = (text),
		SIM_RULES(X)
#undef X
	};

	return texts[rule];
}
