/* metrics_page.c - families one after the other, each with all its samples. */
#include "metrics/metrics_page.h"

#include <string.h>

#include "cli/cli_version.h"
#include "metrics/metrics_port.h"
#include "metrics/metrics_roles.h"
#include "metrics/metrics_text.h"

enum { NUMBER_TEXT = 8 };

#define MS_PER_S 1000.0

static const char *number_text(uint16_t number, char text[NUMBER_TEXT])
{
	snprintf(text, NUMBER_TEXT, "%u", number);
	return text;
}

static void write_table(FILE *out, const struct metrics_look *look)
{
	char number[NUMBER_TEXT];
	struct quern_shard_memory sums[QUERN_MAX_SHARDS] = {{.connections = 0}};

	for (uint16_t i = 0; i < look->config->shard_count; i++) {
		const struct quern_shard_memory *memory = &look->memory[i];
		struct quern_shard_memory *sum = &sums[look->worker_of[i]];

		sum->table_used += memory->table_used;
		sum->table_capacity += memory->table_capacity;
		sum->timers += memory->timers;
		if (memory->timer_lag_ms > sum->timer_lag_ms)
			sum->timer_lag_ms = memory->timer_lag_ms;
	}
	metrics_text_family(out, METRICS_TABLE_ENTRIES);
	for (uint16_t i = 0; i < look->worker_count; i++)
		metrics_text_count(out, METRICS_TABLE_ENTRIES, sums[i].table_used, "worker", number_text(i, number),
				   NULL);
	metrics_text_family(out, METRICS_TABLE_CAPACITY);
	for (uint16_t i = 0; i < look->worker_count; i++)
		metrics_text_count(out, METRICS_TABLE_CAPACITY, sums[i].table_capacity, "worker",
				   number_text(i, number), NULL);
	metrics_text_family(out, METRICS_TIMERS);
	for (uint16_t i = 0; i < look->worker_count; i++)
		metrics_text_count(out, METRICS_TIMERS, sums[i].timers, "worker", number_text(i, number), NULL);
	metrics_text_family(out, METRICS_TIMER_LAG);
	for (uint16_t i = 0; i < look->worker_count; i++)
		metrics_text_value(out, METRICS_TIMER_LAG, sums[i].timer_lag_ms / MS_PER_S, "worker",
				   number_text(i, number), NULL);
}

static void write_workers(FILE *out, const struct metrics_look *look)
{
	char number[NUMBER_TEXT];

	metrics_text_family(out, METRICS_BUSY_RATIO);
	for (uint16_t i = 0; i < look->worker_count; i++)
		metrics_text_value(out, METRICS_BUSY_RATIO, look->workers[i].busy, "worker", number_text(i, number),
				   NULL);
	metrics_text_family(out, METRICS_CYCLES);
	for (uint16_t i = 0; i < look->worker_count; i++) {
		metrics_text_count(out, METRICS_CYCLES, look->workers[i].now.busy_cycles, "worker",
				   number_text(i, number), "kind", "busy", NULL);
		metrics_text_count(out, METRICS_CYCLES, look->workers[i].idle_cycles, "worker", number_text(i, number),
				   "kind", "idle", NULL);
	}
}

static struct quern_counters port_counters(const struct metrics_look *look, uint16_t port)
{
	struct quern_counters sum = {.rx_packets = 0};

	for (uint16_t i = 0; i < look->config->shard_count; i++) {
		const struct quern_counters *counters = &look->counters[i];

		if (look->config->shards[i].port != port)
			continue;
		sum.rx_packets += counters->rx_packets;
		sum.tx_packets += counters->tx_packets;
		sum.rx_bytes += counters->rx_bytes;
		sum.tx_bytes += counters->tx_bytes;
		for (int drop = QUERN_DROP_NONE + 1; drop < QUERN_DROPS_END; drop++)
			sum.drops[drop] += counters->drops[drop];
	}
	return sum;
}

static void write_ports(FILE *out, const struct metrics_look *look, const struct cli_settings *settings)
{
	char text[METRICS_PORT_TEXT];

	metrics_text_family(out, METRICS_PACKETS);
	for (uint16_t i = 0; i < settings->port_count; i++) {
		const char *port = metrics_port_name(settings, i, text);
		struct quern_counters sum = port_counters(look, i);

		metrics_text_count(out, METRICS_PACKETS, sum.rx_packets, "port", port, "dir", "rx", NULL);
		metrics_text_count(out, METRICS_PACKETS, sum.tx_packets, "port", port, "dir", "tx", NULL);
	}
	metrics_text_family(out, METRICS_BYTES);
	for (uint16_t i = 0; i < settings->port_count; i++) {
		const char *port = metrics_port_name(settings, i, text);
		struct quern_counters sum = port_counters(look, i);

		metrics_text_count(out, METRICS_BYTES, sum.rx_bytes, "port", port, "dir", "rx", NULL);
		metrics_text_count(out, METRICS_BYTES, sum.tx_bytes, "port", port, "dir", "tx", NULL);
	}
	metrics_text_family(out, METRICS_DROPS);
	for (uint16_t i = 0; i < settings->port_count; i++) {
		struct quern_counters sum = port_counters(look, i);

		for (int drop = QUERN_DROP_NONE + 1; drop < QUERN_DROPS_END; drop++)
			metrics_text_count(out, METRICS_DROPS, sum.drops[drop], "port",
					   metrics_port_name(settings, i, text), "reason",
					   quern_drop_name((enum quern_drop)drop), NULL);
	}
}

/* A pool is named by the first shard that has its buffers from it. */
static void write_pools(FILE *out, const struct metrics_look *look)
{
	char number[NUMBER_TEXT];

	metrics_text_family(out, METRICS_MBUFS);
	for (uint16_t i = 0; i < look->config->shard_count; i++) {
		if (look->memory[i].mbufs > 0)
			metrics_text_count(out, METRICS_MBUFS, look->memory[i].mbufs_used, "pool",
					   number_text(i, number), NULL);
	}
}

/* While rules are swapped one may be seen twice. */
static bool is_new(const struct metrics_look *look, uint16_t rule)
{
	for (uint16_t i = 0; i < rule; i++) {
		if (strcmp(look->rules[i].name, look->rules[rule].name) == 0)
			return false;
	}
	return true;
}

static void write_rules(FILE *out, const struct metrics_look *look)
{
	metrics_text_family(out, METRICS_FORWARDED);
	for (uint16_t i = 0; i < look->rule_count; i++) {
		if (is_new(look, i))
			metrics_text_count(out, METRICS_FORWARDED, look->rules[i].stats.forwarded, "rule",
					   look->rules[i].name, NULL);
	}
	metrics_text_family(out, METRICS_FLOWS);
	for (uint16_t i = 0; i < look->rule_count; i++) {
		if (is_new(look, i))
			metrics_text_count(out, METRICS_FLOWS, look->rules[i].stats.sessions, "rule",
					   look->rules[i].name, NULL);
	}
}

static void write_reloads(FILE *out, const struct metrics_look *look)
{
	metrics_text_family(out, METRICS_RELOADS);
	metrics_text_count(out, METRICS_RELOADS, look->reloads_taken, "result", "taken", NULL);
	metrics_text_count(out, METRICS_RELOADS, look->reloads_refused, "result", "refused", NULL);
}

void metrics_page_write(FILE *out, const struct metrics_look *look, const struct cli_settings *settings)
{
	metrics_text_family(out, METRICS_BUILD_INFO);
	metrics_text_count(out, METRICS_BUILD_INFO, 1, "version", cli_version(), "dpdk", quern_dpdk_version(), "git",
			   cli_git(), NULL);
	if (settings->command != CLI_FORWARD)
		metrics_roles_write(out, look);
	write_table(out, look);
	write_workers(out, look);
	write_ports(out, look, settings);
	write_pools(out, look);
	if (look->rule_count > 0)
		write_rules(out, look);
	if (look->has_reloads)
		write_reloads(out, look);
}
