/* serve_server_parts.h - what the server's files share: the exchanges, and who closes. */
#ifndef SERVE_SERVER_PARTS_H
#define SERVE_SERVER_PARTS_H

#include "serve/serve_server.h"

/* What is done with connections and their text, by the settings. */
const struct quern_events *serve_events(const struct cli_settings *settings);

/* Whether the server closes before the client does. */
bool serve_closes_first(const struct cli_settings *settings);

/* Closes as --close says. */
void serve_close_now(const struct serve_server *server, struct quern_shard *shard, struct quern_conn conn);

#endif
