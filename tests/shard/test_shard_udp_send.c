/* test_shard_udp_send.c - what an application sends: its ends, its size and its checksum (rows 110 and 115). */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/raw_udp.h"
#include "support/raw_words.h"

enum { PORT = 53, REMOTE_PORT = 40000 };

static struct driver driver;
static bool answers;

static void hear(struct quern_shard *shard, struct quern_udp_socket socket, const struct quern_datagram *datagram,
		 void *app)
{
	(void)socket;
	(void)app;
	if (answers)
		cr_assert_eq(quern_udp_answer(shard, datagram->bytes), 0);
}

static const struct quern_udp_events events = {.on_datagram = hear};

static struct quern_udp_socket bind_at(uint32_t address, uint16_t port, uint16_t last_port)
{
	const struct quern_endpoint local = raw_endpoint(address, port);
	struct quern_udp_socket socket;

	cr_assert_eq(quern_udp_bind(driver.shard, &local, last_port, &events, NULL, &socket), 0);
	return socket;
}

/* What is in the checksum's place where the port makes it. */
static uint32_t pseudo_sum(const uint8_t *ip, uint32_t bytes)
{
	uint8_t pseudo[40];

	if (raw_is_ip6()) {
		raw_ip6_pseudo(ip, 17, bytes, pseudo);
		return ones_sum(0, pseudo, 40);
	}
	memcpy(pseudo, ip + 12, 8);
	put16(pseudo + 8, 17);
	put16(pseudo + 10, bytes);
	return ones_sum(0, pseudo, 12);
}

static uint32_t text_max(void)
{
	return raw_is_ip6() ? 1452 : 1472;
}

static int send_from(struct quern_udp_socket socket, uint32_t local, uint16_t local_port, uint32_t remote,
		     uint16_t remote_port, uint32_t bytes)
{
	static uint8_t text[65536];
	struct quern_datagram datagram = {.local = {.port = local_port},
					  .remote = raw_endpoint(remote, remote_port),
					  .text = text,
					  .bytes = bytes};

	if (local != 0)
		datagram.local = raw_endpoint(local, local_port);
	for (uint32_t i = 0; i < bytes && i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 3 + bytes);
	return quern_udp_send(driver.shard, socket, &datagram);
}

Test(shard_udp_send, a_datagram_leaves_with_its_ends_its_text_and_a_right_checksum)
{
	struct quern_udp_socket socket;
	struct raw_datagram sent;

	driver_open(&driver, NULL);
	socket = bind_at(DRIVER_LOCAL + 1, PORT, 0);
	for (uint32_t bytes = 0; bytes <= text_max(); bytes++) {
		cr_assert_eq(send_from(socket, 0, 0, DRIVER_REMOTE, REMOTE_PORT, bytes), 0);
		cr_assert_eq(raw_udp_collect(&driver, &sent, 1), 1);
		cr_assert_eq(sent.source, DRIVER_LOCAL + 1);
		cr_assert_eq(sent.dest, DRIVER_REMOTE);
		cr_assert_eq(sent.source_port, PORT);
		cr_assert_eq(sent.dest_port, REMOTE_PORT);
		cr_assert_eq(sent.text_bytes, bytes);
		for (uint32_t i = 0; i < bytes; i++)
			cr_assert_eq(sent.text[i], (uint8_t)(i * 3 + bytes));
	}
	/* RFC 8085 3.2: one packet, or none. */
	cr_assert_eq(send_from(socket, 0, 0, DRIVER_REMOTE, REMOTE_PORT, text_max() + 1), -EMSGSIZE);
	cr_assert_eq(send_from(socket, 0, 0, DRIVER_REMOTE, REMOTE_PORT, UINT32_MAX), -EMSGSIZE);
	cr_assert_eq(driver_counters(&driver)->udp_sent, text_max() + 1);
	driver_close(&driver);
}

/* RFC 768: a sum that comes to 0 is sent as 0xffff, since 0 says that there is none. */
Test(shard_udp_send, a_checksum_that_comes_to_zero_is_sent_as_its_other_zero)
{
	struct quern_udp_socket socket;
	struct raw_datagram sent;
	uint8_t text[2] = {0, 0};
	struct quern_datagram datagram = {.remote = raw_endpoint(DRIVER_REMOTE, REMOTE_PORT), .text = text, .bytes = 2};
	unsigned int zeros = 0;

	driver_open(&driver, NULL);
	socket = bind_at(DRIVER_LOCAL, PORT, 0);
	/* Of all texts of two bytes that are not zero, one makes it so. */
	for (uint32_t word = 1; word <= UINT16_MAX; word++) {
		text[0] = (uint8_t)(word >> 8);
		text[1] = (uint8_t)word;
		cr_assert_eq(quern_udp_send(driver.shard, socket, &datagram), 0);
		cr_assert_eq(raw_udp_collect(&driver, &sent, 1), 1);
		zeros += sent.checksum == 0xffff;
	}
	cr_assert_eq(zeros, 1);
	driver_close(&driver);
}

/* The way is asked for, and nothing is sent before it is known; then the port is told what it is to sum. */
Test(shard_udp_send, a_port_that_sums_is_told_what_to_sum)
{
	const struct shard_config config = {.ethernet = true, .tx_ip_checksum = true, .tx_l4_checksum = true};
	const uint64_t asked = RTE_MBUF_F_TX_UDP_CKSUM |
			       (raw_is_ip6() ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM);
	const struct raw_datagram datagram = {.source = DRIVER_REMOTE,
					      .dest = DRIVER_LOCAL,
					      .source_port = REMOTE_PORT,
					      .dest_port = PORT,
					      .text_bytes = 33};
	uint8_t frame[14 + RAW_UDP_MAX];
	struct rte_mbuf *mbuf;

	driver_open(&driver, &config);
	cr_assert_eq(send_from(bind_at(DRIVER_LOCAL, PORT, 0), 0, 0, DRIVER_REMOTE, REMOTE_PORT, 10), -EAGAIN);
	driver_collect(&driver);
	cr_assert_eq(driver.arp_heard, 1);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_NO_NEXT_HOP], 0);
	answers = true;
	memcpy(frame, driver_mac, 6);
	memcpy(frame + 6, driver_peer_mac, 6);
	memcpy(frame + 12, raw_is_ip6() ? "\x86\xdd" : "\x08", 2);
	mbuf = rte_pktmbuf_alloc(driver.in_pool);
	memcpy(rte_pktmbuf_append(mbuf, 14), frame, 14);
	raw_udp_build(frame, &datagram);
	memcpy(rte_pktmbuf_append(mbuf, (uint16_t)(raw_ip_bytes() + 8 + 33)), frame, raw_ip_bytes() + 8 + 33);
	shard_receive(driver.shard, &mbuf, 1, driver.now_ns);
	cr_assert_eq(shard_transmit(driver.shard, &mbuf, 1), 1);
	cr_assert_eq(mbuf->ol_flags, asked);
	cr_assert_eq(mbuf->l2_len, 14);
	cr_assert_eq(mbuf->l3_len, raw_ip_bytes());
	memcpy(frame, rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len);
	cr_assert_arr_eq(frame, driver_peer_mac, 6);
	cr_assert_eq(get16(frame + 14 + raw_ip_bytes() + 6), pseudo_sum(frame + 14, 8 + 33),
		     "a port adds to the sum of the pseudo-header");
	rte_pktmbuf_free(mbuf);
	driver_close(&driver);
}

Test(shard_udp_send, ends_that_are_not_the_sockets_or_no_hosts_are_refused)
{
	const struct quern_datagram to_group = {
		.remote = {.port = 1,
			   .address = raw_is_ip6() ? 0 : 0xe0000001,
			   .ip6 = {raw_is_ip6() ? UINT64_C(0xff02) << 48 : 0, raw_is_ip6()}}};
	static struct raw_datagram sent[3];
	struct quern_udp_socket socket, any, range;

	driver_open(&driver, NULL);
	socket = bind_at(DRIVER_LOCAL + 1, PORT, 0);
	any = bind_at(0, 7, 0);
	range = bind_at(0, 100, 110);
	cr_assert_eq(send_from(socket, DRIVER_LOCAL, 0, DRIVER_REMOTE, 1, 1), -EINVAL);
	cr_assert_eq(send_from(socket, 0, PORT + 1, DRIVER_REMOTE, 1, 1), -EINVAL);
	cr_assert_eq(send_from(any, DRIVER_REMOTE, 0, DRIVER_REMOTE, 1, 1), -EINVAL);
	cr_assert_eq(send_from(any, 0, 0, DRIVER_REMOTE, 0, 1), -EINVAL);
	cr_assert_eq(send_from(any, 0, 0, 0, 1, 1), -EINVAL);
	cr_assert_eq(quern_udp_send(driver.shard, any, &to_group), -EINVAL);
	cr_assert_eq(send_from(range, 0, 99, DRIVER_REMOTE, 1, 1), -EINVAL);
	cr_assert_eq(send_from(range, 0, 111, DRIVER_REMOTE, 1, 1), -EINVAL);
	cr_assert_eq(raw_udp_collect(&driver, sent, 0), 0);
	cr_assert_eq(send_from(any, 0, 0, DRIVER_REMOTE, 1, 1), 0);
	cr_assert_eq(send_from(any, DRIVER_LOCAL_LAST, 0, DRIVER_REMOTE, 1, 1), 0);
	cr_assert_eq(send_from(range, 0, 110, DRIVER_REMOTE, 1, 1), 0);
	cr_assert_eq(quern_udp_close(driver.shard, any), 0);
	cr_assert_eq(send_from(any, 0, 0, DRIVER_REMOTE, 1, 1), -ENOENT);
	cr_assert_eq(raw_udp_collect(&driver, sent, 3), 3);
	driver_close(&driver);
}

/* What finds no place is refused, and so never counted as sent. */
Test(shard_udp_send, a_full_line_takes_no_more_and_loses_none)
{
	static struct raw_datagram sent[SHARD_OUT_MAX];
	struct quern_udp_socket socket;
	uint32_t taken = 0;

	driver_open(&driver, NULL);
	socket = bind_at(DRIVER_LOCAL, PORT, 0);
	while (send_from(socket, 0, 0, DRIVER_REMOTE, REMOTE_PORT, 18) == 0)
		taken++;
	cr_assert_eq(send_from(socket, 0, 0, DRIVER_REMOTE, REMOTE_PORT, 18), -ENOBUFS);
	cr_assert_gt(taken, 0);
	cr_assert_eq(raw_udp_collect(&driver, sent, SHARD_OUT_MAX), taken);
	cr_assert_eq(driver_counters(&driver)->udp_sent, taken);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_OUT_FULL], 0);
	cr_assert_eq(send_from(socket, 0, 0, DRIVER_REMOTE, REMOTE_PORT, 18), 0);
	cr_assert_eq(raw_udp_collect(&driver, sent, 1), 1);
	driver_close(&driver);
}
