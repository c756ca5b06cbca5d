/* shard_pair.c - two shards and a virtual link between them. */
#include "support/shard_pair.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/bare_eal.h"
#include "support/raw_icmp.h"
#include "support/raw_port.h"

enum { NS_PER_MS = 1000000, VALIDATE_EVERY = 256, BUFFERS = 16383 };

static void open_end(struct pair *pair, enum pair_side side, struct shard_config config)
{
	size_t bytes;

	config.number = (uint16_t)side;
	config.pool = pair->pool;
	config.seed += side;
	config.prefix_length = 15;
	config.mac[0] = 2;
	config.mac[5] = (uint8_t)(side + 1);
	if (side == PAIR_CLIENT)
		config.addresses = (struct quern_range){.first = PAIR_CLIENT_FIRST, .last = PAIR_CLIENT_FIRST + 3};
	else
		config.addresses = (struct quern_range){.first = PAIR_SERVER, .last = PAIR_SERVER};
	config.ip6 = raw_port_ip6(config.addresses.first, config.addresses.last, 0, config.prefix_length);
	bytes = shard_bytes(&config);
	cr_assert_gt(bytes, 0);
	pair->memory[side] = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
	cr_assert_not_null(pair->memory[side]);
	memset(pair->memory[side], 0, bytes);
	pair->ends[side] = shard_open(&config, pair->memory[side], pair->now_ns);
	cr_assert_not_null(pair->ends[side]);
}

void pair_open(struct pair *pair, const struct shard_config *config, uint64_t delay_ns)
{
	static struct rte_mempool *pool;

	if (pool == NULL) {
		bare_eal_start();
		pool = bare_eal_pool("pair", BUFFERS);
	}
	memset(pair, 0, sizeof(*pair));
	pair->pool = config->pool ? config->pool : pool;
	pair->now_ns = 1000ULL * NS_PER_MS;
	pair->delay_ns = delay_ns;
	random_seed(&pair->random, config->seed);
	open_end(pair, PAIR_CLIENT, *config);
	open_end(pair, PAIR_SERVER_SIDE, *config);
}

void pair_close(struct pair *pair)
{
	for (unsigned int side = 0; side < 2; side++) {
		cr_assert(shard_validate(pair->ends[side]));
		while (pair->count[side] > 0) {
			rte_pktmbuf_free(pair->flight[side][pair->head[side]].mbuf);
			pair->head[side] = (pair->head[side] + 1) % PAIR_FLIGHT_MAX;
			pair->count[side]--;
		}
		for (; pair->late_count[side] > 0; pair->late_count[side]--) {
			rte_pktmbuf_free(pair->late[side][pair->late_head[side]].mbuf);
			pair->late_head[side] = (pair->late_head[side] + 1) % PAIR_FLIGHT_MAX;
		}
		shard_close(pair->ends[side]);
		free(pair->memory[side]);
	}
	cr_assert_eq(rte_mempool_in_use_count(pair->pool), 0, "%u buffers are lost",
		     rte_mempool_in_use_count(pair->pool));
}

/* Late copies go first, since they were there before what comes now. */
static uint16_t take_late(struct pair *pair, unsigned int side, struct rte_mbuf **burst)
{
	uint16_t count = 0;

	while (pair->late_count[side] > 0 && count < SHARD_BURST / 2) {
		struct pair_frame *frame = &pair->late[side][pair->late_head[side]];

		if (frame->due_ns > pair->now_ns)
			break;
		burst[count++] = frame->mbuf;
		pair->late_head[side] = (pair->late_head[side] + 1) % PAIR_FLIGHT_MAX;
		pair->late_count[side]--;
	}
	return count;
}

static void deliver(struct pair *pair, unsigned int side)
{
	struct rte_mbuf *burst[SHARD_BURST];
	uint16_t count = take_late(pair, side, burst);

	while (pair->count[side] > 0 && count < SHARD_BURST) {
		struct pair_frame *frame = &pair->flight[side][pair->head[side]];

		if (frame->due_ns > pair->now_ns)
			break;
		burst[count++] = frame->mbuf;
		pair->head[side] = (pair->head[side] + 1) % PAIR_FLIGHT_MAX;
		pair->count[side]--;
	}
	shard_receive(pair->ends[side], burst, count, pair->now_ns);
}

static void add(struct pair *pair, unsigned int to, struct rte_mbuf *mbuf)
{
	uint32_t tail = (pair->head[to] + pair->count[to]) % PAIR_FLIGHT_MAX;
	uint32_t before = (tail + PAIR_FLIGHT_MAX - 1) % PAIR_FLIGHT_MAX;

	cr_assert_lt(pair->count[to], PAIR_FLIGHT_MAX);
	if (pair->count[to] > 0 && random_below(&pair->random, 1000) < pair->swap_per_mille) {
		struct rte_mbuf *overtaken = pair->flight[to][before].mbuf;

		pair->flight[to][before].mbuf = mbuf;
		mbuf = overtaken;
	}
	pair->flight[to][tail] = (struct pair_frame){mbuf, pair->now_ns + pair->delay_ns};
	pair->count[to]++;
}

/* Keeps a copy for later, but leaves the ends enough buffers to live from. */
static void keep_late(struct pair *pair, unsigned int to, const struct rte_mbuf *mbuf)
{
	uint32_t tail = (pair->late_head[to] + pair->late_count[to]) % PAIR_FLIGHT_MAX;
	struct rte_mbuf *copy;

	if (pair->late_count[to] == PAIR_FLIGHT_MAX / 2)
		return;
	copy = rte_pktmbuf_copy(mbuf, pair->pool, 0, UINT32_MAX);
	if (!copy)
		return;
	pair->late[to][tail] = (struct pair_frame){copy, pair->now_ns + pair->late_ms * UINT64_C(1000000)};
	pair->late_count[to]++;
	pair->copies++;
}

/* RFC 1191 4, RFC 4443 3.2: what a router says of a packet that is too long for the link behind it. */
static void answer_too_big(struct pair *pair, unsigned int to, const struct rte_mbuf *mbuf)
{
	const uint8_t *ip = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	struct rte_mbuf *answer = rte_pktmbuf_alloc(pair->pool);
	struct raw_icmp icmp = {
		.source = RAW_ROUTER, .type = 3, .code = 4, .mtu = pair->narrow_mtu, .quote_bytes = raw_quote_bytes()};
	struct raw_segment segment;
	uint8_t frame[RAW_ICMP_MAX];
	uint32_t bytes;

	if (!answer)
		return;
	cr_assert(raw_is_ip6() || ip[6] == 0x40, "a packet without DF");
	cr_assert_null(raw_read(ip, mbuf->pkt_len, &segment));
	icmp.dest = segment.source;
	memcpy(icmp.quote, ip, icmp.quote_bytes);
	bytes = raw_icmp_build(frame, &icmp);
	memcpy(rte_pktmbuf_append(answer, (uint16_t)bytes), frame, bytes);
	add(pair, to, answer);
}

/* FNV-1a of all that was ever sent. */
static void trace(struct pair *pair, unsigned int to, const struct rte_mbuf *mbuf)
{
	const uint8_t *frame = rte_pktmbuf_mtod(mbuf, const uint8_t *);

	pair->trace = (pair->trace ^ (pair->now_ns + to)) * 0x100000001b3;
	for (uint32_t i = 0; i < mbuf->data_len; i++)
		pair->trace = (pair->trace ^ frame[i]) * 0x100000001b3;
}

static void launch(struct pair *pair, unsigned int to, struct rte_mbuf *mbuf)
{
	trace(pair, to, mbuf);
	if (pair->narrow_mtu && mbuf->pkt_len > pair->narrow_mtu) {
		answer_too_big(pair, 1 - to, mbuf);
		rte_pktmbuf_free(mbuf);
		return;
	}
	if (random_below(&pair->random, 1000) < pair->loss_per_mille) {
		rte_pktmbuf_free(mbuf);
		return;
	}
	if (pair->late_ms > 0)
		keep_late(pair, to, mbuf);
	if (random_below(&pair->random, 1000) < pair->repeat_per_mille) {
		struct rte_mbuf *again = rte_pktmbuf_copy(mbuf, pair->pool, 0, UINT32_MAX);

		if (again)
			add(pair, to, again);
	}
	add(pair, to, mbuf);
}

/* In one buffer and with finished sums, as frames come out of a wire. What finds no buffers is lost. */
static void launch_by_port(struct pair *pair, unsigned int to, struct rte_mbuf *mbuf)
{
	struct rte_mbuf *frames[RAW_PORT_FRAMES];
	unsigned int count = raw_port_send(mbuf, pair->pool, frames);

	for (unsigned int i = 0; i < count; i++)
		launch(pair, to, frames[i]);
}

static void collect(struct pair *pair, unsigned int side)
{
	struct rte_mbuf *burst[SHARD_BURST];
	uint16_t count;

	do {
		count = shard_transmit(pair->ends[side], burst, SHARD_BURST);
		for (uint16_t i = 0; i < count; i++)
			if (pair->is_hardware)
				launch_by_port(pair, 1 - side, burst[i]);
			else
				launch(pair, 1 - side, burst[i]);
	} while (count == SHARD_BURST);
}

/* The next arrival or deadline, at least one step onwards. */
static uint64_t next_ns(const struct pair *pair, uint64_t limit_ns)
{
	uint64_t next = limit_ns, deadline;

	for (unsigned int side = 0; side < 2; side++) {
		if (pair->count[side] > 0)
			next = RTE_MIN(next, RTE_MAX(pair->flight[side][pair->head[side]].due_ns, pair->now_ns + 1));
		if (pair->late_count[side] > 0)
			next = RTE_MIN(next, RTE_MAX(pair->late[side][pair->late_head[side]].due_ns, pair->now_ns + 1));
		if (shard_next_deadline(pair->ends[side], &deadline))
			next = RTE_MIN(next, RTE_MAX(deadline, pair->now_ns + NS_PER_MS));
	}
	return next;
}

void pair_turn(struct pair *pair, uint64_t max_ms)
{
	for (unsigned int side = 0; side < 2; side++) {
		deliver(pair, side);
		shard_expire(pair->ends[side], pair->now_ns);
		collect(pair, side);
		if (pair->turns % VALIDATE_EVERY == 0)
			cr_assert(shard_validate(pair->ends[side]), "turn %d", (int)pair->turns);
	}
	pair->turns++;
	pair->now_ns = next_ns(pair, pair->now_ns + max_ms * NS_PER_MS);
}

void pair_run(struct pair *pair, uint64_t ms)
{
	uint64_t end_ns = pair->now_ns + ms * NS_PER_MS;

	while (pair->now_ns < end_ns)
		pair_turn(pair, (end_ns - pair->now_ns + NS_PER_MS - 1) / NS_PER_MS);
}
