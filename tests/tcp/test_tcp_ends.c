/* test_tcp_ends.c - figures of RFC 9293 played by two ends of ours: what crosses, and where both come out. */
#include <criterion/criterion.h>

#include "support/shard_driver.h"
#include "support/shard_pair.h"

enum { CLIENT_PORT = 5000, SERVER_PORT = 80, DELAY_MS = 10, TEXT_BYTES = 1000 };

/* What the application of one end has been told. */
struct seen {
	unsigned int established, ended;
	enum quern_end how;
	uint32_t text_bytes;
	struct quern_conn conn;
};

static struct pair pair;
static struct seen seen[2];

static void on_established(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct seen *end = app;

	(void)shard;
	end->established++;
	end->conn = conn;
}

static uint32_t on_data(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	struct seen *end = app;

	(void)shard;
	(void)conn;
	(void)text;
	end->text_bytes += bytes;
	return bytes;
}

static void on_ended(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	struct seen *end = app;

	(void)shard;
	(void)conn;
	end->ended++;
	end->how = how;
}

static const struct quern_events events = {.on_established = on_established, .on_data = on_data, .on_ended = on_ended};

static void connect_from(enum pair_side side)
{
	const struct quern_endpoint ends[2] = {raw_endpoint(PAIR_CLIENT_FIRST, CLIENT_PORT),
					       raw_endpoint(PAIR_SERVER, SERVER_PORT)};
	const struct quern_endpoint own = ends[side];
	const struct quern_source source = {.addresses = raw_range(raw_address(&own), raw_address(&own)),
					    .first_port = own.port,
					    .last_port = own.port};
	uint8_t route;

	cr_assert_eq(quern_route_add(pair.ends[side], &source, &ends[1 - side], NULL, &events, &seen[side], &route), 0);
	cr_assert_eq(quern_connect(pair.ends[side], route, &seen[side].conn), 0);
}

static void both_are_in(enum quern_state state)
{
	const enum quern_state found[2] = {
		driver_state_of(pair.ends[0], PAIR_CLIENT_FIRST, PAIR_SERVER, CLIENT_PORT, SERVER_PORT),
		driver_state_of(pair.ends[1], PAIR_SERVER, PAIR_CLIENT_FIRST, SERVER_PORT, CLIENT_PORT)};

	for (unsigned int side = 0; side < 2; side++) {
		uint32_t counts[QUERN_STATES_END], others = 0;

		cr_assert_eq(found[side], state, "end %u is in %s", side, quern_state_name(found[side]));
		shard_count_states(pair.ends[side], counts);
		for (unsigned int i = 0; i < QUERN_STATES_END; i++)
			others += i == state ? counts[i] - 1 : counts[i];
		cr_assert_eq(others, 0, "end %u has %u connections more", side, others);
	}
}

/* Neither end listens: each opens towards the other, one of them `apart_ms` later. */
static void open_both(uint32_t apart_ms)
{
	const struct shard_config config = {.max_connections = 16, .max_time_wait = 16, .mtu = 1500, .seed = 8};

	memset(seen, 0, sizeof(seen));
	pair_open(&pair, &config, DELAY_MS * UINT64_C(1000000));
	connect_from(PAIR_CLIENT);
	if (apart_ms > 0)
		pair_run(&pair, apart_ms);
	connect_from(PAIR_SERVER_SIDE);
	pair_run(&pair, 10 * DELAY_MS);
}

/* Row 8, MUST-10, figure 7: however the SYNs cross, both ends have one connection, and it is the same one. */
Test(tcp_ends, syns_that_cross_come_to_one_connection_at_both_ends)
{
	static const uint32_t apart_ms[] = {0, 1, DELAY_MS / 2, DELAY_MS - 1};

	for (unsigned int i = 0; i < 4; i++) {
		struct quern_conn_info info[2];
		uint8_t text[TEXT_BYTES] = {0};
		uint32_t taken;

		open_both(apart_ms[i]);
		both_are_in(QUERN_ESTABLISHED);
		for (unsigned int side = 0; side < 2; side++) {
			cr_assert_eq(seen[side].established, 1);
			cr_assert_eq(seen[side].ended, 0);
			cr_assert_eq(shard_counters(pair.ends[side])->retransmits, 0);
			cr_assert_eq(quern_conn_info(pair.ends[side], seen[side].conn, &info[side]), 0);
			cr_assert_eq(quern_conn_send(pair.ends[side], seen[side].conn, text, TEXT_BYTES, &taken), 0);
		}
		cr_assert_eq(info[0].snd_nxt, info[1].rcv_nxt);
		cr_assert_eq(info[1].snd_nxt, info[0].rcv_nxt);
		pair_run(&pair, 10 * DELAY_MS);
		cr_assert_eq(seen[0].text_bytes, TEXT_BYTES);
		cr_assert_eq(seen[1].text_bytes, TEXT_BYTES);
		pair_close(&pair);
	}
}

/* Row 8 where the link loses frames: the SYNs are said again, and still there is one connection. */
Test(tcp_ends, syns_that_cross_and_are_lost_come_to_one_connection_all_the_same)
{
	const struct shard_config config = {.max_connections = 16, .max_time_wait = 16, .mtu = 1500, .seed = 8};

	for (uint64_t seed = 0; seed < 50; seed++) {
		memset(seen, 0, sizeof(seen));
		pair_open(&pair, &config, DELAY_MS * UINT64_C(1000000));
		random_seed(&pair.random, seed);
		pair.loss_per_mille = 300;
		connect_from(PAIR_CLIENT);
		connect_from(PAIR_SERVER_SIDE);
		pair_run(&pair, 100000);
		/* An end that had the last word lost on it is brought on by the next text. */
		pair.loss_per_mille = 0;
		pair_run(&pair, 100000);
		both_are_in(QUERN_ESTABLISHED);
		cr_assert_eq(seen[0].established + seen[1].established, 2);
		pair_close(&pair);
	}
}

/* Row 61, figure 13: FINs that cross leave both ends in TIME-WAIT, in order, and nobody sends a FIN twice. */
Test(tcp_ends, fins_that_cross_leave_both_ends_in_time_wait)
{
	static const uint32_t apart_ms[] = {0, 1, DELAY_MS / 2, DELAY_MS - 1};

	for (unsigned int i = 0; i < 4; i++) {
		open_both(0);
		cr_assert_eq(quern_conn_close(pair.ends[0], seen[0].conn), 0);
		if (apart_ms[i] > 0)
			pair_run(&pair, apart_ms[i]);
		cr_assert_eq(quern_conn_close(pair.ends[1], seen[1].conn), 0);
		pair_run(&pair, 10 * DELAY_MS);
		both_are_in(QUERN_TIME_WAIT);
		for (unsigned int side = 0; side < 2; side++) {
			cr_assert_eq(seen[side].ended, 1);
			cr_assert_eq(seen[side].how, QUERN_END_CLOSED);
			cr_assert_eq(shard_counters(pair.ends[side])->retransmits, 0);
		}
		pair_run(&pair, 61000);
		for (unsigned int side = 0; side < 2; side++) {
			struct quern_shard_memory memory;

			shard_memory(pair.ends[side], &memory);
			cr_assert_eq(memory.connections_used + memory.time_waits_used, 0);
		}
		pair_close(&pair);
	}
}
