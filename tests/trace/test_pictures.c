/* test_pictures.c - the scenes of docs/pictures, each played by two shards. */
#include <criterion/criterion.h>

#include "picture_stage.h"

enum { SECOND = 1000, TWO_MSL_MS = 60 * SECOND, IDLE_MS = 2 * 3600 * SECOND, INTERVAL_MS = 75 * SECOND, PROBES = 4 };

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
