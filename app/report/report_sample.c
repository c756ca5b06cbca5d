/* report_sample.c - differences between two looks at the engine. */
#include "report/report_sample.h"

#include <string.h>
#include <time.h>

#include "report/report_links.h"

static double seconds_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double report_clock_s(void)
{
	return seconds_of(CLOCK_MONOTONIC);
}

double report_wall_s(void)
{
	return seconds_of(CLOCK_REALTIME);
}

void report_sample_take(struct report_sample *sample, const struct quern_engine *engine,
			const struct report_shard *shards, uint16_t shard_count)
{
	sample->at_s = report_clock_s();
	sample->shard_count = shard_count;
	sample->worker_count = 0;
	for (uint16_t i = 0; i < shard_count; i++) {
		quern_engine_counters(engine, i, &sample->counters[i]);
		sample->ended[i] = 0;
		for (uint16_t j = 0; j < shards[i].tally_count; j++)
			sample->ended[i] += report_read(&shards[i].tallies[j]->ended);
		sample->worker_of[i] = quern_engine_worker_of(engine, i);
	}
	while (sample->worker_count < QUERN_MAX_SHARDS &&
	       quern_engine_worker(engine, sample->worker_count, &sample->workers[sample->worker_count]) == 0)
		sample->worker_count++;
	for (uint16_t port = 0; port < QUERN_MAX_PORTS; port++) {
		for (enum quern_way way = QUERN_RX; way < QUERN_WAYS; way++)
			sample->is_impaired[port][way] =
				quern_engine_impaired(engine, port, way, &sample->impaired[port][way]);
	}
}

/* Adds what one shard did. The worst lateness is no sum: the larger one counts. */
static void add_traffic(struct quern_counters *sum, const struct quern_counters *begin,
			const struct quern_counters *end)
{
	uint64_t lag_ms = sum->timer_lag_ms_max > end->timer_lag_ms_max ? sum->timer_lag_ms_max : end->timer_lag_ms_max;

#define X(name, text) sum->name += end->name - begin->name;
	QUERN_COUNTERS(X)
#undef X
	sum->timer_lag_ms_max = lag_ms;
	for (int i = 0; i < QUERN_DROPS_END; i++)
		sum->drops[i] += end->drops[i] - begin->drops[i];
}

static void fill_impaired(struct report_run *run, const struct report_sample *begin, const struct report_sample *end)
{
	for (uint16_t port = 0; port < QUERN_MAX_PORTS; port++) {
		for (enum quern_way way = QUERN_RX; way < QUERN_WAYS; way++) {
			struct report_impaired *impaired = &run->impaired[run->impaired_count];

			if (!end->is_impaired[port][way])
				continue;
			run->impaired_count++;
			impaired->port = port;
			impaired->way = way;
#define X(name, text) impaired->counters.name = end->impaired[port][way].name - begin->impaired[port][way].name;
			QUERN_IMPAIR_COUNTERS(X)
#undef X
		}
	}
}

static double busy_between(const struct quern_worker_report *begin, const struct quern_worker_report *end)
{
	uint64_t turns = end->turns - begin->turns;

	return turns == 0 ? 0 : (double)(end->busy_turns - begin->busy_turns) / (double)turns;
}

struct report_activity report_activity_between(const struct report_sample *begin, const struct report_sample *end)
{
	struct report_activity activity = {.rx_packets = 0};
	struct quern_counters traffic;
	double span_s = end->at_s - begin->at_s;

	memset(&traffic, 0, sizeof(traffic));
	for (uint16_t i = 0; i < end->shard_count; i++)
		add_traffic(&traffic, &begin->counters[i], &end->counters[i]);
	for (int i = 0; i < QUERN_DROPS_END; i++)
		activity.drops += traffic.drops[i];
	if (span_s > 0)
		activity.rx_packets = (double)traffic.rx_packets / span_s;
	for (uint16_t i = 0; i < end->worker_count; i++) {
		double busy = busy_between(&begin->workers[i], &end->workers[i]);

		activity.busy = busy > activity.busy ? busy : activity.busy;
	}
	return activity;
}

/* What one worker did. Where both ends of a connection are on it, each would count it: the client's count stands. */
static void fill_worker(struct report_worker *worker, uint16_t number, const struct report_sample *begin,
			const struct report_sample *end, const struct report_shard *shards)
{
	uint64_t ended_client = 0, ended_server = 0, rx = 0, tx = 0;
	bool has_client = false, has_server = false;

	for (uint16_t i = 0; i < end->shard_count; i++) {
		uint64_t ended = end->ended[i] - begin->ended[i];
		bool is_client = strcmp(shards[i].role, "client") == 0;

		if (end->worker_of[i] != number)
			continue;
		*(is_client ? &ended_client : &ended_server) += ended;
		*(is_client ? &has_client : &has_server) = true;
		worker->moved_in += end->counters[i].moved_in - begin->counters[i].moved_in;
		worker->moved_out += end->counters[i].moved_out - begin->counters[i].moved_out;
		rx += end->counters[i].rx_packets - begin->counters[i].rx_packets;
		tx += end->counters[i].tx_packets - begin->counters[i].tx_packets;
	}
	worker->is_client = has_client;
	worker->role = has_client && has_server ? "client+server" : has_client ? "client" : "server";
	worker->connections = has_client ? ended_client : ended_server;
	worker->packets = has_client && has_server ? tx : rx + tx;
}

void report_between(struct report_run *run, const struct report_sample *begin, const struct report_sample *end,
		    const struct report_shard *shards)
{
	uint64_t begun = 0, ended = 0, packets;

	run->started_at = report_wall_s() - (report_clock_s() - begin->at_s);
	run->duration_s = end->at_s - begin->at_s;
	memset(&run->traffic, 0, sizeof(run->traffic));
	for (uint16_t i = 0; i < end->shard_count; i++) {
		add_traffic(&run->traffic, &begin->counters[i], &end->counters[i]);
		if (run->settings->command == CLI_BENCH && strcmp(shards[i].role, "client") != 0)
			continue;
		begun += end->counters[i].established - begin->counters[i].established;
		ended += end->ended[i] - begin->ended[i];
	}
	fill_impaired(run, begin, end);
	/* Over a cable, what one end sends the other receives. */
	packets = run->traffic.tx_packets + (run->settings->command == CLI_BENCH ? 0 : run->traffic.rx_packets);
	/* A run that ends with connections open has seen more beginnings than ends: the mean of both counts as lives.
	 */
	run->packets_per_connection = begun + ended == 0 ? 0 : 2.0 * (double)packets / (double)(begun + ended);
	run->worker_count = end->worker_count;
	for (uint16_t i = 0; i < end->worker_count; i++) {
		struct report_worker *worker = &run->workers[i];

		worker->core = end->workers[i].core;
		worker->cycles = end->workers[i].cycles - begin->workers[i].cycles;
		worker->turns = end->workers[i].turns - begin->workers[i].turns;
		worker->stalls = end->workers[i].stalls - begin->workers[i].stalls;
		worker->gaps = end->workers[i].gaps - begin->workers[i].gaps;
		worker->gap_ns = end->workers[i].gap_ns - begin->workers[i].gap_ns;
		/* The longest of all may have been before. */
		worker->longest_gap_ns = end->workers[i].longest_gap_ns < worker->gap_ns
						 ? end->workers[i].longest_gap_ns
						 : worker->gap_ns;
		worker->longest_stall_ms = end->workers[i].longest_stall_ms;
		worker->busy = busy_between(&begin->workers[i], &end->workers[i]);
		fill_worker(worker, i, begin, end, shards);
	}
}

void report_memory_read(struct report_memory *memory, const struct quern_engine *engine, uint16_t shard_count)
{
	struct quern_shard_memory shard;

	memset(memory, 0, sizeof(*memory));
	for (uint16_t i = 0; i < shard_count; i++) {
		quern_engine_memory(engine, i, &shard);
		memory->bytes_established = shard.bytes_established;
		memory->bytes_time_wait = shard.bytes_time_wait;
		memory->bytes_half_open = shard.bytes_half_open;
		memory->table_capacity += shard.table_capacity;
		memory->table_used += shard.table_used;
		memory->reserved_bytes += shard.reserved_bytes;
		memory->time_wait += shard.time_waits_used;
		memory->records += shard.connections_used;
		memory->mbufs += shard.mbufs;
		memory->mbufs_used += shard.mbufs_used;
	}
}

void report_describe(struct report_run *run, const struct quern_engine *engine, uint16_t shard_count)
{
	report_memory_read(&run->memory, engine, shard_count);
	quern_engine_machine(engine, &run->machine);
	run->is_captured = quern_engine_captured(engine, &run->capture);
	for (uint16_t i = 0; i < run->settings->port_count; i++)
		run->drivers[i] = quern_engine_driver(engine, i);
}

void report_links_look(struct report_links *links, const struct cli_settings *settings,
		       const struct quern_engine *engine)
{
	for (uint16_t port = 0; port < settings->port_count; port++)
		report_links_note(links, stderr, port, settings->ports[port].device,
				  quern_engine_link_is_up(engine, port), report_clock_s());
}
