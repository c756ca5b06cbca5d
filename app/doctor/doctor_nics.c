/* doctor_nics.c - the rows of NICs, interfaces and vfio: what there is, and what to do to use it. */
#include <string.h>

#include "doctor/doctor.h"

static void nic_remark(const struct quern_inventory *inventory, const struct quern_inventory_nic *nic,
		       char remark[DOCTOR_LINE])
{
	char why[DOCTOR_WHY];

	if (nic->has_default_route)
		snprintf(remark, DOCTOR_LINE, "%s carries the default route, will never be touched", nic->interface);
	else if (nic->is_bound && doctor_nic_why(inventory, nic, why)[0] == '\0')
		snprintf(remark, DOCTOR_LINE, "ok: -p %s", nic->address);
	else if (nic->is_bound)
		snprintf(remark, DOCTOR_LINE, "%s: run as root", why);
	else if (nic->interface[0] != '\0')
		snprintf(remark, DOCTOR_LINE, "kernel driver; to use: dpdk-devbind.py -b vfio-pci %s, or -p af_xdp:%s",
			 nic->address, nic->interface);
	else
		snprintf(remark, DOCTOR_LINE, "to use: dpdk-devbind.py -b vfio-pci %s", nic->address);
}

static void print_nics(FILE *out, const struct quern_inventory *inventory)
{
	char fact[DOCTOR_LINE], remark[DOCTOR_LINE], node[16];

	for (uint16_t number = 0; number < inventory->nic_count; number++) {
		const struct quern_inventory_nic *nic = &inventory->nics[number];

		node[0] = '\0';
		if (nic->node >= 0)
			snprintf(node, sizeof(node), "node %d", nic->node);
		snprintf(fact, sizeof(fact), "%s  %-18.18s %-7s %s", nic->address, nic->name, node,
			 nic->driver[0] != '\0' ? nic->driver : "no driver");
		nic_remark(inventory, nic, remark);
		doctor_row(out, number == 0 ? "NICs" : "", fact, remark);
	}
	if (inventory->nic_count == 0)
		doctor_row(out, "NICs", "none on a PCI bus", "cable, memif, tap, af_packet and af_xdp need none");
}

static void print_interfaces(FILE *out, const struct quern_inventory *inventory)
{
	const char *use = "for -p af_packet:IFACE and af_xdp:IFACE";
	char fact[DOCTOR_LINE];

	for (uint16_t number = 0; number < inventory->interface_count; number++) {
		const struct quern_inventory_interface *interface = &inventory->interfaces[number];
		const char *remark = use;

		if (interface->has_default_route)
			remark = "carries the default route: leave it alone";
		else
			use = ""; /* said once */
		snprintf(fact, sizeof(fact), "%-15s %s", interface->name,
			 interface->state[0] != '\0' ? interface->state : "state unknown");
		doctor_row(out, number == 0 ? "interfaces" : "", fact, remark);
	}
	if (inventory->interface_count == 0)
		doctor_row(out, "interfaces", "none but lo", "-p tap:NAME makes one");
}

static void print_vfio(FILE *out, const struct quern_inventory *inventory)
{
	char fact[DOCTOR_LINE];
	const char *remark = "ok";

	snprintf(fact, sizeof(fact), "%sIOMMU %s%s", inventory->has_vfio ? "" : "no vfio-pci; ",
		 inventory->has_iommu ? "on" : "off", inventory->has_noiommu ? ", noiommu mode" : "");
	if (!inventory->has_vfio)
		remark = inventory->has_iommu ? "for NICs: modprobe vfio-pci; af_xdp does without"
					      : "for NICs: modprobe vfio-pci, noiommu mode; af_xdp does without";
	else if (inventory->has_noiommu && !inventory->has_iommu)
		remark = "ok, but nothing keeps a NIC from other memory";
	else if (!inventory->has_iommu)
		remark = "use vfio noiommu or af_xdp";
	doctor_row(out, "vfio", fact, remark);
}

void doctor_nics(FILE *out, const struct quern_inventory *inventory)
{
	print_nics(out, inventory);
	print_interfaces(out, inventory);
	print_vfio(out, inventory);
}
