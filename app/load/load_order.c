/* load_order.c - a rate that is changed by quern ctl, and the answer to it. */
#include "load/load_order.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "load/load_measure.h"
#include "report/report_format.h"

/* What holds of each service from now on. */
static void tell(struct load_steer *steer, struct quern_order *order)
{
	char number[REPORT_NUMBER_TEXT];
	size_t used = 0;

	order->text[0] = '\0';
	for (uint16_t i = 0; i < steer->settings->service_count && used < sizeof(order->text); i++) {
		bool is_paused, has_rate;
		struct load_level level = load_steer_level(steer, i, &is_paused);

		has_rate = level.cps > 0;
		if (!has_rate && level.cc == 0)
			snprintf(number, sizeof(number), "max");
		else
			report_format_count(has_rate ? level.cps : level.cc, number);
		used += (size_t)snprintf(order->text + used, sizeof(order->text) - used, "%s: %s %s%s\n",
					 has_rate || level.cc == 0 ? "rate" : "held", number,
					 has_rate || level.cc == 0 ? "connections/s" : "connections",
					 is_paused ? ", paused: none is opened" : "");
	}
	order->is_taken = true;
}

static void refuse(const struct load_steer *steer, const struct cli_rate *rate, int rc, struct quern_order *order)
{
	if (rc == -EALREADY)
		cli_order_refuse(order, rate->kind == CLI_RATE_PAUSE
						? "error: it is paused already\n  To go on: quern ctl rate resume\n"
						: "error: it is not paused\n  To pause it: quern ctl rate pause\n");
	else if (rate->kind == CLI_RATE_PAUSE || rate->kind == CLI_RATE_RESUME)
		cli_order_refuse(order, "error: a profile, or a search, cannot be paused\n"
					"  Start it with --cps N or --cc N\n");
	else if (rate->kind == CLI_RATE_SET && steer->settings->service_count > 1)
		cli_order_refuse(order, "error: it has several services, each with a rate of its own\n"
					"  Change all alike: quern ctl rate +10%\n");
	else
		cli_order_refuse(order, "error: its rate is max, or that of a profile or a search\n"
					"  Start it with --cps N or --cc N, or pause it: quern ctl rate pause\n");
}

void load_order(struct quern_engine *engine, struct quern_order *order, void *app)
{
	struct load_measure *measure = app;
	struct load_steer *steer = &measure->orders.steer;
	double at_s = load_measure_now_s(measure);
	struct cli_rate rate;
	int rc = 0;

	if (strcmp(order->name, CLI_ORDER_RATE) != 0) {
		cli_order(engine, order, NULL);
		return;
	}
	if (!cli_parse_rate(order->words, &rate)) {
		cli_order_refuse(order, "error: rate: accepted is " CLI_RATE_ACCEPTS "\n");
		return;
	}
	switch (rate.kind) {
	case CLI_RATE_PAUSE:
	case CLI_RATE_RESUME:
		rc = load_steer_pause(steer, rate.kind == CLI_RATE_PAUSE, at_s);
		break;
	case CLI_RATE_SCALE:
		rc = load_steer_scale(steer, rate.factor, at_s);
		break;
	case CLI_RATE_SET:
		rc = load_steer_set(steer, rate.value, at_s);
		break;
	}
	if (rc == 0)
		tell(steer, order);
	else
		refuse(steer, &rate, rc, order);
}
