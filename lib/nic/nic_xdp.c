/* nic_xdp.c - an interface of the kernel's through AF_XDP: its frames come straight into our buffers. */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "nic/nic_kinds.h"

enum {
	/* A pool's object is at most a page, which is all that the kernel takes. A pool pads objects until they are
	 * spread over memory channels; a prime number of cache lines is spread as it is. */
	OBJECT_BYTES = 61 * 64,
	OBJECT_HEAD = 64 + (int)sizeof(struct rte_mbuf) + RTE_PKTMBUF_HEADROOM,
	KERNEL_HEADROOM = 256, /* that it keeps before each frame, behind ours */
	BUFFER_MAX = OBJECT_BYTES - OBJECT_HEAD,
	MTU_MAX = BUFFER_MAX - KERNEL_HEADROOM - 18 /* Ethernet and a tag */
};

uint16_t nic_xdp_buffer_bytes(uint16_t mtu)
{
	uint16_t frame = nic_frame_bytes((uint16_t)(mtu + KERNEL_HEADROOM));

	return frame < BUFFER_MAX ? frame : BUFFER_MAX;
}

static int check_rights(const struct nic_config *config, char error[QUERN_ERROR_TEXT])
{
	bool may_load = nic_kernel_may(CAP_SYS_ADMIN) || nic_kernel_may(CAP_BPF);
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	int code = fd < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	if (code == -EAFNOSUPPORT)
		return nic_fail(config, error, code, "this kernel has no AF_XDP\n  Use af_packet: in its place");
	if (code == -EPERM || code == -EACCES || !may_load || !nic_kernel_may(CAP_NET_ADMIN))
		return nic_fail(
			config, error, -EPERM,
			"AF_XDP needs CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF\n  Run with sudo, or once: sudo setcap "
			"cap_net_admin,cap_net_raw,cap_bpf+ep $(command -v quern)");
	return code == 0 ? 0 : nic_fail(config, error, code, "AF_XDP socket: %s", strerror(-code));
}

/* An abstract name that one process at a time holds in a network namespace: a second start would take the first one's
 * program away. Returns a file descriptor, or -errno. */
static int hold_name(const char *interface)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int code;

	if (fd < 0)
		return -errno;
	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "quern-af_xdp-%s", interface);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	code = -errno;
	close(fd);
	return code;
}

static int check_name(const struct nic_config *config, const char *interface, char error[QUERN_ERROR_TEXT])
{
	int fd = hold_name(interface);

	if (fd < 0)
		return nic_fail(config, error, -EBUSY,
				"another quern has %s by AF_XDP\n  End it, or choose another interface", interface);
	close(fd);
	return 0;
}

int nic_xdp_check(const struct nic_config *config, const struct nic_name *name, char error[QUERN_ERROR_TEXT])
{
	int code = nic_kernel_check_interface(config, name->interface, error);

	if (code == 0)
		code = check_rights(config, error);
	if (code == 0)
		code = check_name(config, name->interface, error);
	if (code == 0 && config->mtu > MTU_MAX)
		return nic_fail(config, error, -EINVAL,
				"MTU %u does not fit the page that AF_XDP gives a frame\n  Possible: %d to %d, or use "
				"af_packet:%s",
				config->mtu, NIC_MTU_MIN, MTU_MAX, name->interface);
	return code;
}

int nic_xdp_attach(struct nic *nic, const struct nic_name *name)
{
	char arguments[64];
	int code;

	nic->name_fd = hold_name(name->interface);
	if (nic->name_fd < 0)
		return nic->name_fd;
	snprintf(arguments, sizeof(arguments), "iface=%s,start_queue=0,queue_count=%u", name->interface,
		 nic->queues);
	code = nic_vdev_attach(nic, "net_af_xdp", arguments);
	if (code != 0)
		close(nic->name_fd);
	return code;
}
