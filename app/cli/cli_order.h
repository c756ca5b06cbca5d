/* cli_order.h - what quern ctl may order of a run that goes on. */
#ifndef CLI_CLI_ORDER_H
#define CLI_CLI_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/order.h>

struct quern_engine;

#define CLI_ORDER_RATE "rate"
#define CLI_ORDER_STOP "stop"
#define CLI_ORDER_NOW "now"
#define CLI_ORDER_RELOAD "reload"

enum cli_rate_kind { CLI_RATE_PAUSE, CLI_RATE_RESUME, CLI_RATE_SCALE, CLI_RATE_SET };

/* What a rate shall become. */
struct cli_rate {
	enum cli_rate_kind kind;
	double factor;  /* to scale by */
	uint64_t value; /* to set */
};

#define CLI_RATE_ACCEPTS "a number, e.g. 50k, +10%, -10%, pause or resume"

/* Reads what is said of a rate: a number of 1 to 1G, +1% to +1000%, -1% to -99%, pause or resume. */
bool cli_parse_rate(const char *text, struct cli_rate *rate);

/* Has the order refused, with these words to who gave it. */
void cli_order_refuse(struct quern_order *order, const char *text);

/* on_order of every engine: takes "stop", which is as Ctrl-C, and with "now" as Ctrl-C twice. Refuses all others, and
 * says why. */
void cli_order(struct quern_engine *engine, struct quern_order *order, void *app);

#endif
