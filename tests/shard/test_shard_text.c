/* test_shard_text.c - streams both ways between two shards over a bad link: every byte arrives once, in order, then
 * FIN. */
#include <criterion/criterion.h>

#include "support/raw_port.h"
#include "support/shard_pair.h"

/* TIME-WAIT outlasts a peer whose last FIN goes again and again. */
enum { PORT = 80, STREAMS = 24, MOST_BYTES = 150000, PIECE = 4000, LIMIT_MS = 3600000, TIME_WAIT_MS = 600000 };

/* One direction of a connection, as both of its ends see it. */
struct stream {
	uint32_t length; /* bytes, drawn by seed */
	uint32_t sent;
	uint32_t received;
	bool is_shut; /* FIN is sent behind the last byte */
	bool has_ended;
};

/* How badly things may go. */
struct trial {
	uint32_t loss, repeat, swap;
	uint16_t narrow_mtu;
	bool is_hardware;
	uint16_t cut_buffers;
	bool reads_slowly;
	uint16_t window;
	uint32_t most_bytes;
};

struct end {
	struct quern_conn conn;
	bool is_open;
	bool is_established;
	struct stream out;
};

static struct pair pair;
static struct end ends[2][STREAMS]; /* by side, by number of the connection */
static struct trial trial;
static unsigned int over[2];
static struct quern_counters counted[2]; /* by the last transfer */

/* The byte at a place of a stream. */
static uint8_t byte_at(unsigned int side, unsigned int number, uint32_t place)
{
	return (uint8_t)(place * 7 + (place >> 8) * 13 + number * 31 + side * 101);
}

/* Connections are told apart by the client's port. */
static unsigned int number_of(struct quern_shard *shard, struct quern_conn conn)
{
	return *quern_conn_user(shard, conn) - 1;
}

/* Sends random pieces until there is no room. */
static void pump(struct quern_shard *shard, unsigned int side, unsigned int number)
{
	struct end *end = &ends[side][number];
	uint8_t text[PIECE];

	while (end->out.sent < end->out.length) {
		uint32_t bytes = 1 + random_below(&pair.random, PIECE), taken = 0;

		bytes = bytes < end->out.length - end->out.sent ? bytes : end->out.length - end->out.sent;
		for (uint32_t i = 0; i < bytes; i++)
			text[i] = byte_at(side, number, end->out.sent + i);
		cr_assert_eq(quern_conn_send(shard, end->conn, text, bytes, &taken), 0);
		cr_assert_leq(taken, bytes);
		end->out.sent += taken;
		if (taken < bytes)
			return;
	}
	/* Before it is established, the connection takes text but no FIN. */
	if (end->is_established && !end->out.is_shut) {
		cr_assert_eq(quern_conn_shutdown(shard, end->conn), 0);
		end->out.is_shut = true;
	}
}

static void begin(struct quern_shard *shard, unsigned int side, unsigned int number, struct quern_conn conn)
{
	ends[side][number].conn = conn;
	ends[side][number].is_open = true;
	ends[side][number].out.length = random_below(&pair.random, 8) == 0
						? random_below(&pair.random, 20)
						: random_below(&pair.random, trial.most_bytes);
	*quern_conn_user(shard, conn) = number + 1;
	pump(shard, side, number);
}

static void on_established(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct quern_conn_info info;
	unsigned int number = STREAMS;

	(void)app;
	if (quern_shard_number(shard) == PAIR_CLIENT) {
		number = number_of(shard, conn);
		ends[PAIR_CLIENT][number].is_established = true;
		pump(shard, PAIR_CLIENT, number);
		return;
	}
	cr_assert_eq(quern_conn_info(shard, conn, &info), 0);
	for (unsigned int i = 0; i < STREAMS; i++) {
		struct quern_conn_info other;

		if (quern_conn_info(pair.ends[0], ends[0][i].conn, &other) == 0 && other.local.port == info.remote.port)
			number = i;
	}
	cr_assert_lt(number, STREAMS);
	ends[PAIR_SERVER_SIDE][number].is_established = true;
	begin(shard, PAIR_SERVER_SIDE, number, conn);
}

static uint32_t on_data(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	unsigned int side = quern_shard_number(shard), number = number_of(shard, conn);
	struct stream *in = &ends[1 - side][number].out;
	const uint8_t *at = text;
	uint32_t taken = bytes;

	(void)app;
	if (trial.reads_slowly)
		taken = random_below(&pair.random, 3) == 0 ? 0 : random_below(&pair.random, bytes + 1);
	for (uint32_t i = 0; i < taken; i++)
		cr_assert_eq(at[i], byte_at(1 - side, number, in->received + i), "byte %u of stream %u",
			     in->received + i, number);
	cr_assert(!in->has_ended, "text after the FIN");
	in->received += taken;
	return taken;
}

static void on_writable(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	pump(shard, quern_shard_number(shard), number_of(shard, conn));
}

static void on_peer_closed(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct stream *in = &ends[1 - quern_shard_number(shard)][number_of(shard, conn)].out;

	(void)app;
	in->has_ended = true;
	cr_assert_eq(in->received, in->length, "%u of %u bytes before the FIN", in->received, in->length);
}

static void on_ended(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	unsigned int side = quern_shard_number(shard), number = number_of(shard, conn);

	(void)app;
	cr_assert_eq(how, QUERN_END_CLOSED, "stream %u of side %u: %s", number, side, quern_end_name(how));
	ends[side][number].is_open = false;
	over[side]++;
}

static const struct quern_events events = {.on_established = on_established,
					   .on_data = on_data,
					   .on_writable = on_writable,
					   .on_peer_closed = on_peer_closed,
					   .on_ended = on_ended};

static void open_all(uint64_t seed)
{
	const struct shard_config config = {.max_connections = 256,
					    .max_time_wait = 256,
					    .time_wait_ms = TIME_WAIT_MS,
					    .mtu = 1500,
					    .tx_multi_segs = trial.is_hardware,
					    .tx_l4_checksum = trial.is_hardware,
					    .tx_cut_buffers = trial.cut_buffers,
					    .seed = seed};
	const struct quern_endpoint target = raw_endpoint(PAIR_SERVER, PORT);
	const struct quern_source source = {
		.addresses = raw_range(PAIR_CLIENT_FIRST, PAIR_CLIENT_FIRST), .first_port = 0, .last_port = 0};
	const struct quern_tcp_options options = {.receive_window = trial.window, .user_timeout_ms = LIMIT_MS};
	uint8_t route;

	memset(ends, 0, sizeof(ends));
	over[0] = over[1] = 0;
	pair_open(&pair, &config, 2000000);
	pair.loss_per_mille = trial.loss;
	pair.repeat_per_mille = trial.repeat;
	pair.swap_per_mille = trial.swap;
	pair.is_hardware = trial.is_hardware;
	pair.narrow_mtu = trial.narrow_mtu;
	cr_assert_eq(quern_listen(pair.ends[1], &target, &options, &events, NULL), 0);
	cr_assert_eq(quern_route_add(pair.ends[0], &source, &target, &options, &events, NULL, &route), 0);
	for (unsigned int i = 0; i < STREAMS; i++) {
		struct quern_conn conn;

		cr_assert_eq(quern_connect(pair.ends[0], route, &conn), 0);
		begin(pair.ends[0], PAIR_CLIENT, i, conn);
	}
}

/* Who reads slowly goes on reading some time later. */
static void resume_some(void)
{
	unsigned int side = random_below(&pair.random, 2), number = random_below(&pair.random, STREAMS);

	if (ends[side][number].is_open)
		quern_conn_resume(pair.ends[side], ends[side][number].conn);
}

/* Each end has found out by itself, and no connection had to be told twice. */
static void expect_narrowed(void)
{
	for (unsigned int side = 0; side < 2; side++) {
		uint64_t narrowed = shard_counters(pair.ends[side])->path_narrowed;

		cr_expect(narrowed > 0 && narrowed <= STREAMS, "side %u: %d times", side, (int)narrowed);
	}
}

static void transfer(uint64_t seed)
{
	uint64_t end_ns;

	open_all(seed);
	end_ns = pair.now_ns + LIMIT_MS * 1000000ULL;
	while (over[0] + over[1] < 2 * STREAMS && pair.now_ns < end_ns) {
		pair_turn(&pair, 50);
		if (trial.reads_slowly)
			resume_some();
	}
	for (unsigned int number = 0; number < STREAMS; number++)
		for (unsigned int side = 0; side < 2; side++)
			cr_expect(!ends[side][number].is_open && ends[side][number].out.has_ended,
				  "seed %u, stream %u of side %u: %u of %u sent, %u received", (unsigned int)seed,
				  number, side, ends[side][number].out.sent, ends[side][number].out.length,
				  ends[side][number].out.received);
	if (trial.narrow_mtu)
		expect_narrowed();
	pair_run(&pair, TIME_WAIT_MS + 1000);
	for (unsigned int side = 0; side < 2; side++)
		counted[side] = *shard_counters(pair.ends[side]);
	pair_close(&pair);
}

static void transfer_each_way(unsigned int seeds)
{
	for (unsigned int seed = 1; seed <= seeds; seed++)
		transfer(seed);
}

Test(shard_text, streams_arrive_whole)
{
	trial = (struct trial){.most_bytes = MOST_BYTES};
	transfer_each_way(10);
}

Test(shard_text, streams_arrive_whole_from_buffers_that_the_port_gathers)
{
	trial = (struct trial){.is_hardware = true, .most_bytes = MOST_BYTES};
	transfer_each_way(10);
}

Test(shard_text, streams_arrive_whole_over_a_link_that_loses_repeats_and_reorders)
{
	trial = (struct trial){.loss = 20, .repeat = 20, .swap = 20, .most_bytes = 40000};
	transfer_each_way(30);
}

Test(shard_text, streams_arrive_whole_at_slow_readers)
{
	trial = (struct trial){.reads_slowly = true, .most_bytes = MOST_BYTES};
	transfer_each_way(10);
}

Test(shard_text, streams_arrive_whole_through_small_windows)
{
	trial = (struct trial){.window = 700, .reads_slowly = true, .most_bytes = 20000};
	transfer_each_way(10);
}

Test(shard_text, streams_arrive_whole_when_all_goes_wrong)
{
	trial = (struct trial){.loss = 50,
			       .repeat = 30,
			       .swap = 50,
			       .is_hardware = true,
			       .reads_slowly = true,
			       .window = 3000,
			       .most_bytes = 20000};
	transfer_each_way(30);
}

Test(shard_text, streams_arrive_whole_over_a_path_narrower_than_both_ends)
{
	trial = (struct trial){.narrow_mtu = 1280, .most_bytes = MOST_BYTES};
	transfer_each_way(5);
	trial = (struct trial){.narrow_mtu = raw_is_ip6() ? 1300 : 600, .is_hardware = true, .most_bytes = MOST_BYTES};
	transfer_each_way(5);
	trial = (struct trial){.narrow_mtu = raw_is_ip6() ? 1400 : 1000,
			       .loss = 20,
			       .swap = 20,
			       .is_hardware = true,
			       .most_bytes = 40000};
	transfer_each_way(10);
}

/* What leaves a port that cuts segments is, to the last bit and at the same time, what leaves one that does not; and is
 * counted the same. */
static void expect_the_same_cut(unsigned int seeds)
{
	for (unsigned int seed = 1; seed <= seeds; seed++) {
		unsigned int cut = raw_port_seen()->cut;
		struct quern_counters whole[2];
		uint64_t trace;

		trial.cut_buffers = 0;
		transfer(seed);
		memcpy(whole, counted, sizeof(whole));
		trace = pair.trace;
		cr_assert_eq(raw_port_seen()->cut, cut);
		trial.cut_buffers = RAW_PORT_BUFFERS;
		transfer(seed);
		cr_expect_gt(raw_port_seen()->cut, cut + STREAMS, "seed %u: nothing was cut", seed);
		cr_expect_eq(pair.trace, trace, "seed %u: other frames", seed);
		cr_expect_eq(memcmp(whole, counted, sizeof(whole)), 0, "seed %u: other counters", seed);
	}
}

Test(shard_text, what_a_port_cuts_is_what_would_have_been_sent)
{
	trial = (struct trial){.is_hardware = true, .most_bytes = MOST_BYTES};
	expect_the_same_cut(5);
	trial = (struct trial){
		.loss = 20, .repeat = 20, .swap = 20, .is_hardware = true, .reads_slowly = true, .most_bytes = 100000};
	expect_the_same_cut(10);
	trial = (struct trial){
		.narrow_mtu = raw_is_ip6() ? 1300 : 600, .loss = 10, .is_hardware = true, .most_bytes = 100000};
	expect_the_same_cut(5);
}
