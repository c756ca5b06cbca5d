/* cli_order.c - orders of quern ctl: read, and those that all commands take. */
#include "cli/cli_order.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_signal.h"
#include "cli/cli_units.h"

enum { LEAST_PERCENT = -99, MOST_PERCENT = 1000 };

#define MOST UINT64_C(1000000000)

/* +10% or -10%. */
static bool parse_percent(const char *text, struct cli_rate *rate)
{
	char *end;
	long percent;

	if ((text[0] != '+' && text[0] != '-') || !isdigit((unsigned char)text[1]))
		return false;
	percent = strtol(text, &end, 10);
	if (strcmp(end, "%") != 0 || percent < LEAST_PERCENT || percent > MOST_PERCENT || percent == 0)
		return false;
	rate->kind = CLI_RATE_SCALE;
	rate->factor = 1 + (double)percent / 100;
	return true;
}

bool cli_parse_rate(const char *text, struct cli_rate *rate)
{
	*rate = (struct cli_rate){.kind = CLI_RATE_PAUSE};
	if (strcmp(text, "pause") == 0)
		return true;
	rate->kind = CLI_RATE_RESUME;
	if (strcmp(text, "resume") == 0 || parse_percent(text, rate))
		return true;
	rate->kind = CLI_RATE_SET;
	return cli_parse_count(text, &rate->value) && rate->value >= 1 && rate->value <= MOST;
}

void cli_order_refuse(struct quern_order *order, const char *text)
{
	order->is_taken = false;
	snprintf(order->text, sizeof(order->text), "%s", text);
}

void cli_order(struct quern_engine *engine, struct quern_order *order, void *app)
{
	(void)engine;
	(void)app;
	if (strcmp(order->name, CLI_ORDER_STOP) == 0) {
		cli_signal_give(strcmp(order->words, CLI_ORDER_NOW) == 0 ? 2 : 1);
		order->is_taken = true;
		snprintf(order->text, sizeof(order->text), "it ends, as by Ctrl-C\n");
	} else if (strcmp(order->name, CLI_ORDER_RELOAD) == 0) {
		cli_order_refuse(order, "error: it has no rules that could be read again\n");
	} else if (strcmp(order->name, CLI_ORDER_RATE) == 0) {
		cli_order_refuse(order, "error: it opens no connections at a rate that can be changed\n"
					"  Those of quern bench and quern load http:// and tcp:// can be\n");
	} else {
		cli_order_refuse(order, "error: it does not know this order\n  Ask with the program that it was "
					"started from\n");
	}
}
