/* picture_stage.c - the stage: a link with a delay, a capture at its client's end, and the truth beside it.
 *
 * The truth has a line for each thing that happens to a frame of the capture, by its number from 0 on:
 *	3 client SENT FIN-WAIT-1	that end is in that state once it has sent it
 *	3 server GOT CLOSE-WAIT		that end is in that state once it has it
 *	3 LOST
 *	- server PATH LAST-ACK		that end has just come into that state
 * and at the end, for each end, its state and how its application heard the connection end: END server CLOSED closed */
#include "picture_stage.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "base/flow_key.h"

enum { CLIENT_PORT = 40000, SERVER_PORT = 80, DELAY_MS = 5, HEADER_BYTES = 14 };
#define NS_PER_MS UINT64_C(1000000)

static const char *const side_names[] = {"client", "server"};

enum quern_state stage_state(struct stage *stage, enum pair_side side)
{
	enum quern_state state = shard_state_of(stage->pair.ends[side], &stage->keys[side]);

	stage->has_begun[side] |= state != QUERN_CLOSED && state != QUERN_LISTEN;
	return state == QUERN_LISTEN && stage->has_begun[side] ? QUERN_CLOSED : state;
}

/* Notes which states the ends have come into. */
static void watch(struct stage *stage)
{
	for (enum pair_side side = PAIR_CLIENT; side <= PAIR_SERVER_SIDE; side++) {
		enum quern_state state = stage_state(stage, side);

		if (state != stage->states[side])
			fprintf(stage->truth, "- %s PATH %s\n", side_names[side], quern_state_name(state));
		stage->states[side] = state;
	}
}

static void note(struct stage *stage, uint32_t number, enum pair_side side, const char *what, enum quern_state state)
{
	fprintf(stage->truth, "%u %s %s %s\n", number, side_names[side], what, quern_state_name(state));
}

/* As a frame of Ethernet, which the file is of. */
static uint32_t capture(struct stage *stage, const struct rte_mbuf *mbuf, enum pair_side from)
{
	uint8_t frame[2048] = {2, 0, 0, 0, 0, (uint8_t)(2 - from), 2, 0, 0, 0, 0, (uint8_t)(1 + from), 8, 0};

	cr_assert_leq(mbuf->pkt_len, sizeof(frame) - HEADER_BYTES);
	cr_assert_eq(mbuf->nb_segs, 1);
	memcpy(frame + HEADER_BYTES, rte_pktmbuf_mtod(mbuf, const void *), mbuf->pkt_len);
	engine_pcap_add(&stage->pcap, stage->pair.now_ns, frame, HEADER_BYTES + mbuf->pkt_len);
	return stage->captured++;
}

/* Puts a frame on its way, or loses it. */
static void launch(struct stage *stage, enum pair_side from, struct rte_mbuf *mbuf)
{
	struct stage_frame *frame = &stage->frames[stage->count];
	bool is_lost = stage->is_cut || random_below(&stage->random, 1000) < stage->loss_per_mille;

	cr_assert_lt(stage->count, STAGE_FRAMES_MAX);
	*frame = (struct stage_frame){.mbuf = mbuf,
				      .due_ns = stage->pair.now_ns + DELAY_MS * NS_PER_MS,
				      .to = from == PAIR_CLIENT ? PAIR_SERVER_SIDE : PAIR_CLIENT,
				      .sender_state = stage_state(stage, from)};
	if (from == PAIR_CLIENT) {
		frame->number = capture(stage, mbuf, from);
		note(stage, frame->number, from, "SENT", frame->sender_state);
		is_lost |= ++stage->said == stage->loses;
		if (is_lost)
			fprintf(stage->truth, "%u LOST\n", frame->number);
	}
	if (is_lost)
		rte_pktmbuf_free(mbuf);
	else
		stage->count++;
}

static void transmit(struct stage *stage, enum pair_side from)
{
	struct rte_mbuf *mbufs[SHARD_BURST];
	uint16_t count = shard_transmit(stage->pair.ends[from], mbufs, SHARD_BURST);

	cr_assert_lt(count, SHARD_BURST);
	for (uint16_t i = 0; i < count; i++)
		launch(stage, from, mbufs[i]);
}

/* The frame that has been on its way for longest arrives. */
static void arrive(struct stage *stage)
{
	struct stage_frame frame = stage->frames[0];

	stage->count--;
	memmove(stage->frames, stage->frames + 1, stage->count * sizeof(frame));
	if (frame.to == PAIR_CLIENT) {
		frame.number = capture(stage, frame.mbuf, PAIR_SERVER_SIDE);
		note(stage, frame.number, PAIR_SERVER_SIDE, "SENT", frame.sender_state);
	}
	shard_receive(stage->pair.ends[frame.to], &frame.mbuf, 1, stage->pair.now_ns);
	note(stage, frame.number, frame.to, "GOT", stage_state(stage, frame.to));
	watch(stage);
	transmit(stage, frame.to);
}

static uint64_t next_ns(const struct stage *stage, uint64_t limit_ns)
{
	uint64_t next = limit_ns, deadline;

	if (stage->count > 0)
		next = RTE_MIN(next, stage->frames[0].due_ns);
	for (int side = 0; side < 2; side++) {
		if (shard_next_deadline(stage->pair.ends[side], &deadline))
			next = RTE_MIN(next, RTE_MAX(deadline, stage->pair.now_ns + NS_PER_MS));
	}
	return next;
}

void stage_run(struct stage *stage, uint64_t ms)
{
	uint64_t end_ns = stage->pair.now_ns + ms * NS_PER_MS;

	watch(stage);
	for (;;) {
		for (enum pair_side side = PAIR_CLIENT; side <= PAIR_SERVER_SIDE; side++) {
			shard_expire(stage->pair.ends[side], stage->pair.now_ns);
			transmit(stage, side);
		}
		while (stage->count > 0 && stage->frames[0].due_ns <= stage->pair.now_ns)
			arrive(stage);
		watch(stage);
		if (stage->pair.now_ns >= end_ns)
			break;
		stage->pair.now_ns = next_ns(stage, end_ns);
	}
	/* The next thing happens a moment later. */
	stage->pair.now_ns++;
}

static void on_established(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct stage *stage = app;

	stage->conns[quern_shard_number(shard)] = conn;
}

static uint32_t on_data(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	(void)shard;
	(void)conn;
	(void)text;
	(void)app;
	return bytes;
}

static void on_ended(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	struct stage *stage = app;

	(void)conn;
	stage->ends[quern_shard_number(shard)] = how;
}

static const struct quern_events events = {.on_established = on_established, .on_data = on_data, .on_ended = on_ended};

static void open_files(struct stage *stage, const char *name)
{
	const char *folder = getenv("QUERN_PICTURES");
	char path[512];
	int file;

	cr_assert_not_null(folder, "QUERN_PICTURES names no folder: check_pictures.py runs this");
	snprintf(path, sizeof(path), "%s/%s.pcap", folder, name);
	file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	cr_assert_geq(file, 0);
	engine_pcap_begin(&stage->pcap, file);
	snprintf(path, sizeof(path), "%s/%s.truth", folder, name);
	stage->truth = fopen(path, "w");
	cr_assert_not_null(stage->truth);
}

void stage_open(struct stage *stage, const char *name, const struct quern_tcp_options *options)
{
	const struct shard_config config = {.max_connections = 64, .max_time_wait = 64, .mtu = 1500, .seed = 5};
	const struct quern_endpoint server = {.address = PAIR_SERVER, .port = SERVER_PORT};
	const struct quern_source source = {.addresses = {.first = PAIR_CLIENT_FIRST, .last = PAIR_CLIENT_FIRST},
					    .first_port = CLIENT_PORT,
					    .last_port = CLIENT_PORT};

	memset(stage, 0, sizeof(*stage));
	open_files(stage, name);
	pair_open(&stage->pair, &config, DELAY_MS * NS_PER_MS);
	random_seed(&stage->random, config.seed);
	stage->keys[PAIR_CLIENT] = (struct flow_key){PAIR_CLIENT_FIRST, PAIR_SERVER, CLIENT_PORT, SERVER_PORT};
	stage->keys[PAIR_SERVER_SIDE] = (struct flow_key){PAIR_SERVER, PAIR_CLIENT_FIRST, SERVER_PORT, CLIENT_PORT};
	cr_assert_eq(quern_listen(stage->pair.ends[PAIR_SERVER_SIDE], &server, NULL, &events, stage), 0);
	cr_assert_eq(quern_route_add(stage->pair.ends[PAIR_CLIENT], &source, &server, options, &events, stage,
				     &stage->route),
		     0);
	watch(stage);
}

void stage_connect(struct stage *stage, uint64_t ms)
{
	struct quern_conn conn;

	cr_assert_eq(stage_state(stage, PAIR_CLIENT), QUERN_CLOSED);
	cr_assert_eq(stage_state(stage, PAIR_SERVER_SIDE), QUERN_LISTEN);
	cr_assert_eq(quern_connect(stage->pair.ends[PAIR_CLIENT], stage->route, &conn), 0);
	stage_run(stage, ms);
	for (enum pair_side side = PAIR_CLIENT; side <= PAIR_SERVER_SIDE; side++)
		cr_assert_eq(stage_state(stage, side), QUERN_ESTABLISHED);
}

void stage_send(struct stage *stage, enum pair_side side, uint32_t bytes)
{
	static const uint8_t text[1400];
	uint32_t taken;

	cr_assert_eq(quern_conn_send(stage->pair.ends[side], stage->conns[side], text, bytes, &taken), 0);
	cr_assert_eq(taken, bytes);
}

void stage_close(struct stage *stage)
{
	static const char *const how[] = {
#define X(name, text) [QUERN_END_##name] = text,
		QUERN_ENDS(X)
#undef X
	};

	for (enum pair_side side = PAIR_CLIENT; side <= PAIR_SERVER_SIDE; side++)
		fprintf(stage->truth, "END %s %s %s\n", side_names[side], quern_state_name(stage_state(stage, side)),
			stage->ends[side] != QUERN_END_NONE ? how[stage->ends[side]] : "open");
	cr_assert_eq(stage->count, 0, "frames are on their way");
	cr_assert_eq(fclose(stage->truth), 0);
	cr_assert_eq(engine_pcap_flush(&stage->pcap), 0);
	close(stage->pcap.file);
	pair_close(&stage->pair);
}
