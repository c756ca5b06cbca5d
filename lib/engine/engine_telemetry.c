/* engine_telemetry.c - commands of DPDK's telemetry about the engine of this process: /quern/stats, /quern/conns,
 * /quern/forward, /quern/order, /quern/ports, /quern/reload, /quern/workers. They run on threads of telemetry's own,
 * while the engine is open. */
#include "engine/engine_telemetry.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <quern/observe.h>
#include <quern/target.h>

#include "engine/engine_parts.h"

enum { SHARDS_AN_ANSWER = 3 }; /* at most 5 KiB each, of the 16 that an answer may have */

/* The engine that is open; its closing waits for the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct quern_engine *shown;

int engine_next_parameter(const char **parameters, char name[ENGINE_PARAMETER_TEXT], char value[ENGINE_PARAMETER_TEXT])
{
	const char *text = *parameters;
	size_t name_bytes, value_bytes;

	if (text == NULL || text[0] == '\0')
		return 0;
	name_bytes = strcspn(text, "=,");
	if (text[name_bytes] != '=' || name_bytes >= ENGINE_PARAMETER_TEXT)
		return -EINVAL;
	value_bytes = strcspn(text + name_bytes + 1, ",");
	if (value_bytes >= ENGINE_PARAMETER_TEXT)
		return -EINVAL;
	snprintf(name, ENGINE_PARAMETER_TEXT, "%.*s", (int)name_bytes, text);
	snprintf(value, ENGINE_PARAMETER_TEXT, "%.*s", (int)value_bytes, text + name_bytes + 1);
	text += name_bytes + 1 + value_bytes;
	*parameters = text + (*text == ',');
	return 1;
}

int engine_parse_number(const char *text, uint64_t last, uint64_t *number)
{
	unsigned long long read;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	read = strtoull(text, &end, 10);
	if (*end != '\0' || errno != 0 || read > last)
		return -EINVAL;
	*number = read;
	return 0;
}

int engine_telemetry_error(struct rte_tel_data *answer, const char *text)
{
	rte_tel_data_start_dict(answer);
	return rte_tel_data_add_dict_string(answer, "error", text);
}

struct rte_tel_data *engine_telemetry_inner(struct rte_tel_data *outer, const char *name)
{
	struct rte_tel_data *data = rte_tel_data_alloc();

	if (data == NULL)
		return NULL;
	rte_tel_data_start_dict(data);
	if (rte_tel_data_add_dict_container(outer, name, data, 0) == 0)
		return data;
	rte_tel_data_free(data);
	return NULL;
}

/* Keys of telemetry have no '-' and are in lower case. */
static void add_state(struct rte_tel_data *states, enum quern_state state, uint32_t count)
{
	char key[16];
	size_t i;

	snprintf(key, sizeof(key), "%s", quern_state_name(state));
	for (i = 0; key[i] != '\0'; i++)
		key[i] = key[i] == '-' ? '_' : (char)tolower((unsigned char)key[i]);
	rte_tel_data_add_dict_u64(states, key, count);
}

static int add_counters(const struct quern_engine *engine, uint16_t shard, struct rte_tel_data *answer)
{
	struct rte_tel_data *counted = engine_telemetry_inner(answer, "counters"),
			    *dropped = engine_telemetry_inner(answer, "drops"),
			    *ended = engine_telemetry_inner(answer, "ended");
	struct quern_counters counters;

	if (counted == NULL || dropped == NULL || ended == NULL)
		return -ENOMEM;
	quern_engine_counters(engine, shard, &counters);
#define X(name, text) rte_tel_data_add_dict_u64(counted, #name, counters.name);
	QUERN_COUNTERS(X)
#undef X
	for (int drop = QUERN_DROP_NONE + 1; drop < QUERN_DROPS_END; drop++) {
		if (counters.drops[drop] > 0)
			rte_tel_data_add_dict_u64(dropped, quern_drop_name((enum quern_drop)drop),
						  counters.drops[drop]);
	}
	for (int how = QUERN_END_NONE + 1; how < QUERN_ENDS_END; how++)
		rte_tel_data_add_dict_u64(ended, quern_end_name((enum quern_end)how), counters.ended[how]);
	return 0;
}

static int add_memory(const struct quern_engine *engine, uint16_t shard, struct rte_tel_data *answer)
{
	struct rte_tel_data *data = engine_telemetry_inner(answer, "memory");
	struct quern_shard_memory memory;

	if (data == NULL)
		return -ENOMEM;
	quern_engine_memory(engine, shard, &memory);
	rte_tel_data_add_dict_u64(data, "connections", memory.connections);
	rte_tel_data_add_dict_u64(data, "connections_used", memory.connections_used);
	rte_tel_data_add_dict_u64(data, "time_waits", memory.time_waits);
	rte_tel_data_add_dict_u64(data, "time_waits_used", memory.time_waits_used);
	rte_tel_data_add_dict_u64(data, "table_capacity", memory.table_capacity);
	rte_tel_data_add_dict_u64(data, "table_used", memory.table_used);
	rte_tel_data_add_dict_u64(data, "reserved_bytes", memory.reserved_bytes);
	return 0;
}

static int add_states(const struct quern_engine *engine, uint16_t shard, struct rte_tel_data *answer)
{
	struct rte_tel_data *states = engine_telemetry_inner(answer, "states");
	uint32_t counts[QUERN_STATES_END];

	if (states == NULL)
		return -ENOMEM;
	quern_engine_states(engine, shard, counts);
	for (int state = QUERN_SYN_SENT; state < QUERN_STATES_END; state++)
		add_state(states, (enum quern_state)state, counts[state]);
	return 0;
}

static int add_shard(const struct quern_engine *engine, uint16_t shard, struct rte_tel_data *shards)
{
	const struct quern_shard_config *config = &engine->config.shards[shard];
	struct rte_tel_data *data;
	char name[8];

	snprintf(name, sizeof(name), "%u", shard);
	data = engine_telemetry_inner(shards, name);
	if (data == NULL)
		return -ENOMEM;
	rte_tel_data_add_dict_string(data, "role", engine->shards[shard].role);
	rte_tel_data_add_dict_u64(data, "port", config->port);
	rte_tel_data_add_dict_string(data, "device", engine->config.ports[config->port].device);
	rte_tel_data_add_dict_u64(data, "worker", engine->shards[shard].worker);
	rte_tel_data_add_dict_u64(data, "core", config->core);
	if (add_counters(engine, shard, data) != 0 || add_states(engine, shard, data) != 0)
		return -ENOMEM;
	return add_memory(engine, shard, data);
}

static int answer_stats(const struct quern_engine *engine, const char *parameters, struct rte_tel_data *answer)
{
	char name[ENGINE_PARAMETER_TEXT], value[ENGINE_PARAMETER_TEXT];
	uint64_t first = 0, end;
	struct rte_tel_data *shards;
	int found;

	while ((found = engine_next_parameter(&parameters, name, value)) > 0) {
		if (strcmp(name, "shard") != 0 ||
		    engine_parse_number(value, engine->config.shard_count - 1u, &first) != 0)
			found = -EINVAL;
		if (found < 0)
			break;
	}
	if (found < 0)
		return engine_telemetry_error(answer, "accepted: shard=N, from which on there are at most 3");
	end = first + SHARDS_AN_ANSWER < engine->config.shard_count ? first + SHARDS_AN_ANSWER
								    : engine->config.shard_count;
	rte_tel_data_start_dict(answer);
	rte_tel_data_add_dict_u64(answer, "count", engine->config.shard_count);
	if (end < engine->config.shard_count)
		rte_tel_data_add_dict_u64(answer, "next", end);
	shards = engine_telemetry_inner(answer, "shards");
	for (uint64_t shard = first; shard < end; shard++) {
		if (shards == NULL || add_shard(engine, (uint16_t)shard, shards) != 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_worker(const struct quern_engine *engine, uint16_t number, struct rte_tel_data *answer)
{
	struct quern_worker_report report;
	struct rte_tel_data *data, *shards = rte_tel_data_alloc();
	char name[8];

	snprintf(name, sizeof(name), "%u", number);
	data = shards != NULL ? engine_telemetry_inner(answer, name) : NULL;
	if (data == NULL) {
		rte_tel_data_free(shards);
		return -ENOMEM;
	}
	quern_engine_worker(engine, number, &report);
	rte_tel_data_add_dict_u64(data, "core", report.core);
	rte_tel_data_add_dict_u64(data, "turns", report.turns);
	rte_tel_data_add_dict_u64(data, "busy_turns", report.busy_turns);
	rte_tel_data_add_dict_u64(data, "cycles", report.cycles);
	rte_tel_data_start_array(shards, RTE_TEL_U64_VAL);
	for (uint16_t shard = 0; shard < engine->config.shard_count; shard++) {
		if (engine->shards[shard].worker == number)
			rte_tel_data_add_array_u64(shards, shard);
	}
	return rte_tel_data_add_dict_container(data, "shards", shards, 0);
}

static int answer_workers(const struct quern_engine *engine, const char *parameters, struct rte_tel_data *answer)
{
	if (parameters != NULL)
		return engine_telemetry_error(answer, "takes no parameters");
	rte_tel_data_start_dict(answer);
	for (uint16_t number = 0; number < engine->worker_count; number++) {
		if (add_worker(engine, number, answer) != 0)
			return -ENOMEM;
	}
	return 0;
}

struct command {
	const char *name;
	/* Null for those that wait for the control thread. */
	int (*answer)(const struct quern_engine *engine, const char *parameters, struct rte_tel_data *answer);
	int (*wait)(const char *parameters, struct rte_tel_data *answer); /* null for all others */
	const char *help;                                                 /* at most 63 characters */
};

static const struct command commands[] = {
	{"/quern/conns", engine_answer_conns, NULL, "Connections. state= local= remote= shard= limit= cursor="},
	{"/quern/forward", engine_answer_forward, NULL, "A rule of forwarding and its targets: rule="},
	{"/quern/order", NULL, engine_answer_order, "Has the application do something: NAME[,WORDS]"},
	{"/quern/ports", engine_answer_ports, NULL, "Devices, drivers, and what --impair did. No parameters"},
	{"/quern/reload", NULL, engine_answer_reload, "Has the application read its rules again. No parameters"},
	{"/quern/stats", answer_stats, NULL, "Counters, states, memory of three shards, from shard= on"},
	{"/quern/workers", answer_workers, NULL, "Cores, turns and shards of workers. No parameters"},
};

static int answer(const char *name, const char *parameters, struct rte_tel_data *data)
{
	int (*wait)(const char *parameters, struct rte_tel_data *answer) = NULL;
	int code = -ENODEV;

	pthread_mutex_lock(&lock);
	for (size_t number = 0; shown != NULL && number < sizeof(commands) / sizeof(commands[0]); number++) {
		if (strcmp(commands[number].name, name) != 0)
			continue;
		wait = commands[number].wait;
		if (wait == NULL)
			code = commands[number].answer(shown, parameters, data);
	}
	pthread_mutex_unlock(&lock);
	return wait != NULL ? wait(parameters, data) : code;
}

int engine_show_telemetry(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	static bool are_registered; /* for the life of the process: there is no way back */

	pthread_mutex_lock(&lock);
	shown = engine;
	pthread_mutex_unlock(&lock);
	for (size_t number = 0; !are_registered && number < sizeof(commands) / sizeof(commands[0]); number++) {
		int code = rte_telemetry_register_cmd(commands[number].name, answer, commands[number].help);

		if (code == 0)
			continue;
		engine_hide_telemetry(engine);
		return engine_fail(error, code, "telemetry refuses the command %s: %s", commands[number].name,
				   strerror(-code));
	}
	are_registered = true;
	return 0;
}

void engine_hide_telemetry(struct quern_engine *engine)
{
	(void)engine;
	pthread_mutex_lock(&lock);
	shown = NULL;
	pthread_mutex_unlock(&lock);
	engine_forget_order();
}

/* Nothing that the rules hold is freed while the lock is held: engine_pass_telemetry(). */
uint16_t quern_engine_forward_look(const struct quern_engine *engine, struct quern_forward_look *rules, uint16_t max)
{
	const struct quern_forward_rule *rule;
	uint16_t count = 0;

	pthread_mutex_lock(&lock);
	while (count < max && (rule = quern_engine_forward_rule(engine, count)) != NULL) {
		snprintf(rules[count].name, sizeof(rules[count].name), "%s", rule->name);
		rules[count].stats = (struct quern_forward_stats){.forwarded = 0};
		quern_engine_forward_stats(engine, count, QUERN_FORWARD_NO_TARGET, &rules[count].stats);
		count++;
	}
	pthread_mutex_unlock(&lock);
	return count;
}

void engine_pass_telemetry(void)
{
	pthread_mutex_lock(&lock);
	pthread_mutex_unlock(&lock);
}
