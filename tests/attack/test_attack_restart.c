/* test_attack_restart.c - row 24: an end that starts anew, while its peers remember the old one. */
#include <stdlib.h>

#include <criterion/criterion.h>

#include "attack/battery.h"
#include "support/script.h"

enum { PEERS = 300, DOWN_MS = 2000, TEXT = 100 };

static struct driver driver;
static struct script peers[PEERS];

static void open_end(uint64_t seed, uint64_t start_ms)
{
	const struct shard_config config = {.max_connections = PEERS + 8, .max_time_wait = PEERS + 8, .seed = seed};

	driver_open_at(&driver, &config, start_ms);
	driver_listen(&driver, SCRIPT_PORT, NULL);
}

/* A third of the peers are amid a connection, a third have sent their FIN, and a third have heard ours. */
static void open_peers(void)
{
	static const enum quern_state states[] = {QUERN_ESTABLISHED, QUERN_CLOSE_WAIT, QUERN_FIN_WAIT_2};

	for (unsigned int i = 0; i < PEERS; i++) {
		peers[i] = script_new(&driver);
		peers[i].remote_port = (uint16_t)(2000 + i);
		state_walk(&peers[i], states[i % 3]);
	}
}

/* The end dies without a word, and another is there two seconds later. The clock is the machine's, and goes on. */
static void restart(uint64_t seed)
{
	uint64_t now_ms = driver_now_ms(&driver);

	driver_close(&driver);
	open_end(seed, now_ms + DOWN_MS);
}

/* RFC 9293 3.5.1 and 3.10.7.1: what is left of an old connection is answered by a RST in the form that its peer takes.
 */
static void expect_reset(const struct script *peer, int flags, uint32_t text_bytes)
{
	struct raw_segment segment = script_segment(peer, flags, 1, 1);
	const struct driver_heard *heard;

	segment.text_bytes = text_bytes;
	driver_inject(&driver, &segment);
	heard = driver_next_heard(&driver);
	cr_assert_not_null(heard, "an old segment is met with silence");
	if (flags & ACK) {
		cr_assert_eq(heard->segment.flags, RST, "a RST that answers an ACK has none itself");
		cr_assert_eq(heard->segment.seq, segment.ack);
	} else {
		cr_assert_eq(heard->segment.flags, RST | ACK);
		cr_assert_eq(heard->segment.ack, segment.seq + text_bytes + !!(flags & FIN));
	}
	cr_assert_null(driver_next_heard(&driver), "more than a RST");
}

Test(attack_restart, old_segments_draw_the_reset_that_ends_them_and_none_is_taken)
{
	static const int kinds[] = {ACK, ACK | PSH, ACK | FIN};

	open_end(24, 1000000);
	open_peers();
	restart(2400);
	for (unsigned int i = 0; i < PEERS; i++)
		for (unsigned int j = 0; j < 3; j++)
			expect_reset(&peers[i], kinds[j], j == 1 ? TEXT : 0);
	cr_assert_eq(driver_counters(&driver)->text_bytes, 0);
	cr_assert_eq(battery_level_of(driver.shard).entries, 0);
	/* A new connection of the same tuple: the text of the old one does not get in. */
	for (unsigned int i = 0; i < PEERS; i++) {
		struct script old = peers[i], fresh = peers[i];
		struct raw_segment segment;

		fresh.peer_iss += 1000000;
		fresh.iss_known = false;
		establish_passive(&fresh);
		segment = script_segment(&old, ACK, 1, 1);
		segment.text_bytes = TEXT;
		driver_inject(&driver, &segment);
		driver.heard_next = driver.heard_count;
		in_state(&fresh, QUERN_ESTABLISHED);
		driver.told_next = driver.told_count;
	}
	cr_assert_eq(driver_counters(&driver)->text_bytes, 0);
	battery_figure(
		24,
		"%d peers with old connections: %d old segments answered by the right RST each, 0 bytes of old text "
		"in new connections",
		PEERS, 3 * PEERS);
	driver_close(&driver);
}

/* Our own active opens of the same tuples, of which the peer remembers the old ones: RFC 9293 3.4.3. */
static unsigned int count_larger(uint64_t seed)
{
	const struct quern_source source = {
		.addresses = raw_range(DRIVER_LOCAL, DRIVER_LOCAL), .first_port = 5000, .last_port = 5000 + PEERS - 1};
	const struct quern_endpoint target = raw_endpoint(DRIVER_REMOTE, SCRIPT_REMOTE_PORT);
	uint32_t old[PEERS] = {0};
	unsigned int larger = 0;

	for (int life = 0; life < 2; life++) {
		uint8_t route;

		if (life == 0)
			open_end(24, 1000000);
		else
			restart(seed);
		cr_assert_eq(quern_route_add(driver.shard, &source, &target, NULL, &driver_events, &driver, &route), 0);
		for (unsigned int i = 0; i < PEERS; i++) {
			const struct driver_heard *heard;
			struct quern_conn conn;

			cr_assert_eq(quern_connect(driver.shard, route, &conn), 0);
			driver_collect(&driver);
			heard = driver_next_heard(&driver);
			cr_assert_not_null(heard);
			if (life == 0)
				old[heard->segment.source_port - 5000] = heard->segment.seq;
			else
				larger += (int32_t)(heard->segment.seq - old[heard->segment.source_port - 5000]) > 0;
		}
	}
	driver_close(&driver);
	return larger;
}

Test(attack_restart, the_same_secret_gives_larger_numbers_after_a_restart)
{
	unsigned int same = count_larger(24), drawn = count_larger(77);

	cr_assert_eq(same, PEERS);
	battery_figure(24,
		       "ISN of the same tuple after %d ms: larger for all %u with the same secret, for %u with one "
		       "drawn anew, "
		       "as a start draws it: the others cost a RST and a second",
		       DOWN_MS, same, drawn);
}
