/* serve_server.c - the server's events: everything is accepted; who closes first is --close. */
#include "serve/serve_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "payload/payload.h"
#include "report/report_totals.h"

enum { CLOSE_BATCH = 64 };

static bool closes_first(const struct cli_settings *settings)
{
	/* Of the two ends of bench, the client sends the RST. */
	return settings->close == CLI_CLOSE_SERVER || settings->close == CLI_CLOSE_BOTH ||
	       (settings->close == CLI_CLOSE_RST && settings->command == CLI_SERVE);
}

static void close_now(const struct serve_server *server, struct quern_shard *shard, struct quern_conn conn)
{
	if (server->settings->close == CLI_CLOSE_RST)
		quern_conn_abort(shard, conn);
	else if (server->settings->payload_bytes > 0)
		quern_conn_close(shard, conn);
	else
		/* What the peer still sends goes on being taken. */
		quern_conn_shutdown(shard, conn);
}

int serve_server_open(struct serve_server *server, const struct cli_settings *settings,
		      const struct cli_workers *workers, uint16_t number)
{
	uint16_t port = workers->at[number].port;
	const struct cli_port *at = &settings->ports[port];
	bool holds = settings->hold_ns > 0 && closes_first(settings);

	*server = (struct serve_server){.settings = settings, .port = port};
	for (uint16_t i = 0; i < settings->listen_count; i++) {
		uint32_t address = settings->listen[i].address;

		if (address == 0 || (address >= at->addresses.first && address <= at->addresses.last))
			server->listen[server->listen_count++] = settings->listen[i];
	}
	server->tally = malloc(sizeof(*server->tally));
	if (holds)
		server->hold.entries = calloc(cli_workers_share(workers, port, settings->max_connections),
					      sizeof(*server->hold.entries));
	if (!server->tally || (holds && !server->hold.entries)) {
		serve_server_close(server);
		return -ENOMEM;
	}
	report_tally_reset(server->tally);
	return 0;
}

void serve_server_close(struct serve_server *server)
{
	free(server->hold.entries);
	free(server->tally);
	*server = (struct serve_server){.settings = NULL};
}

/* Our part of the connection is done. */
static void finish(struct serve_server *server, struct quern_shard *shard, struct quern_conn conn)
{
	if (!closes_first(server->settings))
		return;
	if (server->hold.entries)
		load_hold_put(&server->hold, conn.index, conn.generation, quern_now(shard) + server->settings->hold_ns);
	else
		close_now(server, shard, conn);
}

static void on_established(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct serve_server *server = app;

	report_count(&server->tally->established);
	if (server->settings->payload_bytes == 0)
		finish(server, shard, conn);
}

/* --payload: the answer goes out once the request is there. */
static uint32_t answer(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	struct serve_server *server = app;
	uint32_t size = server->settings->payload_bytes;

	(void)text;
	if (payload_take(shard, conn, bytes, size) && payload_send(shard, conn, size))
		finish(server, shard, conn);
	return bytes;
}

static void go_on_answering(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct serve_server *server = app;

	if (payload_send(shard, conn, server->settings->payload_bytes))
		finish(server, shard, conn);
}

/* --echo: what cannot be sent back yet is not taken. */
static uint32_t echo(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	uint32_t taken = 0;

	(void)app;
	return quern_conn_send(shard, conn, text, bytes, &taken) == 0 ? taken : 0;
}

static void go_on_echoing(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	quern_conn_resume(shard, conn);
}

static void on_peer_closed(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	quern_conn_close(shard, conn);
}

/* A set-up that comes to nothing is not told to the application (RFC 9293 3.10.7.4): what ends was established. */
static void on_ended(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	struct serve_server *server = app;

	(void)shard;
	load_hold_remove(&server->hold, conn.index);
	report_count(&server->tally->ended);
	report_count(&server->tally->closed[report_close_of(how)]);
}

static struct quern_events events_for(const struct cli_settings *settings)
{
	struct quern_events events = {.on_established = on_established,
				      .on_data = payload_discard,
				      .on_peer_closed = on_peer_closed,
				      .on_ended = on_ended};

	if (settings->payload_bytes > 0) {
		events.on_data = answer;
		events.on_writable = go_on_answering;
	} else if (settings->services & CLI_SERVICE_ECHO) {
		events.on_data = echo;
		events.on_writable = go_on_echoing;
	}
	return events;
}

int serve_server_start(struct quern_shard *shard, void *app)
{
	struct serve_server *server = app;
	struct quern_tcp_options options = cli_tcp_options(server->settings);
	struct quern_events events = events_for(server->settings);

	for (uint16_t i = 0; i < server->listen_count; i++) {
		int rc = quern_listen(shard, &server->listen[i], &options, &events, server);

		if (rc != 0)
			return rc;
	}
	return server->listen_count > 0 ? 0 : -EADDRNOTAVAIL;
}

bool serve_server_turn(struct quern_shard *shard, void *app)
{
	struct serve_server *server = app;
	struct quern_conn conn = {.shard = quern_shard_number(shard)};
	int closed = 0;

	if (!server->hold.first || quern_congested(shard))
		return false;
	while (closed < CLOSE_BATCH &&
	       load_hold_take_due(&server->hold, quern_now(shard), &conn.index, &conn.generation)) {
		close_now(server, shard, conn);
		closed++;
	}
	return closed > 0;
}
