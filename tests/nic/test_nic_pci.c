/* test_nic_pci.c - PCI addresses and DPDK's own words; what stands in the way of a NIC, in a made-up /sys. */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "nic/nic.h"
#include "nic/nic_kinds.h"

static char devices[] = "/tmp/test-pci-XXXXXX";

static struct nic_config config_of(const char *device)
{
	return (struct nic_config){.device = device, .number = 2, .mtu = 1500, .queues = 1};
}

static void make_folder(const char *below)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", devices, below);
	cr_assert_eq(mkdir(path, 0755), 0, "%s", path);
}

static void make_file(const char *below, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", devices, below);
	file = fopen(path, "w");
	cr_assert_not_null(file, "%s", path);
	fputs(text, file);
	fclose(file);
}

static void make_driver(const char *device, const char *driver)
{
	char path[256];
	char target[256];

	snprintf(path, sizeof(path), "%s/%s/driver", devices, device);
	snprintf(target, sizeof(target), "../../../bus/pci/drivers/%s", driver);
	cr_assert_eq(symlink(target, path), 0);
}

/* A NIC of the kernel's, one given to DPDK, one that nobody has, a shared one, and a disk. */
static void make_machine(void)
{
	static const char *const nics[] = {"0000:03:00.0", "0000:03:00.1", "0000:04:00.0", "0001:05:00.0"};

	cr_assert_not_null(mkdtemp(devices));
	for (size_t number = 0; number < sizeof(nics) / sizeof(nics[0]); number++) {
		char file[64];

		make_folder(nics[number]);
		snprintf(file, sizeof(file), "%s/class", nics[number]);
		make_file(file, "0x020000\n");
	}
	make_driver("0000:03:00.0", "ixgbe");
	make_folder("0000:03:00.0/net");
	make_folder("0000:03:00.0/net/enp3s0");
	make_file("0000:03:00.0/net/enp3s0/operstate", "down\n");
	make_driver("0000:03:00.1", "vfio-pci");
	make_driver("0001:05:00.0", "mlx5_core");
	make_folder("0000:06:00.0");
	make_file("0000:06:00.0/class", "0x010802\n");
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

static void forget_machine(void)
{
	nftw(devices, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static int check(const char *device, char error[QUERN_ERROR_TEXT])
{
	struct nic_config config = config_of(device);
	struct nic_name name;

	cr_assert_eq(nic_parse_device(device, &name, error), 0, "%s", error);
	cr_assert_eq(name.kind, NIC_KIND_PCI);
	error[0] = '\0';
	return nic_pci_check_in(devices, &config, &name, error);
}

Test(nic_pci, says_what_stands_in_the_way_of_a_nic)
{
	static const struct {
		const char *device;
		int code;
		const char *error;
	} rows[] = {
		{"0000:03:00.1", 0, ""},
		{"03:00.1,option=1", 0, ""},
		{"0001:05:00.0", 0, ""},
		{"0000:03:00.0", -EBUSY,
		 "port 2 '0000:03:00.0': no DPDK device 0000:03:00.0: the kernel driver 'ixgbe' holds it (interface "
		 "enp3s0, "
		 "down)\n"
		 "  Bind it:   sudo dpdk-devbind.py -b vfio-pci 0000:03:00.0\n"
		 "  Or use it without DPDK drivers:   -p af_xdp:enp3s0"},
		{"0000:04:00.0", -EBUSY,
		 "port 2 '0000:04:00.0': no DPDK device 0000:04:00.0: no driver has it\n"
		 "  Bind it:   sudo dpdk-devbind.py -b vfio-pci 0000:04:00.0"},
		{"0000:06:00.0", -ENODEV,
		 "port 2 '0000:06:00.0': 0000:06:00.0 is no network device but of class 0x010802\n"
		 "  List those of this machine: dpdk-devbind.py --status-dev net"},
		{"07:00.0", -ENODEV,
		 "port 2 '07:00.0': no PCI device 0000:07:00.0\n"
		 "  List those of this machine: dpdk-devbind.py --status-dev net"},
	};

	make_machine();
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		char error[QUERN_ERROR_TEXT];

		cr_assert_eq(check(rows[row].device, error), rows[row].code, "%s: %s", rows[row].device, error);
		cr_assert_str_eq(error, rows[row].error);
	}
	forget_machine();
}

Test(nic_pci, has_eal_probe_what_was_named_and_nothing_else)
{
	static const struct {
		const char *device;
		const char *argument; /* null for none */
	} rows[] = {
		{"0000:03:00.0", "0000:03:00.0"},
		{"03:00.F", NULL},
		{"03:0A.1", "0000:03:0a.1"},
		{"0000:03:00.0,a=1,b=2", "0000:03:00.0,a=1,b=2"},
		{"cable", NULL},
		{"tap:q0", NULL},
		{"net_null0", NULL},
	};

	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		struct nic_config config = config_of(rows[row].device);
		char argument[NIC_DEVICE_TEXT + 8] = "";

		cr_assert_eq(nic_eal_argument(&config, argument, sizeof(argument)), rows[row].argument != NULL, "%s",
			     rows[row].device);
		cr_assert_str_eq(argument, rows[row].argument != NULL ? rows[row].argument : "");
	}
}

Test(nic_pci, tells_dpdks_own_words_from_typing_errors)
{
	static const struct {
		const char *device;
		const char *name; /* null for what is refused */
		const char *arguments;
	} rows[] = {
		{"net_null0,size=64", "net_null0", "size=64"},
		{"net_ring0", "net_ring0", ""},
		{"net_virtio_user0,path=/tmp/v,queues=2", "net_virtio_user0", "path=/tmp/v,queues=2"},
		{"net_", NULL, NULL},
		{"null0", NULL, NULL},
		{"0000:03:00", NULL, NULL},
		{"0000:03:00.0x", NULL, NULL},
		{"0000:03:0g.0", NULL, NULL},
	};

	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		char error[QUERN_ERROR_TEXT];
		struct nic_name name;
		int code = nic_parse_device(rows[row].device, &name, error);

		if (rows[row].name == NULL) {
			cr_assert_eq(code, -EINVAL, "%s", rows[row].device);
			cr_assert_not_null(strstr(error, "There are: cable, "), "%s", error);
			continue;
		}
		cr_assert_eq(code, 0, "%s", error);
		cr_assert_eq(name.kind, NIC_KIND_VDEV);
		cr_assert_str_eq(name.path, rows[row].name);
		cr_assert_str_eq(name.out, rows[row].arguments);
	}
}

Test(nic_pci, knows_the_node_of_a_port_by_sysfs)
{
	static const struct {
		const char *device;
		int node;
	} rows[] = {{"0000:03:00.0", 1},  {"03:00.0,option=1", 1}, {"0000:04:00.0", -1}, {"0000:05:00.0", -1},
		    {"0000:07:00.0", -1}, {"af_packet:eth7", 0},   {"af_xdp:eth7", 0},   {"af_xdp:eth8", -1},
		    {"tap:eth7", -1},     {"cable", -1},           {"nonsense", -1}};
	static const char *const folders[] = {"bus",
					      "bus/pci",
					      "bus/pci/devices",
					      "bus/pci/devices/0000:03:00.0",
					      "bus/pci/devices/0000:04:00.0",
					      "bus/pci/devices/0000:05:00.0",
					      "class",
					      "class/net",
					      "class/net/eth7",
					      "class/net/eth7/device"};

	cr_assert_not_null(mkdtemp(devices));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		make_folder(folders[i]);
	make_file("bus/pci/devices/0000:03:00.0/numa_node", "1\n");
	make_file("bus/pci/devices/0000:04:00.0/numa_node", "-1\n");
	make_file("bus/pci/devices/0000:05:00.0/numa_node", "what?\n");
	make_file("class/net/eth7/device/numa_node", "0\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(nic_node_in(devices, rows[i].device), rows[i].node, "%s", rows[i].device);
	forget_machine();
}
