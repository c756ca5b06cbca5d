/* test_attack_skew.c - row 7: somebody who knows the RSS key sends everything to one of four shards of a port. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "attack/battery.h"
#include "base/random.h"
#include "support/bare_eal.h"
#include "support/raw_frame.h"

enum {
	SHARDS = 4,
	VICTIM = 1,
	LINE = 256,    /* frames that wait on the way to a shard */
	A_TURN = 16,   /* frames that a shard has time for in a turn */
	FLOOD = 48,    /* frames of the attack in a turn */
	TURNS = 20000, /* of a millisecond: 20 s */
	HALF_OPEN = 64,
	PORT = 80
};

static const uint32_t server = 0xc6130001;

/* Frames on their way from the shard that receives to their owner. */
struct line {
	struct rte_mbuf *mbufs[LINE];
	uint32_t head, count;
};

/* One connection that nobody has quarrel with. */
struct honest {
	struct raw_segment next; /* what it says next: one byte of text */
	uint64_t said_turn;
	bool waits;
};

static struct port_plan plan;
static struct rte_mempool *pool;
static struct quern_shard *shards[SHARDS];
static void *memory[SHARDS];
static struct line lines[SHARDS];
static struct honest honests[SHARDS];
static uint64_t now_ns, turn, not_moved, slowest[SHARDS], answers[SHARDS];

static void open_shards(void)
{
	struct shard_config config = {.max_connections = 1024,
				      .max_half_open = HALF_OPEN,
				      .max_time_wait = 1024,
				      .addresses = {.first = server, .last = server},
				      .prefix_length = 15,
				      .plan = &plan,
				      .seed = 7};

	bare_eal_start();
	pool = bare_eal_pool("skew", 8191);
	config.pool = pool;
	config.pool_shards = SHARDS;
	for (unsigned int i = 0; i < PORT_PLAN_KEY_BYTES; i++)
		plan.key[i] = (uint8_t)(i * 73 + 19);
	plan.entries = 128;
	port_plan_share(&plan, SHARDS);
	port_plan_prepare(&plan);
	now_ns = UINT64_C(1000000000);
	for (uint16_t i = 0; i < SHARDS; i++) {
		const struct quern_endpoint local = {.address = server, .port = PORT};
		static const struct quern_events events = {.on_established = NULL};
		size_t bytes;

		config.number = config.queue = i;
		bytes = shard_bytes(&config);
		memory[i] = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
		memset(memory[i], 0, bytes);
		shards[i] = shard_open(&config, memory[i], now_ns);
		cr_assert_eq(quern_listen(shards[i], &local, NULL, &events, NULL), 0);
	}
}

/* A tuple that belongs to one shard: what anybody can find who has the key. */
static struct raw_segment segment_for(unsigned int owner, struct random *random)
{
	for (;;) {
		struct raw_segment segment = {.source = 0xc6120000 | random_below(random, 65536),
					      .dest = server,
					      .source_port = (uint16_t)(1024 + random_below(random, 60000)),
					      .dest_port = PORT,
					      .seq = 1000,
					      .flags = SYN,
					      .window = 65535};
		struct flow_key key = {server, segment.source, PORT, segment.source_port};

		if (port_plan_queue(&plan, &key) == owner)
			return segment;
	}
}

static struct rte_mbuf *frame_of(const struct raw_segment *segment)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
	uint8_t frame[RAW_FRAME_MAX];
	uint32_t bytes = raw_build(frame, segment);

	cr_assert_not_null(mbuf);
	memcpy(rte_pktmbuf_append(mbuf, (uint16_t)bytes), frame, bytes);
	return mbuf;
}

/* What shard 0 has received for others goes into their lines; what finds no room is counted and lost. */
static void move(void)
{
	struct rte_mbuf *mbufs[SHARD_BURST];
	uint16_t count = shard_foreign(shards[0], mbufs, SHARD_BURST);

	for (uint16_t i = 0; i < count; i++) {
		struct line *line = &lines[mbufs[i]->hash.usr];

		if (line->count == LINE) {
			shard_count_not_moved(shards[0], 1);
			rte_pktmbuf_free(mbufs[i]);
			not_moved++;
			continue;
		}
		line->mbufs[(line->head + line->count++) % LINE] = mbufs[i];
	}
}

static void take_moved(unsigned int shard)
{
	struct rte_mbuf *mbufs[A_TURN];
	uint16_t count = 0;

	for (; count < A_TURN && lines[shard].count > 0; lines[shard].count--) {
		mbufs[count++] = lines[shard].mbufs[lines[shard].head];
		lines[shard].head = (lines[shard].head + 1) % LINE;
	}
	shard_receive_moved(shards[shard], mbufs, count, now_ns);
}

static void hear(unsigned int shard, const struct raw_segment *heard)
{
	struct honest *honest = &honests[shard];

	if (heard->dest_port != honest->next.source_port || heard->dest != honest->next.source)
		return;
	if (heard->flags == (SYN | ACK)) {
		honest->next.flags = ACK;
		honest->next.seq = heard->ack;
		honest->next.ack = heard->seq + 1;
		return;
	}
	if (!honest->waits || heard->ack != honest->next.seq + 1)
		return;
	honest->next.seq++;
	honest->waits = false;
	slowest[shard] = RTE_MAX(slowest[shard], turn - honest->said_turn);
	answers[shard]++;
}

static void send_all(unsigned int shard)
{
	struct rte_mbuf *mbufs[SHARD_BURST];
	uint16_t count;

	do {
		count = shard_transmit(shards[shard], mbufs, SHARD_BURST);
		for (uint16_t i = 0; i < count; i++) {
			struct raw_segment segment;

			cr_assert_null(
				raw_read(rte_pktmbuf_mtod(mbufs[i], const uint8_t *), mbufs[i]->data_len, &segment));
			hear(shard, &segment);
			rte_pktmbuf_free(mbufs[i]);
		}
	} while (count == SHARD_BURST);
}

/* A millisecond: a burst arrives, is moved to its owners, and each does what it has time for. */
static void run_turn(struct rte_mbuf **mbufs, uint16_t count)
{
	turn++;
	now_ns += 1000000;
	shard_receive(shards[0], mbufs, count, now_ns);
	move();
	for (unsigned int i = 0; i < SHARDS; i++) {
		if (i > 0)
			take_moved(i);
		shard_expire(shards[i], now_ns);
		send_all(i);
	}
}

/* The honest say a byte each, or the same again where none has come back for 200 ms. */
static uint16_t say_honest(struct rte_mbuf **mbufs)
{
	uint16_t count = 0;

	for (unsigned int i = 0; i < SHARDS; i++) {
		if (honests[i].waits && turn - honests[i].said_turn < 200)
			continue;
		honests[i].next.text_bytes = 1;
		if (!honests[i].waits)
			honests[i].said_turn = turn + 1;
		honests[i].waits = true;
		mbufs[count++] = frame_of(&honests[i].next);
	}
	return count;
}

static void open_honest(struct random *random)
{
	for (unsigned int i = 0; i < SHARDS; i++) {
		struct rte_mbuf *mbuf;

		honests[i].next = segment_for(i, random);
		mbuf = frame_of(&honests[i].next);
		run_turn(&mbuf, 1);
		mbuf = frame_of(&honests[i].next);
		run_turn(&mbuf, 1);
		cr_assert_eq(shard_counters(shards[i])->established, 1, "shard %u", i);
	}
}

static void close_shards(void)
{
	for (unsigned int i = 0; i < SHARDS; i++) {
		cr_assert(shard_validate(shards[i]));
		shard_close(shards[i]);
		free(memory[i]);
	}
	battery_expect_whole(pool);
}

Test(attack_skew, a_flood_to_one_shard_leaves_the_others_as_fast_as_they_were)
{
	struct rte_mbuf *mbufs[SHARD_BURST];
	struct battery_level before[SHARDS];
	uint64_t moved_in = 0;
	struct random random;

	open_shards();
	random_seed(&random, 70);
	open_honest(&random);
	for (unsigned int i = 0; i < SHARDS; i++)
		before[i] = battery_level_of(shards[i]);
	for (unsigned int i = 0; i < TURNS; i++) {
		uint16_t count = say_honest(mbufs);

		for (unsigned int j = 0; j < FLOOD; j++) {
			struct raw_segment syn = segment_for(VICTIM, &random);

			mbufs[count++] = frame_of(&syn);
		}
		run_turn(mbufs, count);
	}
	cr_assert_gt(not_moved, 0, "the flood was too small to fill a line");
	for (unsigned int i = 0; i < SHARDS; i++)
		if (i != VICTIM)
			cr_assert(slowest[i] == 0 && answers[i] == TURNS,
				  "shard %u: %lu answers, the slowest %lu ms late", i, answers[i], slowest[i]);
	/* The attack is over: the victim is as it was within a second, but for half-open connections, which end in 63
	 * s. */
	turn += 1000;
	slowest[VICTIM] = 0;
	for (unsigned int i = 0; i < 1000; i++)
		run_turn(mbufs, say_honest(mbufs));
	slowest[VICTIM] = 0;
	for (unsigned int i = 0; i < 1000; i++)
		run_turn(mbufs, say_honest(mbufs));
	cr_assert_eq(slowest[VICTIM], 0);
	for (unsigned int i = 0; i < SHARDS; i++)
		moved_in += shard_counters(shards[i])->moved_in;
	cr_assert_eq(shard_counters(shards[0])->moved_out, moved_in + not_moved, "a frame was lost on its way");
	cr_assert_eq(shard_counters(shards[0])->drops[QUERN_DROP_LINE_FULL], not_moved);
	for (unsigned int i = 0; i < 70; i++) {
		now_ns += UINT64_C(1000000000);
		run_turn(mbufs, 0);
	}
	for (unsigned int i = 0; i < SHARDS; i++)
		battery_expect_level(shards[i], &before[i]);
	battery_figure(7,
		       "%d frames a ms to one of %d shards, which takes %d: the other three answer all of %d honest "
		       "segments each in the same ms; %lu frames lost on the way, all counted; the victim as fast as "
		       "before within 1 s",
		       FLOOD, SHARDS, A_TURN, TURNS, not_moved);
	close_shards();
}
