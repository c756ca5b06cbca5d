/* test_pictures.c - the scenes of docs/pictures, each played by two shards. */
#include <criterion/criterion.h>

#include "picture_stage.h"

enum {
	LIVES = 60,
	STEPS = 14,
	SECOND = 1000,
	TWO_MSL_MS = 60 * SECOND,
	IDLE_MS = 2 * 3600 * SECOND,
	INTERVAL_MS = 75 * SECOND,
	PROBES = 4
};

static struct stage stage;

/* Timestamps would take a line of each arrow: the handshake alone has them. */
static const struct quern_tcp_options plain = {.no_timestamps = true};

static void expect_states(enum quern_state client, enum quern_state server)
{
	enum quern_state is_client = stage_state(&stage, PAIR_CLIENT),
			 is_server = stage_state(&stage, PAIR_SERVER_SIDE);

	cr_assert(is_client == client && is_server == server, "%s and %s", quern_state_name(is_client),
		  quern_state_name(is_server));
}

/* An end sends FIN, and all that comes of it comes. */
static void shut_down(enum pair_side side)
{
	cr_assert_eq(quern_conn_shutdown(stage.pair.ends[side], stage.conns[side]), 0);
}

Test(pictures, handshake)
{
	stage_open(&stage, "handshake", NULL);
	stage_connect(&stage, 20);
	expect_states(QUERN_ESTABLISHED, QUERN_ESTABLISHED);
	stage_close(&stage);
}

/* The client closes first and waits for 2MSL. */
Test(pictures, teardown)
{
	stage_open(&stage, "teardown", &plain);
	stage_connect(&stage, 20);
	shut_down(PAIR_CLIENT);
	stage_run(&stage, 20);
	expect_states(QUERN_FIN_WAIT_2, QUERN_CLOSE_WAIT);
	shut_down(PAIR_SERVER_SIDE);
	stage_run(&stage, 20);
	expect_states(QUERN_TIME_WAIT, QUERN_CLOSED);
	stage_run(&stage, TWO_MSL_MS);
	expect_states(QUERN_CLOSED, QUERN_CLOSED);
	stage_close(&stage);
}

/* The client has said all, and the server answers at length. */
Test(pictures, half_close)
{
	stage_open(&stage, "half-close", &plain);
	stage_connect(&stage, 20);
	stage_send(&stage, PAIR_CLIENT, 120);
	shut_down(PAIR_CLIENT);
	stage_run(&stage, 20);
	expect_states(QUERN_FIN_WAIT_2, QUERN_CLOSE_WAIT);
	for (int part = 0; part < 3; part++) {
		stage_send(&stage, PAIR_SERVER_SIDE, 1000);
		stage_run(&stage, 40);
	}
	expect_states(QUERN_FIN_WAIT_2, QUERN_CLOSE_WAIT);
	shut_down(PAIR_SERVER_SIDE);
	stage_run(&stage, 20);
	expect_states(QUERN_TIME_WAIT, QUERN_CLOSED);
	stage_close(&stage);
}

/* Both close before either has heard of it. */
Test(pictures, simultaneous_close)
{
	stage_open(&stage, "simultaneous-close", &plain);
	stage_connect(&stage, 20);
	shut_down(PAIR_CLIENT);
	shut_down(PAIR_SERVER_SIDE);
	stage_run(&stage, 20);
	expect_states(QUERN_TIME_WAIT, QUERN_TIME_WAIT);
	stage_close(&stage);
}

/* The client's ACK of the server's FIN is lost; the FIN comes again, and 2MSL begins anew. */
Test(pictures, lost_last_ack)
{
	stage_open(&stage, "lost-last-ack", &plain);
	stage_connect(&stage, 20);
	shut_down(PAIR_CLIENT);
	stage_run(&stage, 20);
	stage.loses = stage.said + 1;
	shut_down(PAIR_SERVER_SIDE);
	stage_run(&stage, 20);
	expect_states(QUERN_TIME_WAIT, QUERN_LAST_ACK);
	stage_run(&stage, 900);
	expect_states(QUERN_TIME_WAIT, QUERN_LAST_ACK);
	stage_run(&stage, 200);
	expect_states(QUERN_TIME_WAIT, QUERN_CLOSED);
	stage_run(&stage, TWO_MSL_MS - 500);
	expect_states(QUERN_TIME_WAIT, QUERN_CLOSED);
	stage_run(&stage, 1000);
	expect_states(QUERN_CLOSED, QUERN_CLOSED);
	stage_close(&stage);
}

/* The server is cut off, and says nothing to the probes. */
Test(pictures, keepalive_against_a_dead_peer)
{
	const struct quern_tcp_options options = {.no_timestamps = true,
						  .keepalive = true,
						  .keepalive_idle_ms = IDLE_MS,
						  .keepalive_interval_ms = INTERVAL_MS,
						  .keepalive_probes = PROBES};

	stage_open(&stage, "keepalive-dead-peer", &options);
	stage_connect(&stage, 20);
	stage_send(&stage, PAIR_CLIENT, 100);
	stage_run(&stage, 20);
	stage.is_cut = true;
	stage_run(&stage, IDLE_MS + PROBES * INTERVAL_MS - SECOND);
	expect_states(QUERN_ESTABLISHED, QUERN_ESTABLISHED);
	stage_run(&stage, 2 * SECOND);
	expect_states(QUERN_CLOSED, QUERN_ESTABLISHED);
	cr_assert_eq(stage.ends[PAIR_CLIENT], QUERN_END_TIMEOUT);
	stage_close(&stage);
}

/* An application that sends at random, and shuts down at some time. */
static void act(enum pair_side side, bool must_end)
{
	enum quern_state state = stage_state(&stage, side);
	uint32_t what = random_below(&stage.random, 8);

	if (state != QUERN_ESTABLISHED && state != QUERN_CLOSE_WAIT)
		return;
	if (what == 0 || must_end)
		shut_down(side);
	else if (what == 1)
		stage_send(&stage, side, 1 + random_below(&stage.random, 1000));
}

/* Connections that live at random, over a line that loses frames or none. */
static void live(const char *kind, uint32_t number, uint32_t loss_per_mille)
{
	static const uint32_t pauses_ms[] = {1, 5, 9, 50, 1500};
	struct quern_conn conn;
	char name[32];

	snprintf(name, sizeof(name), "%s-%u", kind, number);
	stage_open(&stage, name, &plain);
	random_seed(&stage.random, number);
	stage.loss_per_mille = loss_per_mille;
	cr_assert_eq(quern_connect(stage.pair.ends[PAIR_CLIENT], stage.route, &conn), 0);
	for (int step = 0; step < STEPS; step++) {
		for (enum pair_side side = PAIR_CLIENT; side <= PAIR_SERVER_SIDE; side++)
			act(side, step > STEPS - 4);
		stage_run(&stage, pauses_ms[random_below(&stage.random, 5)]);
	}
	stage.loss_per_mille = 0;
	stage_run(&stage, 30 * SECOND);
	stage_close(&stage);
}

Test(pictures, lives)
{
	for (uint32_t number = 0; number < LIVES; number++) {
		live("clear", number, 0);
		live("lossy", number, 100);
	}
}
