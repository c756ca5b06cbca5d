/* test_nic_check.c - device texts, and what can be said about a port before EAL starts. */
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "nic/nic.h"
#include "nic/nic_kinds.h"

static struct nic_config config_of(const char *device)
{
	return (struct nic_config){.device = device,
				   .number = 3,
				   .mtu = 1500,
				   .queues = 1,
				   .addresses = {.first = 0xC6120001, .last = 0xC6120001}};
}

Test(nic_check, reads_each_kind_of_device_and_its_interface)
{
	static const struct {
		const char *device;
		enum nic_kind kind;
		const char *interface;
	} rows[] = {
		{"cable", NIC_KIND_CABLE, ""},
		{"tap:q0", NIC_KIND_TAP, "q0"},
		{"tap:fifteen-letters", NIC_KIND_TAP, "fifteen-letters"},
		{"af_packet:eth1.100", NIC_KIND_AF_PACKET, "eth1.100"},
		{"af_xdp:eth1", NIC_KIND_AF_XDP, "eth1"},
		{"memif:/tmp/m.sock", NIC_KIND_MEMIF, ""},
		{"pcap:in.pcap,out.pcap", NIC_KIND_PCAP, ""},
	};

	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		char error[QUERN_ERROR_TEXT];
		struct nic_name name;

		cr_assert_eq(nic_parse_device(rows[row].device, &name, error), 0, "%s", rows[row].device);
		cr_assert_eq(name.kind, rows[row].kind, "%s", rows[row].device);
		cr_assert_str_eq(name.interface, rows[row].interface);
	}
}

Test(nic_check, refuses_other_devices_and_lists_what_there_is)
{
	static const char *const devices[] = {"",
					      "cables",
					      "tap",
					      "tap:",
					      "tap:a/b",
					      "tap:a,b=c",
					      "tap:sixteen-letters-",
					      "af_packet:",
					      "af_xdp:",
					      "TAP:q0",
					      "af_packet:a b",
					      "memif:",
					      "memif:,server",
					      "memif:/tmp/a,client",
					      "memif:/tmp/a b",
					      "0000:03:00"};

	for (size_t row = 0; row < sizeof(devices) / sizeof(devices[0]); row++) {
		struct nic_config config = config_of(devices[row]);
		char error[QUERN_ERROR_TEXT] = "";

		cr_assert_eq(nic_check(&config, error), -EINVAL, "'%s'", devices[row]);
		cr_assert_not_null(strstr(error, "port 3: "), "%s", error);
		cr_assert(strstr(error, "\n  There are: cable, tap:NAME, af_packet:IFACE, ") != NULL ||
				  strstr(error, "\n  Write ") != NULL,
			  "no remedy: %s", error);
	}
}

Test(nic_check, bounds_mtu_and_queues)
{
	static const struct {
		uint16_t mtu;
		uint16_t queues;
		int code;
	} rows[] = {{1500, 1, 0},       {68, 1, 0},         {9000, 16, 0},      {67, 1, -EINVAL},
		    {9001, 1, -EINVAL}, {1500, 0, -EINVAL}, {1500, 17, -EINVAL}};

	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		struct nic_config config = config_of("cable");
		char error[QUERN_ERROR_TEXT];

		config.mtu = rows[row].mtu;
		config.queues = rows[row].queues;
		cr_assert_eq(nic_check(&config, error), rows[row].code, "row %zu", row);
	}
}

Test(nic_check, names_the_largest_mtu_of_a_tap)
{
	struct nic_config config = config_of("tap:quern-t0");
	char error[QUERN_ERROR_TEXT];

	config.mtu = 1505;
	cr_assert_eq(nic_check(&config, error), -EINVAL);
	cr_assert_not_null(strstr(error, "MTU 1505 is more than net_tap takes\n  Possible: 68 to 1504"), "%s", error);
}

Test(nic_check, a_frame_of_every_mtu_fits_its_buffer)
{
	for (uint32_t mtu = NIC_MTU_MIN; mtu <= NIC_MTU_MAX; mtu++) {
		uint32_t bytes = nic_frame_bytes((uint16_t)mtu);

		cr_assert_geq(bytes, mtu + 18 + 100, "Ethernet, VLAN tag, and the header of a packet ring");
		cr_assert_eq(bytes & (bytes - 1), 0);
	}
	cr_assert_eq(nic_frame_bytes(1500), 2048);
}

/* A pool's object is 64 bytes of header, an mbuf of 128 and 128 of headroom; the kernel keeps 256 before a frame. */
Test(nic_check, a_buffer_of_af_xdp_fits_a_page_and_a_frame_fits_the_buffer)
{
	for (uint16_t mtu = NIC_MTU_MIN; mtu <= 3310; mtu++) {
		struct nic_config config = config_of("af_xdp:eth1");
		uint32_t bytes;

		config.mtu = mtu;
		bytes = nic_buffer_bytes(&config);
		cr_assert_leq(bytes + 64 + 128 + 128, 4096, "MTU %u", mtu);
		cr_assert_geq(bytes, mtu + 18u + 256u, "MTU %u", mtu);
	}
}

Test(nic_check, names_an_interface_that_does_not_exist)
{
	static const char first[] = "port 3 'af_packet:quern-none': no interface quern-none in this network namespace\n"
				    "  There are: ";
	struct nic_config config = config_of("af_packet:quern-none");
	char error[QUERN_ERROR_TEXT];

	cr_assert_eq(nic_check(&config, error), -ENODEV);
	cr_assert_eq(strncmp(error, first, strlen(first)), 0, "%s", error);
	cr_assert_not_null(strstr(error + strlen(first), "lo"), "%s", error);
	cr_assert_not_null(strstr(error, "; say more: ip -br link"), "%s", error);
}

Test(nic_check, asks_whether_an_interface_of_nearly_that_name_was_meant)
{
	static const char *const slips[] = {"la", "o", "l", "ol", "lox"}, *const far[] = {"eth0", "loooo", "xyz"};
	char near[NIC_INTERFACE_TEXT], all[256];

	for (size_t i = 0; i < sizeof(slips) / sizeof(slips[0]); i++) {
		nic_near_text(slips[i], near, all, sizeof(all));
		cr_assert_str_eq(near, "lo", "%s", slips[i]);
	}
	for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		nic_near_text(far[i], near, all, sizeof(all));
		cr_assert_str_neq(near, "lo", "%s", far[i]);
	}
	nic_near_text("eth0", near, all, 2);
	cr_assert_eq(strlen(all), 1, "cut, not written past its end");
}

Test(nic_check, refuses_an_address_that_is_the_kernels_own)
{
	struct nic_config config = config_of("af_packet:lo");
	char error[QUERN_ERROR_TEXT];

	config.addresses = (struct quern_range){.first = 0x7F000000, .last = 0x7F0000FF};
	cr_assert_eq(nic_check(&config, error), -EADDRINUSE);
	cr_assert_not_null(strstr(error, "127.0.0.1 is the kernel's own address, on lo"), "%s", error);
	cr_assert_not_null(strstr(error, "sudo ip addr del 127.0.0.1 dev lo"), "%s", error);
}

static bool kernel_has_ip6_loopback(void)
{
	FILE *file = fopen("/proc/net/if_inet6", "r");
	char line[128];
	bool has_it = false;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		has_it |= strncmp(line, "00000000000000000000000000000001 ", 33) == 0;
	if (file != NULL)
		fclose(file);
	return has_it;
}

Test(nic_check, refuses_an_address_of_ipv6_that_is_the_kernels_own)
{
	struct nic_config config = config_of("af_packet:lo");
	char error[QUERN_ERROR_TEXT];

	if (!kernel_has_ip6_loopback())
		cr_skip_test("the kernel has no ::1 here");
	config.addresses = (struct quern_range){.first6 = {0, 1}, .last6 = {0, 5}};
	cr_assert_eq(nic_check(&config, error), -EADDRINUSE);
	cr_assert_not_null(strstr(error, "::1 is the kernel's own address, on lo"), "%s", error);
	cr_assert_not_null(strstr(error, "sudo ip addr del ::1 dev lo"), "%s", error);
	config.addresses = (struct quern_range){.first6 = {0, 2}, .last6 = {1, 5}};
	cr_assert_neq(nic_check(&config, error), -EADDRINUSE, "%s", error);
	config.addresses = (struct quern_range){.first = 0, .last = 0};
	cr_assert_neq(nic_check(&config, error), -EADDRINUSE, "no address is nobody's: %s", error);
}

/* RFC 4007 5: fe80::1 of one link has nothing to do with that of another; fd00::1 is the kernel's wherever it is. */
Test(nic_check, a_link_local_address_is_the_kernels_own_on_its_interface_alone)
{
	static char other[] = "eth1";
	struct nic_config config = config_of("af_packet:eth0");
	struct sockaddr_in6 of_kernel = {.sin6_family = AF_INET6};
	struct ifaddrs entry = {.ifa_name = other, .ifa_addr = (struct sockaddr *)&of_kernel};
	char error[QUERN_ERROR_TEXT];

	memcpy(&of_kernel.sin6_addr, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	config.addresses =
		(struct quern_range){.first6 = {UINT64_C(0xfe80) << 48, 1}, .last6 = {UINT64_C(0xfe80) << 48, 1}};
	cr_assert_eq(nic_check_addresses_in(&entry, &config, "eth0", error), 0);
	cr_assert_eq(nic_check_addresses_in(&entry, &config, "eth1", error), -EADDRINUSE);
	cr_assert_not_null(strstr(error, "fe80::1 is the kernel's own address, on eth1"), "%s", error);
	memcpy(&of_kernel.sin6_addr, "\xfd\0", 2);
	config.addresses =
		(struct quern_range){.first6 = {UINT64_C(0xfd00) << 48, 1}, .last6 = {UINT64_C(0xfd00) << 48, 1}};
	cr_assert_eq(nic_check_addresses_in(&entry, &config, "eth0", error), -EADDRINUSE);
}

/* Gives up root where we have it; an ordinary user has nothing to give up. */
static void become_ordinary(void)
{
	if (getuid() == 0)
		cr_assert_eq(setresuid(65534, 65534, 65534), 0);
}

Test(nic_check, tells_an_ordinary_user_how_to_get_the_right)
{
	static const char *const devices[] = {"tap:quern-t0", "af_packet:lo"};

	become_ordinary();
	for (size_t row = 0; row < sizeof(devices) / sizeof(devices[0]); row++) {
		struct nic_config config = config_of(devices[row]);
		char error[QUERN_ERROR_TEXT] = "";
		int code = nic_check(&config, error);

		if (access("/dev/net/tun", R_OK | W_OK) != 0 && row == 0)
			continue; /* a container without the device: there is nothing to be allowed */
		cr_assert_eq(code, -EPERM, "%s: %d %s", devices[row], code, error);
		cr_assert_not_null(strstr(error, "Run with sudo, or once: sudo setcap"), "%s", error);
	}
}

Test(nic_check, tells_the_two_sides_of_a_memif_apart)
{
	char error[QUERN_ERROR_TEXT];
	struct nic_name name;

	cr_assert_eq(nic_parse_device("memif:/run/m.sock", &name, error), 0);
	cr_assert_str_eq(name.path, "/run/m.sock");
	cr_assert_not(name.listens);
	cr_assert_eq(nic_parse_device("memif:m.sock,server", &name, error), 0);
	cr_assert_str_eq(name.path, "m.sock");
	cr_assert(name.listens);
}

Test(nic_check, takes_no_path_that_is_too_long_for_a_socket_or_for_itself)
{
	static char device[NIC_DEVICE_TEXT + 1];
	char error[QUERN_ERROR_TEXT];
	struct nic_name name;

	snprintf(device, sizeof(device), "memif:/%0106d", 0);
	cr_assert_eq(nic_parse_device(device, &name, error), 0, "%s", error);
	snprintf(device, sizeof(device), "memif:/%0107d", 0);
	cr_assert_eq(nic_parse_device(device, &name, error), -EINVAL);
	cr_assert_not_null(strstr(error, "longer than 107"), "%s", error);
	snprintf(device, sizeof(device), "memif:%0*d", NIC_DEVICE_TEXT - 6, 0);
	cr_assert_eq(nic_parse_device(device, &name, error), -EINVAL);
	cr_assert_not_null(strstr(error, "longer than 511 characters\n  Shorten"), "%s", error);
}

/* A memif's socket: a path that something else has is not touched, and one that is served is not taken. */
Test(nic_check, leaves_files_and_other_servers_of_a_memif_alone)
{
	char folder[] = "/tmp/test-memif-XXXXXX";
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	struct nic_config config;
	char device[128];
	char error[QUERN_ERROR_TEXT];

	cr_assert_not_null(mkdtemp(folder));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", folder);
	cr_assert_eq(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(listen(fd, 1), 0);
	snprintf(device, sizeof(device), "memif:%s/s,server", folder);
	config = config_of(device);
	cr_assert_eq(nic_check(&config, error), -EADDRINUSE);
	cr_assert_not_null(strstr(error, "another program serves"), "%s", error);
	close(fd);
	cr_assert_eq(nic_check(&config, error), 0, "what a killed server left is in the way: %s", error);
	cr_assert_eq(access(address.sun_path, F_OK), 0, "a check removes the socket");
	unlink(address.sun_path);
	snprintf(device, sizeof(device), "memif:%s", folder);
	cr_assert_eq(nic_check(&config, error), -EINVAL);
	cr_assert_not_null(strstr(error, "is not a socket"), "%s", error);
	snprintf(device, sizeof(device), "memif:%s/none/s,server", folder);
	cr_assert_eq(nic_check(&config, error), -EINVAL);
	cr_assert_not_null(strstr(error, "/none: No such file or directory\n  Choose another folder"), "%s", error);
	rmdir(folder);
}
