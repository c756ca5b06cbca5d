/* nic_groups.c - frames to all groups: how IPv6 asks for a MAC address, and what rules of forwarding may listen to. */
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "nic/nic_kinds.h"

/* The kernel counts who wants all groups by an interface, and forgets one whose socket is closed, however it ends. */
static int join_all(const char *interface)
{
	struct packet_mreq all = {.mr_ifindex = (int)if_nametoindex(interface), .mr_type = PACKET_MR_ALLMULTI};
	/* Of no protocol: it hears nothing itself. */
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return 0;
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) == 0)
		return fd;
	close(fd);
	return 0;
}

void nic_hear_groups(struct nic *nic)
{
	if (rte_eth_allmulticast_enable(nic->port) == 0 || nic->groups_fd > 0)
		return;
	/* net_af_packet and net_af_xdp know no such order, and the NIC below them has a filter. What has neither an
	 * order nor an interface is software, which takes all frames. */
	if (nic->kind == NIC_KIND_AF_PACKET || nic->kind == NIC_KIND_AF_XDP)
		nic->groups_fd = join_all(nic->interface);
}

void nic_groups_leave(struct nic *nic)
{
	if (nic->groups_fd > 0)
		close(nic->groups_fd);
	nic->groups_fd = 0;
}
