/* serve_server.h - the server end: accepts, answers, and closes as it is told. */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include <quern/calls.h>

#include "cli/cli_place.h"
#include "http/http_server.h"
#include "load/load_draw.h"
#include "load/load_wheel.h"
#include "payload/payload_pattern.h"
#include "report/report_sample.h"
#include "report/report_tally.h"
#include "serve/serve_udp.h"

/* What a connection of a source still has to say. */
struct serve_source {
	uint32_t left;
	uint32_t at; /* in the pattern */
};

struct serve_server {
	const struct cli_settings *settings;
	const struct cli_service *service; /* of these settings: what this server does */
	struct report_tally *tally;
	struct load_wheel wheel; /* of those that are held */
	struct load_draw draw;
	struct http_server http;        /* where that is spoken */
	struct serve_udp udp;           /* likewise */
	struct payload_pattern pattern; /* of what is said, or heard by a sink */
	struct serve_source *sources;   /* of what sources have to say, by conn.index; null where there are none */
	struct quern_endpoint listen[CLI_MAX_ADDRESSES];
	uint16_t listen_count;
	uint16_t port; /* by its place in the settings */
};

/* Prepares the server of a service on the worker of that number; `site` is what it answers with where it speaks HTTP,
 * else null. 0 or -ENOMEM. */
int serve_server_open(struct serve_server *server, const struct cli_settings *settings,
		      const struct cli_service *service, const struct cli_workers *workers, uint16_t number,
		      const struct http_site *site);
void serve_server_close(struct serve_server *server);

/* What each service answers with where it speaks HTTP. 0, or -errno with one line in `error`. */
int serve_sites_open(struct http_site sites[CLI_MAX_SERVICES], const struct cli_settings *settings,
		     char error[CLI_ERROR_TEXT]);
void serve_sites_close(struct http_site sites[CLI_MAX_SERVICES], const struct cli_settings *settings);

/* Opens the servers of all services on the worker of that number, side by side from `first` on, gives them to its
 * shard, and tells the report of those that were opened. 0 or -ENOMEM. */
int serve_servers_open(struct serve_server *first, struct quern_shard_config *shard,
		       const struct cli_settings *settings, const struct cli_workers *workers, uint16_t number,
		       const struct http_site sites[CLI_MAX_SERVICES], struct report_shard *reported);

/* on_start and on_turn of the server's shard; `app` is the server. */
int serve_server_start(struct quern_shard *shard, void *app);
bool serve_server_turn(struct quern_shard *shard, void *app);

#endif
