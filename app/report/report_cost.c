/* report_cost.c - cycles of all workers over the connections that ended on them. */
#include "report/report_cost.h"

#include "report/report.h"

/* The share of the measured time in which others had the worker's core. */
static double share_taken(const struct report_worker *worker, double duration_s)
{
	double share = duration_s > 0 ? (double)worker->gap_ns / (double)CLI_NS_PER_S / duration_s : 0;

	return share < 1 ? share : 1;
}

static bool is_unpaced(const struct report_run *run)
{
	for (uint16_t i = 0; i < run->settings->service_count; i++) {
		if (run->settings->service[i].cc > 0)
			return false;
	}
	return run->settings->command == CLI_BENCH && !run->is_scheduled && run->impaired_count == 0;
}

struct report_cost report_cost_of(const struct report_run *run)
{
	struct report_cost cost = {.cycles = 0};
	uint64_t of_clients = 0, of_servers = 0, connections;

	for (uint16_t i = 0; i < run->worker_count; i++) {
		const struct report_worker *worker = &run->workers[i];

		*(worker->is_client ? &of_clients : &of_servers) += worker->connections;
		cost.cycles += (double)worker->cycles;
		cost.own_cycles += (double)worker->cycles * (1 - share_taken(worker, run->duration_s));
	}
	connections = of_clients > 0 ? of_clients : of_servers;
	if (connections == 0)
		return (struct report_cost){.cycles = 0};
	cost.cycles /= (double)connections;
	cost.own_cycles /= (double)connections;
	cost.is_unpaced = is_unpaced(run);
	return cost;
}

void report_cost_add_json(json_t *object, const struct report_cost *cost)
{
	json_object_set_new(object, "cycles_per_connection", json_real(cost->cycles));
	json_object_set_new(object, "own_cycles_per_connection", json_real(cost->own_cycles));
	json_object_set_new(object, "unpaced", json_boolean(cost->is_unpaced));
}
