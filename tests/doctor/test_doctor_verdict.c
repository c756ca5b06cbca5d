/* test_doctor_verdict.c - what a machine is ready for, and why not. */
#include <string.h>

#include <criterion/criterion.h>

#include "doctor/doctor.h"

static struct doctor_look look;
static struct doctor_verdict verdict;

/* A machine where everything goes, with one NIC. */
static void make_good(void)
{
	look = (struct doctor_look){
		.need = {.bytes = 200 << 20, .is_huge = true},
		.has_memory = true,
		.inventory = {.has_vfio = true,
			      .has_iommu = true,
			      .may_use_vfio = true,
			      .is_root = true,
			      .may_use_raw = true,
			      .may_configure = true,
			      .may_load_bpf = true,
			      .has_tun = true,
			      .has_af_xdp = true,
			      .nic_count = 1,
			      .nics = {{.address = "0000:03:00.0", .driver = "vfio-pci", .is_bound = true}}},
	};
}

TestSuite(doctor, .init = make_good);

/* Why it is not ready for this, empty where it is, null where nothing is said. */
static const char *why_not(const char *what)
{
	doctor_judge(&look, &verdict);
	for (uint16_t number = 0; number < verdict.count; number++) {
		if (strcmp(verdict.items[number].what, what) == 0)
			return verdict.items[number].why;
	}
	return NULL;
}

Test(doctor, finds_nothing_wrong_where_all_is_well)
{
	static const char *const all[] = {"bench", "memif", "pcap", "tap", "af_packet", "af_xdp", "0000:03:00.0"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		cr_assert_str_eq(why_not(all[i]), "", "%s", all[i]);
	cr_assert_eq(verdict.count, sizeof(all) / sizeof(all[0]));
	cr_assert(verdict.is_ready);
}

Test(doctor, is_ready_for_bench_without_any_right)
{
	look.inventory = (struct quern_inventory){.pool_count = 0};
	cr_assert_str_eq(why_not("bench"), "");
	cr_assert(verdict.is_ready);
	cr_assert_str_eq(why_not("memif"), "");
	cr_assert_str_eq(why_not("tap"), "/dev/net/tun cannot be opened");
	cr_assert_str_eq(why_not("af_packet"), "needs CAP_NET_RAW");
	cr_assert_str_eq(why_not("af_xdp"), "not in this kernel");
}

Test(doctor, is_not_ready_without_memory)
{
	look.has_memory = false;
	cr_assert_str_eq(why_not("bench"), "not enough memory");
	cr_assert_not(verdict.is_ready);
}

Test(doctor, names_the_right_that_is_missing)
{
	look.inventory.may_load_bpf = false;
	cr_assert_str_eq(why_not("af_xdp"), "needs CAP_BPF");
	look.inventory.may_configure = false;
	cr_assert_str_eq(why_not("tap"), "needs CAP_NET_ADMIN");
	cr_assert_str_eq(why_not("af_xdp"), "needs CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF");
}

Test(doctor, says_why_a_nic_is_not_ready)
{
	struct quern_inventory_nic *nic = &look.inventory.nics[0];

	look.inventory.may_use_vfio = false;
	cr_assert_str_eq(why_not(nic->address), "/dev/vfio/vfio cannot be opened");
	strcpy(nic->driver, "mlx5_core");
	cr_assert_str_eq(why_not(nic->address), "");
	look.inventory.is_root = false;
	cr_assert_str_eq(why_not(nic->address), "needs root");
	nic->is_bound = false;
	strcpy(nic->driver, "ixgbe");
	cr_assert_str_eq(why_not(nic->address), "kernel driver ixgbe has it");
	nic->driver[0] = '\0';
	cr_assert_str_eq(why_not(nic->address), "no driver has it");
}

Test(doctor, says_nothing_of_a_nic_that_carries_the_default_route)
{
	look.inventory.nics[0].has_default_route = true;
	cr_assert_null(why_not("0000:03:00.0"));
}

Test(doctor, has_room_for_as_many_nics_as_an_inventory)
{
	look.inventory.nic_count = QUERN_INVENTORY_NICS;
	doctor_judge(&look, &verdict);
	cr_assert_leq(verdict.count, DOCTOR_ITEMS);
	cr_assert_eq(verdict.count, QUERN_INVENTORY_NICS + 6);
}
