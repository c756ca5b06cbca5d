/* test_engine.c - an engine over a cable opens and closes connections, accounts for each, and leaves nothing behind. */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include <rte_build_config.h>
#include <rte_cycles.h>

#include "engine/cable_engine.h"

enum { CONNECTIONS = 10000 };

/* Runtime files go to a directory of this test alone, so that what is left can be seen. */
static char *own_directory(void)
{
	static char path[] = "/tmp/test-engine-XXXXXX";

	cr_assert_not_null(mkdtemp(path));
	setenv("TMPDIR", path, 1);
	return path;
}

static void check_accounts(const struct cable_engine *cable, const struct quern_engine *engine)
{
	const struct cable_end *const ends[] = {&cable->client, &cable->server};
	struct quern_counters counters[2];

	for (uint16_t shard = 0; shard < 2; shard++) {
		quern_engine_counters(engine, shard, &counters[shard]);
		cr_assert_eq(ends[shard]->established, CONNECTIONS, "shard %u: %u", shard, ends[shard]->established);
		cr_assert_eq(ends[shard]->ended[QUERN_END_CLOSED], CONNECTIONS, "shard %u: %u", shard,
			     ends[shard]->ended[QUERN_END_CLOSED]);
		cr_assert_eq(counters[shard].established, CONNECTIONS);
		cr_assert_eq(counters[shard].ended[QUERN_END_CLOSED], CONNECTIONS);
		cr_assert_not(ends[shard]->time_went_back);
	}
	cr_assert_eq(counters[0].opened_active, CONNECTIONS);
	cr_assert_eq(counters[1].opened_passive, CONNECTIONS);
	cr_assert_eq(counters[0].drops[QUERN_DROP_PORT_REFUSED] + counters[1].drops[QUERN_DROP_PORT_REFUSED], 0);
	cr_assert_geq(counters[0].tx_packets, 3 * CONNECTIONS);
	for (int drop = 0; drop < QUERN_DROPS_END; drop++)
		cr_assert_eq(counters[0].drops[drop] + counters[1].drops[drop], 0, "%s",
			     quern_drop_name((enum quern_drop)drop));
	cr_assert_eq(counters[0].retransmits, 0);
}

static void check_workers(const struct quern_engine *engine, uint16_t count)
{
	struct quern_worker_report report;

	for (uint16_t number = 0; number < count; number++) {
		cr_assert_eq(quern_engine_worker(engine, number, &report), 0);
		cr_assert_gt(report.busy_turns, 0);
		cr_assert_leq(report.busy_turns, report.turns);
		cr_assert_gt(report.cycles, report.turns);
	}
	cr_assert_eq(quern_engine_worker(engine, count, &report), -ENOENT);
}

static void run_on(uint16_t client_core, uint16_t server_core)
{
	static struct cable_engine cable;
	struct quern_engine *engine;
	char error[QUERN_ERROR_TEXT] = "";
	char *directory = own_directory();

	cable_engine_prepare(&cable, CONNECTIONS, client_core, server_core);
	cr_assert_eq(quern_engine_open(&cable.config, &engine, error), 0, "%s", error);
	cr_assert_str_eq(quern_engine_driver(engine, 1), "net_ring");
	cr_assert_eq(cable_engine_run(&cable, engine, error), 0, "%s", error);
	check_accounts(&cable, engine);
	check_workers(engine, client_core == server_core ? 1 : 2);
	quern_engine_close(engine);
	cr_assert_eq(rmdir(directory), 0, "runtime files are left in %s", directory);
}

Test(engine, two_shards_on_one_core_open_and_close_every_connection)
{
	run_on(cable_engine_core(0), cable_engine_core(0));
}

Test(engine, two_shards_on_two_cores_open_and_close_every_connection)
{
	run_on(cable_engine_core(0), cable_engine_core(1));
}

/* Cycles of the TSC in a second, by a twentieth of one. */
static double kernels_hz(void)
{
	const struct timespec moment = {.tv_nsec = 50 * 1000 * 1000};
	struct timespec begin, end;
	uint64_t cycles;

	clock_gettime(CLOCK_MONOTONIC_RAW, &begin);
	cycles = rte_rdtsc_precise();
	nanosleep(&moment, NULL);
	clock_gettime(CLOCK_MONOTONIC_RAW, &end);
	cycles = rte_rdtsc_precise() - cycles;
	return (double)cycles / ((double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) * 1e-9);
}

/* Somebody else may have the CPU between the two clocks, but not each time. */
static bool is_the_kernels(double hz)
{
	double ratio = 0;

	for (int i = 0; i < 20 && (ratio < 1 - 1e-4 || ratio > 1 + 1e-4); i++)
		ratio = hz / kernels_hz();
	return ratio >= 1 - 1e-4 && ratio <= 1 + 1e-4;
}

/* Whether this process has a library in its memory. */
static bool has_loaded(const char *library)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	bool found = false;

	cr_assert_not_null(maps);
	while (!found && fgets(line, sizeof(line), maps) != NULL)
		found = strstr(line, library) != NULL;
	fclose(maps);
	return found;
}

Test(engine, describes_the_machine_and_its_memory)
{
	static struct cable_engine cable;
	struct quern_engine *engine;
	struct quern_machine machine;
	struct quern_shard_memory memory;
	char error[QUERN_ERROR_TEXT] = "";
	char *directory = own_directory();

	cable_engine_prepare(&cable, 0, cable_engine_core(0), cable_engine_core(0));
	cr_assert_eq(quern_engine_open(&cable.config, &engine, error), 0, "%s", error);
	quern_engine_machine(engine, &machine);
	cr_assert(has_loaded("librte_mempool_ring"));
	cr_assert_str_eq(machine.pages, "4K");
	cr_assert_geq(machine.cores, 1);
	cr_assert_geq(machine.numa_nodes, 1);
	cr_assert(is_the_kernels(machine.tsc_hz), "%.0f cycles a second", machine.tsc_hz);
	cr_assert_str_neq(machine.cpu, "");
	cr_assert_str_eq(machine.dpdk, quern_dpdk_version());
	cr_assert_neq(strchr("0123456789", machine.dpdk[0]), NULL, "%s", machine.dpdk);
	quern_engine_memory(engine, 0, &memory);
	cr_assert_eq(memory.connections, 4096);
	cr_assert_eq(memory.time_waits, 16384);
	cr_assert_eq(memory.connections_used, 0);
	quern_engine_close(engine);
	cr_assert_eq(rmdir(directory), 0, "runtime files are left in %s", directory);
}

static char eal_moments[8];
static const char *needless_drivers;

static void note_eal(bool starts, const char *needless_folder)
{
	if (starts)
		needless_drivers = needless_folder;
	strncat(eal_moments, starts ? "s" : needless_folder == NULL ? "e" : "?", 1);
}

Test(engine, tells_when_eal_starts_and_which_folder_of_drivers_it_has_no_use_for)
{
	static struct cable_engine cable;
	struct quern_engine *engine;
	char error[QUERN_ERROR_TEXT] = "";
	char *directory = own_directory();

	cable_engine_prepare(&cable, 0, cable_engine_core(0), cable_engine_core(0));
	cable.config.on_eal = note_eal;
	cr_assert_eq(quern_engine_open(&cable.config, &engine, error), 0, "%s", error);
	cr_assert_str_eq(eal_moments, "se");
	cr_assert_str_eq(needless_drivers, RTE_EAL_PMD_PATH);
	quern_engine_close(engine);
	cr_assert_eq(rmdir(directory), 0, "runtime files are left in %s", directory);
}

/* Decision 0010: a program that is linked with the library has its C library as it was, and EAL has, too. */
Test(engine, comes_before_no_function_of_the_c_library)
{
	static const char *const names[] = {"stat64", "stat", "nanosleep", "access", "open", "read", "malloc"};
	Dl_info own, found;

	cr_assert_neq(dladdr((void *)(uintptr_t)cable_engine_prepare, &own), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		cr_assert_neq(dladdr(dlsym(RTLD_DEFAULT, names[i]), &found), 0, "%s", names[i]);
		cr_expect_neq(found.dli_fbase, own.dli_fbase, "%s", names[i]);
	}
}

static void ignore_signal(int number)
{
	(void)number;
}

/* Drivers raise signals (net_tap one a frame), and each ends a sleep early. */
Test(engine, signals_do_not_make_its_ticks_come_sooner)
{
	static struct cable_engine cable;
	const struct itimerval often = {.it_interval = {.tv_usec = 5000}, .it_value = {.tv_usec = 5000}};
	struct quern_engine *engine;
	struct timespec begin;
	struct timespec end;
	char error[QUERN_ERROR_TEXT] = "";
	char *directory = own_directory();

	cable_engine_prepare(&cable, UINT32_MAX, cable_engine_core(0), cable_engine_core(0));
	cable.ticks_max = 5; /* the first at once */
	cr_assert_eq(quern_engine_open(&cable.config, &engine, error), 0, "%s", error);
	signal(SIGALRM, ignore_signal);
	cr_assert_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	cr_assert_eq(cable_engine_run(&cable, engine, error), 0, "%s", error);
	clock_gettime(CLOCK_MONOTONIC, &end);
	setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {0}}, NULL);
	cr_assert_geq((end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000, 350);
	quern_engine_close(engine);
	cr_assert_eq(rmdir(directory), 0);
}

Test(engine, a_stop_before_the_run_ends_it_at_once)
{
	static struct cable_engine cable;
	struct quern_engine *engine;
	char error[QUERN_ERROR_TEXT] = "";
	char *directory = own_directory();

	cable_engine_prepare(&cable, CONNECTIONS, cable_engine_core(0), cable_engine_core(0));
	cr_assert_eq(quern_engine_open(&cable.config, &engine, error), 0, "%s", error);
	quern_engine_stop(engine);
	cr_assert_eq(cable_engine_run(&cable, engine, error), 0, "%s", error);
	cr_assert_eq(cable.ticks, 0);
	quern_engine_close(engine);
	cr_assert_eq(rmdir(directory), 0);
}

static long ms_since(const struct timespec *begin)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	return (end.tv_sec - begin->tv_sec) * 1000 + (end.tv_nsec - begin->tv_nsec) / 1000000;
}

static bool gives_up_at_once(void)
{
	return true;
}

/* Row 55. */
Test(engine, a_quiet_time_is_kept_before_anything_is_sent)
{
	static struct cable_engine cable;
	struct quern_engine *engine;
	struct quern_counters counters;
	struct timespec begin;
	char error[QUERN_ERROR_TEXT] = "";
	char *directory = own_directory();

	cable_engine_prepare(&cable, 10, cable_engine_core(0), cable_engine_core(0));
	cable.config.quiet_ms = 1500;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	cr_assert_eq(quern_engine_open(&cable.config, &engine, error), 0, "%s", error);
	cr_assert_geq(ms_since(&begin), 1499);
	quern_engine_counters(engine, 0, &counters);
	cr_assert_eq(counters.tx_packets, 0);
	cr_assert_eq(cable_engine_run(&cable, engine, error), 0, "%s", error);
	cr_assert_eq(cable.client.established, 10);
	quern_engine_close(engine);
	cr_assert_eq(rmdir(directory), 0);
}

Test(engine, a_quiet_time_ends_where_nobody_waits_for_it)
{
	static struct cable_engine cable;
	struct quern_engine *engine;
	struct timespec begin;
	char error[QUERN_ERROR_TEXT] = "";
	char *directory = own_directory();

	cable_engine_prepare(&cable, 10, cable_engine_core(0), cable_engine_core(0));
	cable.config.quiet_ms = 600000;
	cable.config.gives_up = gives_up_at_once;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	cr_assert_eq(quern_engine_open(&cable.config, &engine, error), -EINTR);
	cr_assert_not_null(strstr(error, "quiet time of 600000 ms"), "%s", error);
	cr_assert_lt(ms_since(&begin), 60000);
	cr_assert_eq(rmdir(directory), 0);
}

Test(engine, a_shard_that_cannot_start_ends_the_run_and_is_named)
{
	static struct cable_engine cable;
	struct quern_engine *engine;
	char error[QUERN_ERROR_TEXT] = "";
	char *directory = own_directory();

	cable_engine_prepare(&cable, 1, cable_engine_core(0), cable_engine_core(0));
	cable.server.start_code = -EADDRNOTAVAIL;
	cr_assert_eq(quern_engine_open(&cable.config, &engine, error), 0, "%s", error);
	cr_assert_eq(cable_engine_run(&cable, engine, error), -EADDRNOTAVAIL);
	cr_assert_not_null(strstr(error, "shard 1 (server) on core "), "%s", error);
	cr_assert_eq(cable.client.opened, 0, "a turn was made before every shard had started");
	quern_engine_close(engine);
	cr_assert_eq(rmdir(directory), 0);
}

Test(engine, opens_once_a_process_and_again_in_the_next)
{
	static struct cable_engine cable;
	char *directory = own_directory();

	cable_engine_prepare(&cable, 100, cable_engine_core(0), cable_engine_core(0));
	for (int round = 0; round < 2; round++) {
		int status;
		pid_t child = fork();

		if (child == 0) {
			struct quern_engine *engine;
			char error[QUERN_ERROR_TEXT];
			bool good = quern_engine_open(&cable.config, &engine, error) == 0 &&
				    cable_engine_run(&cable, engine, error) == 0;

			if (good)
				quern_engine_close(engine);
			good = good && cable.client.established == 100 &&
			       quern_engine_open(&cable.config, &engine, error) == -EALREADY;
			_exit(good ? 0 : 1);
		}
		cr_assert_eq(waitpid(child, &status, 0), child);
		cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "round %d", round);
	}
	cr_assert_eq(rmdir(directory), 0, "runtime files are left in %s", directory);
}
