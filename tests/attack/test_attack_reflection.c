/* test_attack_reflection.c - row 19: datagrams in the names of victims, to a port that answers and to one that is shut.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "attack/battery.h"
#include "base/random.h"
#include "support/raw_udp.h"

enum { ECHO_PORT = 9, SHUT_PORT = 10, FLOOD = 200000, A_MS_HAS = 64, TEXT_MOST = 1400, AT_ONCE = 50 };

static struct driver driver;
static struct random draws;

static void send_back(struct quern_shard *shard, struct quern_udp_socket socket, const struct quern_datagram *datagram,
		      void *app)
{
	(void)socket;
	(void)app;
	cr_assert_eq(quern_udp_answer(shard, datagram->bytes), 0);
}

/* A burst in the names of others, to one port. Returns its bytes. */
static uint64_t forge(struct battery_frame frames[A_MS_HAS], uint16_t port)
{
	static struct raw_datagram datagram;
	uint64_t bytes = 0;

	for (int i = 0; i < A_MS_HAS; i++) {
		datagram.source = DRIVER_REMOTE + random_below(&draws, 60000);
		datagram.dest = DRIVER_LOCAL;
		datagram.source_port = (uint16_t)(1024 + random_below(&draws, 60000));
		datagram.dest_port = port;
		datagram.text_bytes = random_below(&draws, TEXT_MOST);
		frames[i].length = raw_udp_build(frames[i].bytes, &datagram);
		bytes += frames[i].length;
	}
	return bytes;
}

Test(attack_reflection, victims_are_sent_no_more_than_was_sent_in_their_names)
{
	static const struct quern_udp_events events = {.on_datagram = send_back};
	static struct battery_frame frames[A_MS_HAS];
	const struct quern_endpoint local = raw_endpoint(DRIVER_LOCAL, ECHO_PORT);
	uint64_t asked = 0, answered = 0, unreachables = 0, ms = 0;
	struct quern_udp_socket socket;
	struct battery_level before;

	random_seed(&draws, 19);
	driver_open(&driver, NULL);
	cr_assert_eq(quern_udp_bind(driver.shard, &local, 0, &events, NULL, &socket), 0);
	battery_honest_listen(&driver, 1000);
	before = battery_level_of(driver.shard);
	for (uint32_t sent = 0; sent < FLOOD; sent += 2 * A_MS_HAS, ms++) {
		struct battery_answers answers = {0};
		uint64_t bytes = forge(frames, ECHO_PORT);

		battery_burst(&driver, frames, A_MS_HAS, &answers);
		cr_assert_leq(answers.bytes, bytes);
		cr_assert_eq(answers.frames, A_MS_HAS);
		asked += bytes;
		answered += answers.bytes;
		forge(frames, SHUT_PORT);
		answers = (struct battery_answers){0};
		battery_burst(&driver, frames, A_MS_HAS, &answers);
		unreachables += answers.frames;
		cr_assert_leq(unreachables, AT_ONCE + ms + 1);
		battery_honest_serve(&driver);
		driver_advance(&driver, 1);
	}
	cr_assert_eq(driver_counters(&driver)->unreachables_sent, unreachables);
	battery_expect_level(driver.shard, &before);
	battery_figure(
		19,
		"%d datagrams in %lu ms in the names of others: %.2f bytes answered for each byte that came to an "
		"open port, %lu unreachables for a shut one; honest connections served in the ms in which they came",
		FLOOD, (unsigned long)ms, (double)answered / (double)asked, (unsigned long)unreachables);
	battery_expect_whole(driver.out_pool);
	driver_close(&driver);
}
