/* test_engine_observe.c - others look at an engine that runs: lists and states agree with what its ends count. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include <quern/observe.h>

#include "engine/cable_engine.h"
#include "support/raw_ip6.h"

enum { CONNECTIONS = 20000, PAGE = 64 };

struct observer {
	const struct quern_engine *engine;
	bool is_over; /* relaxed */
	uint64_t rows;
	uint64_t wrong;
};

static bool is_an_end(const struct quern_endpoint *client, const struct quern_endpoint *server)
{
	return raw_address(client) == 0xC6120001 && raw_address(server) == 0xC6120101 && server->port == 80;
}

static void *observe(void *argument)
{
	struct observer *observer = argument;

	while (!__atomic_load_n(&observer->is_over, __ATOMIC_RELAXED)) {
		for (uint16_t shard = 0; shard < 2; shard++) {
			struct quern_conn_cursor cursor = {0};
			struct quern_conn_info rows[PAGE];
			uint32_t counts[QUERN_STATES_END];

			while (cursor.at != QUERN_CONNS_END) {
				uint32_t count = quern_engine_conns(observer->engine, shard, &cursor, NULL, rows, PAGE);

				for (uint32_t i = 0; i < count; i++)
					observer->wrong += shard == 0 ? !is_an_end(&rows[i].local, &rows[i].remote)
								      : !is_an_end(&rows[i].remote, &rows[i].local);
				observer->rows += count;
			}
			quern_engine_states(observer->engine, shard, counts);
		}
	}
	return NULL;
}

Test(engine_observe, lists_connections_while_workers_open_and_close_them)
{
	static struct cable_engine cable;
	static struct observer observer;
	const struct quern_conn_filter in_time_wait = {.states = 1u << QUERN_TIME_WAIT};
	struct quern_conn_cursor cursor = {0};
	static struct quern_conn_info rows[CONNECTIONS];
	struct quern_engine *engine;
	uint32_t counts[QUERN_STATES_END], listed = 0;
	char error[QUERN_ERROR_TEXT] = "";
	char directory[] = "/tmp/test-observe-XXXXXX";
	pthread_t thread;

	cr_assert_not_null(mkdtemp(directory));
	setenv("TMPDIR", directory, 1);
	cable_engine_prepare(&cable, CONNECTIONS, cable_engine_core(0), cable_engine_core(1));
	cr_assert_eq(quern_engine_open(&cable.config, &engine, error), 0, "%s", error);
	observer.engine = engine;
	cr_assert_eq(pthread_create(&thread, NULL, observe, &observer), 0);
	cr_assert_eq(cable_engine_run(&cable, engine, error), 0, "%s", error);
	__atomic_store_n(&observer.is_over, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	cr_assert_eq(cable.client.ended[QUERN_END_CLOSED], CONNECTIONS);
	cr_assert_gt(observer.rows, 0);
	cr_assert_eq(observer.wrong, 0);

	/* At rest all there is is the client's ring of TIME-WAIT, which is full. */
	quern_engine_states(engine, 0, counts);
	while (cursor.at != QUERN_CONNS_END)
		listed += quern_engine_conns(engine, 0, &cursor, &in_time_wait, rows + listed, CONNECTIONS - listed);
	cr_assert_eq(counts[QUERN_TIME_WAIT], 16384);
	cr_assert_eq(counts[QUERN_ESTABLISHED], 0);
	cr_assert_eq(listed, 16384);
	quern_engine_close(engine);
	cr_assert_eq(rmdir(directory), 0, "runtime files are left in %s", directory);
}
