/* engine_telemetry_forward.c - /quern/forward: a rule of forwarding, and its targets as columns. */
#include "engine/engine_telemetry.h"

#include <errno.h>
#include <string.h>

#include <quern/target.h>

#include "engine/engine_parts.h"

/* The columns of targets that are numbers. */
enum column { SESSIONS, OPENED, FORWARDED, FORWARDED_BYTES, RETURNED, RETURNED_BYTES, REFUSED, CHANGES, COLUMNS };

static const char *const names[COLUMNS] = {"sessions", "opened",         "forwarded", "forwarded_bytes",
					   "returned", "returned_bytes", "refused",   "changes"};

static void read_columns(const struct quern_forward_stats *stats, uint64_t values[COLUMNS])
{
	values[SESSIONS] = stats->sessions;
	values[OPENED] = stats->opened;
	values[FORWARDED] = stats->forwarded;
	values[FORWARDED_BYTES] = stats->forwarded_bytes;
	values[RETURNED] = stats->returned;
	values[RETURNED_BYTES] = stats->returned_bytes;
	values[REFUSED] = stats->refused;
	values[CHANGES] = stats->changes;
}

/* An array inside a dictionary; null with no memory left. */
static struct rte_tel_data *array_in(struct rte_tel_data *dict, const char *name, enum rte_tel_value_type type)
{
	struct rte_tel_data *array = rte_tel_data_alloc();

	if (array == NULL)
		return NULL;
	rte_tel_data_start_array(array, type);
	if (rte_tel_data_add_dict_container(dict, name, array, 0) == 0)
		return array;
	rte_tel_data_free(array);
	return NULL;
}

/* A target without a port stands there as its address alone. */
static void add_endpoint(struct rte_tel_data *array, const struct quern_endpoint *to)
{
	char text[QUERN_ENDPOINT_TEXT];

	quern_format_endpoint(to, text);
	if (to->port == 0)
		*strrchr(text, ':') = '\0';
	rte_tel_data_add_array_string(array, text);
}

static int add_targets(const struct quern_engine *engine, uint16_t number, const struct quern_forward_rule *rule,
		       struct rte_tel_data *answer)
{
	struct rte_tel_data *targets = engine_telemetry_inner(answer, "targets"), *to, *state, *columns[COLUMNS];

	if (targets == NULL)
		return -ENOMEM;
	to = array_in(targets, "to", RTE_TEL_STRING_VAL);
	state = array_in(targets, "state", RTE_TEL_STRING_VAL);
	if (to == NULL || state == NULL)
		return -ENOMEM;
	for (int column = 0; column < COLUMNS; column++) {
		columns[column] = array_in(targets, names[column], RTE_TEL_U64_VAL);
		if (columns[column] == NULL)
			return -ENOMEM;
	}
	for (uint16_t target = 0; target < rule->target_count; target++) {
		struct quern_forward_stats stats = {.forwarded = 0};
		uint64_t values[COLUMNS];

		quern_engine_forward_stats(engine, number, target, &stats);
		read_columns(&stats, values);
		add_endpoint(to, &rule->targets[target].to);
		rte_tel_data_add_array_string(state, quern_target_state_name(stats.state));
		for (int column = 0; column < COLUMNS; column++)
			rte_tel_data_add_array_u64(columns[column], values[column]);
	}
	return 0;
}

int engine_answer_forward(const struct quern_engine *engine, const char *parameters, struct rte_tel_data *answer)
{
	char name[ENGINE_PARAMETER_TEXT], value[ENGINE_PARAMETER_TEXT];
	const struct quern_forward_rule *rule;
	struct quern_forward_stats stats = {.forwarded = 0};
	uint64_t number = 0, values[COLUMNS];
	int found;

	while ((found = engine_next_parameter(&parameters, name, value)) > 0)
		if (strcmp(name, "rule") != 0 || engine_parse_number(value, QUERN_FORWARD_RULES_MAX, &number) != 0)
			return engine_telemetry_error(answer, "accepted: rule=N");
	if (found < 0)
		return engine_telemetry_error(answer, "accepted: rule=N");
	rte_tel_data_start_dict(answer);
	rule = quern_engine_forward_rule(engine, (uint16_t)number);
	if (!rule)
		return 0;
	quern_engine_forward_stats(engine, (uint16_t)number, QUERN_FORWARD_NO_TARGET, &stats);
	read_columns(&stats, values);
	rte_tel_data_add_dict_string(answer, "name", rule->name);
	for (int column = 0; column < CHANGES; column++)
		rte_tel_data_add_dict_u64(answer, names[column], values[column]);
	if (quern_engine_forward_rule(engine, (uint16_t)(number + 1)))
		rte_tel_data_add_dict_u64(answer, "next", number + 1);
	return add_targets(engine, (uint16_t)number, rule, answer);
}
