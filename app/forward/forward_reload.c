/* forward_reload.c - other rules, asked for by quern ctl reload or SIGHUP: all of the file is good, or nothing changes.
 */
#include "forward/forward_reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_engine.h"
#include "cli/cli_exit.h"
#include "cli/cli_signal.h"
#include "config/config_gather.h"

void forward_reload_init(struct forward_reload *reload, struct cli_settings *settings)
{
	*reload = (struct forward_reload){.settings = settings};
	reload->rules[0] = settings->forward;
	reload->current = &reload->rules[0];
	if (!settings->forward.is_by_flags)
		cli_signal_spare_hangups();
}

/* Workers look at the rules in use for no longer than a turn, and each has turned before the set behind the next one is
 * written to again: quern_engine_reload_forward() has seen to that. */
static void publish(struct forward_reload *reload, const struct cli_forward *rules)
{
	size_t next = (size_t)(reload->current + 1 - reload->rules) % CLI_RULE_SETS;

	reload->rules[next] = *rules;
	reload->settings->forward = *rules;
	__atomic_store_n(&reload->current, &reload->rules[next], __ATOMIC_RELEASE);
}

static bool is_taken(struct quern_engine *engine, const struct cli_settings *anew)
{
	const struct quern_forward_config config = cli_engine_forward(anew);
	char error[QUERN_ERROR_TEXT] = "";

	if (quern_engine_reload_forward(engine, &config, error) == 0)
		return true;
	cli_fail(CLI_EXIT_FAILED, "%s", error);
	return false;
}

/* Reads the file and has the engine take its rules; says in `out` what came of it. */
static bool perform(struct forward_reload *reload, struct quern_engine *engine, FILE *out)
{
	static struct cli_settings anew;
	bool taken = false;

	if (quern_engine_reload_is_done(engine)) {
		taken = config_again_begin(&anew, reload->settings->command, out) == 0 && is_taken(engine, &anew);
		config_again_end(taken);
	} else {
		fputs("error: a worker has not taken the rules before yet\n  Try again\n", out);
	}
	if (taken) {
		publish(reload, &anew.forward);
		fprintf(out, anew.forward.rule_count == 1 ? "%u rule is in use\n" : "%u rules are in use\n",
			anew.forward.rule_count);
	}
	__atomic_fetch_add(taken ? &reload->taken : &reload->refused, 1, __ATOMIC_RELAXED);
	return taken;
}

void forward_reload_counts(void *app, uint64_t *taken, uint64_t *refused)
{
	const struct forward_reload *reload = app;

	*taken = __atomic_load_n(&reload->taken, __ATOMIC_RELAXED);
	*refused = __atomic_load_n(&reload->refused, __ATOMIC_RELAXED);
}

void forward_reload_look(struct forward_reload *reload, struct quern_engine *engine)
{
	int hangups = cli_signal_hangups();

	if (hangups == reload->hangups_seen)
		return;
	reload->hangups_seen = hangups;
	if (!perform(reload, engine, stderr))
		fputs("the rules stay as they were\n", stderr);
}

void forward_reload_order(struct quern_engine *engine, struct quern_order *asked, void *app)
{
	FILE *out;

	if (strcmp(asked->name, CLI_ORDER_RELOAD) != 0) {
		cli_order(engine, asked, NULL);
		return;
	}
	out = fmemopen(asked->text, sizeof(asked->text), "w");
	if (!out)
		return;
	asked->is_taken = perform(app, engine, out);
	fclose(out);
	asked->text[sizeof(asked->text) - 1] = '\0';
}
