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

/* Free pages of one size on all nodes together, in bytes: less those that are promised to somebody, of which the kernel
 * tells for all nodes together, and no more than the cgroup may have. */
static uint64_t free_bytes_of(const char *root, const char *size, struct engine_pages *pages)
{
	uint64_t kib = strtoull(size + strlen("hugepages-"), NULL, 10), count, room = engine_cgroup_huge(root, kib);
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/sys/kernel/mm/hugepages/%.64s/free_hugepages", root, size);
	count = engine_files_number_or(path, 0);
	snprintf(path, sizeof(path), "%s/sys/kernel/mm/hugepages/%.64s/resv_hugepages", root, size);
	count -= RTE_MIN(count, engine_files_number_or(path, 0));
	pages->is_grouped |= room < count * kib << 10;
	return RTE_MIN((room >> 10) / kib, count) * kib << 10;
}

/* Adds the pages of each size below a folder, which may not be there: a node's, or those of all together for -1. */
static void count_below(const char *root, const char *folder, struct engine_pages *pages, int node)
{
	char path[PATH_MAX];
	DIR *sizes = opendir(folder);

	for (const struct dirent *entry; (entry = engine_files_next(sizes, "hugepages-")) != NULL;) {
		unsigned long long kib;
		uint64_t bytes;

		if (sscanf(entry->d_name, "hugepages-%llukB", &kib) != 1)
			continue;
		if (node >= 0) {
			snprintf(path, sizeof(path), "%s/%.64s/free_hugepages", folder, entry->d_name);
			pages->on_node[node] += engine_files_number_or(path, 0) * kib << 10;
			snprintf(path, sizeof(path), "%s/%.64s/nr_hugepages", folder, entry->d_name);
			if (kib == 2048)
				pages->node_2m[node] = engine_files_number_or(path, 0);
			continue;
		}
		bytes = free_bytes_of(root, entry->d_name, pages);
		pages->free_bytes += bytes;
		if (bytes > 0 && kib << 10 > pages->largest)
			pages->largest = kib << 10;
		snprintf(path, sizeof(path), "%s/%.64s/nr_hugepages", folder, entry->d_name);
		if (kib == 2048)
			pages->total_2m = engine_files_number_or(path, 0);
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
	count_below(root, path, pages, -1);
	snprintf(path, sizeof(path), "%s/sys/devices/system/node", root);
	nodes = opendir(path);
	for (const struct dirent *entry; (entry = engine_files_next(nodes, "node")) != NULL;) {
		int node;

		/* Their numbers may have gaps. */
		if (sscanf(entry->d_name, "node%d", &node) != 1 || node < 0 || node >= ENGINE_NODES)
			continue;
		snprintf(path, sizeof(path), "%s/sys/devices/system/node/node%d/hugepages", root, node);
		count_below(root, path, pages, node);
		pages->nodes++;
	}
	if (nodes != NULL)
		closedir(nodes);
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
	all = engine_files_field_or(path, "MemTotal", UINT64_MAX >> 10);
	snprintf(path, sizeof(path), "%s/proc/self/status", root);
	kib = engine_files_field_or(path, "VmData", 0);
	kib -= RTE_MIN(kib, engine_files_field_or(path, "RssAnon", 0));
	return kib > all ? 0 : kib << 10;
}

void engine_machine_room(const char *root, struct engine_room *room)
{
	char path[PATH_MAX];
	uint64_t kib, grouped, space = limit_of(RLIMIT_AS);

	snprintf(path, sizeof(path), "%s/proc/meminfo", root);
	kib = engine_files_field_or(path, "MemAvailable", UINT64_MAX >> 10);
	*room = (struct engine_room){.bytes = kib << 10, .where = "available"};
	grouped = engine_cgroup_memory(root);
	if (grouped < room->bytes)
		*room = (struct engine_room){.bytes = grouped, .where = "left to this cgroup"};
	snprintf(path, sizeof(path), "%s/proc/self/status", root);
	room->promised_bytes = promised_bytes(root);
	room->has_space_limit = space != UINT64_MAX;
	kib = engine_files_field_or(path, "VmSize", 0);
	space -= RTE_MIN(space, kib << 10);
	if (room->has_space_limit && space < room->bytes)
		*room = (struct engine_room){.bytes = space, .where = "left by ulimit -v", .has_space_limit = true};
	room->lockable_bytes = limit_of(RLIMIT_MEMLOCK);
}
