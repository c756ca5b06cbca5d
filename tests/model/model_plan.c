/* model_plan.c - what is searched. Losses, copies and timeouts may come as often as they like, but where a plan says
 * otherwise. */
#include "model/model_plan.h"

#include <stddef.h>
#include <string.h>

#define ALWAYS .losses = MODEL_ANY, .copies = MODEL_ANY, .timeouts = MODEL_ANY

#define SPACE(packets, octets, connections) .channel = (packets), .window = (octets), .lives = (connections)

const struct model_plan model_plans[] = {
	{"open", "one opens, one listens; both close or abort",
	 .parts = {{.opens = 1, .closes = true, .aborts = true}, {.listens = true, .closes = true, .aborts = true}},
	 SPACE(2, 4, 2), ALWAYS},
	{"simultaneous", "both open, and close or half-close",
	 .parts = {{.opens = 1, .shuts = true, .closes = true}, {.opens = 1, .shuts = true, .closes = true}},
	 SPACE(2, 4, 1), ALWAYS},
	{"byte", "a byte from who opens; both close or half-close",
	 .parts = {{.opens = 1, .bytes = 1, .shuts = true, .closes = true},
		   {.listens = true, .shuts = true, .closes = true}},
	 SPACE(2, 4, 1), ALWAYS},
	{"answer", "a byte from who listens, who closes as soon as its peer has",
	 .parts = {{.opens = 1, .shuts = true}, {.listens = true, .bytes = 1, .is_prompt = true}}, SPACE(2, 4, 2),
	 ALWAYS},
	{"again", "opens twice, so that the second meets what is left of the first",
	 .parts = {{.opens = 2, .closes = true}, {.listens = true, .closes = true}}, SPACE(2, 4, 2), ALWAYS},
	{"hold", "two bytes into a window of one that is read late",
	 .parts = {{.opens = 1, .bytes = 2, .closes = true}, {.listens = true, .closes = true, .holds = true}},
	 SPACE(2, 1, 1), ALWAYS},
	{"holes", "two bytes and a FIN, in any order",
	 .parts = {{.opens = 1, .bytes = 2, .shuts = true}, {.listens = true, .is_prompt = true}}, SPACE(2, 4, 1),
	 ALWAYS},
	{"patience", "both may give up at any time",
	 .parts = {{.opens = 1, .closes = true, .gives_up = true}, {.listens = true, .closes = true, .gives_up = true}},
	 SPACE(2, 4, 2), ALWAYS},

	{"open-3", "as open, three packets, three connections of who listens",
	 .parts = {{.opens = 1, .closes = true, .aborts = true}, {.listens = true, .closes = true, .aborts = true}},
	 SPACE(3, 4, 3), ALWAYS, .is_long = true},
	{"simultaneous-3", "both open, one sends a byte, both close",
	 .parts = {{.opens = 1, .bytes = 1, .closes = true}, {.opens = 1, .closes = true}}, SPACE(3, 4, 1), ALWAYS,
	 .is_long = true},
	{"byte-3", "a byte from who opens; both close or half-close; old SYNs",
	 .parts = {{.opens = 1, .bytes = 1, .shuts = true, .closes = true},
		   {.listens = true, .shuts = true, .closes = true}},
	 SPACE(3, 4, 2), ALWAYS, .is_long = true},
	{"both-3", "a byte each way; both close",
	 .parts = {{.opens = 1, .bytes = 1, .closes = true}, {.listens = true, .bytes = 1, .closes = true}},
	 SPACE(3, 4, 1), ALWAYS, .is_long = true},
	{"abort-3", "a byte from who opens; both close or abort",
	 .parts = {{.opens = 1, .bytes = 1, .closes = true, .aborts = true},
		   {.listens = true, .closes = true, .aborts = true}},
	 SPACE(3, 4, 2), ALWAYS, .is_long = true},
	{"again-3", "opens twice, and sends a byte; RFC 6191",
	 .parts = {{.opens = 2, .bytes = 1, .closes = true}, {.listens = true, .closes = true}}, SPACE(3, 4, 2), ALWAYS,
	 .is_long = true},
	{"hold-3", "two bytes into a window of one that is read late",
	 .parts = {{.opens = 1, .bytes = 2, .closes = true}, {.listens = true, .closes = true, .holds = true}},
	 SPACE(3, 1, 1), ALWAYS, .is_long = true},
	{"holes-3", "three bytes, a packet each, in any order",
	 .parts = {{.opens = 1, .bytes = 3, .shuts = true}, {.listens = true, .is_prompt = true}}, SPACE(3, 4, 1),
	 ALWAYS, .is_long = true},
	{"crossed-3", "both open and listen, and close or abort",
	 .parts = {{.opens = 1, .listens = true, .closes = true, .aborts = true},
		   {.opens = 1, .listens = true, .closes = true, .aborts = true}},
	 SPACE(3, 4, 2), ALWAYS, .is_long = true},
	{"patience-3", "a byte; both may give up at any time",
	 .parts = {{.opens = 1, .bytes = 1, .closes = true, .gives_up = true},
		   {.listens = true, .closes = true, .gives_up = true}},
	 SPACE(3, 4, 2), ALWAYS, .is_long = true},
};
const uint32_t model_plan_count = sizeof(model_plans) / sizeof(*model_plans);

const struct model_plan *model_plan_named(const char *name)
{
	for (uint32_t i = 0; i < model_plan_count; i++)
		if (strcmp(model_plans[i].name, name) == 0)
			return &model_plans[i];
	return NULL;
}
