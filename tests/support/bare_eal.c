/* bare_eal.c - just enough of EAL for a test to have buffers. */
#include "support/bare_eal.h"

#include <ftw.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_mbuf.h>

#include "base/check.h"

static char runtime_folder[] = "/tmp/quern-test-XXXXXX";

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

/* EAL binds the thread to one CPU, and tests run side by side: the binding is undone. */
static int init_unbound(void)
{
	char lcores[24];
	char arguments[][24] = {"test", "--no-huge",      "--no-shconf",       "--no-pci", "-m",
				"128",  "--no-telemetry", "--log-level=error", "--lcores"};
	char *argv[11] = {NULL};
	cpu_set_t cpus;
	unsigned int cpu = 0;
	int result;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0)
		return -1;
	while (!CPU_ISSET(cpu, &cpus))
		cpu++;
	snprintf(lcores, sizeof(lcores), "0@%u", cpu);
	for (int i = 0; i < 9; i++)
		argv[i] = arguments[i];
	argv[9] = lcores;
	result = rte_eal_init(10, argv);
	return sched_setaffinity(0, sizeof(cpus), &cpus) != 0 ? -1 : result;
}

void bare_eal_start(void)
{
	static bool started;

	if (started)
		return;
	CHECK(mkdtemp(runtime_folder) != NULL);
	setenv("XDG_RUNTIME_DIR", runtime_folder, 1);
	setenv("RUNTIME_DIRECTORY", runtime_folder, 1); /* what EAL asks for as root */
	CHECK(init_unbound() >= 0);
	started = true;
	/* At once, so that a test that crashes leaves nothing either: without shared configuration nobody reads it. */
	nftw(runtime_folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

struct rte_mempool *bare_eal_pool(const char *name, unsigned int count)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create(name, count, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);

	CHECK(pool != NULL);
	return pool;
}
