/* test_shard_ports.c - where active opens come from: pairs of address and port, in turn, never two at once. */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/script.h"

enum { FIRST_PORT = 10000, PORTS = 10, PAIRS = 2 * PORTS };

static struct driver driver;

static uint8_t route_of_twenty(const struct quern_tcp_options *options)
{
	const struct quern_source source = {.addresses = raw_range(DRIVER_LOCAL, DRIVER_LOCAL + 1),
					    .first_port = FIRST_PORT,
					    .last_port = FIRST_PORT + PORTS - 1};
	const struct quern_endpoint target = raw_endpoint(DRIVER_REMOTE, SCRIPT_REMOTE_PORT);
	uint8_t route;

	cr_assert_eq(quern_route_add(driver.shard, &source, &target, options, &driver_events, &driver, &route), 0);
	return route;
}

/* Connects once and says from where, as a number below PAIRS. */
static unsigned int connect_one(uint8_t route, struct quern_conn *conn)
{
	struct quern_conn_info info;

	cr_assert_eq(quern_connect(driver.shard, route, conn), 0);
	driver_collect(&driver);
	cr_assert_eq(quern_conn_info(driver.shard, *conn, &info), 0);
	cr_assert(raw_address(&info.local) == DRIVER_LOCAL || raw_address(&info.local) == DRIVER_LOCAL + 1);
	cr_assert(info.local.port >= FIRST_PORT && info.local.port < FIRST_PORT + PORTS);
	cr_assert_eq(raw_address(&info.remote), DRIVER_REMOTE);
	cr_assert_eq(info.state, QUERN_SYN_SENT);
	return (raw_address(&info.local) - DRIVER_LOCAL) * PORTS + (info.local.port - FIRST_PORT);
}

/* Attack 9. */
Test(shard_ports, every_pair_is_used_once_and_then_connect_says_so)
{
	bool used[PAIRS] = {false};
	struct quern_conn conns[PAIRS], none;
	unsigned int freed, again;
	uint8_t route;

	driver_open(&driver, NULL);
	route = route_of_twenty(NULL);
	for (unsigned int i = 0; i < PAIRS; i++) {
		unsigned int pair = connect_one(route, &conns[i]);

		cr_assert_not(used[pair], "two connections from the same place");
		used[pair] = true;
	}
	for (unsigned int i = 0; i < 100000; i++)
		cr_assert_eq(quern_connect(driver.shard, route, &none), -EADDRNOTAVAIL);
	for (unsigned int round = 0; round < 100; round++) {
		struct quern_conn_info info;
		unsigned int victim = (round * 7) % PAIRS;

		quern_conn_info(driver.shard, conns[victim], &info);
		freed = (raw_address(&info.local) - DRIVER_LOCAL) * PORTS + (info.local.port - FIRST_PORT);
		cr_assert_eq(quern_conn_abort(driver.shard, conns[victim]), 0);
		cr_assert_eq(quern_conn_abort(driver.shard, conns[victim]), -ENOENT, "a stale handle");
		again = connect_one(route, &conns[victim]);
		cr_assert_eq(again, freed, "the only free pair");
		cr_assert_eq(quern_connect(driver.shard, route, &none), -EADDRNOTAVAIL);
		driver.told_next = driver.told_count;
		driver.heard_next = driver.heard_count;
	}
	driver_close(&driver);
}

/* RFC 9293 3.4.3: a tuple in TIME-WAIT is not free for an active open until 2MSL is over. */
Test(shard_ports, a_pair_in_time_wait_is_free_again_after_2msl)
{
	const struct shard_config config = {.time_wait_ms = 5000};
	const struct quern_source source = {
		.addresses = raw_range(DRIVER_LOCAL, DRIVER_LOCAL), .first_port = 5000, .last_port = 5000};
	const struct quern_endpoint target = raw_endpoint(DRIVER_REMOTE, SCRIPT_REMOTE_PORT);
	struct script script;
	struct quern_conn conn;
	uint8_t route;

	driver_open(&driver, &config);
	script = script_new(&driver);
	script.local_port = 5000;
	cr_assert_eq(quern_route_add(driver.shard, &source, &target, NULL, &driver_events, &driver, &route), 0);
	for (unsigned int round = 0; round < 3; round++) {
		uint32_t old_iss = script.iss;

		cr_assert_eq(quern_connect(driver.shard, route, &script.conn), 0);
		driver_collect(&driver);
		script.iss_known = false;
		establish_active(&script);
		cr_assert(round == 0 || (int32_t)(script.iss - old_iss) > 0, "ISS goes back");
		close_actively(&script);
		cr_assert_eq(quern_connect(driver.shard, route, &conn), -EADDRNOTAVAIL);
		advance(&script, 5001);
		script.peer_iss += 1000;
	}
	driver_close(&driver);
}

/* A listener's tuple and a route's may meet: the live one must win. */
Test(shard_ports, connect_never_takes_the_tuple_of_a_passive_connection)
{
	const struct quern_source source = {.addresses = raw_range(DRIVER_LOCAL, DRIVER_LOCAL),
					    .first_port = SCRIPT_PORT,
					    .last_port = SCRIPT_PORT};
	const struct quern_endpoint target = raw_endpoint(DRIVER_REMOTE, SCRIPT_REMOTE_PORT);
	struct script script;
	struct quern_conn conn;
	uint8_t route;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	establish_passive(&script);
	cr_assert_eq(quern_route_add(driver.shard, &source, &target, NULL, &driver_events, &driver, &route), 0);
	cr_assert_eq(quern_connect(driver.shard, route, &conn), -EADDRNOTAVAIL);
	hear_nothing(&script);
	in_state(&script, QUERN_ESTABLISHED);
	driver_close(&driver);
}

Test(shard_ports, calls_with_stale_or_foreign_handles_say_so)
{
	struct script script;
	struct quern_conn_info info;
	struct quern_conn wrong;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	establish_passive(&script);
	wrong = script.conn;
	wrong.generation++;
	cr_assert_eq(quern_conn_info(driver.shard, wrong, &info), -ENOENT);
	wrong = script.conn;
	wrong.index = 0xfffffff0;
	cr_assert_eq(quern_conn_close(driver.shard, wrong), -ENOENT);
	wrong = script.conn;
	wrong.shard++;
	cr_assert_eq(quern_conn_abort(driver.shard, wrong), -ENOENT);
	cr_assert_eq(quern_connect(driver.shard, 200, &wrong), -EINVAL, "no such route");
	app_close(&script);
	cr_assert_eq(quern_conn_close(driver.shard, script.conn), -EPIPE);
	cr_assert_eq(quern_conn_shutdown(driver.shard, script.conn), -EPIPE);
	in_state(&script, QUERN_FIN_WAIT_1);
	driver_close(&driver);
}
