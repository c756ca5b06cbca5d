/* nic_link.c - whether a port's link is up, and waiting for it. */
#include "nic/nic.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "nic/nic_keeper.h"

static bool kernel_link_is_up(const char *interface)
{
	struct ifreq request = {.ifr_flags = 0};
	bool is_up = false;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	memcpy(request.ifr_name, interface, IFNAMSIZ);
	if (ioctl(fd, SIOCGIFFLAGS, &request) == 0)
		is_up = (request.ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
	close(fd);
	return is_up;
}

bool nic_link_is_up(const struct nic *nic)
{
	struct rte_eth_link link = {.link_status = RTE_ETH_LINK_DOWN};

	/* net_af_packet calls every started port up. */
	if (nic->interface[0] != '\0')
		return kernel_link_is_up(nic->interface);
	return rte_eth_link_get_nowait(nic->port, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

int nic_wait_link(const struct nic *nic, struct nic_keeper *keeper, int wait_ms, bool (*gives_up)(void),
		  char error[QUERN_ERROR_TEXT])
{
	const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
	int waited_ms = 0;

	if (nic->listens)
		return 0;
	while (!nic_link_is_up(nic) && waited_ms < wait_ms) {
		if (gives_up != NULL && gives_up())
			return nic_fail(&nic->config, error, -EINTR, "stopped while there was no %s yet",
					nic->is_kept ? "peer" : "link");
		nanosleep(&pause, NULL);
		waited_ms += 10;
		if (waited_ms % 100 == 0)
			nic_keeper_tend(keeper);
	}
	if (nic_link_is_up(nic))
		return 0;
	if (nic->is_kept)
		return nic_fail(&nic->config, error, -ETIMEDOUT,
				"no peer after %d ms\n  Start the other side with %.*s,server, or wait longer: "
				"--wait-link TIME",
				wait_ms, NIC_QUOTED_TEXT, nic->device);
	if (nic->interface[0] == '\0')
		return nic_fail(&nic->config, error, -ETIMEDOUT, "no link after %d ms\n  Check the cable", wait_ms);
	return nic_fail(&nic->config, error, -ETIMEDOUT,
			"no link on %s after %d ms\n  Bring it and its other end up: sudo ip link set %s up",
			nic->interface, wait_ms, nic->interface);
}
