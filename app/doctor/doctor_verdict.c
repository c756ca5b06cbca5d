/* doctor_verdict.c - from what was found to what it is good for. */
#include <string.h>

#include "doctor/doctor.h"

static void add(struct doctor_verdict *verdict, const char *what, const char *why)
{
	struct doctor_item *item = &verdict->items[verdict->count++];

	item->what = what;
	snprintf(item->why, sizeof(item->why), "%s", why);
}

char *doctor_nic_why(const struct quern_inventory *inventory, const struct quern_inventory_nic *nic,
		     char why[DOCTOR_WHY])
{
	bool is_vfio = strcmp(nic->driver, "vfio-pci") == 0;

	why[0] = '\0';
	if (!nic->is_bound && nic->driver[0] != '\0')
		snprintf(why, DOCTOR_WHY, "kernel driver %s has it", nic->driver);
	else if (!nic->is_bound)
		snprintf(why, DOCTOR_WHY, "no driver has it");
	else if (is_vfio && !inventory->may_use_vfio)
		snprintf(why, DOCTOR_WHY, "/dev/vfio/vfio cannot be opened");
	else if (!is_vfio && !inventory->is_root)
		snprintf(why, DOCTOR_WHY, "needs root");
	return why;
}

static const char *why_no_bench(const struct doctor_look *look)
{
	/* A machine whose /sys is closed has cores all the same: this program runs on one. */
	return look->has_memory ? "" : "not enough memory";
}

static const char *why_no_tap(const struct quern_inventory *inventory)
{
	if (!inventory->has_tun)
		return "/dev/net/tun cannot be opened";
	return inventory->may_configure ? "" : "needs CAP_NET_ADMIN";
}

static const char *why_no_af_xdp(const struct quern_inventory *inventory)
{
	if (!inventory->has_af_xdp)
		return "not in this kernel";
	if (!inventory->may_configure || !inventory->may_use_raw)
		return "needs CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF";
	return inventory->may_load_bpf ? "" : "needs CAP_BPF";
}

void doctor_judge(const struct doctor_look *look, struct doctor_verdict *verdict)
{
	const struct quern_inventory *inventory = &look->inventory;
	const char *bench = why_no_bench(look);
	char why[DOCTOR_WHY];

	verdict->count = 0;
	verdict->is_ready = bench[0] == '\0';
	add(verdict, "bench", bench);
	add(verdict, "memif", bench);
	add(verdict, "pcap", bench);
	add(verdict, "tap", why_no_tap(inventory));
	add(verdict, "af_packet", inventory->may_use_raw ? "" : "needs CAP_NET_RAW");
	add(verdict, "af_xdp", why_no_af_xdp(inventory));
	for (uint16_t number = 0; number < inventory->nic_count; number++) {
		const struct quern_inventory_nic *nic = &inventory->nics[number];

		if (!nic->has_default_route)
			add(verdict, nic->address, doctor_nic_why(inventory, nic, why));
	}
}
