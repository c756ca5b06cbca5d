/* test_shard_read.c - what other threads read of a shard's connections: who they are, their state, page by page. */
#include <criterion/criterion.h>

#include "support/script.h"

enum { HELD = 3000, PAGE = 7 };

static struct driver driver;

static uint32_t list(const struct quern_conn_filter *filter, struct quern_conn_info *rows, uint32_t max)
{
	struct quern_conn_cursor cursor = {0};
	uint32_t count = 0;

	while (cursor.at != QUERN_CONNS_END) {
		cr_assert_lt(count, max, "more connections than there are");
		count += shard_read_conns(driver.shard, &cursor, filter, rows + count, max - count);
	}
	cr_assert_eq(cursor.skipped, 0);
	return count;
}

static struct script numbered(unsigned int number)
{
	struct script script = script_new(&driver);

	script.remote_port = (uint16_t)(1024 + number);
	script.remote += number % 5;
	return script;
}

static void assert_same(const struct quern_conn_info *row, const struct quern_conn_info *other)
{
	cr_assert(raw_address(&row->local) == raw_address(&other->local) && row->local.port == other->local.port);
	cr_assert(raw_address(&row->remote) == raw_address(&other->remote) && row->remote.port == other->remote.port);
	cr_assert(row->state == other->state && row->snd_nxt == other->snd_nxt && row->snd_una == other->snd_una);
	cr_assert(row->rcv_nxt == other->rcv_nxt && row->snd_wnd == other->snd_wnd && row->mss == other->mss);
	cr_assert(row->queued_bytes == other->queued_bytes && row->held_bytes == other->held_bytes);
	cr_assert_eq(row->rto_ms, other->rto_ms);
}

/* Established, `count` of them, each from a port of its own. */
static void hold(unsigned int count)
{
	const struct shard_config config = {.max_connections = count + 64};

	driver_open(&driver, &config);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	for (unsigned int number = 0; number < count; number++) {
		struct script script = numbered(number);

		establish_passive(&script);
	}
}

Test(shard_read, shows_a_connection_in_each_state_as_it_is)
{
	for (int state = QUERN_SYN_SENT; state <= QUERN_TIME_WAIT; state++) {
		struct reached reached = state_reach(&driver, (enum quern_state)state, true);
		const struct script *script = &reached.script;
		uint32_t counts[QUERN_STATES_END];
		struct quern_conn_info rows[4], own;

		cr_assert_eq(list(NULL, rows, 4), 1, "%s", quern_state_name((enum quern_state)state));
		cr_assert_eq(rows[0].state, (enum quern_state)state, "%s instead of %s",
			     quern_state_name(rows[0].state), quern_state_name((enum quern_state)state));
		cr_assert(raw_address(&rows[0].local) == script->local && rows[0].local.port == script->local_port);
		cr_assert(raw_address(&rows[0].remote) == script->remote && rows[0].remote.port == script->remote_port);
		cr_assert_eq(rows[0].snd_nxt - script->iss, reached.snd_nxt);
		cr_assert_eq(rows[0].snd_una - script->iss, reached.snd_una);
		if (state != QUERN_TIME_WAIT && quern_conn_info(driver.shard, script->conn, &own) == 0)
			assert_same(&rows[0], &own);
		shard_read_states(driver.shard, counts);
		for (int other = 0; other < QUERN_STATES_END; other++)
			cr_assert_eq(counts[other], other == state, "%s", quern_state_name((enum quern_state)other));
		driver_close(&driver);
	}
}

Test(shard_read, shows_a_half_open_connection_that_a_peer_has_made)
{
	struct script script;
	struct quern_conn_info rows[2];

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	say(&script, SYN, 0, 0);
	cr_assert_eq(list(NULL, rows, 2), 1);
	cr_assert_eq(rows[0].state, QUERN_SYN_RCVD);
	cr_assert_eq(rows[0].rcv_nxt, script.peer_iss + 1);
	driver_close(&driver);
}

Test(shard_read, counts_the_text_of_a_connection_that_has_some)
{
	struct quern_conn_info rows[2];
	struct script script = script_reader(&driver, NULL);

	establish_passive(&script);
	app_send(&script, 5000);
	cr_assert_eq(list(NULL, rows, 2), 1);
	cr_assert_eq(rows[0].queued_bytes, 5000);
	cr_assert_eq(rows[0].held_bytes, 0);
	driver.reader.appetite = 0;
	say_text(&script, ACK, 1, 1, 300);
	cr_assert_eq(list(NULL, rows, 2), 1);
	cr_assert_eq(rows[0].held_bytes, 300);
	cr_assert_eq(rows[0].rto_ms, script_info(&script).rto_ms);
	driver_close(&driver);
}

Test(shard_read, gives_each_of_many_once_whatever_the_page)
{
	static const uint32_t pages[] = {1, PAGE, 16, 100, HELD};

	hold(HELD);
	for (unsigned int p = 0; p < sizeof(pages) / sizeof(pages[0]); p++) {
		static struct quern_conn_info rows[HELD];
		struct quern_conn_cursor cursor = {0};
		uint8_t seen[HELD] = {0};
		uint32_t count = 0;

		while (cursor.at != QUERN_CONNS_END) {
			uint32_t found = shard_read_conns(driver.shard, &cursor, NULL, rows, pages[p]);

			cr_assert_leq(found, pages[p]);
			for (uint32_t i = 0; i < found; i++) {
				uint32_t number = rows[i].remote.port - 1024u;

				cr_assert_lt(number, HELD);
				cr_assert_eq(raw_address(&rows[i].remote), numbered(number).remote);
				cr_assert_eq(rows[i].state, QUERN_ESTABLISHED);
				cr_assert_eq(seen[number]++, 0, "connection %u came twice", number);
			}
			count += found;
		}
		cr_assert_eq(count, HELD);
	}
	driver_close(&driver);
}

Test(shard_read, filters_by_state_and_both_ends)
{
	static struct quern_conn_info rows[HELD];
	const struct quern_conn_filter none = {.states = 1u << QUERN_CLOSE_WAIT | 1u << QUERN_TIME_WAIT};
	const struct quern_conn_filter state = {.states = 1u << QUERN_CLOSE_WAIT | 1u << QUERN_ESTABLISHED};
	const struct quern_conn_filter local = {.local = raw_endpoint(DRIVER_LOCAL, SCRIPT_PORT)};
	const struct quern_conn_filter other_local = {.local = raw_endpoint(DRIVER_LOCAL + 1, 0)};
	const struct quern_conn_filter remote = {.remote = raw_endpoint(DRIVER_REMOTE + 2, 0)};
	const struct quern_conn_filter port = {.remote = raw_endpoint(0, 1024 + 77)};
	const struct quern_conn_filter both = {.local = raw_endpoint(0, SCRIPT_PORT),
					       .remote = raw_endpoint(DRIVER_REMOTE + 2, 1024 + 77)};

	hold(500);
	cr_assert_eq(list(&none, rows, HELD), 0);
	cr_assert_eq(list(&state, rows, HELD), 500);
	cr_assert_eq(list(&local, rows, HELD), 500);
	cr_assert_eq(list(&other_local, rows, HELD), 0);
	cr_assert_eq(list(&remote, rows, HELD), 100);
	cr_assert_eq(list(&port, rows, HELD), 1);
	cr_assert_eq(rows[0].remote.port, 1024 + 77);
	cr_assert_eq(list(&both, rows, HELD), 1);
	driver_close(&driver);
}

Test(shard_read, ends_for_a_cursor_that_nobody_was_given)
{
	struct quern_conn_info row;
	static const uint64_t wild[] = {1, UINT32_MAX, (uint64_t)UINT32_MAX << 32, UINT64_MAX - 1, UINT64_MAX};

	hold(20);
	for (unsigned int i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		struct quern_conn_cursor cursor = {wild[i], 0};

		for (unsigned int calls = 0; cursor.at != QUERN_CONNS_END; calls++) {
			cr_assert_lt(calls, 100);
			shard_read_conns(driver.shard, &cursor, NULL, &row, 1);
		}
	}
	driver_close(&driver);
}

/* A record that moves to the tail of a full ring may be given its own slot again. */
Test(shard_read, shows_a_time_wait_record_whole_when_its_fin_comes_again)
{
	const struct shard_config config = {.max_time_wait = 1, .time_wait_ms = 60000};
	struct quern_conn_info before[2], after[2];
	struct script script;

	driver_open(&driver, &config);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	establish_passive(&script);
	close_actively(&script);
	cr_assert_eq(list(NULL, before, 2), 1);
	advance(&script, 2000);
	say(&script, FIN | ACK, 1, 2);
	hear(&script, ACK, 2, 2);
	cr_assert_eq(list(NULL, after, 2), 1);
	assert_same(&before[0], &after[0]);
	driver_close(&driver);
}
