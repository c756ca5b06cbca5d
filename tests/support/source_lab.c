/* source_lab.c - one rule, its clients and its target. */
#include "support/source_lab.h"

void source_lab_open(struct lab *lab, struct quern_forward_rule rule, const struct lab_plan *more)
{
	static struct quern_forward_rule rules[1];
	static struct quern_forward_target target;
	struct lab_plan plan = more ? *more : (struct lab_plan){0};

	target.to = rule.listen.ip6.low ? lab_end6(1, 100, SOURCE_LAB_TARGET) : lab_end(1, 100, SOURCE_LAB_TARGET);
	rules[0] = rule;
	rules[0].name = "dns";
	rules[0].keep_source = true;
	if (!rules[0].targets) {
		rules[0].targets = &target;
		rules[0].target_count = 1;
	}
	plan.rules = rules;
	plan.rule_count = 1;
	lab_open(lab, &plan);
}

void source_lab_open_plainly(struct lab *lab)
{
	source_lab_open(lab, (struct quern_forward_rule){.listen = lab_end(0, 1, SOURCE_LAB_LISTEN)}, NULL);
}

struct lab_datagram source_lab_question(uint16_t client, uint16_t port)
{
	return lab_from_to(lab_end(0, client, port), lab_end(0, 1, SOURCE_LAB_LISTEN), port);
}

struct lab_datagram source_lab_answer(uint16_t client, uint16_t port)
{
	return lab_from_to(lab_end(1, 100, SOURCE_LAB_TARGET), lab_end(0, client, port), 500);
}

void source_lab_ask(struct lab *lab, const struct lab_datagram *asked)
{
	lab_say(lab, 0, asked);
	lab_hear_same(lab, 1, asked);
}
