/* test_tcp_open.c - how connections begin: RFC 9293 3.5, 3.10.7.1 to 3.10.7.3. */
#include <errno.h>

#include <criterion/criterion.h>

#include "support/script.h"

static struct driver driver;

static struct script listening(const struct quern_tcp_options *options)
{
	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, options);
	return script_new(&driver);
}

static struct script connecting(const struct quern_tcp_options *options)
{
	driver_open(&driver, NULL);
	return script_connect(&driver, 5000, options);
}

/* Row 6. */
Test(tcp_open, a_listener_shakes_hands_and_tells_the_application_once)
{
	struct script script = listening(NULL);

	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	in_state(&script, QUERN_SYN_RCVD);
	told_nothing(&script);
	say(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	in_state(&script, QUERN_ESTABLISHED);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Rows 6 and 37: text on the SYN waits, and text with the final ACK completes the handshake. */
Test(tcp_open, text_is_not_taken_before_the_connection_is_established)
{
	struct script script = listening(NULL);

	say_text(&script, SYN, 0, 0, 10);
	hear(&script, SYN | ACK, 0, 1);
	cr_assert_eq(driver_counters(&driver)->text_bytes, 0);
	say_text(&script, ACK | PSH, 1, 1, 10);
	told(&script, TOLD_ESTABLISHED);
	hear(&script, ACK, 1, 11);
	cr_assert_eq(driver_counters(&driver)->text_bytes, 10);
	driver_close(&driver);
}

/* Row 12. */
Test(tcp_open, a_connect_shakes_hands_and_sends_one_ack)
{
	struct script script = connecting(NULL);

	establish_active(&script);
	hear_nothing(&script);
	told_nothing(&script);
	driver_close(&driver);
}

/* Row 8, figure 7. */
Test(tcp_open, two_syns_that_cross_make_one_connection)
{
	struct script script = connecting(NULL);

	hear(&script, SYN, 0, 0);
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	in_state(&script, QUERN_SYN_RCVD);
	told_nothing(&script);
	say(&script, ACK, 1, 1);
	in_state(&script, QUERN_ESTABLISHED);
	told(&script, TOLD_ESTABLISHED);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Row 8: the same where the peer's SYN+ACK is what arrives. */
Test(tcp_open, two_syn_acks_that_cross_make_one_connection)
{
	struct script script = connecting(NULL);

	hear(&script, SYN, 0, 0);
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, SYN | ACK, 0, 1);
	/* Our ACK is allowed, and where it is there the peer answers it with one of its own. */
	if (driver_next_heard(&driver) != NULL)
		say(&script, ACK, 1, 1);
	in_state(&script, QUERN_ESTABLISHED);
	told(&script, TOLD_ESTABLISHED);
	told_nothing(&script);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Row 10. */
Test(tcp_open, a_wrong_ack_to_a_syn_is_reset_and_the_right_one_still_connects)
{
	struct script script = connecting(NULL);

	hear(&script, SYN, 0, 0);
	say(&script, SYN | ACK, 0, 0);
	hear(&script, RST, 0, 0);
	say(&script, ACK, 0, 2);
	hear(&script, RST, 2, 0);
	say(&script, RST | ACK, 0, 2);
	hear_nothing(&script);
	in_state(&script, QUERN_SYN_SENT);
	say(&script, SYN | ACK, 0, 1);
	hear(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	driver_close(&driver);
}

/* Row 11. */
Test(tcp_open, a_reset_with_the_right_ack_refuses_a_connect_at_once)
{
	struct script script = connecting(NULL);

	hear(&script, SYN, 0, 0);
	say(&script, RST, 0, 0);
	in_state(&script, QUERN_SYN_SENT);
	told_nothing(&script);
	say(&script, RST | ACK, 0, 1);
	told_ended(&script, QUERN_END_REFUSED);
	in_state(&script, QUERN_CLOSED);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Row 13. */
Test(tcp_open, fin_and_text_without_syn_are_dropped_in_syn_sent)
{
	struct script script = connecting(NULL);

	hear(&script, SYN, 0, 0);
	say(&script, FIN, 0, 0);
	say(&script, FIN | ACK, 0, 1);
	say_text(&script, ACK | PSH, 0, 1, 10);
	hear_nothing(&script);
	told_nothing(&script);
	in_state(&script, QUERN_SYN_SENT);
	cr_assert_eq(driver_counters(&driver)->text_bytes, 0);
	driver_close(&driver);
}

/* Row 15: a duplicate of the old SYN; the first repeat at once, then at most two a second. */
Test(tcp_open, a_repeated_syn_gets_its_syn_ack_again_but_not_without_end)
{
	struct script script = listening(NULL);
	unsigned int answers = 0;

	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	for (unsigned int i = 0; i < 95; i++) {
		advance(&script, 10);
		say(&script, SYN, 0, 0);
	}
	while (driver_next_heard(&driver) != NULL)
		answers++;
	cr_assert_leq(answers, 3, "%u answers in a second", answers);
	cr_assert_eq(driver_counters(&driver)->opened_passive, 1);
	say(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	driver_close(&driver);
}

/* Row 15. */
Test(tcp_open, a_new_syn_in_the_window_takes_a_half_open_connection_back_to_listen)
{
	struct script script = listening(NULL);

	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, SYN, 100, 0);
	hear_nothing(&script);
	in_state(&script, QUERN_LISTEN);
	told_nothing(&script);
	script.peer_iss += 100;
	script.iss_known = false;
	establish_passive(&script);
	driver_close(&driver);
}

/* Row 31, MUST-41 and MUST-42. */
Test(tcp_open, one_port_takes_many_connections_and_many_ports_listen)
{
	struct script scripts[30];

	driver_open(&driver, NULL);
	for (uint16_t i = 0; i < 3; i++)
		driver_listen(&driver, (uint16_t)(SCRIPT_PORT + i), NULL);
	for (uint16_t i = 0; i < 30; i++) {
		scripts[i] = script_new(&driver);
		scripts[i].local_port = (uint16_t)(SCRIPT_PORT + i % 3);
		scripts[i].remote_port = (uint16_t)(SCRIPT_REMOTE_PORT + i / 3);
		establish_passive(&scripts[i]);
	}
	app_abort(&scripts[7]);
	hear_reset(&scripts[7], 1, 1);
	told_ended(&scripts[7], QUERN_END_ABORTED);
	for (unsigned int i = 0; i < 30; i++)
		in_state(&scripts[i], i == 7 ? QUERN_LISTEN : QUERN_ESTABLISHED);
	driver_close(&driver);
}

/* Rows 33 and 34. */
Test(tcp_open, listen_and_connect_refuse_what_cannot_be)
{
	static const uint32_t nobody[] = {0, 0x7f000001, 0xe0000001, 0xffffffff, 0xc613ffff /* directed broadcast */};
	const struct quern_source source = {
		.addresses = raw_range(DRIVER_LOCAL, DRIVER_LOCAL), .first_port = 0, .last_port = 0};
	const struct quern_endpoint foreign = raw_endpoint(0xc6120009, 80), own = raw_endpoint(DRIVER_LOCAL, 80);
	const struct quern_endpoint peer = raw_endpoint(DRIVER_REMOTE, 80);
	const struct quern_source foreign_source = {
		.addresses = raw_range(0xc6120009, 0xc6120009), .first_port = 0, .last_port = 0};
	uint8_t route;

	driver_open(&driver, NULL);
	for (unsigned int i = 0; i < sizeof(nobody) / sizeof(*nobody); i++) {
		const struct quern_endpoint target = {.address = nobody[i], .port = 80};

		cr_expect_eq(quern_route_add(driver.shard, &source, &target, NULL, &driver_events, &driver, &route),
			     -EINVAL, "target %x (MUST-46)", nobody[i]);
	}
	cr_expect_eq(quern_route_add(driver.shard, &foreign_source, &peer, NULL, &driver_events, &driver, &route),
		     -EADDRNOTAVAIL);
	cr_expect_eq(quern_listen(driver.shard, &foreign, NULL, &driver_events, &driver), -EADDRNOTAVAIL);
	driver_listen(&driver, 80, NULL);
	cr_expect_eq(quern_listen(driver.shard, &own, NULL, &driver_events, &driver), -EADDRINUSE);
	driver_close(&driver);
}

/* Row 21, MUST-14 and MUST-65; script_hear() sees to the rest. */
Test(tcp_open, syn_and_syn_ack_carry_the_mss_that_was_asked_for)
{
	const struct quern_tcp_options options = {.mss = 1000};
	struct script script = listening(NULL);

	say(&script, SYN, 0, 0);
	cr_assert_eq(driver_next_heard(&driver)->segment.mss, raw_mss_of(1500));
	driver_listen(&driver, 81, &options);
	script.local_port = 81;
	say(&script, SYN, 0, 0);
	cr_assert_eq(driver_next_heard(&driver)->segment.mss, 1000);
	driver_close(&driver);
}

/* Row 36 of the interface: without on_established, connections wait for quern_accept(). */
Test(tcp_open, connections_wait_for_accept_in_their_order)
{
	const struct quern_events silent = {0};
	const struct quern_endpoint local = raw_endpoint(DRIVER_LOCAL, SCRIPT_PORT),
				    other = raw_endpoint(DRIVER_LOCAL, 99);
	struct quern_conn conn;
	struct quern_conn_info info;

	driver_open(&driver, NULL);
	cr_assert_eq(quern_listen(driver.shard, &local, NULL, &silent, &driver), 0);
	cr_assert_eq(quern_accept(driver.shard, &other, &conn), -ENOENT);
	for (uint16_t i = 0; i < 3; i++) {
		struct script script = script_new(&driver);

		script.remote_port = (uint16_t)(SCRIPT_REMOTE_PORT + i);
		say(&script, SYN, 0, 0);
		hear(&script, SYN | ACK, 0, 1);
		say(&script, ACK, 1, 1);
	}
	for (uint16_t i = 0; i < 3; i++) {
		cr_assert_eq(quern_accept(driver.shard, &local, &conn), 0);
		cr_assert_eq(quern_conn_info(driver.shard, conn, &info), 0);
		cr_assert_eq(info.remote.port, SCRIPT_REMOTE_PORT + i);
		cr_assert_eq(info.state, QUERN_ESTABLISHED);
		cr_assert_eq(info.snd_wnd, DRIVER_WINDOW);
		cr_assert_eq(info.mss, DRIVER_MSS);
	}
	cr_assert_eq(quern_accept(driver.shard, &local, &conn), -EAGAIN);
	driver_close(&driver);
}

/* Row 36: the last ACK is as if it had not come, and so is text behind it; the SYN+ACK, sent again, draws it again. */
Test(tcp_open, a_full_accept_queue_leaves_the_handshake_open_until_there_is_room)
{
	const struct shard_config config = {.accept_backlog = 1};
	const struct quern_endpoint local = raw_endpoint(DRIVER_LOCAL, SCRIPT_PORT);
	struct script first, second;
	struct quern_conn conn;

	driver_open(&driver, &config);
	cr_assert_eq(quern_listen(driver.shard, &local, NULL, NULL, NULL), 0);
	first = second = script_new(&driver);
	second.remote_port++;
	say(&first, SYN, 0, 0);
	hear(&first, SYN | ACK, 0, 1);
	say(&second, SYN, 0, 0);
	hear(&second, SYN | ACK, 0, 1);
	mark(&second);
	say(&first, ACK, 1, 1);
	in_state(&first, QUERN_ESTABLISHED);
	say(&second, ACK, 1, 1);
	say_text(&second, PSH | ACK, 1, 1, 10);
	hear_nothing(&second);
	in_state(&second, QUERN_SYN_RCVD);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_TCP_ACCEPT_FULL], 2);
	cr_assert_eq(quern_accept(driver.shard, &local, &conn), 0);
	cr_assert_eq(quern_accept(driver.shard, &local, &conn), -EAGAIN);
	advance(&second, 1000);
	hear_at(&second, 1000, SYN | ACK, 0, 1);
	say(&second, ACK, 1, 1);
	in_state(&second, QUERN_ESTABLISHED);
	cr_assert_eq(quern_accept(driver.shard, &local, &conn), 0);
	driver_close(&driver);
}
