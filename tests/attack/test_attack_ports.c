/* test_attack_ports.c - row 9: active opens when no port is left. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "attack/battery.h"
#include "support/shard_pair.h"

enum { PORT = 80, PORTS = 2000, FIRST_PORT = 20000, TRIES = 20000, WHOLE_RANGE = 65536 - 1024 };

static struct pair pair;

static uint8_t add_route(const struct quern_events *events, uint16_t first_port, uint16_t last_port)
{
	const struct quern_endpoint target = raw_endpoint(PAIR_SERVER, PORT);
	const struct quern_source source = {.addresses = raw_range(PAIR_CLIENT_FIRST, PAIR_CLIENT_FIRST),
					    .first_port = first_port,
					    .last_port = last_port};
	uint8_t route;

	cr_assert_eq(quern_route_add(pair.ends[0], &source, &target, NULL, events, NULL, &route), 0);
	return route;
}

static void open_ends(uint32_t connections)
{
	const struct shard_config config = {
		.max_connections = connections, .max_time_wait = 64, .time_wait_ms = 1000, .mtu = 1500, .seed = 9};

	pair_open(&pair, &config, 50000);
}

static uint16_t port_of(struct quern_conn conn)
{
	struct quern_conn_info info;

	cr_assert_eq(quern_conn_info(pair.ends[0], conn, &info), 0);
	return info.local.port;
}

/* Seconds of a connect that must fail. */
static double fail_to_connect(uint8_t route)
{
	struct quern_conn conn;
	double begin = battery_cpu_seconds();

	cr_assert_eq(quern_connect(pair.ends[0], route, &conn), -EADDRNOTAVAIL);
	return battery_cpu_seconds() - begin;
}

Test(attack_ports, without_a_port_connect_fails_at_once_and_works_again_with_the_first_that_is_free)
{
	static struct quern_conn conns[PORTS];
	static uint8_t seen[65536];
	double worst = 0;
	uint8_t route;

	open_ends(4 * PORTS);
	route = add_route(NULL, FIRST_PORT, FIRST_PORT + PORTS - 1);
	for (unsigned int i = 0; i < PORTS; i++) {
		cr_assert_eq(quern_connect(pair.ends[0], route, &conns[i]), 0);
		cr_assert_eq(seen[port_of(conns[i])]++, 0, "two connections have one tuple");
	}
	for (unsigned int i = 0; i < TRIES; i++) {
		double seconds = fail_to_connect(route);

		worst = seconds > worst ? seconds : worst;
	}
	cr_assert_leq(worst, 0.001, "%.1f us", worst * 1e6);
	for (unsigned int i = 0; i < PORTS; i += 7) {
		uint16_t port = port_of(conns[i]);

		cr_assert_eq(quern_conn_abort(pair.ends[0], conns[i]), 0);
		cr_assert_eq(quern_connect(pair.ends[0], route, &conns[i]), 0);
		cr_assert_eq(port_of(conns[i]), port, "the one port that is free");
	}
	battery_figure(
		9,
		"%d ports taken: %d connects fail within %.1f us each, no tuple twice, and the first free port is "
		"found at once",
		PORTS, TRIES, worst * 1e6);
	for (unsigned int i = 0; i < PORTS; i++)
		cr_assert_eq(quern_conn_abort(pair.ends[0], conns[i]), 0);
	pair_close(&pair);
}

/* Two routes to one target share its tuples: one of them can be exhausted by the other, which is found out by looking.
 */
Test(attack_ports, a_route_whose_ports_another_route_has_taken_does_not_scan_again_and_again)
{
	struct quern_conn conn, *conns = calloc(WHOLE_RANGE, sizeof(*conns));
	uint8_t greedy, poor;
	double first, worst = 0;

	open_ends(WHOLE_RANGE + 64);
	pair.loss_per_mille = 1000;
	greedy = add_route(NULL, 1024, 65535);
	poor = add_route(NULL, 1024, 65535);
	for (unsigned int i = 0; i < WHOLE_RANGE; i++) {
		cr_assert_eq(quern_connect(pair.ends[0], greedy, &conns[i]), 0);
		/* SYNs go out as they come, into nowhere. */
		if (i % 512 == 0)
			pair_turn(&pair, 0);
	}
	first = fail_to_connect(poor);
	cr_assert_leq(first, 0.005, "%.1f us", first * 1e6);
	for (unsigned int i = 0; i < TRIES; i++) {
		double seconds = fail_to_connect(poor);

		worst = seconds > worst ? seconds : worst;
	}
	cr_assert_leq(worst, 0.001, "%.1f us", worst * 1e6);
	cr_assert_eq(quern_conn_abort(pair.ends[0], conns[WHOLE_RANGE / 2]), 0);
	cr_assert_eq(quern_connect(pair.ends[0], poor, &conn), 0);
	battery_figure(9,
		       "another route holds all %d ports: the first connect has looked at all in %.0f us, %d more fail "
		       "within %.1f us each; the first free port is found",
		       WHOLE_RANGE, first * 1e6, TRIES, worst * 1e6);
	free(conns);
	pair_run(&pair, 200000);
	pair_close(&pair);
}
