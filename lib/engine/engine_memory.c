/* engine_memory.c - how much memory an engine needs, and from which pages it comes. */
#include "engine/engine_parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_mbuf.h>

static const char huge_directory[] = "/sys/kernel/mm/hugepages";

struct huge_pages {
	uint64_t free_bytes;
	uint64_t largest;  /* page size among those with free pages, 0 for none */
	uint64_t total_2m; /* 2 MiB pages, free or not */
};

static uint64_t read_number(const char *path)
{
	unsigned long long value = 0;
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return 0;
	if (fscanf(file, "%llu", &value) != 1)
		value = 0;
	fclose(file);
	return value;
}

static struct huge_pages count_huge_pages(void)
{
	struct huge_pages pages = {0};
	DIR *directory = opendir(huge_directory);
	const struct dirent *entry;

	if (directory == NULL)
		return pages;
	while ((entry = readdir(directory)) != NULL) {
		char path[sizeof(huge_directory) + sizeof(entry->d_name) + 32];
		unsigned long long kib;
		uint64_t free_pages;

		if (sscanf(entry->d_name, "hugepages-%llukB", &kib) != 1)
			continue;
		snprintf(path, sizeof(path), "%s/%s/free_hugepages", huge_directory, entry->d_name);
		free_pages = read_number(path);
		pages.free_bytes += free_pages * kib << 10;
		if (free_pages > 0 && kib << 10 > pages.largest)
			pages.largest = kib << 10;
		snprintf(path, sizeof(path), "%s/%s/nr_hugepages", huge_directory, entry->d_name);
		if (kib == 2048)
			pages.total_2m = read_number(path);
	}
	closedir(directory);
	return pages;
}

static uint64_t available_bytes(void)
{
	unsigned long long kib = 0;
	char line[128];
	FILE *file = fopen("/proc/meminfo", "re");

	if (file == NULL)
		return UINT64_MAX;
	while (fgets(line, sizeof(line), file) != NULL && sscanf(line, "MemAvailable: %llu kB", &kib) != 1)
		continue;
	fclose(file);
	return kib == 0 ? UINT64_MAX : (uint64_t)kib << 10;
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

/* EAL's own margin, and the page that each large piece may begin and end in. */
static uint64_t need_bytes(const struct quern_engine *engine, uint64_t page)
{
	uint64_t bytes = (uint64_t)16 << 20;

	for (uint16_t port = 0; port < engine->config.port_count; port++) {
		struct nic_config nic = engine_nic_config(engine, port);

		bytes += nic_memory_bytes(&nic) + worker_mail_bytes(engine_shards_on(engine, port)) + page;
	}
	for (uint16_t number = 0; number < engine->config.shard_count; number++) {
		struct shard_config config = engine_shard_config(engine, number);

		bytes += shard_bytes(&config) + page;
		bytes += pool_bytes(engine_data_room(engine, engine->config.shards[number].port), page) + page;
	}
	return bytes;
}

static int check_sizes(const struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	for (uint16_t number = 0; number < engine->config.shard_count; number++) {
		struct shard_config config = engine_shard_config(engine, number);

		if (shard_bytes(&config) == 0)
			return engine_fail(error, -EINVAL,
					   "shard %u (%s): it cannot hold %u connections and %u in TIME-WAIT\n"
					   "  Change --max-connections or --max-time-wait",
					   number, engine->shards[number].role, config.max_connections,
					   config.max_time_wait);
	}
	return 0;
}

static int huge_shortage(uint64_t need, const struct huge_pages *pages, char error[QUERN_ERROR_TEXT])
{
	uint64_t missing = (need - pages->free_bytes + (2u << 20) - 1) >> 21;

	return engine_fail(error, -ENOMEM,
			   "not enough hugepages: %llu bytes (%llu MiB) needed, %llu MiB free\n"
			   "  Reserve more: echo %llu > /proc/sys/vm/nr_hugepages   or do without: --memory 4k",
			   (unsigned long long)need, (unsigned long long)(need >> 20),
			   (unsigned long long)(pages->free_bytes >> 20),
			   (unsigned long long)(pages->total_2m + missing));
}

int engine_plan_memory(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	struct engine_memory *memory = &engine->memory;
	struct huge_pages pages = count_huge_pages();
	uint64_t need;
	int code = check_sizes(engine, error);

	if (code != 0)
		return code;
	need = need_bytes(engine, pages.largest != 0 ? pages.largest : (uint64_t)2 << 20);
	memory->huge = engine->config.memory != QUERN_MEMORY_4K && pages.free_bytes >= need;
	memory->need_bytes = need;
	if (memory->huge) {
		memory->pages = pages.largest >= (uint64_t)1 << 30 ? "1G" : "2M";
		return 0;
	}
	if (engine->config.memory == QUERN_MEMORY_HUGE)
		return huge_shortage(need, &pages, error);
	memory->need_bytes = need_bytes(engine, 4096);
	memory->pages = "4K";
	if (available_bytes() < memory->need_bytes)
		return engine_fail(error, -ENOMEM,
				   "not enough memory: %llu bytes (%llu MiB) needed, %llu MiB available\n"
				   "  Lower --max-connections or --max-time-wait",
				   (unsigned long long)memory->need_bytes,
				   (unsigned long long)(memory->need_bytes >> 20),
				   (unsigned long long)(available_bytes() >> 20));
	return 0;
}
