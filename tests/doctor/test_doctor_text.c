/* test_doctor_text.c - the rows of the screen, and the keys of the JSON, on made-up machines. */
#include <string.h>

#include <criterion/criterion.h>

#include "doctor/doctor.h"

static struct doctor_look look;

/* The screen as text, good until the next call. */
static char *screen(void)
{
	static struct doctor_verdict verdict;
	static char text[65536];
	FILE *out = fmemopen(text, sizeof(text), "w");

	doctor_judge(&look, &verdict);
	doctor_text(out, &look, &verdict);
	fclose(out);
	return text;
}

/* Whether one line of the screen holds all words, in their order. */
static bool has_line(const char *const words[])
{
	char *text = screen(), *save;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *at = line;
		size_t word = 0;

		while (words[word] && (at = strstr(at, words[word])) != NULL)
			at += strlen(words[word++]);
		if (!words[word])
			return true;
	}
	return false;
}

#define HAS_LINE(...) cr_assert(has_line((const char *const[]){__VA_ARGS__, NULL}), "%s", screen())

static void make_server(void)
{
	look = (struct doctor_look){
		.need = {.bytes = 200 << 20, .is_huge = true},
		.has_memory = true,
		.inventory = {.cores = {.online = 16,
					.nodes = 2,
					.isolated = 12,
					.online_list = "0-15",
					.usable_list = "0-7",
					.isolated_list = "2-7,10-15",
					.smt = QUERN_YES,
					.governor = "performance"},
			      .pools = {{1 << 30, 0, 0, 0}, {2 << 20, 256, 100, 0}, {2 << 20, 256, 156, 1}},
			      .pool_count = 3,
			      .available_bytes = (uint64_t)48 << 30,
			      .nics = {{.address = "0000:03:00.0",
					.name = "Intel 82599ES",
					.node = 1,
					.driver = "ixgbe",
					.interface = "enp3s0"},
				       {.address = "0000:03:00.1",
					.name = "Intel 82599ES",
					.node = 1,
					.driver = "vfio-pci",
					.is_bound = true},
				       {.address = "0000:04:00.0",
					.name = "virtio 1af4:1041",
					.node = -1,
					.driver = "virtio-pci",
					.interface = "eth0",
					.has_default_route = true},
				       {.address = "0000:05:00.0", .name = "Intel 82599ES", .node = 0}},
			      .nic_count = 4,
			      .interfaces = {{"enp3s0", "down", false}, {"eth0", "up", true}},
			      .interface_count = 2,
			      .has_vfio = true,
			      .may_use_vfio = true,
			      .is_root = true,
			      .may_use_raw = true,
			      .may_configure = true,
			      .may_load_bpf = true},
	};
}

TestSuite(doctor_text, .init = make_server);

Test(doctor_text, shows_a_server_row_by_row)
{
	HAS_LINE("cores      16 online, 2 NUMA nodes; 2-7,10-15 isolated; SMT; performance", "ok: --cores 2-7,10-15");
	HAS_LINE("this process may use 0-7");
	HAS_LINE("memory     512 × 2 MiB hugepages, 256 free (node 0: 100, node 1: 156)");
	HAS_LINE("48 GiB available", "ok: quern bench needs 200 MiB");
	HAS_LINE("NICs       0000:03:00.0", "82599ES", "node 1", "ixgbe",
		 "kernel driver; to use: ", "dpdk-devbind.py -b vfio-pci 0000:03:00.0", "af_xdp:enp3s0");
	HAS_LINE("0000:03:00.1", "vfio-pci", "ok: -p 0000:03:00.1");
	HAS_LINE("0000:04:00.0", "virtio-pci", "eth0 carries the default route, will never be touched");
	HAS_LINE("0000:05:00.0", "no driver", "to use: dpdk-devbind.py -b vfio-pci 0000:05:00.0");
	HAS_LINE("interfaces enp3s0", "down", "for -p af_packet:IFACE and af_xdp:IFACE");
	HAS_LINE("eth0", "up", "carries the default route: leave it alone");
	HAS_LINE("vfio       IOMMU off", "use vfio noiommu or af_xdp");
	HAS_LINE("rights     root", "ok");
	HAS_LINE("verdict    ready for: bench, memif, pcap, af_packet, 0000:03:00.1 · not ready for: tap (/dev/net/tun "
		 "cannot be opened), af_xdp (not in this kernel), 0000:03:00.0 (kernel driver ixgbe has it), "
		 "0000:05:00.0 (no driver has it)");
}

Test(doctor_text, says_what_would_help)
{
	/* Enough of them, but not on the node of its cores, or beyond a limit. */
	look.need.is_huge = false;
	HAS_LINE("ok: quern bench needs 200 MiB, and takes 4 KiB pages; why: quern bench --memory huge");
	look.inventory.pools[1].free = 1;
	look.inventory.pools[2].free = 1;
	HAS_LINE("ok: quern bench needs 200 MiB; faster: echo 623 > "
		 "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
	look.has_memory = false;
	HAS_LINE("not enough: quern bench needs 200 MiB; --max-connections lowers it");
	look.inventory.cores.isolated = 0;
	HAS_LINE("none isolated", "isolate cores for real numbers");
	strcpy(look.inventory.cores.governor, "powersave");
	HAS_LINE("powersave", "set the governor to performance");
	look.inventory.may_use_vfio = false;
	HAS_LINE("0000:03:00.1", "/dev/vfio/vfio cannot be opened: run as root");
	look.inventory.is_root = look.inventory.may_configure = false;
	HAS_LINE("rights     not root; no CAP_NET_ADMIN", "bench, memif and pcap work");
	look.inventory.has_vfio = false;
	HAS_LINE("no vfio-pci; IOMMU off", "af_xdp does without");
}

Test(doctor_text, of_a_machine_that_shows_nothing_is_whole)
{
	look = (struct doctor_look){.inventory = {.cores = {.nodes = 1}}, .has_memory = true};
	HAS_LINE("cores      number unknown, 1 NUMA node; none isolated");
	HAS_LINE("memory     no hugepages; unknown amount available");
	HAS_LINE("NICs       none on a PCI bus");
	HAS_LINE("interfaces none but lo");
	HAS_LINE("rights     not root; no CAP_NET_RAW CAP_NET_ADMIN CAP_BPF");
	HAS_LINE("verdict    ready for: bench, memif, pcap · not ready for: tap");
}

Test(doctor_text, fits_as_many_nics_as_an_inventory_holds)
{
	const char *text;

	look.inventory.nic_count = QUERN_INVENTORY_NICS;
	for (uint16_t number = 0; number < QUERN_INVENTORY_NICS; number++) {
		look.inventory.nics[number] = look.inventory.nics[0];
		snprintf(look.inventory.nics[number].address, 16, "0000:%02x:00.0", number);
	}
	text = screen();
	cr_assert_not_null(strstr(text, "0000:3f:00.0 (kernel driver ixgbe has it)\n"), "%s", text);
}

Test(doctor_text, has_null_in_json_where_the_machine_says_nothing)
{
	static struct doctor_verdict verdict;
	json_t *document, *cores;

	look = (struct doctor_look){.inventory = {.cores = {.nodes = 1}}};
	doctor_judge(&look, &verdict);
	document = doctor_json(&look, &verdict);
	cr_assert_not_null(document);
	cores = json_object_get(document, "cores");
	cr_assert(json_is_null(json_object_get(cores, "online")));
	cr_assert(json_is_null(json_object_get(cores, "smt")));
	cr_assert(json_is_null(json_object_get(cores, "governor")));
	cr_assert(json_is_null(json_object_get(json_object_get(document, "memory"), "available_bytes")));
	cr_assert(json_is_false(json_object_get(json_object_get(document, "verdict"), "is_ready")));
	json_decref(document);
}
