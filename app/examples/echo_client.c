/* echo_client.c - has a text echoed and prints what comes back: echo_client tap:q0 198.18.0.2/24 198.18.0.1:7 TEXT. */
#include <stdio.h>
#include <string.h>

#include <quern/quern.h>

static struct quern_engine *engine;
static struct quern_engine_config config;
static struct quern_endpoint target;
static const char *left_to_send;
static size_t left_to_come;
static enum quern_end ended;

/* Queues what there is room for; called again when there is more. */
static void say(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	uint32_t taken = 0;

	(void)app;
	if (quern_conn_send(shard, conn, left_to_send, (uint32_t)strlen(left_to_send), &taken) == 0)
		left_to_send += taken;
}

static uint32_t hear(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	(void)app;
	fwrite(text, 1, bytes, stdout);
	left_to_come -= bytes < left_to_come ? bytes : left_to_come;
	if (left_to_come == 0)
		quern_conn_close(shard, conn);
	return bytes;
}

/* Once all is there, the server closes behind us; before, nothing more will come. */
static void close_as_well(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	quern_conn_close(shard, conn);
}

static void end(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	(void)shard, (void)conn, (void)app;
	ended = how;
	quern_engine_stop(engine);
}

/* A SYN that goes out before the target's MAC address is known is lost, asks for it, and is repeated after a second. */
static int start(struct quern_shard *shard, void *app)
{
	static const struct quern_events events = {.on_established = say,
						   .on_writable = say,
						   .on_data = hear,
						   .on_peer_closed = close_as_well,
						   .on_ended = end};
	const struct quern_port_config *port = &config.ports[0];
	/* Of IPv4 or of IPv6, whichever the port has; the target must be of the same. */
	const struct quern_source source = {
		.addresses = {port->addresses.first, port->addresses.last, port->ip6.first, port->ip6.last}};
	const struct quern_tcp_options options = {.connect_timeout_ms = 10000};
	struct quern_conn conn;
	uint8_t route;
	int code = quern_route_add(shard, &source, &target, &options, &events, app, &route);

	return code != 0 ? code : quern_connect(shard, route, &conn);
}

int main(int count, char *arguments[])
{
	char error[QUERN_ERROR_TEXT] = "usage: echo_client PORT ADDRESS/LENGTH TARGET:PORT TEXT";
	int code = -1;

	if (count == 5 && arguments[4][0] != '\0' && quern_parse_endpoint(arguments[3], &target) == 0 &&
	    quern_engine_default(&config, arguments[1], arguments[2]) == 0) {
		left_to_send = arguments[4];
		left_to_come = strlen(left_to_send);
		config.shards[0].on_start = start;
		code = quern_engine_open(&config, &engine, error);
	}
	if (code == 0) {
		code = quern_engine_run(engine, NULL, NULL, error);
		quern_engine_close(engine);
	}
	if (code == 0 && (ended != QUERN_END_CLOSED || left_to_come > 0))
		code = snprintf(error, sizeof(error), "%zu bytes did not come back, connection %s", left_to_come,
				quern_end_name(ended));
	if (code != 0)
		fprintf(stderr, "echo_client: %s\n", error);
	return code == 0 ? 0 : 1;
}
