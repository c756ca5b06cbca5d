/* test_engine_machine.c - machines made of files: what they have to give, and what is said when that is too little. */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "engine/cable_engine.h"
#include "engine/engine_machine.h"
#include "engine/engine_parts.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)

static char root[] = "/tmp/test-machine-XXXXXX";
static struct quern_engine engine;
static char error[QUERN_ERROR_TEXT];

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

static void take_away(void)
{
	nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* Writes a file below the machine's root, and the folders on its way. */
static void put(const char *place, const char *text)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, place);
	for (char *slash = strchr(path + sizeof(root), '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	file = fopen(path, "w");
	cr_assert_not_null(file, "%s", path);
	fputs(text, file);
	fclose(file);
}

static void put_pages(const char *folder, const char *free_pages, const char *all_pages)
{
	char place[256];

	snprintf(place, sizeof(place), "%s/hugepages-2048kB/free_hugepages", folder);
	put(place, free_pages);
	snprintf(place, sizeof(place), "%s/hugepages-2048kB/nr_hugepages", folder);
	put(place, all_pages);
}

/* A machine with so much memory, and no hugepages. */
static void make_machine(const char *meminfo)
{
	cr_assert_not_null(mkdtemp(root));
	put("proc/meminfo", meminfo);
}

/* Plans a bench of `connections` an end on it. */
static int plan(enum quern_memory memory, uint32_t connections)
{
	static struct cable_engine cable;

	cable_engine_prepare(&cable, 1, 0, 0);
	engine.config = cable.config;
	engine.config.memory = memory;
	for (uint16_t shard = 0; shard < engine.config.shard_count; shard++)
		engine.config.shards[shard].max_connections = connections;
	return engine_plan_memory_of(&engine, root, error);
}

Test(engine_machine, counts_free_pages_less_those_that_are_promised)
{
	struct engine_pages pages;

	make_machine("");
	put_pages("sys/kernel/mm/hugepages", "10\n", "12\n");
	put("sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages", "3\n");
	put_pages("sys/devices/system/node/node0/hugepages", "4\n", "5\n");
	put_pages("sys/devices/system/node/node1/hugepages", "6\n", "7\n");
	engine_machine_pages(root, &pages);
	cr_assert_eq(pages.free_bytes, 7 * 2 * MIB);
	cr_assert_eq(pages.total_2m, 12);
	cr_assert_eq(pages.nodes, 2);
	cr_assert_eq(pages.on_node[0], 4 * 2 * MIB);
	cr_assert_eq(pages.on_node[1], 6 * 2 * MIB);
	cr_assert_eq(pages.node_2m[1], 7);
	take_away();
}

Test(engine_machine, without_a_word_of_it_nothing_is_bounded)
{
	struct engine_room room;

	make_machine("MemTotal: 1 kB\n");
	engine_machine_room(root, &room);
	cr_assert_geq(room.bytes, UINT64_C(1) << 60);
	cr_assert_eq(room.promised_bytes, 0);
	take_away();
}

Test(engine_machine, counts_what_was_allocated_and_not_touched_but_not_address_space)
{
	static const struct {
		const char *status;
		uint64_t mib;
	} rows[] = {{"VmData: 307200 kB\nRssAnon: 102400 kB\n", 200},
		    {"VmData: 102400 kB\nRssAnon: 307200 kB\n", 0},
		    {"VmData: 15032385536 kB\nRssAnon: 102400 kB\n", 0}};
	struct engine_room room;

	make_machine("MemTotal: 1024000 kB\nMemAvailable: 512000 kB\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put("proc/self/status", rows[i].status);
		engine_machine_room(root, &room);
		cr_expect_eq(room.promised_bytes, rows[i].mib << 20, "%s", rows[i].status);
	}
	take_away();
}

/* Each: a file of the machine, and the room that follows. */
Test(engine_machine, the_least_of_memory_and_every_cgroup_above_is_what_there_is)
{
	static const struct {
		const char *place, *text;
		uint64_t mib;
		const char *where;
	} rows[] = {
		{"proc/meminfo", "MemFree: 1 kB\nMemAvailable:    1024000 kB\n", 1000, "available"},
		{"proc/self/cgroup", "1:cpu:/a\n4:memory:/a/b\n0::/c/d\n", 1000, "available"},
		{"sys/fs/cgroup/c/memory.max", "max\n", 1000, "available"},
		{"sys/fs/cgroup/c/d/memory.max", "943718400\n", 900, "left to this cgroup"},
		{"sys/fs/cgroup/c/memory.max", "838860800\n", 800, "left to this cgroup"},
		{"sys/fs/cgroup/c/memory.current", "209715200\n", 600, "left to this cgroup"},
		{"sys/fs/cgroup/c/memory.stat", "anon 1\ninactive_file 104857600\n", 700, "left to this cgroup"},
		{"sys/fs/cgroup/memory/a/memory.limit_in_bytes", "524288000\n", 500, "left to this cgroup"},
		{"sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n", 500, "left to this cgroup"},
		{"sys/fs/cgroup/memory/a/memory.usage_in_bytes", "629145600\n", 0, "left to this cgroup"},
	};
	struct engine_room room;

	make_machine("");
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		put(rows[row].place, rows[row].text);
		engine_machine_room(root, &room);
		cr_assert_eq(room.bytes, rows[row].mib * MIB, "%s: %llu", rows[row].place,
			     (unsigned long long)room.bytes);
		cr_assert_str_eq(room.where, rows[row].where);
	}
	take_away();
}

/* Each: a file of the machine, and what is free of its 1,000 pages. */
Test(engine_machine, of_hugepages_a_cgroup_has_no_more_than_its_limits)
{
	static const struct {
		const char *place, *text;
		uint64_t mib;
	} rows[] = {
		{"proc/self/cgroup", "4:hugetlb:/a\n0::/c/d\n", 2000},
		{"sys/fs/cgroup/c/d/hugetlb.2MB.max", "max\n", 2000},
		{"sys/fs/cgroup/c/d/hugetlb.1GB.max", "0\n", 2000},
		{"sys/fs/cgroup/c/d/hugetlb.2MB.current", "1048576000\n", 2000},
		{"sys/fs/cgroup/c/hugetlb.2MB.max", "1887436800\n", 1800},
		{"sys/fs/cgroup/c/hugetlb.2MB.current", "104857600\n", 1700},
		{"sys/fs/cgroup/c/d/hugetlb.2MB.rsvd.max", "1677721600\n", 1600},
		{"sys/fs/cgroup/hugetlb/a/hugetlb.2MB.limit_in_bytes", "1468006401\n", 1400},
		{"sys/fs/cgroup/hugetlb/a/hugetlb.2MB.usage_in_bytes", "2097152\n", 1398},
	};
	struct engine_pages pages;

	make_machine("MemAvailable: 1024000 kB\n");
	put_pages("sys/kernel/mm/hugepages", "1000\n", "1000\n");
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		put(rows[row].place, rows[row].text);
		engine_machine_pages(root, &pages);
		cr_assert_eq(pages.free_bytes, rows[row].mib * MIB, "%s: %llu", rows[row].place,
			     (unsigned long long)pages.free_bytes);
		cr_assert_eq(pages.is_grouped, rows[row].mib < 2000);
	}
	put("sys/fs/cgroup/c/d/hugetlb.2MB.max", "1048576000\n");
	cr_assert_eq(plan(QUERN_MEMORY_HUGE, 1000), -ENOMEM);
	cr_assert_not_null(strstr(error, " needed, 0 MiB left to this cgroup\n  Raise its limits"), "%s", error);
	cr_assert_eq(plan(QUERN_MEMORY_AUTO, 1000), 0, "%s", error);
	cr_assert_not(engine.memory.huge);
	take_away();
}

Test(engine_machine, what_is_offered_instead_does_fit)
{
	const char *offer;
	unsigned int connections;

	make_machine("MemAvailable: 1024000 kB\n");
	cr_assert_eq(plan(QUERN_MEMORY_4K, 100000000), -ENOMEM);
	cr_assert_not_null(strstr(error, " needed, 1000 MiB available\n"), "%s", error);
	offer = strstr(error, ": it fits with --max-connections ");
	cr_assert_not_null(offer, "%s", error);
	cr_assert_eq(sscanf(offer, ": it fits with --max-connections %u", &connections), 1);
	cr_assert_geq(connections, 1000000);
	cr_assert_eq(plan(QUERN_MEMORY_4K, connections), 0, "%s", error);
	cr_assert_neq(plan(QUERN_MEMORY_4K, connections + connections / 8), 0, "more would fit than %u", connections);
	take_away();
}

Test(engine_machine, where_nothing_fits_no_number_is_offered)
{
	make_machine("MemAvailable: 10240 kB\n");
	cr_assert_eq(plan(QUERN_MEMORY_AUTO, 1000), -ENOMEM);
	cr_assert_null(strstr(error, "fits"), "%s", error);
	cr_assert_not_null(strstr(error, ", name fewer cores, or free memory"), "%s", error);
	take_away();
}

Test(engine_machine, memory_that_the_application_has_and_has_not_touched_counts)
{
	make_machine("MemAvailable: 512000 kB\n");
	cr_assert_eq(plan(QUERN_MEMORY_4K, 1000), 0, "%s", error);
	put("proc/self/status", "VmSize: 600000 kB\nVmData: 500000 kB\nRssAnon: 1000 kB\n");
	cr_assert_eq(plan(QUERN_MEMORY_4K, 1000), -ENOMEM);
	cr_assert_not_null(strstr(error, "not enough memory: "), "%s", error);
	take_away();
}

Test(engine_machine, too_few_hugepages_tell_how_many_there_must_be_for_it_to_start)
{
	char text[32];
	unsigned int pages;
	unsigned int connections;
	const char *offer;

	make_machine("MemAvailable: 8192000 kB\n");
	put_pages("sys/kernel/mm/hugepages", "100\n", "120\n");
	cr_assert_eq(plan(QUERN_MEMORY_HUGE, 1000000), -ENOMEM);
	cr_assert_not_null(strstr(error, " needed, 200 MiB free\n  Reserve more: echo "), "%s", error);
	offer = strstr(error, "   or: --max-connections ");
	cr_assert_not_null(offer, "%s", error);
	cr_assert_not_null(strstr(error, " | sudo tee /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages "), "%s",
			   error);
	cr_assert_eq(sscanf(strstr(error, "echo "), "echo %u | sudo", &pages), 1);
	cr_assert_eq(sscanf(offer, "   or: --max-connections %u", &connections), 1);
	cr_assert_eq(plan(QUERN_MEMORY_HUGE, connections), 0, "%s", error);
	cr_assert_eq(plan(QUERN_MEMORY_AUTO, 1000000), 0, "%s", error);
	cr_assert_not(engine.memory.huge, "auto does without");
	snprintf(text, sizeof(text), "%u\n", pages - 20); /* which others have */
	put_pages("sys/kernel/mm/hugepages", text, "0\n");
	cr_assert_eq(plan(QUERN_MEMORY_HUGE, 1000000), 0, "%s", error);
	cr_assert(engine.memory.huge);
	take_away();
}

/* Core 0 is on node 0 of any machine that runs this; all that is free is on the other node. Numbers may have gaps. */
Test(engine_machine, pages_of_another_node_do_not_help)
{
	make_machine("MemAvailable: 8192000 kB\n");
	put_pages("sys/kernel/mm/hugepages", "1000\n", "1000\n");
	put_pages("sys/devices/system/node/node0/hugepages", "1\n", "7\n");
	put_pages("sys/devices/system/node/node2/hugepages", "999\n", "999\n");
	cr_assert_eq(plan(QUERN_MEMORY_HUGE, 1000), -ENOMEM);
	cr_assert_not_null(strstr(error, " needed on NUMA node 0, 2 MiB free\n"), "%s", error);
	cr_assert_not_null(strstr(error, " | sudo tee /sys/devices/system/node/node0/hugepages/hugepages-2048kB/"
					 "nr_hugepages "),
			   "%s", error);
	put_pages("sys/devices/system/node/node0/hugepages", "500\n", "500\n");
	cr_assert_eq(plan(QUERN_MEMORY_HUGE, 1000), 0, "%s", error);
	take_away();
}

Test(engine_machine, one_page_of_1_gib_is_enough_for_what_fits_in_it)
{
	make_machine("MemAvailable: 8192000 kB\n");
	put("sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "1\n");
	put("sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "2\n");
	cr_assert_eq(plan(QUERN_MEMORY_HUGE, 131072), 0, "%s", error);
	cr_assert_str_eq(engine.memory.pages, "1G");
	cr_assert_eq(plan(QUERN_MEMORY_HUGE, 100000000), -ENOMEM);
	take_away();
}
