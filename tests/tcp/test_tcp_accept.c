/* test_tcp_accept.c - connections that nobody accepts: the queue of a listener without on_established is bounded. */
#include <errno.h>

#include <criterion/criterion.h>

#include "support/script.h"

enum { BACKLOG = 2 };

static const struct quern_events silent = {0};
static struct driver driver;

static struct script numbered(unsigned int number)
{
	struct script script = script_new(&driver);

	script.remote_port = (uint16_t)(SCRIPT_REMOTE_PORT + number);
	return script;
}

/* A listener whose queue is full: the connections in it are established, and the next one is half-open. */
static struct script full(struct script inside[BACKLOG])
{
	const struct shard_config config = {.accept_backlog = BACKLOG};
	const struct quern_endpoint local = raw_endpoint(DRIVER_LOCAL, SCRIPT_PORT);
	struct script next;

	driver_open(&driver, &config);
	cr_assert_eq(quern_listen(driver.shard, &local, NULL, &silent, &driver), 0);
	for (unsigned int i = 0; i < BACKLOG; i++) {
		inside[i] = numbered(i);
		say(&inside[i], SYN, 0, 0);
		hear(&inside[i], SYN | ACK, 0, 1);
		say(&inside[i], ACK, 1, 1);
		in_state(&inside[i], QUERN_ESTABLISHED);
	}
	next = numbered(BACKLOG);
	say(&next, SYN, 0, 0);
	hear(&next, SYN | ACK, 0, 1);
	return next;
}

static void accept_one(const struct script *expected)
{
	const struct quern_endpoint local = raw_endpoint(DRIVER_LOCAL, SCRIPT_PORT);
	struct quern_conn conn;
	struct quern_conn_info info;

	cr_assert_eq(quern_accept(driver.shard, &local, &conn), 0);
	cr_assert_eq(quern_conn_info(driver.shard, conn, &info), 0);
	cr_assert_eq(info.remote.port, expected->remote_port);
	cr_assert_eq(info.state, QUERN_ESTABLISHED);
}

/* Row 36: the last ACK is left out, SYN+ACK draws it again, and once there is room it counts. */
Test(tcp_accept, a_full_queue_leaves_out_the_last_ack_which_syn_ack_draws_again)
{
	struct script inside[BACKLOG], next = full(inside);

	mark(&next);
	say(&next, ACK, 1, 1);
	hear_nothing(&next);
	in_state(&next, QUERN_SYN_RCVD);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_TCP_ACCEPT_FULL], 1);
	advance(&next, 1001);
	hear_at(&next, 1000, SYN | ACK, 0, 1);
	say(&next, ACK, 1, 1);
	in_state(&next, QUERN_SYN_RCVD);
	accept_one(&inside[0]);
	advance(&next, 2001);
	hear_at(&next, 3000, SYN | ACK, 0, 1);
	say(&next, ACK, 1, 1);
	in_state(&next, QUERN_ESTABLISHED);
	hear_nothing(&next);
	accept_one(&inside[1]);
	accept_one(&next);
	driver_close(&driver);
}

/* Row 36: text and FIN behind a handshake that does not count yet are left out as well, and come again. */
Test(tcp_accept, text_for_a_connection_that_is_not_accepted_yet_is_not_acknowledged)
{
	struct script inside[BACKLOG], next = full(inside);

	say_text(&next, PSH | ACK, 1, 1, 100);
	say(&next, FIN | ACK, 101, 1);
	hear_nothing(&next);
	in_state(&next, QUERN_SYN_RCVD);
	accept_one(&inside[0]);
	say_text(&next, PSH | ACK, 1, 1, 100);
	hear(&next, ACK, 1, 101);
	in_state(&next, QUERN_ESTABLISHED);
	driver_close(&driver);
}

/* Row 36: who waits inside is served meanwhile, and the place of one that is reset is free again. */
Test(tcp_accept, those_that_wait_are_unharmed_and_the_place_of_one_that_ends_is_free)
{
	struct script inside[BACKLOG], next = full(inside);

	say(&next, ACK, 1, 1);
	for (unsigned int i = 0; i < BACKLOG; i++) {
		say_text(&inside[i], PSH | ACK, 1, 1, 10);
		hear(&inside[i], ACK, 1, 11);
	}
	say(&inside[0], RST, 11, 0);
	in_state(&inside[0], QUERN_LISTEN);
	say(&next, ACK, 1, 1);
	in_state(&next, QUERN_ESTABLISHED);
	accept_one(&inside[1]);
	accept_one(&next);
	driver_close(&driver);
}

/* Row 36 with row 20: without anybody who accepts, SYN+ACK is not repeated for ever; RST ends it sooner. */
Test(tcp_accept, what_is_never_accepted_goes_as_any_half_open_connection)
{
	struct script inside[BACKLOG], next = full(inside);

	for (unsigned int i = 0; i < 70; i++) {
		advance(&next, 1000);
		say(&next, ACK, 1, 1);
		while (driver_next_heard(&driver) != NULL)
			;
	}
	in_state(&next, QUERN_LISTEN);
	next.iss_known = false;
	say(&next, SYN, 0, 0);
	hear(&next, SYN | ACK, 0, 1);
	say(&next, RST, 1, 0);
	in_state(&next, QUERN_LISTEN);
	in_state(&inside[0], QUERN_ESTABLISHED);
	in_state(&inside[1], QUERN_ESTABLISHED);
	driver_close(&driver);
}
