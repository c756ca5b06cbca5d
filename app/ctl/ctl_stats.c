/* ctl_stats.c - counters, states and drops: a line a shard, and what is not 0 below. */
#include "ctl/ctl_answers.h"
#include "ctl/ctl_rules.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <quern/conn.h>
#include <quern/counters.h>

#include "cli/cli_output.h"
#include "report/report_format.h"

enum { QUESTION_TEXT = 64, KEY_TEXT = 24 };

/* Shards as an array, in order: {"shard": 0, "role": ...}. */
static int add_shards(const json_t *answer, json_t *shards)
{
	json_int_t count = ctl_number(answer, "count"), next = ctl_number(answer, "next");
	const json_t *given = json_object_get(answer, "shards");
	char key[KEY_TEXT];

	for (json_int_t number = (json_int_t)json_array_size(shards); number < (next > 0 ? next : count); number++) {
		json_t *shard;

		snprintf(key, sizeof(key), "%lld", number);
		shard = json_object_get(given, key);
		if (!json_is_object(shard))
			return -EPROTO;
		json_object_set_new(shard, "shard", json_integer(number));
		json_array_append(shards, shard);
	}
	return 0;
}

static int ask_shards(const struct ctl_instance *instance, json_t *shards)
{
	char question[QUESTION_TEXT];
	json_int_t count;
	json_t *answer;
	int code;

	do {
		size_t before = json_array_size(shards);

		snprintf(question, sizeof(question), "/quern/stats,shard=%zu", before);
		code = ctl_ask(instance, question, &answer);
		if (code != 0)
			return code;
		count = ctl_number(answer, "count");
		code = add_shards(answer, shards);
		json_decref(answer);
		if (code == 0 && json_array_size(shards) == before)
			code = -EPROTO;
	} while (code == 0 && (json_int_t)json_array_size(shards) < count);
	return code;
}

/* Workers, or ports, as an array by their numbers. */
static int ask_numbered(const struct ctl_instance *instance, const char *question, json_t *all)
{
	json_t *answer, *one;
	char key[KEY_TEXT];
	int code = ctl_ask(instance, question, &answer);

	if (code != 0)
		return code;
	for (size_t number = 0; number < json_object_size(answer); number++) {
		snprintf(key, sizeof(key), "%zu", number);
		one = json_object_get(answer, key);
		if (json_is_object(one))
			json_array_append(all, one);
	}
	json_decref(answer);
	return 0;
}

static const char *count_text(const json_t *object, const char *key, char text[REPORT_NUMBER_TEXT])
{
	return report_format_count((uint64_t)ctl_number(object, key), text);
}

static uint64_t sum(const json_t *object)
{
	uint64_t total = 0;

	for (void *at = json_object_iter((json_t *)(uintptr_t)object); at;
	     at = json_object_iter_next((json_t *)(uintptr_t)object, at))
		total += (uint64_t)json_integer_value(json_object_iter_value(at));
	return total;
}

static void print_shard(const json_t *shard)
{
	const json_t *counters = json_object_get(shard, "counters"), *states = json_object_get(shard, "states");
	char texts[6][REPORT_NUMBER_TEXT];
	uint64_t in_time_wait = (uint64_t)ctl_number(states, "time_wait");

	printf("%5lld  %-8s %-12.12s %4lld  %13s  %11s  %11s  %15s  %15s  %9s\n", ctl_number(shard, "shard"),
	       ctl_text(shard, "role"), ctl_text(shard, "device"), ctl_number(shard, "core"),
	       count_text(counters, "established", texts[0]), report_format_count(sum(states) - in_time_wait, texts[1]),
	       report_format_count(in_time_wait, texts[2]), count_text(counters, "rx_packets", texts[3]),
	       count_text(counters, "tx_packets", texts[4]),
	       report_format_count(sum(json_object_get(shard, "drops")), texts[5]));
}

/* "time_wait" as the RFC has it. */
static void print_state(const char *key, json_int_t count)
{
	char text[REPORT_NUMBER_TEXT];

	printf("  ");
	for (; *key; key++)
		putchar(*key == '_' ? '-' : toupper((unsigned char)*key));
	printf(" %s", report_format_count((uint64_t)count, text));
}

static void print_key(const char *key, json_int_t count)
{
	char text[REPORT_NUMBER_TEXT];

	printf("  %s %s", key, report_format_count((uint64_t)count, text));
}

/* What is not 0 of one object of each shard. */
static void print_details(const json_t *shards, const char *name, void (*print)(const char *key, json_int_t count))
{
	size_t index;
	json_t *shard, *value;
	const char *key;
	bool has_title = false;

	json_array_foreach(shards, index, shard)
	{
		json_t *object = json_object_get(shard, name);

		if (sum(object) == 0)
			continue;
		printf("%s", has_title ? "" : "\n");
		printf("%-9s %lld %-8s", has_title ? "" : name, ctl_number(shard, "shard"), ctl_text(shard, "role"));
		has_title = true;
		json_object_foreach(object, key, value)
		{
			if (json_integer_value(value) != 0)
				print(key, json_integer_value(value));
		}
		putchar('\n');
	}
}

/* What is counted of datagrams, of each shard that has seen some: a forwarder's work. */
static void print_datagrams(const json_t *shards)
{
	static const char prefix[] = "udp_";
	size_t index;
	json_t *shard, *value;
	const char *key;
	bool has_title = false;

	json_array_foreach(shards, index, shard)
	{
		bool has_name = false;

		json_object_foreach(json_object_get(shard, "counters"), key, value)
		{
			if (strncmp(key, prefix, strlen(prefix)) != 0 || json_integer_value(value) == 0)
				continue;
			if (!has_name)
				printf("%s%-9s %lld %-8s", has_title ? "" : "\n", has_title ? "" : "datagrams",
				       ctl_number(shard, "shard"), ctl_text(shard, "role"));
			has_title = has_name = true;
			print_key(key + strlen(prefix), json_integer_value(value));
		}
		if (has_name)
			putchar('\n');
	}
}

static void print_memory(const json_t *shards)
{
	size_t index;
	const json_t *shard;
	char texts[5][REPORT_NUMBER_TEXT];

	json_array_foreach(shards, index, shard)
	{
		const json_t *memory = json_object_get(shard, "memory");

		printf("%s%-9s %lld %-8s  connections %s of %s  TIME-WAIT %s of %s  %s MiB\n", index == 0 ? "\n" : "",
		       index == 0 ? "memory" : "", ctl_number(shard, "shard"), ctl_text(shard, "role"),
		       count_text(memory, "connections_used", texts[0]), count_text(memory, "connections", texts[1]),
		       count_text(memory, "time_waits_used", texts[2]), count_text(memory, "time_waits", texts[3]),
		       report_format_count((uint64_t)ctl_number(memory, "reserved_bytes") >> 20, texts[4]));
	}
}

static void print_workers(const json_t *workers)
{
	size_t index;
	const json_t *worker;

	json_array_foreach(workers, index, worker)
	{
		double turns = (double)ctl_number(worker, "turns");
		char *shards = json_dumps(json_object_get(worker, "shards"), JSON_COMPACT | JSON_ENCODE_ANY);
		char text[REPORT_NUMBER_TEXT];

		printf("%s%-9s %zu core %lld  busy %.0f %%  turns %s  shards %s\n", index == 0 ? "\n" : "",
		       index == 0 ? "workers" : "", index, ctl_number(worker, "core"),
		       turns > 0 ? 100.0 * (double)ctl_number(worker, "busy_turns") / turns : 0.0,
		       count_text(worker, "turns", text), shards ? shards : "");
		free(shards);
	}
}

/* What --impair did, a line for each way of a port that has it. */
static void print_impaired(const json_t *ports)
{
	size_t index;
	json_t *port, *line, *value;
	const char *way, *key;
	bool has_title = false;

	json_array_foreach(ports, index, port)
	{
		json_object_foreach(json_object_get(port, "impaired"), way, line)
		{
			printf("%s%-9s %zu %-12.12s %s", has_title ? "" : "\n", has_title ? "" : "impaired", index,
			       ctl_text(port, "device"), way);
			has_title = true;
			json_object_foreach(line, key, value) print_key(key, json_integer_value(value));
			putchar('\n');
		}
	}
}

static void print_all(const struct ctl_instance *instance, const json_t *shards, const json_t *rules,
		      const json_t *ports, const json_t *workers)
{
	size_t index;
	const json_t *shard;

	printf("quern %ld   %s\n\n", instance->pid, instance->words);
	printf("%5s  %-8s %-12s %4s  %13s  %11s  %11s  %15s  %15s  %9s\n", "shard", "role", "device", "core",
	       "established", "in flight", "TIME-WAIT", "packets rx", "packets tx", "drops");
	json_array_foreach(shards, index, shard) print_shard(shard);
	print_details(shards, "states", print_state);
	print_details(shards, "ended", print_key);
	print_datagrams(shards);
	ctl_print_rules(rules);
	print_details(shards, "drops", print_key);
	print_impaired(ports);
	print_memory(shards);
	print_workers(workers);
}

int ctl_stats(const struct ctl_instance *instance, const struct ctl_request *request)
{
	json_t *all = json_object(), *shards = json_array(), *rules = json_array();
	json_t *ports = json_array(), *workers = json_array();
	int code;

	json_object_set_new(all, "pid", json_integer(instance->pid));
	json_object_set_new(all, "command", json_string(instance->words));
	json_object_set_new(all, "shards", shards);
	json_object_set_new(all, "rules", rules);
	json_object_set_new(all, "ports", ports);
	json_object_set_new(all, "workers", workers);
	code = ask_shards(instance, shards);
	if (code == 0)
		code = ctl_ask_rules(instance, rules);
	if (code == 0)
		code = ask_numbered(instance, "/quern/ports", ports);
	if (code == 0)
		code = ask_numbered(instance, "/quern/workers", workers);
	if (code == 0 && request->json)
		return cli_write_json(stdout, all);
	if (code == 0)
		print_all(instance, shards, rules, ports, workers);
	json_decref(all);
	return code;
}
