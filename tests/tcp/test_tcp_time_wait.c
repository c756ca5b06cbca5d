/* test_tcp_time_wait.c - the ring of TIME-WAIT records against a plain array, with random operations by seed. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/random.h"
#include "base/seq.h"
#include "tcp/tcp_time_wait.h"

enum { CAPACITY = 37, WAIT_MS = 1000, OPERATIONS = 200000 };

/* What must be in the ring, oldest first. */
struct model {
	uint32_t ports[CAPACITY];
	uint32_t expires_ms[CAPACITY];
	uint32_t slots[CAPACITY];
	uint32_t count;
};

static void model_remove(struct model *model, uint32_t index)
{
	uint32_t behind = model->count - index - 1;

	memmove(&model->ports[index], &model->ports[index + 1], behind * sizeof(uint32_t));
	memmove(&model->expires_ms[index], &model->expires_ms[index + 1], behind * sizeof(uint32_t));
	memmove(&model->slots[index], &model->slots[index + 1], behind * sizeof(uint32_t));
	model->count--;
}

static void add(struct tcp_time_wait_ring *ring, struct model *model, uint32_t port, uint32_t now_ms)
{
	struct tcp_time_wait record = {.key = {.remote_port = (uint16_t)port}, .snd_nxt = port};

	/* Holes in the middle take room until the head has passed them. */
	while (tcp_time_wait_full(ring)) {
		struct tcp_time_wait *oldest = tcp_time_wait_oldest(ring);

		cr_assert_eq(oldest->snd_nxt, model->ports[0]);
		tcp_time_wait_drop(ring, (uint32_t)(oldest - ring->records));
		model_remove(model, 0);
	}
	model->slots[model->count] = tcp_time_wait_add(ring, &record, now_ms);
	model->ports[model->count] = port;
	model->expires_ms[model->count] = now_ms + WAIT_MS;
	model->count++;
}

static void expire(struct tcp_time_wait_ring *ring, struct model *model, uint32_t now_ms)
{
	struct tcp_time_wait *oldest = tcp_time_wait_oldest(ring);

	while (oldest != NULL && seq_before_eq(oldest->expires_ms, now_ms)) {
		cr_assert_eq(oldest->snd_nxt, model->ports[0]);
		tcp_time_wait_drop(ring, (uint32_t)(oldest - ring->records));
		model_remove(model, 0);
		oldest = tcp_time_wait_oldest(ring);
	}
	cr_assert(model->count == 0 || seq_before(now_ms, model->expires_ms[0]), "a record outlives 2MSL");
}

static void compare(struct tcp_time_wait_ring *ring, const struct model *model)
{
	const struct tcp_time_wait *oldest = tcp_time_wait_oldest(ring);

	cr_assert(tcp_time_wait_validate(ring));
	cr_assert_eq(ring->live, model->count);
	if (model->count == 0) {
		cr_assert_null(oldest);
		return;
	}
	cr_assert_eq(oldest->snd_nxt, model->ports[0]);
	for (uint32_t i = 0; i < model->count; i++) {
		cr_assert_eq(ring->records[model->slots[i]].snd_nxt, model->ports[i]);
		cr_assert_eq(ring->records[model->slots[i]].expires_ms, model->expires_ms[i]);
	}
}

/* A record is moved by a drop and an addition while the table, and readers of it, go by the old slot. */
Test(tcp_time_wait, a_record_that_leaves_keeps_its_key_until_the_slot_is_anothers)
{
	static struct tcp_time_wait records[2];
	const struct tcp_time_wait record = {.key = {1, 2, 3, 4}, .snd_nxt = 5};
	struct tcp_time_wait_ring ring;
	uint32_t slot;

	tcp_time_wait_init(&ring, records, 2, WAIT_MS);
	slot = tcp_time_wait_add(&ring, &record, 0);
	tcp_time_wait_drop(&ring, slot);
	cr_assert(flow_key_equal(&records[slot].key, &record.key));
	cr_assert(tcp_time_wait_validate(&ring));
	cr_assert_eq(ring.live, 0);
}

Test(tcp_time_wait, ring_holds_what_a_plain_array_holds_in_the_same_order)
{
	static struct tcp_time_wait records[CAPACITY];
	struct tcp_time_wait_ring ring;
	struct model model = {0};
	struct random random;
	uint32_t now_ms = 0xfffff000;

	random_seed(&random, 78);
	tcp_time_wait_init(&ring, records, CAPACITY, WAIT_MS);
	for (uint32_t i = 1; i <= OPERATIONS; i++) {
		uint32_t draw = random_below(&random, 100);

		now_ms += random_below(&random, 3) == 0 ? random_below(&random, 60) : 0;
		if (draw < 60) {
			add(&ring, &model, i, now_ms);
		} else if (draw < 80 && model.count > 0) {
			uint32_t index = random_below(&random, model.count);

			tcp_time_wait_drop(&ring, model.slots[index]);
			model_remove(&model, index);
		} else {
			expire(&ring, &model, now_ms);
		}
		compare(&ring, &model);
	}
}

struct question {
	const char *name;
	struct segment segment;
	bool reset_ends;
	enum tcp_time_wait_answer answer;
};

/* With SND.NXT 5000 and RCV.NXT 9000. */
static const struct question questions[] = {
	{"the FIN again", {.seq = 8999, .ack = 5000, .flags = TCP_FIN | TCP_ACK}, false, TCP_TIME_WAIT_RESTART},
	{"the FIN again with text",
	 {.seq = 8990, .ack = 5000, .text_bytes = 9, .flags = TCP_FIN | TCP_ACK},
	 false,
	 TCP_TIME_WAIT_RESTART},
	{"old text", {.seq = 8000, .ack = 5000, .text_bytes = 9, .flags = TCP_ACK}, false, TCP_TIME_WAIT_ACK},
	{"a keepalive probe", {.seq = 8999, .ack = 5000, .flags = TCP_ACK}, false, TCP_TIME_WAIT_ACK},
	{"RST at RCV.NXT", {.seq = 9000, .flags = TCP_RST}, false, TCP_TIME_WAIT_SILENCE},
	{"RST at RCV.NXT, taken", {.seq = 9000, .flags = TCP_RST}, true, TCP_TIME_WAIT_END},
	{"RST elsewhere", {.seq = 8999, .flags = TCP_RST}, true, TCP_TIME_WAIT_SILENCE},
	{"SYN above", {.seq = 9001, .flags = TCP_SYN}, false, TCP_TIME_WAIT_REOPEN},
	{"SYN far above", {.seq = 9000 + 0x7fff0000U, .flags = TCP_SYN}, false, TCP_TIME_WAIT_REOPEN},
	{"SYN below", {.seq = 8998, .flags = TCP_SYN}, false, TCP_TIME_WAIT_SILENCE},
	{"null segment", {.seq = 9000}, false, TCP_TIME_WAIT_SILENCE},
};

/* Row 71, RFC 6191 2, written from its text: the old connection had timestamps or not, the SYN has them or not. */
static bool rfc_6191_accepts(bool had, bool has, int32_t later, int32_t above)
{
	if (had && has)
		return later > 0 || (later == 0 && above > 0);
	if (had)
		return above > 0;
	return has || above > 0;
}

Test(tcp_time_wait, takes_a_syn_as_rfc_6191_says)
{
	static const uint32_t recents[] = {0, 1, 0x7fffffff, UINT32_MAX};

	for (unsigned int i = 0; i < 4 * 4 * 9; i++) {
		bool had = i & 1, has = i & 2;
		int32_t later = (int32_t)(i / 4 % 3) - 1, above = (int32_t)(i / 12 % 3) - 1;
		uint32_t recent = recents[i / 36];
		struct tcp_time_wait record = {
			.snd_nxt = 5000,
			.rcv_nxt = 9000,
			.flags = (uint8_t)(TCP_TIME_WAIT_LIVE | (had ? TCP_TIME_WAIT_TIMESTAMPS : 0)),
			.ts_recent = recent};
		/* The last number that was used is 8999, that of the FIN. */
		const struct segment syn = {.seq = (uint32_t)(8999 + above),
					    .flags = TCP_SYN,
					    .options = has ? SEGMENT_TIMESTAMPS : 0,
					    .tsval = recent + (uint32_t)later};
		enum quern_drop drop = QUERN_DROP_NONE;

		cr_expect_eq(tcp_time_wait_input(&record, &syn, 65535, false, 1000000, &drop) == TCP_TIME_WAIT_REOPEN,
			     rfc_6191_accepts(had, has, later, above), "had %d, has %d, %d later, %d above", had, has,
			     later, above);
		cr_expect_eq(record.ts_recent, recent);
	}
}

/* Rows 27 and 101 in TIME-WAIT: a late FIN starts nothing again. */
Test(tcp_time_wait, judges_the_fin_by_its_timestamp)
{
	static const struct {
		bool has;
		uint32_t tsval;
		enum tcp_time_wait_answer answer;
		enum quern_drop drop;
	} fins[] = {{true, 99, TCP_TIME_WAIT_ACK, QUERN_DROP_TCP_PAWS},
		    {false, 0, TCP_TIME_WAIT_SILENCE, QUERN_DROP_TCP_NO_TIMESTAMP},
		    {true, 100, TCP_TIME_WAIT_RESTART, QUERN_DROP_NONE},
		    {true, 101, TCP_TIME_WAIT_RESTART, QUERN_DROP_NONE}};

	for (size_t i = 0; i < sizeof fins / sizeof *fins; i++) {
		struct tcp_time_wait record = {.snd_nxt = 5000,
					       .rcv_nxt = 9000,
					       .flags = TCP_TIME_WAIT_LIVE | TCP_TIME_WAIT_TIMESTAMPS,
					       .ts_recent = 100};
		const struct segment fin = {.seq = 8999,
					    .ack = 5000,
					    .flags = TCP_FIN | TCP_ACK,
					    .options = fins[i].has ? SEGMENT_TIMESTAMPS : 0,
					    .tsval = fins[i].tsval};
		enum quern_drop drop = QUERN_DROP_NONE;

		cr_assert_eq(tcp_time_wait_input(&record, &fin, 65535, false, 1000000, &drop), fins[i].answer);
		if (fins[i].answer != TCP_TIME_WAIT_RESTART)
			cr_assert_eq(drop, fins[i].drop);
		cr_assert_eq(record.ts_recent, fins[i].tsval > 100 ? 101 : 100);
	}
}

/* RFC 7323 4.3: what is expected moves TS.Recent, and with it what a SYN must be above; what is not, or is forged, does
 * not. */
Test(tcp_time_wait, notes_the_timestamp_of_an_ack_that_is_expected)
{
	static const struct {
		uint32_t seq, ack, noted;
	} acks[] = {{9000, 5000, 200}, {9000, 4999, 100}, {9001, 5000, 100}, {8999, 5000, 100}};

	for (size_t i = 0; i < sizeof acks / sizeof *acks; i++) {
		struct tcp_time_wait record = {.snd_nxt = 5000,
					       .rcv_nxt = 9000,
					       .flags = TCP_TIME_WAIT_LIVE | TCP_TIME_WAIT_TIMESTAMPS,
					       .ts_recent = 100};
		const struct segment ack = {.seq = acks[i].seq,
					    .ack = acks[i].ack,
					    .flags = TCP_ACK,
					    .options = SEGMENT_TIMESTAMPS,
					    .tsval = 200},
				     syn = {.seq = 20000,
					    .flags = TCP_SYN,
					    .options = SEGMENT_TIMESTAMPS,
					    .tsval = 150};
		enum quern_drop drop = QUERN_DROP_NONE;

		tcp_time_wait_input(&record, &ack, 65535, false, 1000000, &drop);
		cr_assert_eq(record.ts_recent, acks[i].noted, "SEQ %u, ACK %u", acks[i].seq, acks[i].ack);
		cr_assert_eq(tcp_time_wait_input(&record, &syn, 65535, false, 1000000, &drop),
			     acks[i].noted == 100 ? TCP_TIME_WAIT_REOPEN : TCP_TIME_WAIT_SILENCE);
	}
}

Test(tcp_time_wait, answers_each_kind_of_segment)
{
	for (unsigned int i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		const struct question *question = &questions[i];
		struct tcp_time_wait record = {.snd_nxt = 5000, .rcv_nxt = 9000, .flags = TCP_TIME_WAIT_LIVE};
		enum quern_drop drop = QUERN_DROP_NONE;
		enum tcp_time_wait_answer answer =
			tcp_time_wait_input(&record, &question->segment, 65535, question->reset_ends, 1000000, &drop);

		cr_expect_eq(answer, question->answer, "%s: answer %d instead of %d", question->name, (int)answer,
			     (int)question->answer);
		if (answer == TCP_TIME_WAIT_SILENCE || answer == TCP_TIME_WAIT_ACK)
			cr_expect_neq(drop, QUERN_DROP_NONE, "%s: dropped without a reason", question->name);
	}
}
