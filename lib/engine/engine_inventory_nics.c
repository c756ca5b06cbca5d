/* engine_inventory_nics.c - network devices on the PCI bus, the kernel's interfaces, and which of them the machine
 * itself lives on. */
#include "engine/engine_inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine_files.h"
#include "nic/nic.h"

enum { ROUTES_MAX = 32, STACK_MAX = 4, ROUTE_IS_UP = 1 };

/* Interfaces that carry a default route. */
struct routes {
	char names[ROUTES_MAX][16];
	uint16_t count;
};

static void add_route(struct routes *routes, const char *name)
{
	if (routes->count < ROUTES_MAX && strcmp(name, "lo") != 0)
		snprintf(routes->names[routes->count++], sizeof(routes->names[0]), "%.15s", name);
}

static void read_routes(const char *root, struct routes *routes)
{
	char path[PATH_MAX], line[256], name[16], destination[40], mask[16];
	unsigned int flags;
	FILE *file;

	file = engine_files_path(path, root, "/proc/net/route") ? fopen(path, "re") : NULL;
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "%15s %8s %*s %x %*s %*s %*s %8s", name, destination, &flags, mask) == 4 &&
		    strcmp(destination, "00000000") == 0 && strcmp(mask, "00000000") == 0 && (flags & ROUTE_IS_UP) != 0)
			add_route(routes, name);
	}
	if (file != NULL)
		fclose(file);
	file = engine_files_path(path, root, "/proc/net/ipv6_route") ? fopen(path, "re") : NULL;
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "%32s %2s %*s %*s %*s %*s %*s %*s %x %15s", destination, mask, &flags, name) == 4 &&
		    strspn(destination, "0") == 32 && strcmp(mask, "00") == 0 && (flags & ROUTE_IS_UP) != 0)
			add_route(routes, name);
	}
	if (file != NULL)
		fclose(file);
}

/* Whether an interface, or one on top of it (a bridge, a bond, a VLAN), carries a default route. */
static bool carries_route(const char *root, const struct routes *routes, const char *interface, int depth)
{
	char path[PATH_MAX];
	bool carries = false;
	DIR *folder;

	for (uint16_t number = 0; number < routes->count; number++) {
		if (strcmp(routes->names[number], interface) == 0)
			return true;
	}
	if (depth == STACK_MAX || !engine_files_path(path, root, "/sys/class/net/%s", interface))
		return false;
	folder = opendir(path);
	for (const struct dirent *entry; !carries && (entry = engine_files_next(folder, "upper_")) != NULL;)
		carries = carries_route(root, routes, entry->d_name + strlen("upper_"), depth + 1);
	if (folder != NULL)
		closedir(folder);
	return carries;
}

/* The first interface in a device's folder net/; virtio keeps it in a folder of its own below. */
static bool read_interface(const char *device, char interface[16])
{
	char path[PATH_MAX];
	const struct dirent *entry;
	DIR *folder = engine_files_path(path, device, "/net") ? opendir(path) : NULL;
	bool is_found = false;

	entry = engine_files_next(folder, "");
	if (entry != NULL) {
		snprintf(interface, 16, "%.15s", entry->d_name);
		is_found = true;
	}
	if (folder != NULL)
		closedir(folder);
	if (is_found)
		return true;
	folder = opendir(device);
	while (!is_found && (entry = engine_files_next(folder, "virtio")) != NULL) {
		if (engine_files_path(path, device, "/%s", entry->d_name))
			is_found = read_interface(path, interface);
	}
	if (folder != NULL)
		closedir(folder);
	return is_found;
}

static uint16_t read_id(const char *device, const char *file)
{
	char path[PATH_MAX];
	uint64_t id = 0;

	if (engine_files_path(path, device, "/%s", file))
		engine_files_number(path, &id);
	return (uint16_t)id;
}

static void read_nic(const char *root, const char *address, const struct routes *routes,
		     struct quern_inventory *inventory)
{
	struct quern_inventory_nic *nic = &inventory->nics[inventory->nic_count];
	char device[PATH_MAX], path[PATH_MAX], class[16];
	uint64_t node;

	if (inventory->nic_count == QUERN_INVENTORY_NICS || strlen(address) >= sizeof(nic->address) ||
	    !engine_files_path(device, root, "/sys/bus/pci/devices/%s", address) ||
	    !engine_files_path(path, device, "/class") || !engine_files_line(path, class, sizeof(class)) ||
	    strncmp(class, "0x02", 4) != 0)
		return;
	*nic = (struct quern_inventory_nic){
		.vendor = read_id(device, "vendor"), .device = read_id(device, "device"), .node = -1};
	snprintf(nic->address, sizeof(nic->address), "%.15s", address);
	if (engine_files_path(path, device, "/numa_node") && engine_files_number(path, &node) && node <= INT16_MAX)
		nic->node = (int16_t)node;
	if (engine_files_path(path, device, "/driver"))
		engine_files_link(path, nic->driver, sizeof(nic->driver));
	if (read_interface(device, nic->interface))
		nic->has_default_route = carries_route(root, routes, nic->interface, 0);
	nic->is_bound = nic_pci_is_willing(nic->driver);
	inventory->nic_count++;
}

static void read_kernel_interface(const char *root, const char *name, const struct routes *routes,
				  struct quern_inventory *inventory)
{
	struct quern_inventory_interface *interface = &inventory->interfaces[inventory->interface_count];
	char path[PATH_MAX];

	if (inventory->interface_count == QUERN_INVENTORY_INTERFACES || strlen(name) >= sizeof(interface->name) ||
	    strcmp(name, "lo") == 0 || !engine_files_path(path, root, "/sys/class/net/%s/operstate", name))
		return;
	*interface = (struct quern_inventory_interface){.has_default_route = carries_route(root, routes, name, 0)};
	snprintf(interface->name, sizeof(interface->name), "%.15s", name);
	/* A file beside the interfaces, as bonding_masters, has no state. */
	if (access(path, F_OK) != 0)
		return;
	engine_files_line(path, interface->state, sizeof(interface->state));
	inventory->interface_count++;
}

static int by_address(const void *a, const void *b)
{
	return strcmp(((const struct quern_inventory_nic *)a)->address,
		      ((const struct quern_inventory_nic *)b)->address);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct quern_inventory_interface *)a)->name,
		      ((const struct quern_inventory_interface *)b)->name);
}

void engine_inventory_nics(const char *root, struct quern_inventory *inventory)
{
	struct routes routes = {.count = 0};
	char path[PATH_MAX];
	DIR *folder;

	read_routes(root, &routes);
	folder = engine_files_path(path, root, "/sys/bus/pci/devices") ? opendir(path) : NULL;
	for (const struct dirent *entry; (entry = engine_files_next(folder, "")) != NULL;)
		read_nic(root, entry->d_name, &routes, inventory);
	if (folder != NULL)
		closedir(folder);
	folder = engine_files_path(path, root, "/sys/class/net") ? opendir(path) : NULL;
	for (const struct dirent *entry; (entry = engine_files_next(folder, "")) != NULL;)
		read_kernel_interface(root, entry->d_name, &routes, inventory);
	if (folder != NULL)
		closedir(folder);
	qsort(inventory->nics, inventory->nic_count, sizeof(inventory->nics[0]), by_address);
	qsort(inventory->interfaces, inventory->interface_count, sizeof(inventory->interfaces[0]), by_name);
}
