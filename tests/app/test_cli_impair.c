/* test_cli_impair.c - what --impair says is what the engine is asked for, and what is wrong with it is named. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "cli/cli_settings.h"

#define MS CLI_NS_PER_MS
#define PERCENT (QUERN_IMPAIR_WHOLE / 100)

/* The first two ports' specifications; null for none. */
static int complete(const char *const texts[CLI_MAX_IMPAIRS], struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	cli_settings_init(settings, CLI_BENCH);
	for (int i = 0; i < CLI_MAX_IMPAIRS && texts[i]; i++)
		settings->ports[0].impair_texts[settings->ports[0].impair_count++] = texts[i];
	return cli_complete(settings, error);
}

static int complete_one(const char *text, struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	const char *const texts[CLI_MAX_IMPAIRS] = {text};

	return complete(texts, settings, error);
}

Test(cli_impair, sets_what_each_key_names_both_ways)
{
	struct cli_settings settings;
	char error[CLI_ERROR_TEXT] = "";

	cr_assert_eq(
		complete_one("delay=5ms,jitter=2ms,loss=1%,burst=3,dup=0.5%,reorder=5%,gap=100us,corrupt=0.0000001%,"
			     "rate=100M,queue=20ms,seed=7",
			     &settings, error),
		0, "%s", error);
	for (int way = QUERN_RX; way < QUERN_WAYS; way++) {
		const struct quern_impair *impair = &settings.ports[0].impair[way];

		cr_assert(settings.ports[0].is_impaired[way]);
		cr_assert_not(settings.ports[1].is_impaired[way], "the server's end is impaired as well");
		cr_assert(impair->delay_ns == 5 * MS && impair->jitter_ns == 2 * MS);
		cr_assert(impair->loss_share == PERCENT && impair->burst == 3);
		cr_assert(impair->dup_share == PERCENT / 2 && impair->corrupt_share == 1);
		cr_assert(impair->reorder_share == 5 * PERCENT && impair->gap_ns == MS / 10);
		cr_assert(impair->rate == 100000000 && impair->queue_ns == 20 * MS);
		cr_assert_eq(impair->seed, 7);
	}
}

Test(cli_impair, takes_each_way_by_itself)
{
	static const char *const texts[] = {"dir=rx,loss=1%", "delay=1ms,dir=tx,reorder=1%,rate=1G"};
	struct cli_settings settings;
	char error[CLI_ERROR_TEXT] = "";
	const struct cli_port *port = &settings.ports[0];

	cr_assert_eq(complete(texts, &settings, error), 0, "%s", error);
	cr_assert(port->impair[QUERN_RX].loss_share == PERCENT && port->impair[QUERN_RX].delay_ns == 0);
	cr_assert(port->impair[QUERN_TX].loss_share == 0 && port->impair[QUERN_TX].delay_ns == MS);
	cr_assert_eq(port->impair[QUERN_TX].gap_ns, QUERN_IMPAIR_GAP, "a default is not named");
	cr_assert_eq(port->impair[QUERN_TX].queue_ns, QUERN_IMPAIR_QUEUE);
	cr_assert_eq(complete_one("dir=tx,loss=1%", &settings, error), 0);
	cr_assert(port->is_impaired[QUERN_TX] && !port->is_impaired[QUERN_RX]);
	cr_assert_eq(complete_one(NULL, &settings, error), 0);
	cr_assert_not(port->is_impaired[QUERN_TX] || port->is_impaired[QUERN_RX]);
}

Test(cli_impair, names_what_is_wrong_and_what_would_be_right)
{
	static const struct {
		const char *texts[CLI_MAX_IMPAIRS];
		const char *says;
	} cases[] = {
		{{"lss=1%"}, "--impair lss=1%: no key 'lss'; did you mean loss?"},
		{{"width=3"},
		 "no key 'width'; there are delay, jitter, loss, burst, dup, reorder, gap, corrupt, rate, queue"},
		{{""}, "no key ''; there are"},
		{{"loss=1%,"}, "no key ''; there are"},
		{{"loss=1"}, "accepted for loss is 0% to 100%, e.g. 0.1%"},
		{{"loss=-1%"}, "accepted for loss is 0% to 100%"},
		{{"dup=100.1%"}, "accepted for dup is 0% to 100%"},
		{{"corrupt=0.00000001%"}, "accepted for corrupt is 0% to 100%"},
		{{"delay"}, "accepted for delay is 1ns to 10s, e.g. 5ms"},
		{{"delay=5"}, "accepted for delay is 1ns to 10s"},
		{{"delay=11s"}, "accepted for delay is 1ns to 10s"},
		{{"loss=1%,burst=0"}, "accepted for burst is 1 to 10000 frames"},
		{{"rate=1"}, "accepted for rate is 1k to 1000G bits a second"},
		{{"loss=1%,dir=up"}, "accepted for dir is rx, tx or both"},
		{{"loss=1%,seed=0"}, "accepted for seed is a number from 1"},
		{{"loss=1%,dup=1%,loss=2%"}, "loss is given twice"},
		{{"delay=1ms,jitter=2ms"}, "jitter is more than delay"},
		{{"loss=60%,burst=1"}, "raise burst, or lower loss"},
		{{"seed=7"}, "impairs nothing"},
		{{"loss=0%"}, "impairs nothing"},
		{{"loss=1%", "dir=tx,loss=1%"}, "--impair dir=tx,loss=1%: what the port sends is impaired already"},
		{{"a-key-that-is-longer-than-any-word-that-there-could-ever-be-in-such-a-line=1"}, "no key 'a-key"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cli_settings settings;
		char error[CLI_ERROR_TEXT] = "";

		cr_assert_eq(complete(cases[i].texts, &settings, error), -EINVAL, "%s", cases[i].texts[0]);
		cr_assert(strstr(error, cases[i].says), "%s: %s", cases[i].texts[0], error);
		cr_assert_null(strchr(error, '\n'));
	}
}
