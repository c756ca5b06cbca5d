/* test_report_cost.c - what a connection costs, whoever made it, and however often the host had the core. */
#include <criterion/criterion.h>

#include "report/report.h"

static struct cli_settings bench = {.command = CLI_BENCH, .service_count = 1};

static struct report_worker worker_of(bool is_client, uint64_t cycles, uint64_t connections, uint64_t gap_ms)
{
	return (struct report_worker){
		.is_client = is_client, .cycles = cycles, .connections = connections, .gap_ns = gap_ms * CLI_NS_PER_MS};
}

Test(report_cost, of_one_core_is_its_cycles_and_without_what_the_host_took)
{
	struct report_run run = {.settings = &bench, .duration_s = 2, .worker_count = 1};
	struct report_cost cost;

	run.workers[0] = worker_of(true, 6000000, 1000, 500);
	cost = report_cost_of(&run);
	cr_assert_float_eq(cost.cycles, 6000, 1e-9);
	cr_assert_float_eq(cost.own_cycles, 4500, 1e-9);
}

Test(report_cost, of_a_connection_whose_ends_are_on_two_cores_is_that_of_both)
{
	struct report_run run = {.settings = &bench, .duration_s = 1, .worker_count = 2};
	struct report_cost cost;

	run.workers[0] = worker_of(true, 3000000, 1000, 0);
	run.workers[1] = worker_of(false, 3000000, 990, 500);
	cost = report_cost_of(&run);
	cr_assert_float_eq(cost.cycles, 6000, 1e-9);
	cr_assert_float_eq(cost.own_cycles, 4500, 1e-9);
}

Test(report_cost, of_a_server_goes_by_the_connections_that_it_had)
{
	struct report_run run = {.settings = &bench, .duration_s = 1, .worker_count = 2};

	run.workers[0] = worker_of(false, 3000000, 1000, 0);
	run.workers[1] = worker_of(false, 3000000, 500, 0);
	cr_assert_float_eq(report_cost_of(&run).cycles, 4000, 1e-9);
}

Test(report_cost, of_no_connection_is_nothing)
{
	struct report_run run = {.settings = &bench, .duration_s = 1, .worker_count = 1};
	struct report_cost cost;

	run.workers[0] = worker_of(true, 3000000, 0, 0);
	cost = report_cost_of(&run);
	cr_assert(cost.cycles <= 0 && cost.own_cycles <= 0 && !cost.is_unpaced);
}

Test(report_cost, of_a_run_that_the_host_had_all_of_is_not_less_than_nothing)
{
	struct report_run run = {.settings = &bench, .duration_s = 1, .worker_count = 1};

	run.workers[0] = worker_of(true, 3000000, 10, 1001);
	cr_assert(report_cost_of(&run).own_cycles >= 0);
}

Test(report_cost, is_that_of_work_only_where_nothing_paced_it)
{
	struct cli_settings load = {.command = CLI_LOAD},
			    held = {.command = CLI_BENCH, .service_count = 1, .service = {{.cc = 5}}};
	struct report_run run = {.settings = &bench, .duration_s = 1, .worker_count = 1};

	run.workers[0] = worker_of(true, 3000000, 10, 0);
	cr_assert(report_cost_of(&run).is_unpaced);
	run.is_scheduled = true;
	cr_assert_not(report_cost_of(&run).is_unpaced);
	run.is_scheduled = false;
	run.impaired_count = 1;
	cr_assert_not(report_cost_of(&run).is_unpaced);
	run.impaired_count = 0;
	run.settings = &load;
	cr_assert_not(report_cost_of(&run).is_unpaced);
	run.settings = &held;
	cr_assert_not(report_cost_of(&run).is_unpaced);
}
