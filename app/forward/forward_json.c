/* forward_json.c - the machine's contract of the forwarder: every key, always. */
#include "forward/forward_report.h"
#include "report/report_parts.h"

static json_t *integer(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *targets_json(const struct quern_forward_rule *rule)
{
	json_t *targets = json_array();
	char text[QUERN_ENDPOINT_TEXT];

	for (uint16_t i = 0; i < rule->target_count; i++)
		json_array_append_new(targets,
				      json_pack("{s:s, s:i}", "to", forward_target_text(&rule->targets[i].to, text),
						"weight", rule->targets[i].weight ? (int)rule->targets[i].weight : 1));
	return targets;
}

static json_t *limit_json(uint32_t most)
{
	return most ? integer(most) : json_null();
}

static json_t *check_json(const struct quern_forward_check *check)
{
	if (check->probe == QUERN_PROBE_NONE)
		return json_null();
	return json_pack("{s:s, s:i, s:o, s:i, s:i}", "probe", quern_probe_name(check->probe), "port", (int)check->port,
			 "interval_ms", integer(check->interval_ms ? check->interval_ms : QUERN_FORWARD_INTERVAL_MS),
			 "rise", check->rise ? (int)check->rise : QUERN_FORWARD_RISE, "fall",
			 check->fall ? (int)check->fall : QUERN_FORWARD_FALL);
}

static json_t *rule_json(const struct quern_forward_rule *rule)
{
	char text[FORWARD_LISTEN_TEXT];

	return json_pack("{s:s, s:i, s:s, s:o, s:s, s:b, s:b, s:b, s:b, s:b, s:b, s:o, s:o, s:o, s:o, s:o}", "name",
			 rule->name, "port", (int)rule->port, "listen", forward_listen_text(rule, text), "to",
			 targets_json(rule), "balance", quern_balance_name(rule->balance), "keep_port",
			 (int)rule->keep_port, "keep_source", (int)rule->keep_source, "one_way", (int)rule->one_way,
			 "translate", (int)rule->translate, "broadcast", (int)rule->broadcast, "answers_refresh",
			 (int)rule->answers_refresh, "idle_ms",
			 integer(rule->idle_ms ? rule->idle_ms : QUERN_FORWARD_IDLE_MS), "rule_sessions",
			 limit_json(rule->max_sessions), "source_sessions", limit_json(rule->max_sessions_per_source),
			 "slow_start_ms", integer(rule->slow_start_ms), "check", check_json(&rule->check));
}

static json_t *config_json(const struct forward_report *report)
{
	const struct cli_settings *settings = report->run.settings;
	json_t *rules = json_array();

	for (uint16_t i = 0; i < settings->forward.rule_count; i++)
		json_array_append_new(rules, rule_json(&settings->forward.rules[i]));
	return json_pack("{s:s, s:o, s:o, s:o, s:s, s:o, s:o, s:s?}", "kind", cli_command_name(settings->command),
			 "ports", report_ports_json(settings), "rules", rules, "max_sessions",
			 integer(report->use.capacity), "memory", report_memory_name(settings->memory), "duration_ns",
			 integer(settings->duration_ns), "seed", integer(settings->seed), "metrics", settings->metrics);
}

static json_t *totals_json(const struct forward_report *report)
{
	const struct quern_counters *traffic = &report->run.traffic;

	return json_pack(
		"{s:o, s:o, s:o, s:{s:o, s:o, s:o}, s:{s:o, s:o}, s:{s:o, s:o}, s:{s:o, s:o}, s:{s:o, s:o}, s:o}",
		"forwarded", integer(traffic->udp_forwarded), "returned", integer(traffic->udp_returned),
		"errors_passed", integer(traffic->udp_errors_passed), "sessions", "opened",
		integer(traffic->udp_sessions_opened), "ended", integer(traffic->udp_sessions_ended), "open",
		integer(report->use.sessions), "reloads", "taken", integer(report->reloads_taken), "refused",
		integer(report->reloads_refused), "packets", "rx", integer(traffic->rx_packets), "tx",
		integer(traffic->tx_packets), "bytes", "rx", integer(traffic->rx_bytes), "tx",
		integer(traffic->tx_bytes), "icmp_errors", "sent", integer(traffic->unreachables_sent), "throttled",
		integer(traffic->unreachables_throttled), "drops", report_drops_json(traffic));
}

static json_t *series_json(const struct forward_series *series)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < series->count; i++) {
		const struct forward_row *row = &series->rows[i];

		json_array_append_new(rows,
				      json_pack("{s:f, s:o, s:o, s:o, s:o, s:o, s:o}", "t_s", row->t_s, "forwarded",
						integer(row->forwarded), "returned", integer(row->returned), "opened",
						integer(row->opened), "ended", integer(row->ended), "sessions",
						integer(row->sessions), "drops", integer(row->drops)));
	}
	return rows;
}

static json_t *workers_json(const struct report_run *run)
{
	json_t *workers = json_array();

	for (uint16_t i = 0; i < run->worker_count; i++) {
		const struct report_worker *worker = &run->workers[i];

		json_array_append_new(workers, json_pack("{s:i, s:f, s:o, s:o, s:{s:o, s:o}, s:o, s:o}", "lcore",
							 (int)worker->core, "busy", worker->busy, "cycles",
							 integer(worker->cycles), "packets", integer(worker->packets),
							 "moved", "in", integer(worker->moved_in), "out",
							 integer(worker->moved_out), "stalls", integer(worker->stalls),
							 "longest_stall_ms", integer(worker->longest_stall_ms)));
	}
	return workers;
}

static json_t *memory_json(const struct report_memory *memory)
{
	return json_pack("{s:{s:o, s:o}, s:{s:o, s:o}, s:o}", "table", "capacity", integer(memory->table_capacity),
			 "used", integer(memory->table_used), "mbufs", "capacity", integer(memory->mbufs), "used",
			 integer(memory->mbufs_used), "reserved_bytes", integer(memory->reserved_bytes));
}

json_t *forward_report_json(const struct forward_report *report)
{
	const struct report_run *run = &report->run;

	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:b}}", "schema",
			 "quern-forward/1", "verdict", report_verdict_name(run->verdict), "tool", report_tool_json(run),
			 "config", config_json(report), "machine", report_machine_json(run), "duration_s",
			 run->duration_s, "totals", totals_json(report), "rules", forward_stats_json(&report->stats),
			 "series", series_json(report->series), "workers", workers_json(run), "impaired",
			 report_impaired_json(run), "capture", report_capture_json(run), "memory",
			 memory_json(&run->memory), "valid", "accounting", (int)forward_report_adds_up(report));
}
