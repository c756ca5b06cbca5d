/* echo_server.c - sends back whatever comes to TCP port 7: echo_server tap:q0 198.18.0.1/24, until Ctrl-C. */
#include <signal.h>
#include <stdio.h>

#include <quern/quern.h>

static struct quern_engine *engine;

static void stop(int number)
{
	(void)number;
	quern_engine_stop(engine);
}

/* What cannot be sent back yet is not taken: the library holds it, and the peer is slowed down. */
static uint32_t echo(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	uint32_t taken = 0;

	(void)app;
	return quern_conn_send(shard, conn, text, bytes, &taken) == 0 ? taken : 0;
}

static void go_on(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	quern_conn_resume(shard, conn);
}

static void close_as_well(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	quern_conn_close(shard, conn);
}

static void greet(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)shard, (void)conn, (void)app; /* without on_established, connections would wait for quern_accept() */
}

static int start(struct quern_shard *shard, void *app)
{
	static const struct quern_events events = {
		.on_established = greet, .on_data = echo, .on_writable = go_on, .on_peer_closed = close_as_well};
	const struct quern_endpoint local = {.port = 7};

	return quern_listen(shard, &local, NULL, &events, app);
}

int main(int count, char *arguments[])
{
	static struct quern_engine_config config;
	char error[QUERN_ERROR_TEXT] = "usage: echo_server PORT ADDRESS/LENGTH";
	int code = -1;

	if (count == 3 && quern_engine_default(&config, arguments[1], arguments[2]) == 0) {
		config.shards[0].on_start = start;
		code = quern_engine_open(&config, &engine, error);
	}
	if (code == 0) {
		signal(SIGINT, stop);
		signal(SIGTERM, stop);
		code = quern_engine_run(engine, NULL, NULL, error);
		quern_engine_close(engine);
	}
	if (code != 0)
		fprintf(stderr, "echo_server: %s\n", error);
	return code == 0 ? 0 : 1;
}
