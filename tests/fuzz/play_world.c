/* play_world.c - the shard, its time, and the end of it. */
#include "fuzz/play.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "shard/shard_flight.h"
#include "support/raw_ip6.h"

enum {
	BEGIN_MS = 1000000,
	HEAD_BYTES = 6,
	END_MS = 1200000, /* in so much time all ends by itself */
	END_TURNS = 3000  /* and in so many turns */
};

void play_tell(const struct play *play, const char *format, ...)
{
	va_list arguments;

	if (!play->tells)
		return;
	printf("# %10.3f s  ", (double)(play->now_ns / 1000) / 1e6);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
}

uint8_t play_next(struct play *play)
{
	return play->at < play->end ? *play->at++ : 0;
}

static struct shard_config config_of(const struct play *play, uint8_t waits)
{
	bool is_tight = play->world & PLAY_TIGHT;
	struct shard_config config = {.max_connections = PLAY_CONNS,
				      .max_half_open = is_tight ? 1 : 0,
				      .max_time_wait = is_tight ? 1 : PLAY_RESTS,
				      .max_flights = is_tight ? 2 : 0,
				      .accept_backlog = 2,
				      .time_wait_ms = waits & 1 ? 1000 : 0,
				      .time_wait_reset = play->world & PLAY_TIME_WAIT_RESET,
				      .addresses = {.first = PLAY_LOCAL, .last = PLAY_LOCAL},
				      .prefix_length = 15,
				      .mtu = 1500,
				      .tx_l4_checksum = play->world & PLAY_HARDWARE,
				      .tx_multi_segs = play->world & PLAY_HARDWARE,
				      .seed = 1};

	if (play->world & PLAY_HARDWARE && play->world & PLAY_CUTS)
		config.tx_cut_buffers = 16;
	config.ip6 = raw_port_ip6(PLAY_LOCAL, PLAY_LOCAL, 0, config.prefix_length);
	return config;
}

static void choose_options(struct play *play, uint8_t bits, uint8_t sizes, uint8_t waits)
{
	static const uint32_t windows[] = {0, 1 << 20, 3000, 536, 1, 20000, 65535, 1 << 24};
	static const uint16_t sizes_of_segments[] = {0, 48, 536, 100};
	static const uint32_t queues[] = {0, 1, 3000, 20000};

	play->options = (struct quern_tcp_options){.mss = sizes_of_segments[sizes >> 3 & 3],
						   .receive_window = windows[sizes & 7],
						   .send_queue = queues[sizes >> 5 & 3],
						   .congestion = bits & PLAY_NEWRENO ? QUERN_CONGESTION_NEWRENO
										     : QUERN_CONGESTION_CUBIC,
						   .no_window_scale = bits & PLAY_NO_SCALE,
						   .no_sack = bits & PLAY_NO_SACK,
						   .nagle = bits & PLAY_NAGLE,
						   .no_timestamps = bits & PLAY_NO_TIMESTAMPS,
						   .no_pacing = bits & PLAY_NO_PACING,
						   .keepalive = bits & PLAY_KEEPALIVE,
						   .keepalive_idle_ms = waits & 2 ? 1000 : 0,
						   .keepalive_interval_ms = waits & 2 ? 1000 : 0,
						   .keepalive_probes = waits & 2 ? 2 : 0,
						   .user_timeout_ms = waits & 4 ? 5000 : 0,
						   .fin_wait_2_ms = waits & 8 ? 500 : 0,
						   .connect_timeout_ms = waits & 16 ? 2000 : 0,
						   .max_half_open = waits & 32 ? 2 : 0,
						   .syn_cookies = bits & PLAY_COOKIES ? QUERN_SYN_COOKIES_ALWAYS
								  : waits & 64        ? QUERN_SYN_COOKIES_NEVER
										      : QUERN_SYN_COOKIES_AUTO};
}

static void open_ports(struct play *play)
{
	const struct quern_endpoint listens = raw_endpoint(PLAY_LOCAL, PLAY_PORT),
				    pulls = raw_endpoint(PLAY_LOCAL, PLAY_PULL_PORT),
				    target = raw_endpoint(PLAY_REMOTE, PLAY_TARGET_PORT);
	const struct quern_source source = {
		.addresses = raw_range(PLAY_LOCAL, PLAY_LOCAL), .first_port = 1024, .last_port = 1025};

	CHECK(quern_listen(play->shard, &listens, &play->options, &play_events, play) == 0);
	CHECK(quern_listen(play->shard, &pulls, &play->options, &play_pull_events, play) == 0);
	CHECK(quern_route_add(play->shard, &source, &target, &play->options, &play_events, play, &play->route) == 0);
}

void play_open(struct play *play, const uint8_t *program, size_t bytes)
{
	static const uint16_t ports[PLAY_FLOWS][2] = {{PLAY_PORT, 40000},       {PLAY_PORT, 40001},
						      {PLAY_PULL_PORT, 40000},  {1024, PLAY_TARGET_PORT},
						      {1025, PLAY_TARGET_PORT}, {PLAY_DEAD_PORT, 40000}};
	uint8_t head[HEAD_BYTES];

	memset(play, 0, sizeof(*play));
	play->at = program;
	play->end = program + bytes;
	for (int i = 0; i < HEAD_BYTES; i++)
		head[i] = play_next(play);
	play->world = head[0];
	play->habits = head[2];
	play->tells = getenv("QUERN_FUZZ_TELL") != NULL;
	play->burst_most = 1;
	play->now_ns = (play->world & PLAY_LATE_CLOCK ? UINT64_C(0xffffff00) : BEGIN_MS) * FUZZ_NS_PER_MS;
	choose_options(play, head[1], head[3], head[4]);
	setenv("QUERN_TEST_IP", play->world & PLAY_IP6 ? "6" : "4", 1);
	fuzz_shard_open(&play->opened, config_of(play, head[4]), play->now_ns);
	play->shard = play->opened.shard;
	open_ports(play);
	for (int i = 0; i < PLAY_FLOWS; i++)
		play->flows[i] = (struct play_flow){.local_port = ports[i][0],
						    .remote_port = ports[i][1],
						    .is_active = ports[i][1] == PLAY_TARGET_PORT,
						    .own_iss = 0xffffff00U + (uint32_t)head[5] * 0x1000000U,
						    .window = UINT16_MAX};
}

static void receive(struct play *play)
{
	play->injected += play->burst_count;
	shard_receive(play->shard, play->burst, (uint16_t)play->burst_count, play->now_ns);
	play->burst_count = 0;
	play->burst_most = 1;
}

/* Frames in line are answers to what came before. */
static void transmit(struct play *play)
{
	struct rte_mbuf *mbufs[SHARD_BURST];
	uint16_t count;

	shard_set_congested(play->shard, play->is_refusing);
	if (play->is_refusing)
		return;
	do {
		count = shard_transmit(play->shard, mbufs, SHARD_BURST);
		for (uint16_t i = 0; i < count; i++)
			play_hear(play, mbufs[i]);
	} while (count == SHARD_BURST);
}

static void begin_turn(struct play *play)
{
	/* What waits since buffers were short, or the port took nothing, comes later. A connection may owe an ACK and a
	 * keepalive probe. */
	play->owed = play->shard->queued_count + play->shard->out_tail - play->shard->out_head;
	for (uint32_t i = 0; i < PLAY_CONNS; i++)
		play->owed += (play->shard->conns[i].flags & TCP_OWES_PROBE) != 0;
	play->had_line = play->shard->out_tail != play->shard->out_head;
	play->fired = play->injected = play->bare_acks = play->calls = 0;
	play->has_error = false;
	for (int i = 0; i < PLAY_FLOWS; i++)
		play->flows[i].heard = play->flows[i].resets = 0;
}

void play_turn(struct play *play)
{
	play->turns++;
	receive(play);
	play->fired += shard_expire(play->shard, play->now_ns);
	transmit(play);
	play_check(play);
	begin_turn(play);
}

void play_wait(struct play *play, uint64_t ms)
{
	uint64_t end_ns = play->now_ns + ms * FUZZ_NS_PER_MS, deadline_ns;

	while (play->turns < PLAY_TURNS_MAX && play->now_ns < end_ns) {
		uint64_t next_ns = end_ns;

		/* A deadline may be early, for a lazy timer: never less than a tick onwards. */
		if (shard_next_deadline(play->shard, &deadline_ns) && deadline_ns < end_ns)
			next_ns = RTE_MAX(deadline_ns, play->now_ns + FUZZ_NS_PER_MS);
		play->now_ns = RTE_MIN(next_ns, end_ns);
		play_turn(play);
	}
}

static void heal(struct play *play)
{
	rte_pktmbuf_free_bulk(play->stolen, play->stolen_count);
	play->stolen_count = 0;
	play->is_refusing = false;
	play->is_healed = true;
	play->habits = 0;
	play->deaf = 0;
	shard_set_behind(play->shard, false);
	play_turn(play);
}

static bool is_over(const struct play *play)
{
	return play->shard->conns_used == 0 && play->shard->time_wait.live == 0;
}

void play_close(struct play *play)
{
	uint64_t since_ns = play->now_ns, deadline_ns;
	int turns;

	play_tell(play, "the end");
	heal(play);
	for (turns = 0; turns < END_TURNS && !is_over(play); turns++) {
		play_let_go(play);
		play_turn(play);
		if (is_over(play))
			break;
		CHECK(shard_next_deadline(play->shard, &deadline_ns));
		play->now_ns = RTE_MAX(deadline_ns, play->now_ns + FUZZ_NS_PER_MS);
		play_turn(play);
	}
	CHECK(is_over(play));
	CHECK(play->now_ns - since_ns <= (uint64_t)END_MS * FUZZ_NS_PER_MS);
	CHECK(play->shard->half_open == 0 && play->shard->flights_used == 0 && play->shard->waiting_count == 0);
	CHECK(play->shard->lingering == 0 && play->shard->table.used == 0 && play->shard->buffers.used == 0);
	fuzz_shard_close(&play->opened);
}
