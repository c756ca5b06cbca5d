/* engine_inventory.c - cores, memory and rights of a machine. */
#include "engine/engine_inventory.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/engine_files.h"

enum { CORES_MAX = 4096 };

/* The next stretch of a list such as "0-3,8", from *at on; false at its end and where it is nonsense. */
static bool next_stretch(const char **at, unsigned long *first, unsigned long *last)
{
	char *end;

	if (**at == ',')
		(*at)++;
	if (**at < '0' || **at > '9')
		return false;
	*first = strtoul(*at, &end, 10);
	*last = *first;
	if (*end == '-' && end[1] >= '0' && end[1] <= '9')
		*last = strtoul(end + 1, &end, 10);
	*at = end;
	return *last >= *first && *last < CORES_MAX;
}

static uint16_t count_cores(const char *list)
{
	unsigned long first, last, count = 0;

	while (next_stretch(&list, &first, &last))
		count += last - first + 1;
	return (uint16_t)(count < CORES_MAX ? count : CORES_MAX);
}

static void read_governor(const char *root, struct quern_inventory_cores *cores)
{
	const char *list = cores->online_list;
	char path[PATH_MAX], governor[QUERN_INVENTORY_NAME];
	unsigned long first, last;

	while (next_stretch(&list, &first, &last)) {
		for (unsigned long core = first; core <= last; core++) {
			if (!engine_files_path(path, root, "/sys/devices/system/cpu/cpu%lu/cpufreq/scaling_governor",
					       core) ||
			    !engine_files_line(path, governor, sizeof(governor)))
				continue;
			if (cores->governor[0] != '\0' && strcmp(cores->governor, governor) != 0)
				strcpy(governor, "mixed");
			strcpy(cores->governor, governor);
		}
	}
}

static uint16_t count_nodes(const char *root)
{
	char path[PATH_MAX];
	uint16_t count = 0;
	DIR *folder;

	if (!engine_files_path(path, root, "/sys/devices/system/node"))
		return 1;
	folder = opendir(path);
	for (const struct dirent *entry; (entry = engine_files_next(folder, "node")) != NULL;)
		count = (uint16_t)(count + (entry->d_name[4] >= '0' && entry->d_name[4] <= '9'));
	if (folder != NULL)
		closedir(folder);
	return count != 0 ? count : 1;
}

static void read_cores(const char *root, struct quern_inventory_cores *cores)
{
	char path[PATH_MAX];
	uint64_t smt;

	if (engine_files_path(path, root, "/sys/devices/system/cpu/online"))
		engine_files_line(path, cores->online_list, QUERN_INVENTORY_LIST);
	if (engine_files_path(path, root, "/sys/devices/system/cpu/isolated"))
		engine_files_line(path, cores->isolated_list, QUERN_INVENTORY_LIST);
	if (engine_files_path(path, root, "/proc/self/status"))
		engine_files_value(path, "Cpus_allowed_list", cores->usable_list, QUERN_INVENTORY_LIST);
	cores->online = count_cores(cores->online_list);
	cores->isolated = count_cores(cores->isolated_list);
	cores->nodes = count_nodes(root);
	if (engine_files_path(path, root, "/sys/devices/system/cpu/smt/active") && engine_files_number(path, &smt))
		cores->smt = smt != 0 ? QUERN_YES : QUERN_NO;
	read_governor(root, cores);
}

static void read_pool(const char *folder, uint16_t node, const char *name, struct quern_inventory *inventory)
{
	struct quern_inventory_pool *pool = &inventory->pools[inventory->pool_count];
	unsigned long long kib;
	char path[PATH_MAX];

	if (inventory->pool_count == QUERN_INVENTORY_POOLS || sscanf(name, "hugepages-%llukB", &kib) != 1 || kib < 4 ||
	    kib > UINT64_MAX >> 10)
		return;
	*pool = (struct quern_inventory_pool){.page_bytes = kib << 10, .node = node};
	if (!engine_files_path(path, folder, "/%s/nr_hugepages", name) || !engine_files_number(path, &pool->total))
		return;
	if (engine_files_path(path, folder, "/%s/free_hugepages", name))
		engine_files_number(path, &pool->free);
	if (pool->free > pool->total)
		pool->free = pool->total;
	inventory->pool_count++;
}

static void read_pools(const char *folder, uint16_t node, struct quern_inventory *inventory)
{
	DIR *pools = opendir(folder);

	for (const struct dirent *entry; (entry = engine_files_next(pools, "hugepages-")) != NULL;)
		read_pool(folder, node, entry->d_name, inventory);
	if (pools != NULL)
		closedir(pools);
}

static int by_size_and_node(const void *a, const void *b)
{
	const struct quern_inventory_pool *one = a, *other = b;

	if (one->page_bytes != other->page_bytes)
		return one->page_bytes < other->page_bytes ? 1 : -1;
	return one->node - other->node;
}

static uint64_t kib_of(const char *root, const char *key)
{
	char path[PATH_MAX], value[64];

	if (!engine_files_path(path, root, "/proc/meminfo") || !engine_files_value(path, key, value, sizeof(value)))
		return 0;
	return strtoull(value, NULL, 10);
}

static void read_memory(const char *root, struct quern_inventory *inventory)
{
	char path[PATH_MAX];
	DIR *nodes;

	inventory->memory_bytes = kib_of(root, "MemTotal") << 10;
	inventory->available_bytes = kib_of(root, "MemAvailable") << 10;
	nodes = engine_files_path(path, root, "/sys/devices/system/node") ? opendir(path) : NULL;
	for (const struct dirent *entry; (entry = engine_files_next(nodes, "node")) != NULL;) {
		unsigned int node;

		if (sscanf(entry->d_name, "node%u", &node) == 1 && node <= UINT16_MAX &&
		    engine_files_path(path, root, "/sys/devices/system/node/%s/hugepages", entry->d_name))
			read_pools(path, (uint16_t)node, inventory);
	}
	if (nodes != NULL)
		closedir(nodes);
	if (inventory->pool_count == 0 && engine_files_path(path, root, "/sys/kernel/mm/hugepages"))
		read_pools(path, 0, inventory);
	qsort(inventory->pools, inventory->pool_count, sizeof(inventory->pools[0]), by_size_and_node);
}

static bool may_open(const char *root, const char *device)
{
	char path[PATH_MAX];

	return engine_files_path(path, root, "%s", device) && access(path, R_OK | W_OK) == 0;
}

static bool has_entries(const char *root, const char *directory)
{
	char path[PATH_MAX];
	DIR *folder = engine_files_path(path, root, "%s", directory) ? opendir(path) : NULL;
	bool has_any = engine_files_next(folder, "") != NULL;

	if (folder != NULL)
		closedir(folder);
	return has_any;
}

static void read_vfio(const char *root, struct quern_inventory *inventory)
{
	char path[PATH_MAX], answer[8];

	inventory->has_iommu = has_entries(root, "/sys/kernel/iommu_groups") || has_entries(root, "/sys/class/iommu");
	inventory->has_vfio = has_entries(root, "/sys/bus/pci/drivers/vfio-pci");
	inventory->has_noiommu =
		engine_files_path(path, root, "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode") &&
		engine_files_line(path, answer, sizeof(answer)) && answer[0] == 'Y';
	inventory->may_use_vfio = may_open(root, "/dev/vfio/vfio");
}

static bool has_capability(uint64_t capabilities, int number)
{
	return (capabilities >> number & 1) != 0;
}

static void read_rights(const char *root, struct quern_inventory *inventory)
{
	char path[PATH_MAX], value[64];
	uint64_t capabilities = 0;

	if (engine_files_path(path, root, "/proc/self/status")) {
		if (engine_files_value(path, "CapEff", value, sizeof(value)))
			capabilities = strtoull(value, NULL, 16);
		/* Real and effective, of which the second counts. */
		if (engine_files_value(path, "Uid", value, sizeof(value)))
			inventory->is_root = strncmp(value + strcspn(value, "?"), "?0", 2) == 0;
	}
	inventory->may_use_raw = has_capability(capabilities, CAP_NET_RAW);
	inventory->may_configure = has_capability(capabilities, CAP_NET_ADMIN);
	inventory->may_load_bpf = has_capability(capabilities, CAP_BPF) || has_capability(capabilities, CAP_SYS_ADMIN);
	inventory->has_tun = may_open(root, "/dev/net/tun");
}

void engine_inventory_read(const char *root, struct quern_inventory *inventory)
{
	memset(inventory, 0, sizeof(*inventory));
	read_cores(root, &inventory->cores);
	read_memory(root, inventory);
	engine_inventory_nics(root, inventory);
	engine_inventory_names(root, inventory);
	read_rights(root, inventory);
	read_vfio(root, inventory);
}

void quern_inventory_take(struct quern_inventory *inventory)
{
	int fd;

	engine_inventory_read("", inventory);
	fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	inventory->has_af_xdp = fd >= 0 || errno == EPERM;
	if (fd >= 0)
		close(fd);
}
