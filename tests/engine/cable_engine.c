/* cable_engine.c - the two ends of a cable as an application of the public interface. */
#include "engine/cable_engine.h"

#include <dirent.h>
#include <sched.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/raw_ip6.h"

enum { IN_FLIGHT_MAX = 500, OPENS_A_TURN = 32, PORT = 80, PREFIX = 15 };

static const uint32_t client_address = 0xC6120001; /* 198.18.0.1 */
static const uint32_t server_address = 0xC6120101; /* 198.18.1.1 */

static uint32_t ended_in_all(const struct cable_end *end)
{
	uint32_t sum = 0;

	for (int how = 0; how < QUERN_ENDS_END; how++)
		sum += __atomic_load_n(&end->ended[how], __ATOMIC_RELAXED);
	return sum;
}

static void watch_clock(struct quern_shard *shard, struct cable_end *end)
{
	uint64_t now_ns = quern_now(shard);

	end->time_went_back |= now_ns < end->latest_ns;
	end->latest_ns = now_ns;
}

static void close_it(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	cr_assert_eq(quern_conn_close(shard, conn), 0);
}

static void on_client_established(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct cable_end *end = app;

	__atomic_store_n(&end->established, end->established + 1, __ATOMIC_RELAXED);
	close_it(shard, conn, app);
}

static void on_server_established(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct cable_end *end = app;

	(void)shard;
	(void)conn;
	__atomic_store_n(&end->established, end->established + 1, __ATOMIC_RELAXED);
}

static void on_ended(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	struct cable_end *end = app;

	(void)shard;
	(void)conn;
	__atomic_store_n(&end->ended[how], end->ended[how] + 1, __ATOMIC_RELAXED);
}

static const struct quern_events client_events = {.on_established = on_client_established, .on_ended = on_ended};
static const struct quern_events server_events = {
	.on_established = on_server_established, .on_peer_closed = close_it, .on_ended = on_ended};

static int start_client(struct quern_shard *shard, void *app)
{
	struct cable_end *end = app;
	const struct quern_source source = {.addresses = raw_range(client_address, client_address)};
	const struct quern_endpoint target = raw_endpoint(server_address, PORT);
	const struct quern_tcp_options options = {0};
	int code = quern_route_add(shard, &source, &target, &options, &client_events, end, &end->route);

	return code != 0 ? code : end->start_code;
}

static int start_server(struct quern_shard *shard, void *app)
{
	struct cable_end *end = app;
	const struct quern_endpoint local = raw_endpoint(server_address, PORT);
	const struct quern_tcp_options options = {0};
	int code = quern_listen(shard, &local, &options, &server_events, end);

	return code != 0 ? code : end->start_code;
}

static bool client_turn(struct quern_shard *shard, void *app)
{
	struct cable_end *end = app;
	struct quern_conn conn;
	const struct quern_endpoint target = raw_endpoint(server_address, PORT);
	uint32_t opened = end->opened;

	watch_clock(shard, end);
	if (!quern_reachable(shard, &target))
		return false;
	for (int count = 0; count < OPENS_A_TURN && end->opened < end->target; count++) {
		if (end->opened - ended_in_all(end) >= IN_FLIGHT_MAX || quern_connect(shard, end->route, &conn) != 0)
			break;
		end->opened++;
	}
	return end->opened != opened;
}

static bool server_turn(struct quern_shard *shard, void *app)
{
	watch_clock(shard, app);
	return false;
}

static struct quern_port_config port_with(uint32_t address)
{
	return (struct quern_port_config){.device = "cable",
					  .addresses = {.first = address, .last = address},
					  .prefix_length = PREFIX,
					  .ip6 = raw_port_ip6(address, address, 0, PREFIX)};
}

void cable_engine_prepare(struct cable_engine *cable, uint32_t target, uint16_t client_core, uint16_t server_core)
{
	struct quern_engine_config *config = &cable->config;

	memset(cable, 0, sizeof(*cable));
	cable->client.target = target;
	cable->ticks_max = 600;
	config->port_count = 2;
	config->shard_count = 2;
	config->memory = QUERN_MEMORY_4K;
	config->seed = 7;
	config->wait_link_ms = 1000;
	config->ports[0] = port_with(client_address);
	config->ports[1] = port_with(server_address);
	config->shards[0] = (struct quern_shard_config){.port = 0,
							.core = client_core,
							.role = "client",
							.max_connections = 4096,
							.max_time_wait = 16384,
							.on_turn = client_turn,
							.on_start = start_client,
							.app = &cable->client};
	config->shards[1] = (struct quern_shard_config){.port = 1,
							.core = server_core,
							.role = "server",
							.max_connections = 4096,
							.max_time_wait = 16384,
							.on_turn = server_turn,
							.on_start = start_server,
							.app = &cable->server};
}

void cable_engine_add(struct cable_engine *cable, uint32_t target, uint16_t core, uint16_t lane)
{
	struct cable_end *end = &cable->more[cable->more_count++];
	struct quern_shard_config *shard = &cable->config.shards[cable->config.shard_count++];

	cr_assert_leq(cable->more_count, CABLE_ENDS_MORE);
	*shard = cable->config.shards[target > 0 ? 0 : 1];
	shard->core = core;
	shard->lane = lane;
	shard->app = end;
	end->target = target;
}

static void add_up(struct cable_sums *sums, const struct cable_end *end)
{
	sums->target += end->target;
	sums->established += __atomic_load_n(&end->established, __ATOMIC_RELAXED);
	sums->ended += ended_in_all(end);
	sums->closed += __atomic_load_n(&end->ended[QUERN_END_CLOSED], __ATOMIC_RELAXED);
}

struct cable_sums cable_engine_sums(const struct cable_engine *cable, bool of_clients)
{
	struct cable_sums sums = {0};

	add_up(&sums, of_clients ? &cable->client : &cable->server);
	for (uint16_t number = 0; number < cable->more_count; number++) {
		if ((cable->more[number].target > 0) == of_clients)
			add_up(&sums, &cable->more[number]);
	}
	return sums;
}

static void on_tick(struct quern_engine *engine, void *app)
{
	struct cable_engine *cable = app;
	struct cable_sums clients = cable_engine_sums(cable, true), servers = cable_engine_sums(cable, false);

	if (++cable->ticks >= cable->ticks_max || (clients.ended >= clients.target && servers.ended >= clients.target))
		quern_engine_stop(engine);
}

int cable_engine_run(struct cable_engine *cable, struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	return quern_engine_run(engine, on_tick, cable, error);
}

uint16_t cable_engine_core(unsigned int n)
{
	uint16_t core = 0;
	cpu_set_t cores;

	cr_assert_eq(sched_getaffinity(0, sizeof(cores), &cores), 0);
	for (uint16_t candidate = 0; candidate < CPU_SETSIZE; candidate++) {
		if (!CPU_ISSET(candidate, &cores))
			continue;
		core = candidate;
		if (n-- == 0)
			break;
	}
	return core;
}

unsigned int cable_engine_leftovers(const char *directory)
{
	DIR *entries = opendir(directory);
	const struct dirent *entry;
	unsigned int count = 0;

	if (entries == NULL)
		return 0;
	while ((entry = readdir(entries)) != NULL)
		count += strncmp(entry->d_name, "quern-", 6) == 0;
	closedir(entries);
	return count;
}
