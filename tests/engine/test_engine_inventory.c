/* test_engine_inventory.c - made-up machines: what the inventory reads below a folder that takes the place of /. */
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "engine/engine_inventory.h"

static char root[] = "/tmp/test-inventory-XXXXXX";
static struct quern_inventory inventory;

/* A path below the root, with the folders on the way to it. */
static char *place(const char *below)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", root, below);
	for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	return path;
}

static void put(const char *below, const char *text)
{
	FILE *file = fopen(place(below), "w");

	cr_assert_not_null(file, "%s", below);
	fputs(text, file);
	fclose(file);
}

static void put_link(const char *below, const char *target)
{
	cr_assert_eq(symlink(target, place(below)), 0, "%s", below);
}

static void put_pool(const char *folder, const char *total, const char *free_pages)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/nr_hugepages", folder);
	put(path, total);
	snprintf(path, sizeof(path), "%s/free_hugepages", folder);
	put(path, free_pages);
}

static void put_device(const char *address, const char *class, const char *vendor, const char *device, const char *node)
{
	const char *const files[] = {"class", "vendor", "device", "numa_node"};
	const char *const texts[] = {class, vendor, device, node};
	char path[256];

	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", address, files[i]);
		put(path, texts[i]);
	}
}

static void make_root(void)
{
	cr_assert_not_null(mkdtemp(root));
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *at)
{
	(void)status;
	(void)type;
	(void)at;
	return remove(path);
}

static void remove_root(void)
{
	cr_assert_eq(nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

TestSuite(inventory, .init = make_root, .fini = remove_root);

static const char route_head[] =
	"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";

static void put_routes(const char *lines)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s%s", route_head, lines);
	put("/proc/net/route", text);
}

Test(inventory, of_a_server_with_two_nodes_and_pages_of_two_sizes)
{
	static const struct quern_inventory_pool pools[] = {
		{(uint64_t)1 << 30, 8, 6, 0}, {(uint64_t)1 << 30, 8, 8, 1}, {2 << 20, 512, 256, 0}, {2 << 20, 0, 0, 1}};

	put("/sys/devices/system/cpu/online", "0-15\n");
	put("/sys/devices/system/cpu/isolated", "2-7,10-15\n");
	put("/sys/devices/system/cpu/smt/active", "1\n");
	put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
	put("/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave\n");
	put("/proc/self/status",
	    "Name:\tquern\nUid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\nCpus_allowed_list:\t0-7\n");
	put("/proc/meminfo", "MemTotal:       65536000 kB\nMemFree:  1 kB\nMemAvailable:   32768000 kB\n");
	put_pool("/sys/devices/system/node/node0/hugepages/hugepages-1048576kB", "8\n", "6\n");
	put_pool("/sys/devices/system/node/node1/hugepages/hugepages-1048576kB", "8\n", "8\n");
	put_pool("/sys/devices/system/node/node0/hugepages/hugepages-2048kB", "512\n", "256\n");
	put_pool("/sys/devices/system/node/node1/hugepages/hugepages-2048kB", "0\n", "0\n");
	put_pool("/sys/kernel/mm/hugepages/hugepages-2048kB", "512\n", "256\n");
	put("/sys/devices/system/node/has_memory", "0-1\n");
	engine_inventory_read(root, &inventory);
	cr_assert_eq(inventory.cores.online, 16);
	cr_assert_eq(inventory.cores.isolated, 12);
	cr_assert_str_eq(inventory.cores.isolated_list, "2-7,10-15");
	cr_assert_str_eq(inventory.cores.usable_list, "0-7");
	cr_assert_eq(inventory.cores.nodes, 2);
	cr_assert_eq(inventory.cores.smt, QUERN_YES);
	cr_assert_str_eq(inventory.cores.governor, "mixed");
	cr_assert_eq(inventory.available_bytes, UINT64_C(32768000) << 10);
	cr_assert_eq(inventory.pool_count, 4);
	for (int i = 0; i < 4; i++) {
		cr_assert_eq(inventory.pools[i].page_bytes, pools[i].page_bytes, "pool %d", i);
		cr_assert_eq(inventory.pools[i].node, pools[i].node, "pool %d", i);
		cr_assert_eq(inventory.pools[i].total, pools[i].total, "pool %d", i);
		cr_assert_eq(inventory.pools[i].free, pools[i].free, "pool %d", i);
	}
	cr_assert(inventory.is_root && inventory.may_use_raw && inventory.may_configure && inventory.may_load_bpf);
}

Test(inventory, tells_the_nic_that_vfio_has_from_those_of_the_kernel)
{
	const struct quern_inventory_nic *nics = inventory.nics;

	put_device("0000:04:00.0", "0x020000\n", "0x15b3\n", "0x1017\n", "1\n");
	put_link("/sys/bus/pci/devices/0000:04:00.0/driver", "../../../../bus/pci/drivers/mlx5_core");
	put("/sys/bus/pci/devices/0000:04:00.0/net/enp4s0/mtu", "1500\n");
	put_device("0000:03:00.1", "0x020000\n", "0x8086\n", "0x10fb\n", "0\n");
	put_link("/sys/bus/pci/devices/0000:03:00.1/driver", "../../../../bus/pci/drivers/vfio-pci");
	put_device("0000:03:00.0", "0x020000\n", "0x8086\n", "0x10fb\n", "0\n");
	put_link("/sys/bus/pci/devices/0000:03:00.0/driver", "../../../../bus/pci/drivers/ixgbe");
	put("/sys/bus/pci/devices/0000:03:00.0/net/enp3s0/mtu", "1500\n");
	put_device("0000:05:00.0", "0x020000\n", "0x1234\n", "0xabcd\n", "-1\n");
	put_device("0000:00:1f.2", "0x010601\n", "0x8086\n", "0xa102\n", "0\n");
	put_link("/sys/bus/pci/drivers/vfio-pci/0000:03:00.1", "../../../../devices/pci0000:00/0000:03:00.1");
	put("/usr/share/misc/pci.ids",
	    "# ids\n0001  Nobody\n\t10fb  Wrong vendor\n8086  Intel Corporation\n"
	    "\t10fb  82599ES 10-Gigabit\n\t\t8086 0003  Ethernet Server Adapter\n"
	    "15b3  Mellanox Technologies\n\t1015  MT27710\nffff  Illegal\n\t1017  Wrong vendor\n");
	put("/sys/kernel/iommu_groups/7/type", "DMA\n");
	put("/dev/vfio/vfio", "");
	engine_inventory_read(root, &inventory);
	cr_assert_eq(inventory.nic_count, 4, "a disk is no NIC");
	cr_assert_str_eq(nics[0].address, "0000:03:00.0");
	cr_assert_str_eq(nics[0].driver, "ixgbe");
	cr_assert_str_eq(nics[0].interface, "enp3s0");
	cr_assert_str_eq(nics[0].name, "Intel 82599ES 10-Gigabit");
	cr_assert_eq(nics[0].node, 0);
	cr_assert_not(nics[0].is_bound || nics[0].has_default_route);
	cr_assert_str_eq(nics[1].address, "0000:03:00.1");
	cr_assert(nics[1].is_bound);
	cr_assert_str_eq(nics[1].interface, "");
	cr_assert_str_eq(nics[2].name, "Mellanox 15b3:1017");
	cr_assert(nics[2].is_bound, "mlx5_core shares its device");
	cr_assert_eq(nics[2].node, 1);
	cr_assert_str_eq(nics[3].driver, "");
	cr_assert_str_eq(nics[3].name, "1234:abcd");
	cr_assert_eq(nics[3].node, -1);
	cr_assert(inventory.has_iommu && inventory.has_vfio && inventory.may_use_vfio);
	cr_assert_not(inventory.has_noiommu);
}

/* virtio keeps its interface a folder lower. */
Test(inventory, knows_that_a_virtio_nic_carries_the_default_route)
{
	put_device("0000:00:03.0", "0x020000\n", "0x1af4\n", "0x1041\n", "-1\n");
	put_link("/sys/bus/pci/devices/0000:00:03.0/driver", "../../../bus/pci/drivers/virtio-pci");
	put("/sys/bus/pci/devices/0000:00:03.0/virtio2/net/eth0/mtu", "1400\n");
	put("/sys/class/net/eth0/operstate", "up\n");
	put("/sys/class/net/eth1/operstate", "down\n");
	put("/sys/class/net/lo/operstate", "unknown\n");
	put("/sys/class/net/bonding_masters", "\n");
	put_routes("eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
		   "eth1\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n");
	engine_inventory_read(root, &inventory);
	cr_assert_eq(inventory.nic_count, 1);
	cr_assert_str_eq(inventory.nics[0].interface, "eth0");
	cr_assert(inventory.nics[0].has_default_route);
	cr_assert_eq(inventory.interface_count, 2);
	cr_assert_str_eq(inventory.interfaces[0].name, "eth0");
	cr_assert_str_eq(inventory.interfaces[0].state, "up");
	cr_assert(inventory.interfaces[0].has_default_route);
	cr_assert_str_eq(inventory.interfaces[1].state, "down");
	cr_assert_not(inventory.interfaces[1].has_default_route);
}

Test(inventory, follows_the_default_route_through_bridges_bonds_and_vlans)
{
	put_device("0000:03:00.0", "0x020000\n", "0x8086\n", "0x10fb\n", "0\n");
	put("/sys/bus/pci/devices/0000:03:00.0/net/enp3s0/mtu", "1500\n");
	put("/sys/class/net/enp3s0/operstate", "up\n");
	put_link("/sys/class/net/enp3s0/upper_bond0", "../bond0");
	put_link("/sys/class/net/bond0/upper_bond0.100", "../bond0.100");
	put_link("/sys/class/net/bond0.100/upper_br0", "../br0");
	put_device("0000:04:00.0", "0x020000\n", "0x8086\n", "0x10fb\n", "0\n");
	put("/sys/bus/pci/devices/0000:04:00.0/net/enp4s0/mtu", "1500\n");
	put_link("/sys/class/net/enp4s0/upper_loop", "../loop");
	put_link("/sys/class/net/loop/upper_enp4s0", "../enp4s0");
	put_device("0000:05:00.0", "0x020000\n", "0x8086\n", "0x10fb\n", "0\n");
	put("/sys/bus/pci/devices/0000:05:00.0/net/enp5s0/mtu", "1500\n");
	put_routes("br0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n");
	put("/proc/net/ipv6_route", "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
				    "fe800000000000000000000000000001 00000400 00000003 00000000 00000003   enp5s0\n"
				    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
				    "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n");
	engine_inventory_read(root, &inventory);
	cr_assert(inventory.nics[0].has_default_route, "below a bond, a VLAN and a bridge");
	cr_assert_not(inventory.nics[1].has_default_route, "in a circle");
	cr_assert(inventory.nics[2].has_default_route, "of IPv6");
}

Test(inventory, of_a_machine_that_shows_nothing_is_empty_and_no_error)
{
	engine_inventory_read(root, &inventory);
	cr_assert_eq(inventory.cores.online, 0);
	cr_assert_eq(inventory.cores.nodes, 1);
	cr_assert_eq(inventory.cores.smt, QUERN_UNKNOWN);
	cr_assert_str_eq(inventory.cores.governor, "");
	cr_assert_eq(inventory.pool_count + inventory.nic_count + inventory.interface_count, 0);
	cr_assert_eq(inventory.available_bytes, 0);
	cr_assert_not(inventory.is_root || inventory.may_use_raw || inventory.has_vfio || inventory.has_tun);
	engine_inventory_read("/nonexistent", &inventory);
	cr_assert_eq(inventory.nic_count, 0);
}

/* What may not be read is as good as not there. */
Test(inventory, leaves_out_what_may_not_be_read)
{
	bool was_root = geteuid() == 0;

	put("/sys/devices/system/cpu/online", "0-3\n");
	put("/proc/meminfo", "MemAvailable:   32768000 kB\n");
	put_pool("/sys/devices/system/node/node0/hugepages/hugepages-2048kB", "8\n", "8\n");
	put("/sys/class/net/eth0/operstate", "up\n");
	put("/dev/net/tun", "");
	cr_assert_eq(chmod(place("/sys/devices/system/cpu/online"), 0), 0);
	cr_assert_eq(chmod(place("/sys/devices/system/node/node0"), 0), 0);
	cr_assert_eq(chmod(place("/sys/class/net"), 0), 0);
	cr_assert_eq(chmod(place("/dev/net/tun"), 0), 0);
	cr_assert_eq(chmod(root, 0755), 0);
	if (was_root)
		cr_assert_eq(setresuid(65534, 65534, 0), 0);
	engine_inventory_read(root, &inventory);
	if (was_root)
		cr_assert_eq(setresuid(0, 0, 0), 0);
	cr_assert_eq(chmod(place("/sys/devices/system/node/node0"), 0755), 0);
	cr_assert_eq(chmod(place("/sys/class/net"), 0755), 0);
	cr_assert_eq(inventory.cores.online, 0);
	cr_assert_eq(inventory.pool_count, 0);
	cr_assert_eq(inventory.interface_count, 0);
	cr_assert_not(inventory.has_tun);
	cr_assert_eq(inventory.available_bytes, UINT64_C(32768000) << 10);
}

Test(inventory, of_pages_without_nodes_is_that_of_the_whole_machine)
{
	put_pool("/sys/kernel/mm/hugepages/hugepages-2048kB", "64\n", "60\n");
	put("/proc/self/status", "Uid:\t1000\t1000\t1000\t1000\nCapEff:\t0000000000002000\n");
	put("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n");
	engine_inventory_read(root, &inventory);
	cr_assert_eq(inventory.pool_count, 1);
	cr_assert_eq(inventory.pools[0].free, 60);
	cr_assert_not(inventory.is_root);
	cr_assert(inventory.may_use_raw);
	put("/proc/self/status", "Uid:\t1000\t0\t0\t0\n");
	engine_inventory_read(root, &inventory);
	cr_assert(inventory.is_root, "what counts is the effective user");
	put("/proc/self/status", "Uid:\t0\t1000\t0\t1000\nCapEff:\t0000000000002000\n");
	engine_inventory_read(root, &inventory);
	cr_assert_not(inventory.is_root);
	cr_assert_not(inventory.may_configure || inventory.may_load_bpf);
	cr_assert(inventory.has_noiommu);
}

/* Numbers that are none, lists without an end, names with control characters, folders where files should be. */
Test(inventory, of_nonsense_is_unknown_and_printable)
{
	char long_list[5000];

	memset(long_list, '7', sizeof(long_list) - 1);
	long_list[sizeof(long_list) - 1] = '\0';
	put("/sys/devices/system/cpu/online", "garbage\n");
	put("/sys/devices/system/cpu/isolated", long_list);
	put("/sys/devices/system/cpu/smt/active", "yes\n");
	put("/proc/meminfo", "MemTotal:\nMemAvailable: lots\n");
	put("/proc/self/status", "Uid:\nCapEff:\tzzzz\nCpus_allowed_list:\t\033[31mred\n");
	put_pool("/sys/devices/system/node/node0/hugepages/hugepages-2048kB", "many\n", "1\n");
	put_pool("/sys/devices/system/node/node0/hugepages/hugepages-kB", "5\n", "1\n");
	put_pool("/sys/devices/system/node/node0/hugepages/hugepages-0kB", "5\n", "1\n");
	put_pool("/sys/devices/system/node/node0/hugepages/hugepages-64kB", "5\n", "9\n");
	put_device("0000:03:00.0", "0x020000", "vendor", "", "18446744073709551615");
	put_link("/sys/bus/pci/devices/0000:03:00.0/driver", "\033[2Jdriver");
	put_device("0000:04:00.0", "", "0x8086", "0x10fb", "0");
	put("/sys/bus/pci/devices/0000:05:00.0/class/no_file", "");
	put("/sys/bus/pci/devices/a_name_that_is_no_address/class", "0x020000");
	put("/sys/class/net/eth0/operstate", "\a\n");
	put_routes("eth0\t00000000\n\t\t\n0\n");
	put("/proc/net/ipv6_route", "0 0 0\n\n");
	put("/usr/share/misc/pci.ids", "0000  \x80\x81\n\t0000  bad\x07name\n");
	engine_inventory_read(root, &inventory);
	cr_assert_eq(inventory.cores.online, 0);
	cr_assert_eq(inventory.cores.isolated, 0);
	cr_assert_eq(inventory.cores.smt, QUERN_UNKNOWN);
	cr_assert_eq(inventory.available_bytes, 0);
	cr_assert_str_eq(inventory.cores.usable_list, "?[31mred");
	cr_assert_not(inventory.is_root || inventory.may_use_raw);
	cr_assert_eq(inventory.pool_count, 1);
	cr_assert_eq(inventory.pools[0].free, 5, "no more are free than there are");
	cr_assert_eq(inventory.nic_count, 1);
	cr_assert_eq(inventory.nics[0].vendor, 0);
	cr_assert_eq(inventory.nics[0].node, -1);
	cr_assert_str_eq(inventory.nics[0].driver, "?[2Jdriver");
	cr_assert_str_eq(inventory.nics[0].name, "bad?name");
	cr_assert_str_eq(inventory.interfaces[0].state, "?");
	cr_assert_not(inventory.interfaces[0].has_default_route);
}

Test(inventory, ends_where_its_room_ends)
{
	char address[16];

	for (int number = 0; number < QUERN_INVENTORY_NICS + 9; number++) {
		snprintf(address, sizeof(address), "0000:%02x:00.0", number);
		put_device(address, "0x020000\n", "0x8086\n", "0x10fb\n", "0\n");
	}
	engine_inventory_read(root, &inventory);
	cr_assert_eq(inventory.nic_count, QUERN_INVENTORY_NICS);
}

Test(inventory, of_this_machine_agrees_with_the_system)
{
	quern_inventory_take(&inventory);
	cr_assert_eq(inventory.cores.online, sysconf(_SC_NPROCESSORS_ONLN));
	cr_assert_eq(inventory.is_root, geteuid() == 0);
	cr_assert_gt(inventory.available_bytes, 0);
	cr_assert_leq(inventory.available_bytes, inventory.memory_bytes);
}

Test(inventory, knows_what_an_engine_needs_before_there_is_one)
{
	static struct quern_engine_config config;
	char error[QUERN_ERROR_TEXT] = "";
	struct quern_need small, large;
	int code;

	cr_assert_eq(quern_engine_default(&config, "net_null0", "198.18.0.1/24"), 0);
	config.memory = QUERN_MEMORY_4K;
	cr_assert_eq(quern_engine_need(&config, &small, error), 0, "%s", error);
	cr_assert_gt(small.bytes, 16 << 20);
	cr_assert_not(small.is_huge, "4 KiB were asked for");
	config.shards[0].max_connections = 1 << 20;
	cr_assert_eq(quern_engine_need(&config, &large, error), 0, "%s", error);
	cr_assert_geq(large.bytes - small.bytes, (UINT64_C(1) << 20) * 64, "a record has 64 bytes");
	quern_inventory_take(&inventory);
	config.shards[0].max_connections = 1 << 28;
	code = quern_engine_need(&config, &large, error);
	cr_assert_geq(large.bytes, UINT64_C(64) << 28, "the need is told, whether there is as much or not");
	cr_assert_eq(code, large.bytes > inventory.available_bytes ? -ENOMEM : 0, "%d: %s", code, error);
	config.port_count = 0;
	cr_assert_eq(quern_engine_need(&config, &large, error), -EINVAL);
	cr_assert_eq(large.bytes, 0);
}
