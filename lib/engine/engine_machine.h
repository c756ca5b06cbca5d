/* engine_machine.h - the memory of this machine: hugepages by NUMA node, and ordinary pages with what bounds them. */
#ifndef ENGINE_ENGINE_MACHINE_H
#define ENGINE_ENGINE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

enum { ENGINE_NODES = 32 };

struct engine_pages {
	uint64_t free_bytes; /* of all nodes, less what is promised to others */
	uint64_t on_node[ENGINE_NODES];
	uint16_t nodes;    /* 0 where the kernel tells of none */
	bool is_grouped;   /* free_bytes are bounded by this process's cgroup */
	uint64_t largest;  /* page size among those with free pages, 0 for none */
	uint64_t total_2m; /* 2 MiB pages, free or not */
	uint64_t node_2m[ENGINE_NODES];
};

struct engine_room {
	uint64_t bytes;          /* of ordinary pages that can be had */
	const char *where;       /* that is said behind them: what bounds them */
	uint64_t promised_bytes; /* that this process has allocated already, and will take from them */
	uint64_t lockable_bytes; /* by RLIMIT_MEMLOCK */
	bool has_space_limit;    /* RLIMIT_AS; EAL reserves far more than that for hugepages */
};

/* What a machine has whose files are below `root`, "" for this one. What cannot be read bounds nothing. */
void engine_machine_pages(const char *root, struct engine_pages *pages);
void engine_machine_room(const char *root, struct engine_room *room);

/* What is left to this process's cgroup, and to those above it: of memory, and of hugepages of one size. UINT64_MAX
 * where nothing bounds it. */
uint64_t engine_cgroup_memory(const char *root);
uint64_t engine_cgroup_huge(const char *root, uint64_t page_kib);

#endif
