/* guest_host.c - the host of a guest whose peer is the kernel: what vhost-net does, in a process of its own.
 *
 *	guest_host SOCKET TAP
 *
 * Frames go between net_vhost at SOCKET and the kernel's end of TAP, with all that virtio says of them: the kernel gets
 * large frames as they are, and leaves sums to the guest as the guest does to it. Ended by SIGTERM it prints how many
 * frames the guest has sent, how many of them large, and how many with something else in the place of the sum of TCP
 * than that of the pseudo-header. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_tcp.h>

#include "nic/nic.h"
#include "support/bare_eal.h"

enum { MBUFS = 8191, BURST = 32, PIECES = 96, FRAME_MAX = 1514, SUM_AT = 16, PAUSE_NS = 50000 };

static volatile sig_atomic_t is_over;
static unsigned int frames, large, wrong;

static void end(int number)
{
	(void)number;
	is_over = 1;
}

static int open_tap(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int header_bytes = sizeof(struct virtio_net_hdr);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (tap < 0 || ioctl(tap, TUNSETIFF, &request) != 0 || ioctl(tap, TUNSETVNETHDRSZ, &header_bytes) != 0 ||
	    ioctl(tap, TUNSETOFFLOAD, TUN_F_CSUM) != 0)
		return -1;
	return tap;
}

/* What the guest has said of a frame, as virtio has it. */
static struct virtio_net_hdr describe(const struct rte_mbuf *mbuf)
{
	const uint8_t *ip = rte_pktmbuf_mtod_offset(mbuf, const uint8_t *, RTE_ETHER_HDR_LEN);
	bool is_ip6 = ip[0] >> 4 == 6;
	uint16_t ip_bytes = is_ip6 ? 40 : 20;
	const struct rte_tcp_hdr *tcp = (const void *)(ip + ip_bytes);
	struct virtio_net_hdr header = {.flags = 0};

	if ((mbuf->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) != RTE_MBUF_F_RX_L4_CKSUM_NONE)
		return header;
	header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	header.csum_start = (uint16_t)(RTE_ETHER_HDR_LEN + ip_bytes);
	header.csum_offset = SUM_AT;
	wrong += tcp->cksum !=
		 (is_ip6 ? rte_ipv6_phdr_cksum((const void *)ip, 0) : rte_ipv4_phdr_cksum((const void *)ip, 0));
	if (!(mbuf->ol_flags & RTE_MBUF_F_RX_LRO))
		return header;
	header.gso_type = is_ip6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
	header.gso_size = mbuf->tso_segsz;
	header.hdr_len = (uint16_t)(header.csum_start + (tcp->data_off >> 4) * 4);
	large++;
	return header;
}

static void to_kernel(int tap, struct rte_mbuf *mbuf)
{
	struct virtio_net_hdr header = describe(mbuf);
	struct iovec pieces[PIECES] = {{&header, sizeof(header)}};
	int count = 1;

	frames++;
	for (const struct rte_mbuf *piece = mbuf; piece != NULL && count < PIECES; piece = piece->next)
		pieces[count++] = (struct iovec){rte_pktmbuf_mtod(piece, void *), piece->data_len};
	while (writev(tap, pieces, count) < 0 && errno == EAGAIN)
		;
	rte_pktmbuf_free(mbuf);
}

/* True where there was a frame. */
static bool to_guest(int tap, struct nic_queue queue, struct rte_mempool *pool)
{
	struct virtio_net_hdr header;
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
	struct iovec pieces[2] = {{&header, sizeof(header)}};
	ssize_t bytes;

	if (mbuf == NULL)
		return false;
	pieces[1] = (struct iovec){rte_pktmbuf_mtod(mbuf, void *), FRAME_MAX};
	bytes = readv(tap, pieces, 2) - (ssize_t)sizeof(header);
	if (bytes > 0) {
		rte_pktmbuf_append(mbuf, (uint16_t)bytes);
		if (header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM && header.csum_offset == SUM_AT) {
			bool is_ip6 = *rte_pktmbuf_mtod_offset(mbuf, uint8_t *, RTE_ETHER_HDR_LEN) >> 4 == 6;

			mbuf->ol_flags = RTE_MBUF_F_TX_TCP_CKSUM | (is_ip6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4);
			mbuf->l2_len = RTE_ETHER_HDR_LEN;
			mbuf->l3_len = is_ip6 ? 40 : 20;
		}
		if (nic_transmit(queue, &mbuf, 1) == 1)
			return true;
	}
	rte_pktmbuf_free(mbuf);
	return bytes > 0;
}

static void carry(int tap, struct nic_queue queue, struct rte_mempool *pool)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	struct rte_mbuf *mbufs[BURST];

	while (!is_over) {
		uint16_t count = nic_receive(queue, mbufs, BURST);

		for (uint16_t i = 0; i < count; i++)
			to_kernel(tap, mbufs[i]);
		if (!to_guest(tap, queue, pool) && count == 0)
			nanosleep(&pause, NULL);
	}
}

int main(int argc, char **argv)
{
	char device[NIC_DEVICE_TEXT], error[QUERN_ERROR_TEXT] = "";
	struct nic_config config = {.device = device, .mtu = 1500, .queues = 1};
	struct rte_mempool *pool;
	static struct nic nic;
	int tap;

	if (argc != 3)
		return 2;
	signal(SIGTERM, end);
	bare_eal_start();
	pool = bare_eal_pool("host", MBUFS);
	snprintf(device, sizeof(device), "net_vhost0,iface=%s,tso=1", argv[1]);
	tap = open_tap(argv[2]);
	if (tap < 0 || nic_attach(&nic, &config, NULL, error) != 0) {
		fprintf(stderr, "no tap, or no socket: %s %s\n", strerror(errno), error);
		return 1;
	}
	if (nic_start(&nic, &pool, error) == 0)
		carry(tap, nic_queue_of(&nic, 0), pool);
	nic_close(&nic);
	close(tap);
	printf("%u frames, %u large, %u wrong\n", frames, large, wrong);
	return error[0] == '\0' ? 0 : 1;
}
