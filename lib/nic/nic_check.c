/* nic_check.c - what a device text means, and whether this machine lets us have it; nothing is changed. */
#include "nic/nic.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static_assert(NIC_INTERFACE_TEXT == IFNAMSIZ, "an interface name fits");

/* The words before an interface's name, by kind; a cable has none. */
static const char *const kind_words[NIC_KINDS] = {
	[NIC_KIND_CABLE] = "cable",
	[NIC_KIND_TAP] = "tap:",
	[NIC_KIND_AF_PACKET] = "af_packet:",
};

int nic_fail(const struct nic_config *config, char error[QUERN_ERROR_TEXT], int code, const char *format, ...)
{
	int used =
		snprintf(error, QUERN_ERROR_TEXT, "port %u '%.*s': ", config->number, NIC_DEVICE_TEXT, config->device);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error + used, QUERN_ERROR_TEXT - (size_t)used, format, arguments);
	va_end(arguments);
	return code;
}

static bool is_interface_name(const char *name)
{
	size_t length = strlen(name);

	/* A comma or an equals sign would end the name inside DPDK's own arguments. */
	return length > 0 && length < IFNAMSIZ && strpbrk(name, "/ ,=:[]%") == NULL && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

int nic_parse_device(const char *device, enum nic_kind *kind, char interface[NIC_INTERFACE_TEXT],
		     char error[QUERN_ERROR_TEXT])
{
	if (strcmp(device, kind_words[NIC_KIND_CABLE]) == 0) {
		*kind = NIC_KIND_CABLE;
		interface[0] = '\0';
		return 0;
	}
	for (enum nic_kind candidate = NIC_KIND_TAP; candidate < NIC_KINDS; candidate++) {
		size_t length = strlen(kind_words[candidate]);

		if (strncmp(device, kind_words[candidate], length) != 0)
			continue;
		if (!is_interface_name(device + length)) {
			snprintf(error, QUERN_ERROR_TEXT,
				 "'%.64s': '%.64s' cannot be the name of an interface (1 to %d characters)\n"
				 "  Write %sNAME, for example %sq0",
				 device, device + length, IFNAMSIZ - 1, kind_words[candidate], kind_words[candidate]);
			return -EINVAL;
		}
		*kind = candidate;
		snprintf(interface, NIC_INTERFACE_TEXT, "%s", device + length);
		return 0;
	}
	snprintf(error, QUERN_ERROR_TEXT, "no device '%.64s'\n  There are: cable, tap:NAME, af_packet:IFACE", device);
	return -EINVAL;
}

/* With this right, a tap of a name that is free can be made. */
static bool may_administer_network(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{.effective = 0}};

	return syscall(SYS_capget, &header, data) == 0 && data[0].effective & 1u << CAP_NET_ADMIN;
}

/* Somebody holds the other side of a tap that is up: a second queue would take half of his frames. */
static bool is_running(const char *interface)
{
	struct ifreq request = {.ifr_flags = 0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_up;

	memcpy(request.ifr_name, interface, IFNAMSIZ);
	is_up = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0 && request.ifr_flags & IFF_RUNNING;
	if (fd >= 0)
		close(fd);
	return is_up;
}

/* Makes the interface as the driver will, and lets it go again: the kernel's own answer, whatever grants the right.
 * Where that is certain anyway it is left out, or a script that waits for the interface would see it come and go. */
static int check_tap(const struct nic_config *config, const char *interface, char error[QUERN_ERROR_TEXT])
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE};
	int code = 0;
	int fd;

	if (may_administer_network() && if_nametoindex(interface) == 0 && access("/dev/net/tun", R_OK | W_OK) == 0)
		return 0;
	if (is_running(interface))
		return nic_fail(config, error, -EBUSY,
				"interface %s is in use by another program\n  Choose another name, or end that program",
				interface);
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	memcpy(request.ifr_name, interface, IFNAMSIZ);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		code = -errno;
	if (fd >= 0)
		close(fd);
	if (code == 0)
		return 0;
	if (code == -EPERM || code == -EACCES)
		return nic_fail(config, error, -EPERM,
				"a tap interface needs CAP_NET_ADMIN\n  Run with sudo, or once: "
				"sudo setcap cap_net_admin,cap_net_raw+ep $(command -v quern)");
	if (code == -ENOENT || code == -ENODEV || code == -ENXIO)
		return nic_fail(config, error, code, "no /dev/net/tun\n  Load it: sudo modprobe tun");
	if (code == -EBUSY || code == -EINVAL)
		return nic_fail(config, error, -EBUSY,
				"interface %s exists and is not ours to take\n  Choose another name, or remove it: "
				"sudo ip link del %s",
				interface, interface);
	return nic_fail(config, error, code, "tap interface %s: %s", interface, strerror(-code));
}

static int kernel_mtu(const char *interface)
{
	struct ifreq request = {.ifr_mtu = 0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(request.ifr_name, interface, IFNAMSIZ);
	if (fd < 0)
		return 0;
	if (ioctl(fd, SIOCGIFMTU, &request) < 0)
		request.ifr_mtu = 0;
	close(fd);
	return request.ifr_mtu;
}

static int check_af_packet(const struct nic_config *config, const char *interface, char error[QUERN_ERROR_TEXT])
{
	int fd;

	if (if_nametoindex(interface) == 0)
		return nic_fail(config, error, -ENODEV,
				"no interface %s in this network namespace\n  List them: ip -br link", interface);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0 && (errno == EPERM || errno == EACCES))
		return nic_fail(config, error, -EPERM,
				"a packet socket needs CAP_NET_RAW\n  Run with sudo, or once: "
				"sudo setcap cap_net_admin,cap_net_raw+ep $(command -v quern)");
	if (fd < 0)
		return nic_fail(config, error, -errno, "packet socket: %s", strerror(errno));
	close(fd);
	if (kernel_mtu(interface) < config->mtu)
		return nic_fail(config, error, -EINVAL,
				"the MTU of %s is %d, less than %u\n  Raise it: sudo ip link set %s mtu %u", interface,
				kernel_mtu(interface), config->mtu, interface, config->mtu);
	return 0;
}

/* The kernel answers segments to its own addresses with RST, so ours must not be among them. */
static int check_addresses(const struct nic_config *config, char error[QUERN_ERROR_TEXT])
{
	char text[QUERN_ADDRESS_TEXT];
	struct ifaddrs *list;
	int code = 0;

	if (getifaddrs(&list) != 0)
		return nic_fail(config, error, -errno, "the kernel's addresses: %s", strerror(errno));
	for (const struct ifaddrs *entry = list; entry != NULL && code == 0; entry = entry->ifa_next) {
		struct sockaddr_in socket_address;
		uint32_t address;

		if (entry->ifa_addr == NULL || entry->ifa_addr->sa_family != AF_INET)
			continue;
		memcpy(&socket_address, entry->ifa_addr, sizeof(socket_address));
		address = ntohl(socket_address.sin_addr.s_addr);
		if (address < config->addresses.first || address > config->addresses.last)
			continue;
		quern_format_address(address, text);
		code = nic_fail(config, error, -EADDRINUSE,
				"%s is the kernel's own address, on %s; it would answer with RST\n  Take another one "
				"of that network, or remove it there: sudo ip addr del %s dev %s",
				text, entry->ifa_name, text, entry->ifa_name);
	}
	freeifaddrs(list);
	return code;
}

int nic_check(const struct nic_config *config, char error[QUERN_ERROR_TEXT])
{
	char interface[NIC_INTERFACE_TEXT];
	char cause[QUERN_ERROR_TEXT];
	enum nic_kind kind;
	int code = nic_parse_device(config->device, &kind, interface, cause);

	if (code != 0) {
		snprintf(error, QUERN_ERROR_TEXT, "port %u: %.900s", config->number, cause);
		return code;
	}
	if (config->queues == 0 || config->queues > NIC_QUEUES_MAX)
		return nic_fail(config, error, -EINVAL, "%u queues\n  Possible: 1 to %d", config->queues,
				NIC_QUEUES_MAX);
	if (config->mtu < NIC_MTU_MIN || config->mtu > NIC_MTU_MAX)
		return nic_fail(config, error, -EINVAL, "MTU %u\n  Possible: %d to %d", config->mtu, NIC_MTU_MIN,
				NIC_MTU_MAX);
	if (kind == NIC_KIND_CABLE)
		return 0;
	code = check_addresses(config, error);
	if (code != 0)
		return code;
	return kind == NIC_KIND_TAP ? check_tap(config, interface, error) : check_af_packet(config, interface, error);
}
