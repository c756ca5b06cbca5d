/* engine_machine.c - how much memory this machine has to give, and what bounds it; below a root, so that tests can have
 * machines of their own. */
#include "engine/engine_machine.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <rte_common.h>

#include "engine/engine_files.h"

/* The number that a file begins with, or `otherwise`: a cgroup without a limit says "max". */
static uint64_t read_number(const char *path, uint64_t otherwise)
{
	engine_files_number(path, &otherwise);
	return otherwise;
}

/* The number behind a key, or `otherwise`. */
static uint64_t read_field(const char *path, const char *key, uint64_t otherwise)
{
	char value[32];

	return engine_files_value(path, key, value, sizeof(value)) ? strtoull(value, NULL, 10) : otherwise;
}

/* Adds the pages of each size below a folder, which may not be there: a node's, or those of all together for -1. */
static void count_below(const char *folder, struct engine_pages *pages, int node)
{
	char path[PATH_MAX];
	DIR *sizes = opendir(folder);

	for (const struct dirent *entry; (entry = engine_files_next(sizes, "hugepages-")) != NULL;) {
		unsigned long long kib;
		uint64_t count;

		if (sscanf(entry->d_name, "hugepages-%llukB", &kib) != 1)
			continue;
		snprintf(path, sizeof(path), "%s/%.64s/free_hugepages", folder, entry->d_name);
		count = read_number(path, 0);
		if (node >= 0) {
			pages->on_node[node] += count * kib << 10;
			snprintf(path, sizeof(path), "%s/%.64s/nr_hugepages", folder, entry->d_name);
			if (kib == 2048)
				pages->node_2m[node] = read_number(path, 0);
			continue;
		}
		/* Free pages may be promised to somebody; the kernel tells of that for all nodes together. */
		snprintf(path, sizeof(path), "%s/%.64s/resv_hugepages", folder, entry->d_name);
		count -= RTE_MIN(count, read_number(path, 0));
		pages->free_bytes += count * kib << 10;
		if (count > 0 && kib << 10 > pages->largest)
			pages->largest = kib << 10;
		snprintf(path, sizeof(path), "%s/%.64s/nr_hugepages", folder, entry->d_name);
		if (kib == 2048)
			pages->total_2m = read_number(path, 0);
	}
	if (sizes != NULL)
		closedir(sizes);
}

void engine_machine_pages(const char *root, struct engine_pages *pages)
{
	char path[PATH_MAX];
	DIR *nodes;

	memset(pages, 0, sizeof(*pages));
	snprintf(path, sizeof(path), "%s/sys/kernel/mm/hugepages", root);
	count_below(path, pages, -1);
	snprintf(path, sizeof(path), "%s/sys/devices/system/node", root);
	nodes = opendir(path);
	for (const struct dirent *entry; (entry = engine_files_next(nodes, "node")) != NULL;) {
		int node;

		/* Their numbers may have gaps. */
		if (sscanf(entry->d_name, "node%d", &node) != 1 || node < 0 || node >= ENGINE_NODES)
			continue;
		snprintf(path, sizeof(path), "%s/sys/devices/system/node/node%d/hugepages", root, node);
		count_below(path, pages, node);
		pages->nodes++;
	}
	if (nodes != NULL)
		closedir(nodes);
}

/* What a cgroup and those above it leave, each less what it holds and cannot give back. */
static uint64_t room_of_cgroup(const char *top, const char *path, const char *limit, const char *used,
			       const char *reclaimable)
{
	uint64_t room = UINT64_MAX;
	char folder[PATH_MAX];
	char file[PATH_MAX + 64];
	size_t least = strlen(top);

	if (snprintf(folder, sizeof(folder), "%s%s", top, path) >= (int)sizeof(folder))
		return room;
	while (strlen(folder) >= least) {
		uint64_t most, held, back;
		char *slash;

		snprintf(file, sizeof(file), "%s/%s", folder, limit);
		most = read_number(file, UINT64_MAX);
		snprintf(file, sizeof(file), "%s/%s", folder, used);
		held = read_number(file, 0);
		snprintf(file, sizeof(file), "%s/memory.stat", folder);
		back = read_field(file, reclaimable, 0);
		held -= RTE_MIN(held, back);
		room = RTE_MIN(room, most - RTE_MIN(most, held));
		slash = strrchr(folder, '/');
		if (slash == NULL)
			break;
		*slash = '\0';
	}
	return room;
}

static uint64_t room_of_cgroups(const char *root)
{
	uint64_t room = UINT64_MAX;
	char path[PATH_MAX];
	char line[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);
	file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		char *controllers = strchr(line, ':');
		char *group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;

		if (group == NULL)
			continue;
		*group++ = '\0';
		group[strcspn(group, "\n")] = '\0';
		if (controllers[1] == '\0') {
			snprintf(path, sizeof(path), "%s/sys/fs/cgroup", root);
			room = RTE_MIN(room,
				       room_of_cgroup(path, group, "memory.max", "memory.current", "inactive_file"));
		} else if (strcmp(controllers + 1, "memory") == 0) {
			snprintf(path, sizeof(path), "%s/sys/fs/cgroup/memory", root);
			room = RTE_MIN(room, room_of_cgroup(path, group, "memory.limit_in_bytes",
							    "memory.usage_in_bytes", "total_inactive_file"));
		}
	}
	if (file != NULL)
		fclose(file);
	return room;
}

/* A soft limit of this process; UINT64_MAX for none. */
static uint64_t limit_of(__rlimit_resource_t resource)
{
	struct rlimit limit;

	return getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
}

/* What the application has got by malloc() and not touched yet; it will. More than the machine has is no promise but
 * address space, as sanitizers reserve it. */
static uint64_t promised_bytes(const char *root)
{
	char path[PATH_MAX];
	uint64_t all, kib;

	snprintf(path, sizeof(path), "%s/proc/meminfo", root);
	all = read_field(path, "MemTotal", UINT64_MAX >> 10);
	snprintf(path, sizeof(path), "%s/proc/self/status", root);
	kib = read_field(path, "VmData", 0);
	kib -= RTE_MIN(kib, read_field(path, "RssAnon", 0));
	return kib > all ? 0 : kib << 10;
}

void engine_machine_room(const char *root, struct engine_room *room)
{
	char path[PATH_MAX];
	uint64_t kib, grouped, space = limit_of(RLIMIT_AS);

	snprintf(path, sizeof(path), "%s/proc/meminfo", root);
	kib = read_field(path, "MemAvailable", UINT64_MAX >> 10);
	*room = (struct engine_room){.bytes = kib << 10, .where = "available"};
	grouped = room_of_cgroups(root);
	if (grouped < room->bytes)
		*room = (struct engine_room){.bytes = grouped, .where = "left to this cgroup"};
	snprintf(path, sizeof(path), "%s/proc/self/status", root);
	room->promised_bytes = promised_bytes(root);
	room->has_space_limit = space != UINT64_MAX;
	kib = read_field(path, "VmSize", 0);
	space -= RTE_MIN(space, kib << 10);
	if (room->has_space_limit && space < room->bytes)
		*room = (struct engine_room){.bytes = space, .where = "left by ulimit -v", .has_space_limit = true};
	room->lockable_bytes = limit_of(RLIMIT_MEMLOCK);
}
