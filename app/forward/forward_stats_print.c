/* forward_stats_print.c - what each rule and target did, as a table and in JSON. */
#include "forward/forward_report.h"
#include "report/report_format.h"

enum { NAME_COLUMNS = 24, STATE_COLUMNS = 10 };

static void print_line(FILE *out, const struct quern_forward_stats *stats, const char *share)
{
	const uint64_t counts[] = {stats->sessions, stats->opened, stats->forwarded, stats->returned, stats->refused};
	const int widths[] = {11, 11, 13, 13, 11};
	char text[REPORT_NUMBER_TEXT];

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		fprintf(out, " %*s", widths[i], report_format_count(counts[i], text));
	fprintf(out, "%s\n", share);
}

static void print_target(FILE *out, const struct quern_endpoint *to, const struct quern_forward_stats *stats,
			 const struct quern_forward_stats *of_rule)
{
	char address[QUERN_ENDPOINT_TEXT], share[16] = "";

	if (of_rule->forwarded > 0)
		snprintf(share, sizeof(share), " %5.1f %%",
			 100.0 * (double)stats->forwarded / (double)of_rule->forwarded);
	fprintf(out, "                %-*s%-*s", NAME_COLUMNS - 2, forward_target_text(to, address), STATE_COLUMNS,
		stats->state == QUERN_TARGET_UNCHECKED ? "" : quern_target_state_name(stats->state));
	print_line(out, stats, share);
}

void forward_stats_text(FILE *out, const struct forward_stats *stats)
{
	const struct quern_forward_stats *at = stats->all;

	if (stats->rule_count == 0)
		return;
	fprintf(out, "rules         %-*s %11s %11s %13s %13s %11s %7s\n", NAME_COLUMNS + STATE_COLUMNS, "", "sessions",
		"opened", "forwarded", "returned", "refused", "share");
	for (uint16_t i = 0; i < stats->rule_count; i++) {
		const struct quern_forward_rule *rule = &stats->rules[i];
		const struct quern_forward_stats *of_rule = at++;

		fprintf(out, "              %-*s", NAME_COLUMNS + STATE_COLUMNS, rule->name);
		print_line(out, of_rule, "");
		for (uint16_t target = 0; target < rule->target_count; target++)
			print_target(out, &rule->targets[target].to, at++, of_rule);
	}
}

static json_t *named_json(const char *key, const char *name, const struct quern_forward_stats *stats)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", key, name, "sessions", (json_int_t)stats->sessions,
			 "opened", (json_int_t)stats->opened, "forwarded", (json_int_t)stats->forwarded,
			 "forwarded_bytes", (json_int_t)stats->forwarded_bytes, "returned", (json_int_t)stats->returned,
			 "returned_bytes", (json_int_t)stats->returned_bytes, "refused", (json_int_t)stats->refused);
}

static json_t *target_json(const char *to, const struct quern_forward_stats *stats)
{
	json_t *target = named_json("to", to, stats);

	json_object_set_new(target, "state", json_string(quern_target_state_name(stats->state)));
	json_object_set_new(target, "cause",
			    stats->state == QUERN_TARGET_DOWN ? json_string(quern_target_cause_text(stats->cause))
							      : json_null());
	json_object_set_new(target, "changes", json_integer((json_int_t)stats->changes));
	return target;
}

json_t *forward_stats_json(const struct forward_stats *stats)
{
	const struct quern_forward_stats *at = stats->all;
	json_t *rules = json_array();

	for (uint16_t i = 0; i < stats->rule_count; i++) {
		const struct quern_forward_rule *rule = &stats->rules[i];
		json_t *made = named_json("name", rule->name, at++), *targets = json_array();

		for (uint16_t target = 0; target < rule->target_count; target++) {
			char text[QUERN_ENDPOINT_TEXT];

			forward_target_text(&rule->targets[target].to, text);
			json_array_append_new(targets, target_json(text, at++));
		}
		json_object_set_new(made, "targets", targets);
		json_array_append_new(rules, made);
	}
	return rules;
}
