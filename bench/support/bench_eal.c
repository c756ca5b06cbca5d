/* bench_eal.c - starts EAL without asking anything. */
#include "support/bench_eal.h"

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <rte_eal.h>

#include "base/check.h"

enum { ARGUMENTS = 12, ARGUMENT_BYTES = 32 };

static char directory[] = "/tmp/quern-bench-XXXXXX";

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static bool hugepages_hold(const char *megabytes)
{
	FILE *file = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "r");
	long pages = 0;
	bool enough;

	enough = file && fscanf(file, "%ld", &pages) == 1 && pages * 2 >= strtol(megabytes, NULL, 10);
	if (file)
		fclose(file);
	return enough;
}

void bench_eal_open(const char *megabytes)
{
	const char *const huge[] = {"bench", "--in-memory", "--no-pci", "--no-telemetry", "-l", "0", "--log-level=4"};
	const char *const small[] = {"bench", "--no-huge", "--no-shconf",   "--no-pci", "--no-telemetry",
				     "-l",    "0",         "--log-level=4", "-m",       megabytes};
	bool use_huge = hugepages_hold(megabytes);
	const char *const *words = use_huge ? huge : small;
	int argc = use_huge ? (int)(sizeof(huge) / sizeof(huge[0])) : (int)(sizeof(small) / sizeof(small[0]));
	/* EAL wants strings that it may change. */
	static char copies[ARGUMENTS][ARGUMENT_BYTES];
	char *argv[ARGUMENTS + 1] = {NULL};

	for (int i = 0; i < argc; i++) {
		snprintf(copies[i], sizeof(copies[i]), "%s", words[i]);
		argv[i] = copies[i];
	}
	CHECK(mkdtemp(directory) != NULL);
	CHECK(setenv("XDG_RUNTIME_DIR", directory, 1) == 0);
	CHECK(setenv("RUNTIME_DIRECTORY", directory, 1) == 0); /* what EAL asks for as root */
	CHECK(rte_eal_init(argc, argv) >= 0);
}

void bench_eal_close(void)
{
	rte_eal_cleanup();
	nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
