/* engine_memory.c - how much memory an engine needs, and from which pages it comes. */
#include "engine/engine_parts.h"

#include <errno.h>
#include <numa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "base/line.h"
#include "engine/engine_machine.h"

#define PAGE_2M (UINT64_C(2) << 20)
#define PAGE_4K (UINT64_C(4) << 10)

/* What is lent to EAL is gone through at the start; more records than this are left to be touched as they are used. */
#define RECORDS_LENT (UINT64_C(128) << 20)

/* What an engine takes from EAL, and of that, what must come from one node. */
struct need {
	uint64_t bytes;
	uint64_t on_node[ENGINE_NODES];
	uint64_t buffers; /* of `bytes` */
	uint64_t records;
};

/* What a smaller number of connections is looked for by. */
struct sizing {
	uint64_t page;
	uint64_t room;
};

void *engine_zeroed(size_t bytes)
{
	void *memory = aligned_alloc(LINE_BYTES, base_line_up(bytes));

	return memory != NULL ? memset(memory, 0, base_line_up(bytes)) : NULL;
}

uint16_t engine_data_room(const struct quern_engine *engine, uint16_t port)
{
	struct nic_config nic = engine_nic_config(engine, port);

	return (uint16_t)(nic_buffer_bytes(&nic) + RTE_PKTMBUF_HEADROOM);
}

/* `page` bounds what is lost to page ends: with 4 KiB pages a pool puts no object across two. */
static uint64_t pool_bytes(uint16_t data_room, uint64_t page)
{
	struct rte_mempool_objsz size;
	uint32_t object = (uint32_t)sizeof(struct rte_mbuf) + data_room;
	uint64_t bytes = rte_mempool_calc_obj_size(object, 0, &size);

	if (bytes > page)
		bytes = RTE_ALIGN_MUL_CEIL(bytes, page);
	else
		bytes = page / (page / bytes);
	/* The pool itself: a cache for every lcore that there could be, and the ring of free buffers. */
	return (uint64_t)ENGINE_POOL_MBUFS * (bytes + sizeof(void *)) + sizeof(struct rte_mempool) +
	       RTE_MAX_LCORE * sizeof(struct rte_mempool_cache) + page;
}

/* The node of a shard's buffers and records: the port's, or where that is nowhere in particular, the core's. */
static int node_of_shard(const struct quern_engine *engine, uint16_t number)
{
	int node = nic_node(engine->config.ports[engine->config.shards[number].port].device);

	if (node < 0 && numa_available() >= 0)
		node = numa_node_of_cpu(engine->config.shards[number].core);
	return node;
}

/* At most `most` connections a shard, unless that is 0. */
static struct shard_config config_of(const struct quern_engine *engine, uint16_t number, uint32_t most)
{
	struct shard_config config = engine_shard_config(engine, number);

	if (most != 0 && (config.max_connections == 0 || config.max_connections > most))
		config.max_connections = most;
	if (most != 0 && config.max_half_open > most)
		config.max_half_open = most;
	return config;
}

/* EAL's own margin, and the page that each large piece may begin and end in. Larger pages than 2 MiB are shared: EAL's
 * heap joins those that lie side by side. */
static struct need find_need(const struct quern_engine *engine, uint64_t largest_page, uint32_t most)
{
	struct need need = {.bytes = (uint64_t)16 << 20};
	uint64_t page = RTE_MIN(largest_page, PAGE_2M);

	for (uint16_t port = 0; port < engine->config.port_count; port++) {
		struct nic_config nic = engine_nic_config(engine, port);

		need.bytes += nic_memory_bytes(&nic) + worker_mail_bytes(engine_shards_on(engine, port)) + page;
		if (nic_is_impaired(&nic))
			need.buffers += nic_memory_bytes(&nic) +
					nic.queues * (pool_bytes(engine_data_room(engine, port), page) + 2 * page);
	}
	for (uint16_t number = 0; number < engine->config.shard_count; number++) {
		struct shard_config config = config_of(engine, number, most);
		int node = node_of_shard(engine, number);
		uint64_t records = shard_bytes(&config) + page;
		uint64_t buffers =
			pool_bytes(engine_data_room(engine, engine->config.shards[number].port), page) + page;

		need.records += records;
		need.buffers += buffers;
		if (node >= 0 && node < ENGINE_NODES)
			need.on_node[node] += records + buffers;
	}
	need.bytes += need.buffers + need.records;
	need.bytes += (uint64_t)RTE_MAX(engine->worker_count, 1) * (engine_forward_bytes(engine) + 2 * page);
	return need;
}

static int check_sizes(const struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	for (uint16_t number = 0; number < engine->config.shard_count; number++) {
		struct shard_config config = engine_shard_config(engine, number);

		if (shard_bytes(&config) == 0)
			return engine_fail(error, -EINVAL,
					   "shard %u (%s): it cannot hold %u connections and %u in TIME-WAIT\n"
					   "  Change --max-connections or --max-time-wait: at most %d of each, or more "
					   "cores",
					   number, engine->shards[number].role, config.max_connections,
					   config.max_time_wait, SHARD_RECORDS_MAX);
	}
	return 0;
}

/* Whether hugepages suffice; else *node is that which is short, or -1 for all together. */
static bool huge_suffices(const struct need *need, const struct engine_pages *pages, int *node)
{
	for (*node = 0; pages->nodes > 1 && *node < ENGINE_NODES; ++*node) {
		if (need->on_node[*node] > pages->on_node[*node])
			return false;
	}
	*node = -1;
	return need->bytes <= pages->free_bytes;
}

/* How many connections a port may have at most, its shards together, rounded down to two digits; 0 for none. */
static uint32_t find_fitting(const struct quern_engine *engine, const struct sizing *sizing)
{
	uint16_t shards = 1;
	uint64_t low = 0, high = SHARD_RECORDS_MAX, scale = 1;

	for (uint16_t port = 0; port < engine->config.port_count; port++)
		shards = (uint16_t)RTE_MAX(shards, engine_shards_on(engine, port));
	while (low < high) {
		uint64_t middle = (low + high + 1) / 2;

		if (find_need(engine, sizing->page, (uint32_t)middle).bytes <= sizing->room)
			low = middle;
		else
			high = middle - 1;
	}
	low *= shards;
	while (low / scale >= 100)
		scale *= 10;
	return (uint32_t)RTE_MIN(low / scale * scale, (uint64_t)UINT32_MAX);
}

/* Writes `before` and "--max-connections N", or nothing where no number helps. */
static char *fitting_text(const struct quern_engine *engine, const struct sizing *sizing, const char *before,
			  char *text, size_t size)
{
	uint32_t fitting = find_fitting(engine, sizing);

	text[0] = '\0';
	if (fitting > 0)
		snprintf(text, size, "%s--max-connections %u", before, fitting);
	return text;
}

static int huge_shortage(const struct quern_engine *engine, const struct need *need, const struct engine_pages *pages,
			 int node, char error[QUERN_ERROR_TEXT])
{
	uint64_t needed = node < 0 ? need->bytes : need->on_node[node];
	uint64_t free_bytes = node < 0 ? pages->free_bytes : pages->on_node[node];
	uint64_t missing = (needed - free_bytes + (2u << 20) - 1) >> 21;
	struct sizing sizing = {.page = PAGE_2M, .room = free_bytes};
	char place[32] = "", file[96] = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", fitting[64];

	if (node >= 0) {
		sizing.room = 0; /* several nodes, several numbers: none is offered */
		snprintf(place, sizeof(place), " on NUMA node %d", node);
		snprintf(file, sizeof(file), "/sys/devices/system/node/node%d/hugepages/hugepages-2048kB/nr_hugepages",
			 node);
	}
	if (node < 0 && pages->is_grouped)
		return engine_fail(error, -ENOMEM,
				   "not enough hugepages: %llu bytes (%llu MiB) needed, %llu MiB left to this cgroup\n"
				   "  Raise its limits, hugetlb.*.max   or do without: --memory 4k%s",
				   (unsigned long long)needed, (unsigned long long)(needed >> 20),
				   (unsigned long long)(free_bytes >> 20),
				   fitting_text(engine, &sizing, "   or: ", fitting, sizeof(fitting)));
	return engine_fail(error, -ENOMEM,
			   "not enough hugepages: %llu bytes (%llu MiB) needed%s, %llu MiB free\n"
			   "  Reserve more: echo %llu | sudo tee %s   or do without: --memory 4k%s",
			   (unsigned long long)needed, (unsigned long long)(needed >> 20), place,
			   (unsigned long long)(free_bytes >> 20),
			   (unsigned long long)((node < 0 ? pages->total_2m : pages->node_2m[node]) + missing), file,
			   fitting_text(engine, &sizing, "   or: ", fitting, sizeof(fitting)));
}

static int small_shortage(const struct quern_engine *engine, uint64_t need, const struct engine_room *room,
			  char error[QUERN_ERROR_TEXT])
{
	struct sizing sizing = {.page = engine->memory.lent_bytes > 0 ? PAGE_2M : PAGE_4K, .room = room->bytes};
	uint64_t fixed = room->has_space_limit ? engine_limits_addresses(engine) : 0;
	uint64_t all = need + room->promised_bytes + fixed;
	char fitting[64];

	/* What the application has for its connections goes with them. */
	if (room->promised_bytes + fixed < room->bytes)
		sizing.room = (uint64_t)((double)(room->bytes - fixed) * (double)need / (double)(all - fixed));
	return engine_fail(error, -ENOMEM,
			   "not enough memory: %llu bytes (%llu MiB) needed, %llu MiB %s\n"
			   "  Lower --max-connections or --max-time-wait%s",
			   (unsigned long long)all, (unsigned long long)(all >> 20),
			   (unsigned long long)(room->bytes >> 20), room->where,
			   fitting_text(engine, &sizing, ": it fits with ", fitting, sizeof(fitting))[0] != '\0'
				   ? fitting
				   : ", name fewer cores, or free memory");
}

/* Without hugepages buffers, and records where they are few, lie in memory that the engine lends to EAL; not where
 * somebody beyond this process may read them, or the user has words for EAL. */
static bool may_lend(const struct quern_engine *engine)
{
	for (uint16_t port = 0; port < engine->config.port_count; port++) {
		struct nic_config nic = engine_nic_config(engine, port);

		if (nic_needs_eal_memory(&nic))
			return false;
	}
	return engine->config.eal_arguments == NULL || engine->config.eal_arguments[0] == NULL;
}

/* Decides what comes from where without hugepages, and how much that is. */
static struct need plan_small(struct quern_engine *engine)
{
	bool lends = may_lend(engine);
	struct need need = find_need(engine, lends ? PAGE_2M : PAGE_4K, 0);

	engine->memory.lends_records = lends && need.records <= RECORDS_LENT;
	engine->memory.lent_bytes = lends ? need.buffers : 0;
	if (engine->memory.lends_records)
		engine->memory.lent_bytes += need.records;
	engine->memory.lent_bytes = RTE_ALIGN_CEIL(engine->memory.lent_bytes, PAGE_2M);
	need.bytes += lends ? PAGE_2M : 0;
	return need;
}

/* What a driver gives to a device cannot be paged out, and counts against a limit. */
static int check_lockable(const struct quern_engine *engine, const struct engine_room *room,
			  char error[QUERN_ERROR_TEXT])
{
	for (uint16_t port = 0; port < engine->config.port_count; port++) {
		struct nic_config nic = engine_nic_config(engine, port);

		if (nic_locks_memory(&nic) && room->lockable_bytes < engine->memory.need_bytes)
			return nic_fail(&nic, error, -EPERM,
					"it locks memory, %llu MiB in all, and this user may lock %llu MiB\n"
					"  Raise it: sudo prlimit --pid $$ --memlock=unlimited   or run with sudo",
					(unsigned long long)(engine->memory.need_bytes >> 20),
					(unsigned long long)(room->lockable_bytes >> 20));
	}
	return 0;
}

int engine_plan_memory_of(struct quern_engine *engine, const char *root, char error[QUERN_ERROR_TEXT])
{
	struct engine_memory *memory = &engine->memory;
	struct engine_pages pages;
	struct engine_room room;
	struct need need;
	int node;
	int code = check_sizes(engine, error);

	if (code != 0)
		return code;
	engine_machine_pages(root, &pages);
	engine_machine_room(root, &room);
	need = find_need(engine, pages.largest != 0 ? pages.largest : PAGE_2M, 0);
	memory->huge = engine->config.memory != QUERN_MEMORY_4K && huge_suffices(&need, &pages, &node);
	if (engine->config.memory == QUERN_MEMORY_HUGE && !memory->huge)
		return huge_shortage(engine, &need, &pages, node, error);
	memory->huge = memory->huge && (engine->config.memory == QUERN_MEMORY_HUGE || !room.has_space_limit);
	memory->lent_bytes = 0;
	memory->lends_records = false;
	if (!memory->huge)
		need = plan_small(engine);
	memory->need_bytes = need.bytes;
	memory->pages = !memory->huge ? "4K" : pages.largest >= (uint64_t)1 << 30 ? "1G" : "2M";
	if (memory->huge)
		need.bytes = 0;
	if (room.bytes <
	    need.bytes + room.promised_bytes + (room.has_space_limit ? engine_limits_addresses(engine) : 0))
		return small_shortage(engine, need.bytes, &room, error);
	return check_lockable(engine, &room, error);
}

int engine_plan_memory(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	return engine_plan_memory_of(engine, "", error);
}
