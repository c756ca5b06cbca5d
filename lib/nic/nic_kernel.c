/* nic_kernel.c - interfaces of the kernel's: whether they can be had; nothing is changed. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "nic/nic_kinds.h"

enum { TAP_MTU_MAX = 1504 }; /* net_tap's own bound, which it keeps to when it sends */

static_assert(NIC_INTERFACE_TEXT == IFNAMSIZ, "an interface name fits");

static bool is_interface_name(const char *name)
{
	size_t length = strlen(name);

	/* A comma or an equals sign would end the name inside DPDK's own arguments. */
	return length > 0 && length < IFNAMSIZ && strpbrk(name, "/ ,=:[]%") == NULL && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

int nic_kernel_parse(const char *rest, struct nic_name *name, char error[QUERN_ERROR_TEXT])
{
	const char *word = nic_kind_rows[name->kind].word;

	if (!is_interface_name(rest)) {
		snprintf(error, QUERN_ERROR_TEXT,
			 "'%s%.64s': '%.64s' cannot be the name of an interface (1 to %d characters)\n"
			 "  Write %sNAME, for example %sq0",
			 word, rest, rest, IFNAMSIZ - 1, word, word);
		return -EINVAL;
	}
	snprintf(name->interface, NIC_INTERFACE_TEXT, "%s", rest);
	return 0;
}

bool nic_kernel_may(unsigned int capability)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{.effective = 0}};

	return syscall(SYS_capget, &header, data) == 0 && data[capability / 32].effective & 1u << capability % 32;
}

/* Somebody holds the other side of a tap that is up: a second queue would take half of his frames. */
static bool is_running_tap(const char *interface)
{
	struct ifreq request = {.ifr_flags = 0};
	int fd;
	bool is_up;
	char flags[sizeof("/sys/class/net//tun_flags") + IFNAMSIZ];

	snprintf(flags, sizeof(flags), "/sys/class/net/%.15s/tun_flags", interface);
	if (access("/sys/class/net/lo", F_OK) == 0 && access(flags, F_OK) != 0)
		return false;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(request.ifr_name, interface, IFNAMSIZ);
	is_up = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0 && request.ifr_flags & IFF_RUNNING;
	if (fd >= 0)
		close(fd);
	return is_up;
}

/* Makes the interface as the driver will, and lets it go again: the kernel's own answer, whatever grants the right.
 * Where that is certain anyway it is left out, or a script that waits for the interface would see it come and go. */
int nic_kernel_check_tap(const struct nic_config *config, const struct nic_name *name, char error[QUERN_ERROR_TEXT])
{
	const char *interface = name->interface;
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE};
	int code = 0;
	int fd;

	if (config->mtu > TAP_MTU_MAX)
		return nic_fail(config, error, -EINVAL,
				"MTU %u is more than net_tap takes\n  Possible: %d to %d, or a veth by af_packet:IFACE",
				config->mtu, NIC_MTU_MIN, TAP_MTU_MAX);
	if (nic_kernel_may(CAP_NET_ADMIN) && if_nametoindex(interface) == 0 && access("/dev/net/tun", R_OK | W_OK) == 0)
		return 0;
	if (is_running_tap(interface))
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
				"interface %s exists and is no tap that can be had\n  Choose another name, or use it "
				"as it is: -p af_packet:%s",
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

static int no_interface(const struct nic_config *config, const char *interface, char error[QUERN_ERROR_TEXT])
{
	char near[NIC_INTERFACE_TEXT];
	char all[256];

	nic_near_text(interface, near, all, sizeof(all));
	return nic_fail(config, error, -ENODEV,
			"no interface %s in this network namespace%s%s%s\n  There are: %s; say more: ip -br link",
			interface, near[0] != '\0' ? "; did you mean " : "", near, near[0] != '\0' ? "?" : "", all);
}

int nic_kernel_check_interface(const struct nic_config *config, const char *interface, char error[QUERN_ERROR_TEXT])
{
	int mtu;

	if (if_nametoindex(interface) == 0)
		return no_interface(config, interface, error);
	mtu = kernel_mtu(interface);
	if (mtu < config->mtu)
		return nic_fail(config, error, -EINVAL,
				"the MTU of %s is %d, less than %u\n  Raise it: sudo ip link set %s mtu %u", interface,
				mtu, config->mtu, interface, config->mtu);
	return 0;
}

int nic_kernel_check_af_packet(const struct nic_config *config, const struct nic_name *name,
			       char error[QUERN_ERROR_TEXT])
{
	int code = nic_kernel_check_interface(config, name->interface, error);
	int fd;

	if (code != 0)
		return code;
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0 && (errno == EPERM || errno == EACCES))
		return nic_fail(config, error, -EPERM,
				"a packet socket needs CAP_NET_RAW\n  Run with sudo, or once: "
				"sudo setcap cap_net_admin,cap_net_raw+ep $(command -v quern)");
	if (fd < 0)
		return nic_fail(config, error, -errno, "packet socket: %s", strerror(errno));
	close(fd);
	return 0;
}
