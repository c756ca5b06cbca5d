/* engine_haste.c - what EAL need not do at its start: two of its calls to the C library are answered otherwise.
 *
 * EAL loads every library in Debian's folder of drivers, a hundred, where a run needs two; and it sleeps for a tenth of
 * a second to find out how fast the TSC is, which engine_clock.c knows better. There is no option against either. While
 * it starts, on the thread that starts it, the folder is not there, and that sleep is short. A program that does not
 * let these two functions come before those of the C library starts as slowly as ever. */
#include "engine/engine_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <rte_build_config.h>

enum { SLEEP_OF_EAL_NS = 100 * 1000 * 1000, SLEEP_NS = 5 * 1000 * 1000 };

static _Thread_local bool hides_drivers, starts_eal;

void engine_haste_begin(bool without_other_drivers)
{
	starts_eal = true;
	hides_drivers = without_other_drivers;
}

void engine_haste_end(void)
{
	starts_eal = hides_drivers = false;
}

bool engine_driver_path(const char *library, char *path, size_t size)
{
	DIR *folder = opendir(RTE_EAL_PMD_PATH);
	const struct dirent *entry;
	size_t length = strlen(library);
	bool found = false;

	while (folder != NULL && !found && (entry = readdir(folder)) != NULL) {
		found = strncmp(entry->d_name, library, length) == 0 && strncmp(entry->d_name + length, ".so", 3) == 0;
		if (found)
			snprintf(path, size, "%s/%s", RTE_EAL_PMD_PATH, entry->d_name);
	}
	if (folder != NULL)
		closedir(folder);
	return found;
}

/* As stat(2), but that EAL does not find the folder of drivers at its first look. Others are for what it is told of. */
int stat64(const char *path, struct stat64 *status)
{
	if (hides_drivers && strcmp(path, RTE_EAL_PMD_PATH) == 0) {
		hides_drivers = false;
		errno = ENOENT;
		return -1;
	}
	return fstatat64(AT_FDCWD, path, status, 0);
}

/* As nanosleep(2), which Linux counts by the monotonic clock, but that EAL is awoken from its measuring of the TSC. */
int nanosleep(const struct timespec *wanted, struct timespec *rest)
{
	static const struct timespec moment = {.tv_nsec = SLEEP_NS};
	bool is_cut = starts_eal && wanted->tv_sec == 0 && wanted->tv_nsec == SLEEP_OF_EAL_NS;
	int code = clock_nanosleep(CLOCK_MONOTONIC, 0, is_cut ? &moment : wanted, rest);

	if (code == 0)
		return 0;
	errno = code;
	return -1;
}
