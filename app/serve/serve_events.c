/* serve_events.c - the server's exchanges: what comes is thrown away, counted and answered, sent back, or HTTP. */
#include "payload/payload.h"
#include "report/report_totals.h"
#include "serve/serve_server_parts.h"

bool serve_closes_first(const struct serve_server *server)
{
	enum cli_close close = server->service->close;

	/* Of the two ends of bench, the client sends the RST. */
	return close == CLI_CLOSE_SERVER || close == CLI_CLOSE_BOTH ||
	       (close == CLI_CLOSE_RST && server->settings->command == CLI_SERVE);
}

void serve_close_now(const struct serve_server *server, struct quern_shard *shard, struct quern_conn conn)
{
	if (server->service->close == CLI_CLOSE_RST)
		quern_conn_abort(shard, conn);
	else if (server->service->payload_bytes > 0)
		quern_conn_close(shard, conn);
	else
		/* What the peer still sends goes on being taken. */
		quern_conn_shutdown(shard, conn);
}

void serve_finish(struct serve_server *server, struct quern_shard *shard, struct quern_conn conn)
{
	if (!serve_closes_first(server))
		return;
	if (server->wheel.entries)
		load_wheel_put(&server->wheel, conn.index, conn.generation, quern_now(shard),
			       load_draw_span(&server->draw, &server->service->hold));
	else
		serve_close_now(server, shard, conn);
}

void serve_close_behind(struct quern_shard *shard, struct quern_conn conn)
{
	struct quern_conn_info info;

	if (quern_conn_info(shard, conn, &info) == 0 && info.state == QUERN_CLOSE_WAIT)
		quern_conn_close(shard, conn);
}

void serve_count_established(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct serve_server *server = app;

	(void)shard;
	(void)conn;
	report_count(&server->tally->established);
}

static void close_at_once(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	serve_count_established(shard, conn, app);
	serve_finish(app, shard, conn);
}

/* --payload: the answer goes out once the request is there. */
static uint32_t answer(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	struct serve_server *server = app;
	uint32_t size = server->service->payload_bytes;

	(void)text;
	if (payload_take(shard, conn, bytes, size) && payload_send(shard, conn, payload_zeros, size))
		serve_finish(server, shard, conn);
	return bytes;
}

static void go_on_answering(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct serve_server *server = app;

	if (!payload_send(shard, conn, payload_zeros, server->service->payload_bytes))
		return;
	serve_finish(server, shard, conn);
	serve_close_behind(shard, conn);
}

/* An answer that found no room comes first. */
static void close_behind_answer(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct serve_server *server = app;

	if (!payload_is_sending(shard, conn, server->service->payload_bytes))
		quern_conn_close(shard, conn);
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

void serve_close_as_well(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	quern_conn_close(shard, conn);
}

/* A set-up that comes to nothing is not told to the application (RFC 9293 3.10.7.4): what ends was established. */
void serve_count_ended(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	struct serve_server *server = app;

	(void)shard;
	load_wheel_remove(&server->wheel, conn.index);
	report_count(&server->tally->ended);
	report_count(&server->tally->closed[report_close_of(how)]);
}

static void begin_http(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct serve_server *server = app;

	serve_count_established(shard, conn, app);
	http_server_begin(&server->http, conn);
}

static uint32_t take_http(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes,
			  void *app)
{
	struct serve_server *server = app;

	return http_server_take(&server->http, shard, conn, text, bytes);
}

static void go_on_with_http(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct serve_server *server = app;

	http_server_room(&server->http, shard, conn);
}

static void end_http(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct serve_server *server = app;

	http_server_peer_closed(&server->http, shard, conn);
}

static void count_ended_http(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	struct serve_server *server = app;

	serve_count_ended(shard, conn, how, app);
	if (http_server_ended(&server->http, conn))
		report_count(&server->tally->cut_short);
}

const struct quern_events *serve_events(const struct cli_service *service)
{
	static const struct quern_events discards = {.on_established = close_at_once,
						     .on_data = payload_discard,
						     .on_peer_closed = serve_close_as_well,
						     .on_ended = serve_count_ended},
					 answers = {.on_established = serve_count_established,
						    .on_data = answer,
						    .on_writable = go_on_answering,
						    .on_peer_closed = close_behind_answer,
						    .on_ended = serve_count_ended},
					 echoes = {.on_established = close_at_once,
						   .on_data = echo,
						   .on_writable = go_on_echoing,
						   .on_peer_closed = serve_close_as_well,
						   .on_ended = serve_count_ended},
					 speaks_http = {.on_established = begin_http,
							.on_data = take_http,
							.on_writable = go_on_with_http,
							.on_peer_closed = end_http,
							.on_ended = count_ended_http};

	if (service->http.is_spoken)
		return &speaks_http;
	if (cli_payload_is_exchanged(service) && service->payload != CLI_PAYLOAD_ECHO)
		return serve_text_events(service);
	if (service->payload_bytes > 0)
		return &answers;
	return service->answers & CLI_ANSWER_ECHO || service->payload == CLI_PAYLOAD_ECHO ? &echoes : &discards;
}
