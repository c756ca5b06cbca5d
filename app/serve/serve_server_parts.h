/* serve_server_parts.h - what the server's files share: the exchanges, and who closes. */
#ifndef SERVE_SERVER_PARTS_H
#define SERVE_SERVER_PARTS_H

#include "serve/serve_server.h"

/* What a service does with connections and their text. */
const struct quern_events *serve_events(const struct cli_service *service);

/* Whether the server closes before the client does. */
bool serve_closes_first(const struct serve_server *server);

/* Closes as --close says. */
void serve_close_now(const struct serve_server *server, struct quern_shard *shard, struct quern_conn conn);

#endif
