/* both_ways.c - one connection over a bad cable that carries as much text each way at once, and arrives whole.
 *
 *	both_ways MEGABYTES newreno|cubic [SEED]
 *
 * 1 % of the frames are lost, 1 % come twice and 5 % late, each way. Every eight bytes of text are a hash of their
 * place, so that none can stand for another. Each end makes a running hash of what it has sent and of what it has got;
 * what is printed is this, the time, and what line and ends have counted. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <quern/quern.h>

#include "engine/cable_engine.h"

enum { PORT = 80, ENDS = 2, PIECE = 16384, WORD = 8, WINDOW = 262144, STILL_TICKS = 600 };

#define PERCENT (QUERN_IMPAIR_WHOLE / 100)
#define HASH_BEGIN UINT64_C(14695981039346656037) /* FNV-1a */
#define HASH_PRIME UINT64_C(1099511628211)

static const uint32_t server_address = 0xC6120101; /* as cable_engine.c has it */

/* Written by its worker; relaxed, the control thread reads `received` and `has_ended`. */
struct end {
	uint64_t seed;
	uint64_t sent, sent_hash;
	uint64_t received, received_hash;
	uint64_t bytes; /* to send */
	uint8_t route;
	bool has_opened, failed, has_ended;
};

static struct end ends[ENDS];
static uint64_t last_received;
static int still_ticks;

/* The finalizer of MurmurHash3: each word is another. */
static uint64_t word_at(uint64_t seed, uint64_t number)
{
	uint64_t word = seed + number;

	word = (word ^ word >> 33) * UINT64_C(0xff51afd7ed558ccd);
	word = (word ^ word >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return word ^ word >> 33;
}

static uint64_t hash_on(uint64_t hash, const uint8_t *text, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		hash = (hash ^ text[i]) * HASH_PRIME;
	return hash;
}

static void send_more(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct end *end = app;
	uint32_t bytes = 0, taken = 0;

	while (end->sent < end->bytes && taken == bytes) {
		uint64_t words[PIECE / WORD + 1];
		uint32_t skipped = (uint32_t)(end->sent % WORD);

		for (uint32_t i = 0; i < PIECE / WORD + 1; i++)
			words[i] = word_at(end->seed, end->sent / WORD + i);
		bytes = end->bytes - end->sent < PIECE ? (uint32_t)(end->bytes - end->sent) : PIECE;
		end->failed |= quern_conn_send(shard, conn, (uint8_t *)words + skipped, bytes, &taken) != 0;
		end->sent_hash = hash_on(end->sent_hash, (uint8_t *)words + skipped, taken);
		end->sent += taken;
	}
	if (end->sent == end->bytes)
		end->failed |= quern_conn_shutdown(shard, conn) != 0;
}

static uint32_t look(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	struct end *end = app;

	(void)shard;
	(void)conn;
	end->received_hash = hash_on(end->received_hash, text, bytes);
	__atomic_store_n(&end->received, end->received + bytes, __ATOMIC_RELAXED);
	return bytes;
}

static void note_end(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	struct end *end = app;

	(void)shard;
	(void)conn;
	end->failed |= how != QUERN_END_CLOSED;
	__atomic_store_n(&end->has_ended, true, __ATOMIC_RELAXED);
}

static const struct quern_events events = {
	.on_established = send_more, .on_writable = send_more, .on_data = look, .on_ended = note_end};
static struct quern_tcp_options options = {.receive_window = WINDOW, .send_queue = WINDOW};

static int listen_here(struct quern_shard *shard, void *app)
{
	const struct quern_endpoint local = {.address = server_address, .port = PORT};

	return quern_listen(shard, &local, &options, &events, app);
}

static int add_route(struct quern_shard *shard, void *app)
{
	struct end *end = app;
	const struct quern_source source = {.addresses = {.first = server_address - 256, .last = server_address - 256}};
	const struct quern_endpoint target = {.address = server_address, .port = PORT};

	return quern_route_add(shard, &source, &target, &options, &events, app, &end->route);
}

static bool open_once(struct quern_shard *shard, void *app)
{
	const struct quern_endpoint target = {.address = server_address, .port = PORT};
	struct end *end = app;
	struct quern_conn conn;

	if (end->has_opened || !quern_reachable(shard, &target) || quern_connect(shard, end->route, &conn) != 0)
		return false;
	return end->has_opened = true;
}

/* Stops at the end, or when nothing has arrived for a minute. */
static void tick(struct quern_engine *engine, void *app)
{
	uint64_t received = __atomic_load_n(&ends[0].received, __ATOMIC_RELAXED) +
			    __atomic_load_n(&ends[1].received, __ATOMIC_RELAXED);

	(void)app;
	still_ticks = received == last_received ? still_ticks + 1 : 0;
	last_received = received;
	if (still_ticks == STILL_TICKS || (__atomic_load_n(&ends[0].has_ended, __ATOMIC_RELAXED) &&
					   __atomic_load_n(&ends[1].has_ended, __ATOMIC_RELAXED)))
		quern_engine_stop(engine);
}

static void prepare(struct cable_engine *cable, uint64_t bytes, uint64_t seed)
{
	const struct quern_impair line = {.loss_share = PERCENT,
					  .dup_share = PERCENT,
					  .reorder_share = 5 * PERCENT,
					  .gap_ns = 100000,
					  .delay_ns = 20000,
					  .seed = seed};

	cable_engine_prepare(cable, 1, cable_engine_core(0), cable_engine_core(1));
	for (int number = 0; number < ENDS; number++) {
		cable->config.ports[0].impair[number] = line;
		cable->config.shards[number].app = &ends[number];
		cable->config.shards[number].on_turn = number == 0 ? open_once : NULL;
		cable->config.shards[number].on_start = number == 0 ? add_route : listen_here;
		ends[number] = (struct end){.seed = seed << 40 | (uint64_t)number << 39,
					    .bytes = bytes,
					    .sent_hash = HASH_BEGIN,
					    .received_hash = HASH_BEGIN};
	}
}

static void print_line(const struct quern_engine *engine, enum quern_way way)
{
	struct quern_impair_counters line;

	quern_engine_impaired(engine, 0, way, &line);
	printf("# line, %s: %" PRIu64 " frames, %" PRIu64 " lost, %" PRIu64 " doubled, %" PRIu64 " overtaken, %" PRIu64
	       " without room\n",
	       way == QUERN_RX ? "server to client" : "client to server", line.frames, line.lost, line.duplicated,
	       line.reordered, line.no_room + line.queue_full);
}

/* Whether all that was sent from one end has come to the other, and the connection has ended in order. */
static bool has_arrived(const struct quern_engine *engine, int from, double seconds)
{
	const struct end *sender = &ends[from], *receiver = &ends[1 - from];
	struct quern_counters counters;

	quern_engine_counters(engine, (uint16_t)from, &counters);
	printf("# %s: %" PRIu64 " bytes sent, hash %016" PRIx64 "; %" PRIu64 " arrived, hash %016" PRIx64
	       "; %.1f s, %.0f Mbit/s, %" PRIu64 " segments sent again\n",
	       from == 0 ? "client to server" : "server to client", sender->sent, sender->sent_hash, receiver->received,
	       receiver->received_hash, seconds, (double)receiver->received * 8 / seconds / 1e6, counters.retransmits);
	return sender->sent == sender->bytes && receiver->received == sender->bytes &&
	       receiver->received_hash == sender->sent_hash && counters.retransmits > 0 && sender->has_ended &&
	       !sender->failed;
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	static struct cable_engine cable;
	char error[QUERN_ERROR_TEXT] = "";
	struct quern_engine *engine;
	bool is_well = true;
	double begun;
	int code;

	if (argc < 3) {
		fprintf(stderr, "usage: both_ways MEGABYTES newreno|cubic [SEED]\n");
		return 2;
	}
	options.congestion = strcmp(argv[2], "newreno") == 0 ? QUERN_CONGESTION_NEWRENO : QUERN_CONGESTION_CUBIC;
	prepare(&cable, strtoull(argv[1], NULL, 10) * 1000000, argc > 3 ? strtoull(argv[3], NULL, 10) : 1);
	code = quern_engine_open(&cable.config, &engine, error);
	if (code == 0) {
		begun = now_s();
		code = quern_engine_run(engine, tick, NULL, error);
		for (int from = 0; from < ENDS; from++)
			is_well &= has_arrived(engine, from, now_s() - begun);
		print_line(engine, QUERN_RX);
		print_line(engine, QUERN_TX);
		quern_engine_close(engine);
	}
	if (code != 0)
		fprintf(stderr, "both_ways: %s\n", error);
	printf("1..1\n%s 1 - %s MB each way over a bad cable arrive whole, the window by %s\n",
	       code == 0 && is_well ? "ok" : "not ok", argv[1], argv[2]);
	return code == 0 && is_well ? 0 : 1;
}
