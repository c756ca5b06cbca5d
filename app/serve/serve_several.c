/* serve_several.c - the servers of a worker, one of each service. */
#include <errno.h>

#include "serve/serve_server.h"

int serve_sites_open(struct http_site sites[CLI_MAX_SERVICES], const struct cli_settings *settings,
		     char error[CLI_ERROR_TEXT])
{
	int rc = 0;

	for (uint16_t i = 0; rc == 0 && i < settings->service_count; i++) {
		const struct cli_http *http = &settings->service[i].http;

		if (http->is_spoken)
			rc = http_site_open(&sites[i], http->root, http->body_bytes, error);
	}
	if (rc != 0)
		serve_sites_close(sites, settings);
	return rc;
}

void serve_sites_close(struct http_site sites[CLI_MAX_SERVICES], const struct cli_settings *settings)
{
	for (uint16_t i = 0; i < settings->service_count; i++)
		http_site_close(&sites[i]);
}

/* A service may have nothing to listen at on one of several ports. */
static int start_all(struct quern_shard *shard, void *app)
{
	struct serve_server *servers = app;
	int rc = 0;

	for (uint16_t i = 0; rc == 0 && i < servers->settings->service_count; i++) {
		if (servers[i].listen_count > 0)
			rc = serve_server_start(shard, &servers[i]);
	}
	return rc;
}

static bool turn_all(struct quern_shard *shard, void *app)
{
	struct serve_server *servers = app;
	bool is_busy = false;

	for (uint16_t i = 0; i < servers->settings->service_count; i++)
		is_busy |= serve_server_turn(shard, &servers[i]);
	return is_busy;
}

int serve_servers_open(struct serve_server *first, struct quern_shard_config *shard,
		       const struct cli_settings *settings, const struct cli_workers *workers, uint16_t number,
		       const struct http_site sites[CLI_MAX_SERVICES], struct report_shard *reported)
{
	*reported = (struct report_shard){.role = "server"};
	for (uint16_t i = 0; i < settings->service_count; i++) {
		const struct cli_service *service = &settings->service[i];

		if (serve_server_open(&first[i], settings, service, workers, number,
				      service->http.is_spoken ? &sites[i] : NULL) != 0)
			return -ENOMEM;
		reported->tallies[reported->tally_count++] = first[i].tally;
	}
	shard->on_start = settings->service_count > 1 ? start_all : serve_server_start;
	shard->on_turn = settings->service_count > 1 ? turn_all : serve_server_turn;
	shard->app = first;
	return 0;
}
