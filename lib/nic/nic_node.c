/* nic_node.c - the NUMA node that a device text leads to, by the kernel's word and before anything is opened. */
#include <stdio.h>

#include "nic/nic_kinds.h"

enum { PATH_TEXT = 128 + NIC_DEVICE_TEXT };

int nic_node_in(const char *sys, const char *device)
{
	char error[QUERN_ERROR_TEXT], path[PATH_TEXT];
	struct nic_name name;
	FILE *file;
	int node = -1;

	if (nic_parse_device(device, &name, error) != 0)
		return -1;
	if (name.kind == NIC_KIND_PCI)
		snprintf(path, sizeof(path), "%.100s/bus/pci/devices/%s/numa_node", sys, name.path);
	else if (name.kind == NIC_KIND_AF_PACKET || name.kind == NIC_KIND_AF_XDP)
		snprintf(path, sizeof(path), "%.100s/class/net/%s/device/numa_node", sys, name.interface);
	else
		return -1;
	file = fopen(path, "re");
	if (file == NULL)
		return -1;
	if (fscanf(file, "%d", &node) != 1)
		node = -1;
	fclose(file);
	return node;
}

int nic_node(const char *device)
{
	return nic_node_in("/sys", device);
}
