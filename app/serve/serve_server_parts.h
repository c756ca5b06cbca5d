/* serve_server_parts.h - what the server's files share: the exchanges, and who closes. */
#ifndef SERVE_SERVER_PARTS_H
#define SERVE_SERVER_PARTS_H

#include "serve/serve_server.h"

/* What a service does with connections and their text. */
const struct quern_events *serve_events(const struct cli_service *service);

/* The same where the client or the server says text that is more than a number of bytes each way. */
const struct quern_events *serve_text_events(const struct cli_service *service);

/* Reserves what these need. 0 or -ENOMEM; undone by serve_text_close(). */
int serve_text_open(struct serve_server *server, uint32_t connections);
void serve_text_close(struct serve_server *server);

/* Events that are alike for several kinds: the server is `app`. */
void serve_count_established(struct quern_shard *shard, struct quern_conn conn, void *app);
void serve_close_as_well(struct quern_shard *shard, struct quern_conn conn, void *app);
void serve_count_ended(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app);

/* Our part of the connection is done: closes it, or holds it first, where that is ours to do. */
void serve_finish(struct serve_server *server, struct quern_shard *shard, struct quern_conn conn);

/* A client that has half-closed waits for our FIN behind what was just said. */
void serve_close_behind(struct quern_shard *shard, struct quern_conn conn);

/* Whether the server closes before the client does. */
bool serve_closes_first(const struct serve_server *server);

/* Closes as --close says. */
void serve_close_now(const struct serve_server *server, struct quern_shard *shard, struct quern_conn conn);

#endif
