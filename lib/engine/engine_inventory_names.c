/* engine_inventory_names.c - vendors and devices in words: from pci.ids where it is installed, else vendors we know. */
#include "engine/engine_inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine_files.h"

static const struct {
	uint16_t vendor;
	const char *name;
} vendors[] = {{0x1014, "IBM"},    {0x10ec, "Realtek"},  {0x1137, "Cisco"},   {0x1425, "Chelsio"}, {0x14e4, "Broadcom"},
	       {0x15ad, "VMware"}, {0x15b3, "Mellanox"}, {0x177d, "Marvell"}, {0x1af4, "virtio"},  {0x1d0f, "Amazon"},
	       {0x1924, "Xilinx"}, {0x8086, "Intel"},    {0x1ae0, "Google"}};

static const char *vendor_name(uint16_t vendor)
{
	for (size_t number = 0; number < sizeof(vendors) / sizeof(vendors[0]); number++) {
		if (vendors[number].vendor == vendor)
			return vendors[number].name;
	}
	return NULL;
}

/* A line of pci.ids behind its tabs: four digits, two blanks, a name. */
static bool names_id(const char *line, uint16_t id, char *name, size_t size)
{
	char *end;

	if (strtoul(line, &end, 16) != id || end != line + 4 || strncmp(end, "  ", 2) != 0)
		return false;
	snprintf(name, size, "%.*s", (int)strcspn(end + 2, "\n"), end + 2);
	return true;
}

/* Vendors stand at the margin, their devices behind one tab. Of a device named in brackets, the brackets are enough. */
static bool find_device(FILE *ids, const struct quern_inventory_nic *nic, char *name, size_t size)
{
	char line[512], vendor[128];
	bool is_vendor = false;

	rewind(ids);
	while (fgets(line, sizeof(line), ids) != NULL) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (line[0] != '\t') {
			if (is_vendor)
				return false;
			is_vendor = names_id(line, nic->vendor, vendor, sizeof(vendor));
		} else if (is_vendor && line[1] != '\t' && names_id(line + 1, nic->device, name, size)) {
			return true;
		}
	}
	return false;
}

static void name_nic(FILE *ids, struct quern_inventory_nic *nic)
{
	const char *vendor = vendor_name(nic->vendor);
	char device[48];

	if (ids == NULL || !find_device(ids, nic, device, sizeof(device)))
		snprintf(device, sizeof(device), "%04x:%04x", nic->vendor, nic->device);
	for (char *letter = device; *letter != '\0'; letter++) {
		if (*letter < ' ' || *letter > '~')
			*letter = '?';
	}
	snprintf(nic->name, sizeof(nic->name), "%s%s%s", vendor != NULL ? vendor : "", vendor != NULL ? " " : "",
		 device);
}

void engine_inventory_names(const char *root, struct quern_inventory *inventory)
{
	char path[PATH_MAX];
	FILE *ids = engine_files_path(path, root, "/usr/share/misc/pci.ids") ? fopen(path, "re") : NULL;

	for (uint16_t number = 0; number < inventory->nic_count; number++)
		name_nic(ids, &inventory->nics[number]);
	if (ids != NULL)
		fclose(ids);
}
