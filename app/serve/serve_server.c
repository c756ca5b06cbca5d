/* serve_server.c - the server: opened, started, and its turn. */
#include "serve/serve_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "serve/serve_server_parts.h"
#include "cli/cli_tcp.h"

enum {
	CLOSE_BATCH = 64,
	SERVER_DRAWS = 1000 /* beyond the numbers of clients */
};

int serve_server_open(struct serve_server *server, const struct cli_settings *settings,
		      const struct cli_service *service, const struct cli_workers *workers, uint16_t number,
		      const struct http_site *site)
{
	uint16_t port = workers->at[number].port;
	uint32_t most = cli_workers_share(workers, port, settings->max_connections);
	const struct cli_port *at = &settings->ports[port];
	bool holds;

	*server = (struct serve_server){.settings = settings, .service = service, .port = port};
	holds = service->hold.most > 0 && serve_closes_first(server);
	for (uint16_t i = 0; i < service->listen_count; i++) {
		struct quern_ip6 address = cli_address_of(&service->listen[i]);
		const struct cli_net *net = &at->nets[cli_address_version(address)];

		if (cli_address_is_any(&service->listen[i]) ||
		    (net->is_spoken && cli_block_holds(&net->addresses, address)))
			server->listen[server->listen_count++] = service->listen[i];
	}
	server->tally = malloc(sizeof(*server->tally));
	load_draw_begin(&server->draw, settings->seed, SERVER_DRAWS + number);
	if (!server->tally || (holds && load_wheel_open(&server->wheel, most, service->hold.most) != 0) ||
	    (settings->udp.is_spoken && serve_udp_open(&server->udp, settings, port) != 0) ||
	    (cli_payload_is_exchanged(service) && serve_text_open(server, most) != 0) ||
	    (site && http_server_open(&server->http, site, server->tally, most) != 0)) {
		serve_server_close(server);
		return -ENOMEM;
	}
	report_tally_reset(server->tally);
	return 0;
}

void serve_server_close(struct serve_server *server)
{
	http_server_close(&server->http);
	serve_udp_close(&server->udp);
	serve_text_close(server);
	load_wheel_close(&server->wheel);
	free(server->tally);
	*server = (struct serve_server){.settings = NULL};
}

int serve_server_start(struct quern_shard *shard, void *app)
{
	struct serve_server *server = app;
	struct quern_tcp_options options = cli_tcp_options(server->settings);

	for (uint16_t i = 0; i < server->listen_count; i++) {
		int rc = server->settings->udp.is_spoken ? serve_udp_start(&server->udp, shard, &server->listen[i])
							 : quern_listen(shard, &server->listen[i], &options,
									serve_events(server->service), server);

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

	if (server->service->http.is_spoken)
		return http_server_turn(&server->http, shard);
	if (server->wheel.count == 0 || quern_congested(shard))
		return false;
	while (closed < CLOSE_BATCH &&
	       load_wheel_take(&server->wheel, quern_now(shard), &conn.index, &conn.generation)) {
		serve_close_now(server, shard, conn);
		closed++;
	}
	return closed > 0;
}
