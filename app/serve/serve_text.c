/* serve_text.c - what a server says and hears in exchanges of text: an answer to each so many bytes, a sink, a source.
 */
#include <errno.h>
#include <stdlib.h>

#include "payload/payload.h"
#include "serve/serve_server_parts.h"

int serve_text_open(struct serve_server *server, uint32_t connections)
{
	const struct cli_service *service = server->service;

	if (payload_pattern_open(&server->pattern, service->pattern, service->pattern_text) != 0)
		return -ENOMEM;
	if (service->payload != CLI_PAYLOAD_SOURCE)
		return 0;
	server->sources = calloc(connections, sizeof(*server->sources));
	return server->sources ? 0 : -ENOMEM;
}

void serve_text_close(struct serve_server *server)
{
	payload_pattern_close(&server->pattern);
	free(server->sources);
}

/* Answers, one behind the other: what comes before the last one is queued is not taken. */
static uint32_t answer(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	struct serve_server *server = app;
	uint32_t size = server->service->payload_bytes, taken = 0;

	(void)text;
	while (taken < bytes) {
		uint32_t room = size - payload_taken(shard, conn), part = bytes - taken < room ? bytes - taken : room;

		if (part == 0)
			break;
		taken += part;
		if (!payload_take(shard, conn, part, size) || !payload_send(shard, conn, server->pattern.text, size))
			continue;
		if (serve_closes_first(server))
			serve_finish(server, shard, conn);
		else
			payload_begin_again(shard, conn);
	}
	return taken;
}

static void go_on_answering(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct serve_server *server = app;
	uint32_t size = server->service->payload_bytes;

	if (!payload_is_sending(shard, conn, size) || !payload_send(shard, conn, server->pattern.text, size))
		return;
	if (serve_closes_first(server)) {
		serve_finish(server, shard, conn);
		return;
	}
	payload_begin_again(shard, conn);
	quern_conn_resume(shard, conn);
	if (!payload_is_sending(shard, conn, size))
		serve_close_behind(shard, conn);
}

static void close_behind_answer(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct serve_server *server = app;

	if (!payload_is_sending(shard, conn, server->service->payload_bytes))
		quern_conn_close(shard, conn);
}

/* Of a sink, the word of a connection is the place in the pattern. */
static uint32_t sink(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	struct serve_server *server = app;

	if (payload_pattern_fits(&server->pattern, quern_conn_user(shard, conn), text, bytes))
		return bytes;
	report_count(&server->tally->requests[REPORT_REQUESTS_corrupt]);
	quern_conn_abort(shard, conn);
	return bytes;
}

static void say(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct serve_server *server = app;
	struct serve_source *source = &server->sources[conn.index];

	if (source->left == 0)
		return;
	source->left -= payload_send_pattern(shard, conn, &server->pattern, &source->at, source->left);
	if (source->left > 0)
		return;
	serve_finish(server, shard, conn);
	serve_close_behind(shard, conn);
}

static void begin_saying(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct serve_server *server = app;
	uint64_t size = load_draw_span(&server->draw, &server->service->payload_size);

	serve_count_established(shard, conn, app);
	server->sources[conn.index] = (struct serve_source){.left = (uint32_t)size};
	say(shard, conn, app);
}

/* Only a server knows what it had drawn: its client takes what FIN ends for whole. */
static void count_ended_source(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	struct serve_server *server = app;

	serve_count_ended(shard, conn, how, app);
	if (server->sources[conn.index].left > 0)
		report_count(&server->tally->cut_short);
}

static void close_behind_source(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct serve_server *server = app;

	if (server->sources[conn.index].left == 0)
		quern_conn_close(shard, conn);
}

const struct quern_events *serve_text_events(const struct cli_service *service)
{
	static const struct quern_events answers = {.on_established = serve_count_established,
						    .on_data = answer,
						    .on_writable = go_on_answering,
						    .on_peer_closed = close_behind_answer,
						    .on_ended = serve_count_ended},
					 sinks = {.on_established = serve_count_established,
						  .on_data = sink,
						  .on_peer_closed = serve_close_as_well,
						  .on_ended = serve_count_ended},
					 sources = {.on_established = begin_saying,
						    .on_data = payload_discard,
						    .on_writable = say,
						    .on_peer_closed = close_behind_source,
						    .on_ended = count_ended_source};

	if (service->payload == CLI_PAYLOAD_SOURCE)
		return &sources;
	return service->payload == CLI_PAYLOAD_SINK ? &sinks : &answers;
}
