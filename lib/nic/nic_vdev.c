/* nic_vdev.c - virtual devices: made with the arguments that each driver wants. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_bus_vdev.h>
#include <rte_ethdev.h>

#include "nic/nic_kinds.h"

static int attach_named(struct nic *nic, const char *name, const char *arguments)
{
	int code = rte_vdev_init(name, arguments);

	if (code != 0)
		return code == -1 ? -EIO : code;
	if (rte_eth_dev_get_port_by_name(name, &nic->port) == 0)
		return 0;
	rte_vdev_uninit(name);
	return -ENODEV;
}

int nic_vdev_attach(struct nic *nic, const char *driver, const char *arguments)
{
	char name[RTE_ETH_NAME_MAX_LEN];

	snprintf(name, sizeof(name), "%s%u", driver, nic->config.number);
	return attach_named(nic, name, arguments);
}

bool nic_vdev_is_devargs(const char *device)
{
	size_t length = strcspn(device, ",");

	return strncmp(device, "net_", 4) == 0 && length > 4 && length < RTE_ETH_NAME_MAX_LEN;
}

void nic_vdev_parse(const char *device, struct nic_name *name)
{
	size_t length = strcspn(device, ",");

	snprintf(name->path, sizeof(name->path), "%.*s", (int)length, device);
	snprintf(name->out, sizeof(name->out), "%s", device[length] == ',' ? device + length + 1 : "");
}

int nic_vdev_attach_devargs(struct nic *nic, const struct nic_name *name)
{
	return attach_named(nic, name->path, name->out);
}

int nic_vdev_attach_af_packet(struct nic *nic, const struct nic_name *name)
{
	char arguments[160];
	unsigned int frame = nic_frame_bytes(nic->config.mtu);

	/* 4 MiB of frames each way; blocks of 64 KiB, which any kernel still finds in one piece. */
	snprintf(arguments, sizeof(arguments), "iface=%s,qpairs=%u,blocksz=65536,framesz=%u,framecnt=%u,qdisc_bypass=1",
		 name->interface, nic->queues, frame, (4u << 20) / frame);
	return nic_vdev_attach(nic, "net_af_packet", arguments);
}

int nic_vdev_attach_tap(struct nic *nic, const struct nic_name *name)
{
	char arguments[NIC_DEVICE_TEXT];

	snprintf(arguments, sizeof(arguments), "iface=%s", name->interface);
	return nic_vdev_attach(nic, "net_tap", arguments);
}
