/* report_json.c - the machine's contract: every key, always. */
#include "report/report_parts.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli_version.h"
#include "report/report_hdr.h"
#include "report/report_judged.h"
#include "report/report_requests.h"
#include "report/report_trials.h"

static json_t *integer(uint64_t value)
{
	return json_integer((json_int_t)value);
}

const char *report_verdict_name(enum report_verdict verdict)
{
	static const char *const names[] = {"pass", "fail", "aborted", "invalid"};

	return names[verdict];
}

json_t *report_tool_json(const struct report_run *run)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "version", cli_version(), "git", cli_git(), "dpdk",
			 run->machine.dpdk, "compiler", cli_compiler(), "build", cli_build_options());
}

json_t *report_machine_json(const struct report_run *run)
{
	json_t *ports = json_array();

	for (uint16_t i = 0; i < run->settings->port_count; i++)
		json_array_append_new(ports, json_pack("{s:s, s:s}", "name", run->settings->ports[i].device, "driver",
						       run->drivers[i]));
	return json_pack("{s:s, s:i, s:i, s:s, s:o}", "cpu", run->machine.cpu, "cores", (int)run->machine.cores, "numa",
			 (int)run->machine.numa_nodes, "pages", run->machine.pages, "ports", ports);
}

/* Counts by name, of those that are not 0. */
static json_t *icmp_json(const struct report_totals *totals)
{
	json_t *object = json_object();

	for (int i = QUERN_ICMP_NONE + 1; i < QUERN_ICMPS_END; i++) {
		if (totals->icmp[i] != 0)
			json_object_set_new(object, quern_icmp_name((enum quern_icmp)i), integer(totals->icmp[i]));
	}
	return object;
}

json_t *report_drops_json(const struct quern_counters *traffic)
{
	json_t *drops = json_object();

	for (int i = QUERN_DROP_NONE + 1; i < QUERN_DROPS_END; i++) {
		if (traffic->drops[i] != 0)
			json_object_set_new(drops, quern_drop_name((enum quern_drop)i), integer(traffic->drops[i]));
	}
	return drops;
}

json_t *report_connections_json(const struct report_run *run)
{
	const struct report_totals *totals = &run->totals;
	json_t *failed = json_object(), *closed_by = json_object(), *requests = json_object();

	for (int i = 0; i < REPORT_FAILED_END; i++)
		json_object_set_new(failed, report_failure_names[i], integer(totals->failed[i]));
	for (int i = 0; i < REPORT_CLOSED_END; i++)
		json_object_set_new(closed_by, report_close_names[i], integer(totals->closed[i]));
	for (int i = 0; i < REPORT_REQUESTS_END; i++)
		json_object_set_new(requests, report_request_names[i], integer(totals->requests[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "opened", integer(totals->opened),
			 "established", integer(totals->established), "closed", integer(report_closed(totals)),
			 "closed_by", closed_by, "in_flight", integer(totals->in_flight), "failed", failed, "cut_short",
			 integer(totals->cut_short), "requests", requests, "icmp", icmp_json(totals), "statuses",
			 report_statuses_json(totals), "targets", report_targets_json(run));
}

/* What shards count beside, of all services together. */
static json_t *totals_json(const struct report_run *run)
{
	const struct quern_counters *traffic = &run->traffic;
	json_t *totals = report_connections_json(run);

	json_object_update_new(totals,
			       json_pack("{s:o, s:{s:o, s:o}, s:f, s:{s:o, s:o}, s:o, s:o, s:o, s:{s:o, s:o, s:o}}",
					 "time_wait", integer(run->memory.time_wait), "packets", "rx",
					 integer(traffic->rx_packets), "tx", integer(traffic->tx_packets),
					 "packets_per_connection", run->packets_per_connection, "bytes", "rx",
					 integer(traffic->rx_bytes), "tx", integer(traffic->tx_bytes), "retransmits",
					 integer(traffic->retransmits), "drops", report_drops_json(traffic),
					 "syns_taken", integer(traffic->opened_passive), "cookies", "sent",
					 integer(traffic->cookies_sent), "accepted", integer(traffic->cookies_accepted),
					 "refused", integer(traffic->cookies_refused)));
	return totals;
}

static json_t *rate_json(const struct report_run *run)
{
	struct report_rate rate = report_series_rate(run->series);

	return json_pack("{s:f, s:f, s:f, s:f, s:f}", "cps_mean", rate.mean, "cps_min", rate.min, "cps_max", rate.max,
			 "cps_stddev", rate.stddev, "requests_mean", report_series_requests_mean(run->series));
}

json_t *report_times_json(const struct quern_histogram *histogram, const struct quern_histogram *nothing)
{
	static const struct {
		const char *key;
		double percentile;
	} percentiles[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p999", 99.9}, {"p9999", 99.99}};
	const struct quern_histogram *times = histogram ? histogram : nothing;
	json_t *object = json_object();
	char *hdr = report_hdr(times);

	json_object_set_new(object, "count", integer(times->count));
	json_object_set_new(object, "min", integer(times->count ? times->min : 0));
	json_object_set_new(object, "mean", json_real(quern_histogram_mean(times)));
	for (size_t i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]); i++)
		json_object_set_new(object, percentiles[i].key,
				    integer(quern_histogram_percentile(times, percentiles[i].percentile)));
	json_object_set_new(object, "max", integer(times->max));
	json_object_set_new(object, "hdr", json_string(hdr));
	free(hdr);
	return object;
}

json_t *report_latency_json(const struct report_run *run)
{
	struct quern_histogram *nothing = malloc(sizeof(*nothing));
	json_t *object;

	if (!nothing)
		return NULL;
	quern_histogram_reset(nothing);
	object = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "silence_max", integer(run->silence_ns), "setup",
			   report_times_json(run->setup, nothing), "setup_from_schedule",
			   report_times_json(run->from_schedule, nothing), "first_byte",
			   report_times_json(run->first_byte, nothing), "life", report_times_json(run->life, nothing),
			   "request", report_times_json(run->request, nothing));
	free(nothing);
	return object;
}

static json_t *cost_json(const struct report_run *run)
{
	struct report_cost cost = report_cost_of(run);
	json_t *object = json_object();

	report_cost_add_json(object, &cost);
	return object;
}

static json_t *series_json(const struct report_series *series)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < series->count; i++) {
		const struct report_row *row = &series->rows[i];

		json_array_append_new(
			rows, json_pack("{s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "t_s", row->t_s,
					"opened", integer(row->opened), "established", integer(row->established),
					"closed", integer(row->closed), "failed", integer(row->failed), "p50_ns",
					integer(row->p50_ns), "p99_ns", integer(row->p99_ns), "in_flight",
					integer(row->in_flight), "requests", integer(row->requests), "records",
					integer(row->records), "mbufs_used", integer(row->mbufs_used)));
	}
	return rows;
}

static json_t *workers_json(const struct report_run *run)
{
	json_t *workers = json_array();

	for (uint16_t i = 0; i < run->worker_count; i++) {
		const struct report_worker *worker = &run->workers[i];
		double each = worker->connections ? (double)worker->cycles / (double)worker->connections : 0;

		json_array_append_new(workers,
				      json_pack("{s:i, s:s, s:f, s:o, s:o, s:f, s:o, s:{s:o, s:o}, s:o, s:o, "
						"s:{s:o, s:f, s:f}}",
						"lcore", (int)worker->core, "role", worker->role, "busy", worker->busy,
						"cycles", integer(worker->cycles), "connections",
						integer(worker->connections), "cycles_per_connection", each, "packets",
						integer(worker->packets), "moved", "in", integer(worker->moved_in),
						"out", integer(worker->moved_out), "stalls", integer(worker->stalls),
						"longest_stall_ms", integer(worker->longest_stall_ms), "host_gaps",
						"count", integer(worker->gaps), "total_ms",
						(double)worker->gap_ns / (double)CLI_NS_PER_MS, "longest_us",
						(double)worker->longest_gap_ns / (double)CLI_NS_PER_US));
	}
	return workers;
}

json_t *report_impaired_json(const struct report_run *run)
{
	json_t *lines = json_array();

	for (uint16_t i = 0; i < run->impaired_count; i++) {
		const struct report_impaired *impaired = &run->impaired[i];
		json_t *line = json_pack("{s:i, s:s, s:s}", "port", (int)impaired->port, "name",
					 run->settings->ports[impaired->port].device, "way",
					 impaired->way == QUERN_RX ? "rx" : "tx");

#define X(name, text) json_object_set_new(line, #name, integer(impaired->counters.name));
		QUERN_IMPAIR_COUNTERS(X)
#undef X
		json_array_append_new(lines, line);
	}
	return lines;
}

json_t *report_capture_json(const struct report_run *run)
{
	if (!run->is_captured)
		return json_null();
	return json_pack("{s:s, s:o, s:o, s:o, s:b}", "file", run->settings->pcap, "frames",
			 integer(run->capture.frames), "bytes", integer(run->capture.bytes), "missing",
			 integer(run->capture.missing), "is_full", (int)run->capture.is_full);
}

static json_t *memory_json(const struct report_memory *memory)
{
	return json_pack("{s:{s:f, s:f, s:f}, s:{s:o, s:o}, s:{s:o, s:o}, s:o}", "bytes_per_connection", "established",
			 memory->bytes_established, "time_wait", memory->bytes_time_wait, "half_open",
			 memory->bytes_half_open, "table", "capacity", integer(memory->table_capacity), "used",
			 integer(memory->table_used), "mbufs", "capacity", integer(memory->mbufs), "used",
			 integer(memory->mbufs_used), "reserved_bytes", integer(memory->reserved_bytes));
}

bool report_accounts(const struct report_run *run)
{
	return run->udp ? report_udp_adds_up(run->udp) : report_adds_up(&run->totals);
}

static json_t *valid_json(const struct report_run *run)
{
	json_t *valid = json_pack("{s:b}", "accounting", report_accounts(run) ? 1 : 0);

	report_schedule_json(valid, run);
	return valid;
}

/* The report for people, a line each: who reads the document later sees what was seen then. */
static json_t *text_json(const struct report_run *run)
{
	json_t *lines = json_array();
	char *text = NULL, *rest;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return lines;
	report_text(out, run, false);
	fclose(out);
	rest = text;
	while (rest && *rest)
		json_array_append_new(lines, json_string(strsep(&rest, "\n")));
	free(text);
	return lines;
}

json_t *report_json(const struct report_run *run)
{
	double msl_s = (double)run->settings->time_wait_ns / (double)CLI_NS_PER_S / 2;

	return json_pack(
		"{s:s, s:s, s:o, s:o, s:o, s:f, s:f, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
		"s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"schema", "quern-run/1", "verdict", report_verdict_name(run->verdict), "tool", report_tool_json(run),
		"config", report_config(run->settings), "machine", report_machine_json(run), "started_at",
		run->started_at, "duration_s", run->duration_s, "msl_s", msl_s, "totals", totals_json(run), "rate",
		rate_json(run), "latency_ns", report_latency_json(run), "series", series_json(run->series), "cost",
		cost_json(run), "workers", workers_json(run), "impaired", report_impaired_json(run), "capture",
		report_capture_json(run), "memory", memory_json(&run->memory), "udp", report_udp_json(run), "requests",
		report_requests_json(run), "services", report_services_json(run), "search", report_search_json(run),
		"repeats", report_repeats_json(run), "stopped", report_stopped_json(run), "steered",
		report_steered_json(run->steered, run->settings->service_count), "thresholds",
		report_thresholds_json(run), "valid", valid_json(run), "text", text_json(run));
}
