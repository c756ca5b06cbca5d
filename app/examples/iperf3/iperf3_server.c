/* iperf3_server.c - answers an unchanged `iperf3 -c`: iperf3_server tap:q0 198.18.0.1/24 [LOSS%], until Ctrl-C. */
#include "iperf3.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT = 5201, WINDOW = 1 << 20 };

struct quern_engine *iperf3_engine;
struct iperf3_guest iperf3_guests[IPERF3_GUESTS];

/* Null for one that found no place. */
static struct iperf3_guest *guest_of(struct quern_shard *shard, struct quern_conn conn)
{
	uint32_t place = *quern_conn_user(shard, conn);

	return place == 0 ? NULL : &iperf3_guests[place - 1];
}

/* A cookie is complete: of a new test, of a stream of this one, or of somebody who must come again later. */
static void place(struct quern_shard *shard, struct iperf3_guest *guest)
{
	const signed char denied = IPERF3_ACCESS_DENIED;
	uint32_t taken;

	if (!iperf3_test.control) {
		iperf3_control_begin(shard, guest);
	} else if (iperf3_test.state == IPERF3_CREATE_STREAMS &&
		   memcmp(guest->cookie, iperf3_test.control->cookie, IPERF3_COOKIE) == 0) {
		iperf3_stream_begin(shard, guest);
	} else {
		guest->role = IPERF3_LEAVING;
		quern_conn_send(shard, guest->conn, &denied, 1, &taken);
		quern_conn_close(shard, guest->conn);
	}
}

static void greet(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	for (uint32_t i = 0; i < IPERF3_GUESTS; i++) {
		if (iperf3_guests[i].role != IPERF3_NOBODY)
			continue;
		iperf3_guests[i] = (struct iperf3_guest){.role = IPERF3_STRANGER, .conn = conn, .is_open = true};
		*quern_conn_user(shard, conn) = i + 1;
		return;
	}
	quern_conn_abort(shard, conn);
}

static uint32_t hear(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	struct iperf3_guest *guest = guest_of(shard, conn);
	uint32_t left = IPERF3_COOKIE - guest->filled, piece = bytes < left ? bytes : left;

	(void)app;
	if (guest->role == IPERF3_STRANGER) {
		memcpy(guest->cookie + guest->filled, text, piece);
		guest->filled += piece;
		if (guest->filled == IPERF3_COOKIE)
			place(shard, guest);
	} else {
		piece = 0;
	}
	if (guest->role == IPERF3_CONTROL)
		iperf3_control_hear(shard, guest, (const char *)text + piece, bytes - piece);
	else if (guest->role == IPERF3_STREAM)
		iperf3_stream_hear(shard, guest, bytes - piece);
	return bytes;
}

static void go_on_sending(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct iperf3_guest *guest = guest_of(shard, conn);

	(void)app;
	if (guest->role == IPERF3_CONTROL)
		iperf3_control_flush(shard);
	else if (guest->role == IPERF3_STREAM)
		iperf3_stream_fill(shard, guest);
}

static void close_as_well(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	if (guest_of(shard, conn) == iperf3_test.control)
		iperf3_control_finish(shard);
	else
		quern_conn_close(shard, conn);
}

static void end(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	struct iperf3_guest *guest = guest_of(shard, conn);

	(void)how, (void)app;
	if (!guest)
		return;
	guest->is_open = false;
	if (guest->role == IPERF3_CONTROL)
		iperf3_control_finish(shard);
	else if (guest->role != IPERF3_STREAM)
		guest->role = IPERF3_NOBODY;
}

static int start(struct quern_shard *shard, void *app)
{
	static const struct quern_events events = {.on_established = greet,
						   .on_data = hear,
						   .on_writable = go_on_sending,
						   .on_peer_closed = close_as_well,
						   .on_ended = end};
	/* A client that is gone without a word must not keep others waiting for long. */
	const struct quern_tcp_options options = {.receive_window = WINDOW,
						  .send_queue = WINDOW,
						  .keepalive = true,
						  .keepalive_idle_ms = 10000,
						  .keepalive_interval_ms = 5000,
						  .keepalive_probes = 3};
	const struct quern_endpoint local = {.port = PORT};

	return quern_listen(shard, &local, &options, &events, app);
}

static void stop(int signal_number)
{
	(void)signal_number;
	quern_engine_stop(iperf3_engine);
}

/* "1.5": a line that loses as many frames of a hundred, each way. */
static bool lose(struct quern_port_config *port, const char *percent)
{
	char *rest;
	double share = strtod(percent, &rest);

	if (rest == percent || *rest != '\0' || !(share >= 0 && share <= 100))
		return false;
	port->impair[QUERN_RX].loss_share = port->impair[QUERN_TX].loss_share =
		(uint32_t)(share / 100 * QUERN_IMPAIR_WHOLE);
	return true;
}

int main(int count, char *arguments[])
{
	static struct quern_engine_config config;
	char error[QUERN_ERROR_TEXT] = "usage: iperf3_server PORT ADDRESS/LENGTH [LOSS%]";
	int code = -1;

	if ((count == 3 || count == 4) && quern_engine_default(&config, arguments[1], arguments[2]) == 0 &&
	    (count == 3 || lose(&config.ports[0], arguments[3]))) {
		config.shards[0].on_start = start;
		config.shards[0].on_turn = iperf3_control_turn;
		code = quern_engine_open(&config, &iperf3_engine, error);
	}
	if (code == 0) {
		signal(SIGINT, stop);
		signal(SIGTERM, stop);
		code = quern_engine_run(iperf3_engine, NULL, NULL, error);
		quern_engine_close(iperf3_engine);
	}
	if (code != 0)
		fprintf(stderr, "iperf3_server: %s\n", error);
	return code == 0 ? 0 : 1;
}
