/* ctl_rules.c - rules of forwarding and their targets, a line each. */
#include "ctl/ctl_rules.h"

#include <errno.h>
#include <stdio.h>

#include "report/report_format.h"

enum { QUESTION_TEXT = 64 };

static const char *const columns[] = {"sessions", "opened", "forwarded", "returned", "refused"};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

int ctl_ask_rules(const struct ctl_instance *instance, json_t *rules)
{
	json_int_t number = 0, next;
	char question[QUESTION_TEXT];
	json_t *rule;
	int code;

	do {
		snprintf(question, sizeof(question), "/quern/forward,rule=%lld", number);
		code = ctl_ask(instance, question, &rule);
		if (code != 0)
			return code;
		next = ctl_number(rule, "next");
		json_object_del(rule, "next");
		if (json_object_size(rule) > 0)
			json_array_append(rules, rule);
		json_decref(rule);
		if (next != 0 && next <= number)
			return -EPROTO;
		number = next;
	} while (number > 0);
	return 0;
}

static void print_counts(const json_t *const counts[COLUMNS])
{
	char text[REPORT_NUMBER_TEXT];

	for (int column = 0; column < COLUMNS; column++)
		printf(" %15s", report_format_count((uint64_t)json_integer_value(counts[column]), text));
	putchar('\n');
}

static void print_targets(const json_t *targets)
{
	const json_t *to = json_object_get(targets, "to"), *counts[COLUMNS];

	for (size_t target = 0; target < json_array_size(to); target++) {
		for (int column = 0; column < COLUMNS; column++)
			counts[column] = json_array_get(json_object_get(targets, columns[column]), target);
		printf("          %-24s %-9s", json_string_value(json_array_get(to, target)),
		       json_string_value(json_array_get(json_object_get(targets, "state"), target)));
		print_counts(counts);
	}
}

void ctl_print_rules(const json_t *rules)
{
	const json_t *counts[COLUMNS];
	const json_t *rule;
	size_t index;

	if (json_array_size(rules) == 0)
		return;
	printf("\n%-44s", "rules");
	for (int column = 0; column < COLUMNS; column++)
		printf(" %15s", columns[column]);
	putchar('\n');
	json_array_foreach(rules, index, rule)
	{
		for (int column = 0; column < COLUMNS; column++)
			counts[column] = json_object_get(rule, columns[column]);
		printf("        %-36s", ctl_text(rule, "name"));
		print_counts(counts);
		print_targets(json_object_get(rule, "targets"));
	}
}
