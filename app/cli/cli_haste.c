/* cli_haste.c - what EAL need not do at its start: three of its calls to the C library are answered otherwise.
 *
 * EAL loads every library in Debian's folder of drivers, a hundred, where a run needs two; it sleeps for a tenth of a
 * second to find out how fast the TSC is, which the engine knows better; and it looks for each of 128 CPUs on each of
 * 32 NUMA nodes. There is no option against any of these. While it starts, on the thread that starts it, the folder is
 * not there, that sleep is short, and a node that does not exist is not asked for its CPUs. These functions come before
 * those of the C library in the whole program, so they are the program's and not the library's (decision 0010). */
#include "cli/cli_haste.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SLEEP_OF_EAL_NS = 100 * 1000 * 1000, SLEEP_NS = 5 * 1000 * 1000 };

static const char node_folder[] = "/sys/devices/system/node/node";

static _Thread_local const char *hidden_folder;
static _Thread_local bool starts_eal;
static _Thread_local uint64_t absent_nodes; /* by number */

void cli_haste_on_eal(bool starts, const char *needless_folder)
{
	starts_eal = starts;
	hidden_folder = needless_folder;
	absent_nodes = 0;
}

/* As stat(2), but that EAL does not find the folder of drivers at its first look. Others are for what it is told of. */
int stat64(const char *path, struct stat64 *status)
{
	if (hidden_folder && strcmp(path, hidden_folder) == 0) {
		hidden_folder = NULL;
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

/* Whether a path leads below a NUMA node that is not there: the kernel is asked once a node. */
static bool is_of_absent_node(const char *path)
{
	char folder[sizeof(node_folder) + 2];
	unsigned int node = UINT_MAX;
	int length = 0;

	if (strncmp(path, node_folder, sizeof(node_folder) - 1) != 0 ||
	    sscanf(path + sizeof(node_folder) - 1, "%2u/%n", &node, &length) != 1 || length == 0 || node >= 64)
		return false;
	if ((absent_nodes >> node & 1) != 0)
		return true;
	snprintf(folder, sizeof(folder), "%s%u", node_folder, node);
	if (faccessat(AT_FDCWD, folder, F_OK, 0) == 0)
		return false;
	absent_nodes |= UINT64_C(1) << node;
	return true;
}

/* As access(2), but that EAL gets a shorter answer. */
int access(const char *path, int mode)
{
	if (!starts_eal || !is_of_absent_node(path))
		return faccessat(AT_FDCWD, path, mode, 0);
	errno = ENOENT;
	return -1;
}
