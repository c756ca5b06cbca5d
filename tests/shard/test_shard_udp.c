/* test_shard_udp.c - sockets of an application: who hears what, and what is sent and answered (rows 110 to 112, 115).
 */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/raw_udp.h"

enum { PORT = 53, REMOTE_PORT = 40000 };

static struct driver driver;

/* What an application heard last, and how often; and what it does then. */
struct listener {
	unsigned int heard;
	struct quern_datagram last;
	uint8_t text[RAW_UDP_TEXT_MAX];
	struct quern_udp_socket socket;
	bool answers;
	uint32_t answer_bytes; /* UINT32_MAX: all that came */
	int answered;
	int answered_again;
};

static void hear(struct quern_shard *shard, struct quern_udp_socket socket, const struct quern_datagram *datagram,
		 void *app)
{
	struct listener *listener = app;

	listener->heard++;
	listener->last = *datagram;
	listener->socket = socket;
	memcpy(listener->text, datagram->text, datagram->bytes);
	if (!listener->answers)
		return;
	listener->answered = quern_udp_answer(shard, listener->answer_bytes == UINT32_MAX ? datagram->bytes
											  : listener->answer_bytes);
	listener->answered_again = quern_udp_answer(shard, 0);
}

static const struct quern_udp_events events = {.on_datagram = hear};

static struct quern_udp_socket bind_at(struct listener *listener, uint32_t address, uint16_t port, uint16_t last_port)
{
	const struct quern_endpoint local = raw_endpoint(address, port);
	struct quern_udp_socket socket;

	cr_assert_eq(quern_udp_bind(driver.shard, &local, last_port, &events, listener, &socket), 0);
	return socket;
}

static struct raw_datagram to_shard(uint16_t dest_port, uint32_t text_bytes)
{
	struct raw_datagram datagram = {.source = DRIVER_REMOTE,
					.dest = DRIVER_LOCAL,
					.source_port = REMOTE_PORT,
					.dest_port = dest_port,
					.text_bytes = text_bytes};

	for (uint32_t i = 0; i < text_bytes; i++)
		datagram.text[i] = (uint8_t)(i * 7 + text_bytes);
	return datagram;
}

static uint32_t text_max(void)
{
	return raw_is_ip6() ? 1452 : 1472;
}

Test(shard_udp, a_socket_hears_a_datagram_with_its_ends_and_its_text)
{
	struct listener listener = {0};

	driver_open(&driver, NULL);
	bind_at(&listener, DRIVER_LOCAL, PORT, 0);
	for (uint32_t bytes = 0; bytes <= text_max(); bytes += 92) {
		struct raw_datagram datagram = to_shard(PORT, bytes);

		cr_assert_eq(raw_udp_inject(&driver, &datagram, NULL, 0), 0);
		cr_assert_eq(listener.last.bytes, bytes);
		cr_assert_arr_eq(listener.text, datagram.text, bytes);
		cr_assert_eq(raw_address(&listener.last.local), DRIVER_LOCAL);
		cr_assert_eq(raw_address(&listener.last.remote), DRIVER_REMOTE);
		cr_assert_eq(listener.last.local.port, PORT);
		cr_assert_eq(listener.last.remote.port, REMOTE_PORT);
		cr_assert_not(listener.last.to_group);
	}
	cr_assert_eq(listener.heard, text_max() / 92 + 1);
	cr_assert_eq(driver_counters(&driver)->udp_received, listener.heard);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_UDP_NO_LISTENER], 0);
	driver_close(&driver);
}

/* RFC 1122 4.1.3.4, RFC 8200 8.1. */
Test(shard_udp, a_wrong_checksum_is_not_heard_and_none_only_over_ipv4)
{
	struct listener listener = {.answers = true, .answer_bytes = UINT32_MAX};
	struct raw_datagram datagram = to_shard(PORT, 40), answer;

	driver_open(&driver, NULL);
	bind_at(&listener, 0, PORT, 0);
	datagram.sum = RAW_UDP_WRONG;
	cr_assert_eq(raw_udp_inject(&driver, &datagram, NULL, 0), 0);
	cr_assert_eq(listener.heard, 0);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_UDP_MALFORMED], 1);
	datagram.sum = RAW_UDP_NONE;
	if (raw_is_ip6()) {
		cr_assert_eq(raw_udp_inject(&driver, &datagram, NULL, 0), 0);
		cr_assert_eq(listener.heard, 0);
		cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_UDP_MALFORMED], 2);
	} else {
		/* And the answer has one all the same. */
		cr_assert_eq(raw_udp_inject(&driver, &datagram, &answer, 1), 1);
		cr_assert_eq(listener.heard, 1);
	}
	driver_close(&driver);
}

Test(shard_udp, an_answer_goes_back_as_it_came_and_has_a_right_checksum)
{
	struct listener listener = {.answers = true, .answer_bytes = UINT32_MAX};
	struct shard_config config = {.ethernet = true};
	struct raw_datagram answer;

	for (int pass = 0; pass < 2; pass++) {
		config.ethernet = pass;
		driver_open(&driver, &config);
		bind_at(&listener, 0, PORT, 0);
		for (uint32_t bytes = 0; bytes <= text_max(); bytes += 23) {
			struct raw_datagram datagram = to_shard(PORT, bytes);

			/* RFC 1122 4.1.3.2: options of what came are not what goes. */
			datagram.option_bytes = (uint8_t)(raw_is_ip6() || bytes > 1400 ? 0 : bytes % 11 * 4);
			cr_assert_eq(raw_udp_inject(&driver, &datagram, &answer, 1), 1);
			cr_assert_eq(listener.answered, 0);
			cr_assert_eq(listener.answered_again, -ENOENT, "a datagram is answered once");
			cr_assert_eq(answer.source, DRIVER_LOCAL);
			cr_assert_eq(answer.dest, DRIVER_REMOTE);
			cr_assert_eq(answer.source_port, PORT);
			cr_assert_eq(answer.dest_port, REMOTE_PORT);
			cr_assert_eq(answer.ttl, 64);
			cr_assert_eq(answer.text_bytes, bytes);
			cr_assert_arr_eq(answer.text, datagram.text, bytes);
		}
		cr_assert_eq(quern_udp_answer(driver.shard, 0), -ENOENT, "nothing is at hand");
		driver_close(&driver);
	}
}

/* Battery 19: nobody is sent more than he has sent. */
Test(shard_udp, an_answer_is_never_longer_than_what_came)
{
	struct listener listener = {.answers = true};
	struct raw_datagram datagram = to_shard(PORT, 40), answer;

	driver_open(&driver, NULL);
	bind_at(&listener, 0, PORT, 0);
	for (listener.answer_bytes = 0; listener.answer_bytes <= 40; listener.answer_bytes++) {
		cr_assert_eq(raw_udp_inject(&driver, &datagram, &answer, 1), 1);
		cr_assert_eq(answer.text_bytes, listener.answer_bytes);
		cr_assert_arr_eq(answer.text, datagram.text, listener.answer_bytes);
	}
	/* The second attempt, with nothing, goes out. */
	cr_assert_eq(raw_udp_inject(&driver, &datagram, &answer, 1), 1);
	cr_assert_eq(listener.answered, -EINVAL);
	cr_assert_eq(listener.answered_again, 0);
	cr_assert_eq(answer.text_bytes, 0);
	driver_close(&driver);
}

/* A cable delivers the sender's own buffer: it is copied, and stays as it was. */
Test(shard_udp, an_answer_leaves_a_buffer_alone_that_somebody_else_holds)
{
	struct listener listener = {.answers = true, .answer_bytes = UINT32_MAX};
	struct raw_datagram datagram = to_shard(PORT, 100), answer;
	uint8_t frame[RAW_UDP_MAX];
	uint32_t bytes = raw_udp_build(frame, &datagram);
	struct rte_mbuf *mbuf;

	driver_open(&driver, NULL);
	bind_at(&listener, 0, PORT, 0);
	mbuf = rte_pktmbuf_alloc(driver.in_pool);
	memcpy(rte_pktmbuf_append(mbuf, (uint16_t)bytes), frame, bytes);
	rte_mbuf_refcnt_update(mbuf, 1);
	shard_receive(driver.shard, &mbuf, 1, driver.now_ns);
	cr_assert_eq(raw_udp_collect(&driver, &answer, 1), 1);
	cr_assert_arr_eq(answer.text, datagram.text, 100);
	cr_assert_arr_eq(rte_pktmbuf_mtod(mbuf, const uint8_t *), frame, bytes);
	rte_pktmbuf_free(mbuf);
	driver_close(&driver);
}

Test(shard_udp, of_several_sockets_the_narrowest_hears)
{
	struct listener any_range = {0}, any = {0}, range = {0}, one = {0};
	struct raw_datagram datagram = to_shard(PORT, 4);
	struct quern_udp_socket handles[4];

	driver_open(&driver, NULL);
	handles[0] = bind_at(&any_range, 0, 1, 65535);
	handles[1] = bind_at(&any, 0, PORT, 0);
	handles[2] = bind_at(&range, DRIVER_LOCAL, 50, 60);
	handles[3] = bind_at(&one, DRIVER_LOCAL, PORT, PORT);
	raw_udp_inject(&driver, &datagram, NULL, 0);
	cr_assert(one.heard == 1 && range.heard == 0 && any.heard == 0 && any_range.heard == 0);
	datagram.dest = DRIVER_LOCAL + 1;
	raw_udp_inject(&driver, &datagram, NULL, 0);
	cr_assert(one.heard == 1 && range.heard == 0 && any.heard == 1 && any_range.heard == 0);
	for (uint16_t port = 49; port <= 61; port++) {
		datagram = to_shard(port, 4);
		raw_udp_inject(&driver, &datagram, NULL, 0);
	}
	cr_assert(one.heard == 2 && range.heard == 10 && any.heard == 1 && any_range.heard == 2);
	datagram = to_shard(PORT, 4);
	cr_assert_eq(quern_udp_close(driver.shard, handles[3]), 0);
	raw_udp_inject(&driver, &datagram, NULL, 0);
	cr_assert_eq(range.heard, 11);
	cr_assert_eq(quern_udp_close(driver.shard, handles[2]), 0);
	raw_udp_inject(&driver, &datagram, NULL, 0);
	cr_assert_eq(any.heard, 2);
	cr_assert_eq(quern_udp_close(driver.shard, handles[0]), 0);
	raw_udp_inject(&driver, &datagram, NULL, 0);
	cr_assert_eq(any.heard, 3);
	for (int i = 0; i < 4; i++)
		cr_assert_eq(quern_udp_close(driver.shard, handles[i]), i == 1 ? 0 : -ENOENT);
	driver_close(&driver);
}

Test(shard_udp, what_cannot_be_bound_is_refused)
{
	struct quern_endpoint local = raw_endpoint(DRIVER_LOCAL, PORT);
	struct quern_udp_socket socket, first;

	driver_open(&driver, NULL);
	first = bind_at(NULL, DRIVER_LOCAL, PORT, 0);
	cr_assert_eq(quern_udp_bind(driver.shard, &local, 0, NULL, NULL, &socket), -EADDRINUSE);
	cr_assert_eq(quern_udp_bind(driver.shard, &local, PORT - 1, NULL, NULL, &socket), -EINVAL);
	local = raw_endpoint(DRIVER_LOCAL, 0);
	cr_assert_eq(quern_udp_bind(driver.shard, &local, 9, NULL, NULL, &socket), -EINVAL);
	local = raw_endpoint(DRIVER_REMOTE, PORT);
	cr_assert_eq(quern_udp_bind(driver.shard, &local, 0, NULL, NULL, &socket), -EADDRNOTAVAIL);
	for (uint16_t i = 1; i < QUERN_UDP_SOCKETS; i++)
		bind_at(NULL, 0, (uint16_t)(1000 + i), 0);
	local = raw_endpoint(DRIVER_LOCAL, 2000);
	cr_assert_eq(quern_udp_bind(driver.shard, &local, 0, NULL, NULL, &socket), -ENOSPC);
	cr_assert_eq(quern_udp_close(driver.shard, first), 0);
	cr_assert_eq(quern_udp_bind(driver.shard, &local, 0, NULL, NULL, &socket), 0);
	cr_assert_eq(quern_udp_close(driver.shard, first), -ENOENT, "its place is another's");
	driver_close(&driver);
}

/* A datagram is no segment: a connection of the same ends does not hear it, nor does a listener answer it. */
Test(shard_udp, a_datagram_does_not_meet_a_connection_of_the_same_ends)
{
	struct listener listener = {0};
	const struct raw_segment syn = {.source = DRIVER_REMOTE,
					.dest = DRIVER_LOCAL,
					.source_port = REMOTE_PORT,
					.dest_port = PORT,
					.seq = 1,
					.window = DRIVER_WINDOW,
					.flags = SYN};
	struct raw_datagram datagram = to_shard(PORT, 30);

	driver_open(&driver, NULL);
	driver_listen(&driver, PORT, NULL);
	bind_at(&listener, 0, PORT, 0);
	driver_inject(&driver, &syn);
	cr_assert_not_null(driver_next_heard(&driver));
	raw_udp_inject(&driver, &datagram, NULL, 0);
	cr_assert_eq(listener.heard, 1);
	cr_assert_eq(driver_state_of(driver.shard, DRIVER_LOCAL, DRIVER_REMOTE, PORT, REMOTE_PORT), QUERN_SYN_RCVD);
	driver_close(&driver);
}
