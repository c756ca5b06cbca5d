/* forward_reload.h - the rules of a forwarder's file, read again while it runs. */
#ifndef FORWARD_FORWARD_RELOAD_H
#define FORWARD_FORWARD_RELOAD_H

#include <quern/reload.h>

#include "cli/cli_order.h"
#include "cli/cli_settings.h"

struct forward_reload {
	struct cli_settings *settings; /* of the run: its rules become those that were read */
	struct cli_forward rules[CLI_RULE_SETS];
	const struct cli_forward *current; /* atomic: one of these; workers look at it */
	int hangups_seen;
	uint64_t taken, refused;
};

/* Begins with the rules that settings have. Where they are a file's, SIGHUP does not end the run from then on. */
void forward_reload_init(struct forward_reload *reload, struct cli_settings *settings);

/* The rules that are in use; from any thread, for a turn. */
static inline const struct cli_forward *forward_reload_rules(const struct forward_reload *reload)
{
	return __atomic_load_n(&reload->current, __ATOMIC_ACQUIRE);
}

/* Once a tick: where SIGHUP came, reads the file again; what is wrong, and what came of it, goes to standard error. */
void forward_reload_look(struct forward_reload *reload, struct quern_engine *engine);

/* How many were taken, and refused, so far; from any thread. `app` is a struct forward_reload. */
void forward_reload_counts(void *app, uint64_t *taken, uint64_t *refused);

/* on_order of the engine: takes "reload", and what every engine takes. `app` is a struct forward_reload. */
void forward_reload_order(struct quern_engine *engine, struct quern_order *order, void *app);

#endif
