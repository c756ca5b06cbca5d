/* fuzz_frame.c - any bytes as frames of one port. Each is read twice, by lib/wire and by a reader of the tests' own,
 * and both have to agree; then a shard gets them all, one after the other, and what it says is read as well.
 *
 * The first byte says what the port is. Before each frame stand a byte about it (enum about) and its length, in two. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_plain.h"
#include "fuzz/fuzz_shard.h"
#include "support/raw_words.h"

enum port {
	PORT_ETHERNET = 1,
	PORT_IP6 = 2,
	PORT_VLAN = 4,
	PORT_IP_GOOD = 8,
	PORT_L4_GOOD = 16,
	PORT_EXACT = 32,
	PORT_GROUPS = 64
};

enum about {
	ABOUT_FIX = 1,  /* its checksums are put right */
	ABOUT_OURS = 2, /* it goes to our addresses */
	ABOUT_LATE = 4  /* some time has passed; how much say the bits above */
};

enum { FRAMES_MAX = 24, VLAN = 7, LISTEN_PORT = 80, IN_ETHERNET = 14, LATE_MS = 900, BEGIN_MS = 1000000 };

static const uint8_t our_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t our_ip4[4] = {198, 18, 0, 1};
static const uint8_t our_ip6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};

static uint32_t take_text(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes,
			  void *app)
{
	(void)shard;
	(void)conn;
	(void)text;
	(void)app;
	return bytes;
}

static const struct quern_events events = {.on_data = take_text};

static struct wire_expect expect_of(uint8_t port)
{
	struct wire_expect expect = {.ethernet = port & PORT_ETHERNET,
				     .ip6 = port & PORT_IP6,
				     .groups = port & PORT_GROUPS,
				     .ip_checksum_good = port & PORT_IP_GOOD,
				     .l4_checksum_good = port & PORT_L4_GOOD,
				     .vlan = port & PORT_VLAN && port & PORT_ETHERNET ? VLAN : 0};

	memcpy(expect.mac, our_mac, sizeof(our_mac));
	return expect;
}

static void open_shard(struct fuzz_shard *opened, const struct wire_expect *expect)
{
	struct shard_config config = {.max_connections = 8,
				      .max_time_wait = 8,
				      .accept_backlog = 8,
				      .ethernet = expect->ethernet,
				      .vlan = expect->vlan,
				      .addresses = {.first = get32(our_ip4), .last = get32(our_ip4)},
				      .prefix_length = 15,
				      .mtu = 1500,
				      .rx_checksum = true,
				      .seed = 1};
	const struct quern_endpoint local = {.port = LISTEN_PORT};

	memcpy(config.mac, our_mac, sizeof(our_mac));
	if (expect->ip6) {
		config.ip6.first = (struct quern_ip6){UINT64_C(0x20010db800000000), 1};
		config.ip6.last = config.ip6.first;
		config.ip6.prefix_length = 64;
	}
	fuzz_shard_open(opened, config, (uint64_t)BEGIN_MS * FUZZ_NS_PER_MS);
	CHECK(quern_listen(opened->shard, &local, NULL, &events, NULL) == 0);
}

/* Gives a frame our addresses, where it has any. */
static void make_ours(uint8_t *bytes, uint32_t count, const struct wire_expect *expect)
{
	struct plain_frame frame;

	if (expect->ethernet && count >= IN_ETHERNET)
		memcpy(bytes, our_mac, sizeof(our_mac));
	fuzz_plain_read(bytes, count, expect, &frame);
	if (frame.version == 4)
		memcpy(bytes + frame.l3 + 16, our_ip4, sizeof(our_ip4));
	else if (frame.version == 6)
		memcpy(bytes + frame.l3 + 24, our_ip6, sizeof(our_ip6));
	else if (frame.protocol == PLAIN_ARP)
		memcpy(bytes + frame.l3 + 24, our_ip4, sizeof(our_ip4));
}

static void read_twice(const uint8_t *bytes, uint32_t count, const struct wire_expect *expect)
{
	struct packet packet;

	/* A reason to drop a SYN unread is one for a SYN only. */
	if (fuzz_plain_agree(bytes, count, expect, &packet) && wire_looks_like_syn(bytes, count, expect->ethernet))
		CHECK(packet.kind == WIRE_TCP && packet.tcp.flags & TCP_SYN);
}

/* A port unreachable may quote what is no TCP, which would mean nothing to us. */
static bool is_unreachable(const uint8_t *bytes, uint32_t count, const struct wire_expect *expect)
{
	struct plain_frame frame;
	const uint8_t *message;
	uint32_t sum;

	if (!fuzz_plain_read(bytes, count, expect, &frame) || frame.end - frame.l4 < 2)
		return false;
	message = bytes + frame.l4;
	if (!(frame.protocol == PLAIN_ICMP && message[0] == 3 && message[1] == 3) &&
	    !(frame.protocol == PLAIN_ICMP6 && message[0] == 1 && message[1] == 4))
		return false;
	sum = frame.version == 6 ? fuzz_plain_pseudo_sum(&frame, frame.end - frame.l4) : 0;
	return fuzz_plain_sum_is_right(sum, message, frame.end - frame.l4);
}

/* What the shard says can be read by whoever it is for, and nothing is vouched for. */
static void hear(const struct wire_expect *ours, struct rte_mbuf *mbuf)
{
	const uint8_t *bytes = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	struct wire_expect expect = {.ethernet = ours->ethernet, .ip6 = true, .vlan = ours->vlan};

	CHECK(mbuf->nb_segs == 1);
	if (ours->ethernet) {
		memcpy(expect.mac, bytes, sizeof(expect.mac));
		CHECK(memcmp(bytes + 6, our_mac, sizeof(our_mac)) == 0);
	}
	CHECK(fuzz_plain_judge(bytes, mbuf->pkt_len, &expect, NULL) || is_unreachable(bytes, mbuf->pkt_len, &expect));
	rte_pktmbuf_free(mbuf);
}

static void collect(struct fuzz_shard *opened, const struct wire_expect *expect)
{
	struct rte_mbuf *mbufs[SHARD_BURST];
	uint16_t count;

	do {
		count = shard_transmit(opened->shard, mbufs, SHARD_BURST);
		for (uint16_t i = 0; i < count; i++)
			hear(expect, mbufs[i]);
	} while (count == SHARD_BURST);
}

static void give(struct fuzz_shard *opened, const struct wire_expect *expect, const uint8_t *bytes, uint32_t count,
		 bool is_exact, uint64_t now_ns)
{
	struct rte_mbuf *mbuf = fuzz_shard_frame(opened, bytes, count, is_exact);

	mbuf->ol_flags |= expect->ip_checksum_good ? RTE_MBUF_F_RX_IP_CKSUM_GOOD : RTE_MBUF_F_RX_IP_CKSUM_UNKNOWN;
	mbuf->ol_flags |= expect->l4_checksum_good ? RTE_MBUF_F_RX_L4_CKSUM_GOOD : RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN;
	shard_receive(opened->shard, &mbuf, 1, now_ns);
	collect(opened, expect);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_shard opened;
	struct wire_expect expect;
	uint64_t now_ns = (uint64_t)BEGIN_MS * FUZZ_NS_PER_MS;
	size_t at = 1;

	if (size < 4 || size > UINT16_MAX)
		return 0;
	expect = expect_of(data[0]);
	open_shard(&opened, &expect);
	for (int frames = 0; frames < FRAMES_MAX && size - at >= 3; frames++) {
		uint8_t about = data[at];
		uint32_t count = RTE_MIN(get16(data + at + 1), (uint32_t)(size - at - 3));
		uint8_t *frame = malloc(count);

		CHECK(frame != NULL || count == 0);
		memcpy(frame, data + at + 3, count);
		at += 3 + count;
		if (about & ABOUT_OURS)
			make_ours(frame, count, &expect);
		if (about & ABOUT_FIX)
			fuzz_plain_fix(frame, count, &expect);
		if (about & ABOUT_LATE) {
			now_ns += (uint64_t)(about >> 3) * LATE_MS * FUZZ_NS_PER_MS;
			shard_expire(opened.shard, now_ns);
			collect(&opened, &expect);
		}
		read_twice(frame, count, &expect);
		give(&opened, &expect, frame, count, data[0] & PORT_EXACT, now_ns);
		free(frame);
	}
	CHECK(shard_validate(opened.shard));
	fuzz_shard_close(&opened);
	return 0;
}
