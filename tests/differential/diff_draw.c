/* diff_draw.c - scripts drawn by seed: a state to reach, then a few odd segments and calls, and at the end a probe that
 * brings to light what they have changed. */
#include <string.h>

#include "differential/diff_script.h"
#include "support/raw_frame.h"

enum { ODD_MAX = 4, DRAW_ATTEMPTS = 8 };

/* How often each set of flags is drawn, in the order of the sum. */
struct draw {
	uint8_t flags;
	uint8_t weight;
};

static const struct draw flag_draws[] = {{ACK, 26},
					 {PSH | ACK, 14},
					 {FIN | ACK, 14},
					 {RST, 8},
					 {RST | ACK, 6},
					 {SYN, 8},
					 {SYN | ACK, 6},
					 {FIN, 2},
					 {0, 2},
					 {SYN | FIN, 2},
					 {URG | ACK, 4},
					 {SYN | RST, 1},
					 {FIN | RST | ACK, 1},
					 {FIN | SYN | ACK, 1},
					 {FIN | URG | ACK, 2},
					 {PSH, 2}};

static const enum quern_state states[] = {QUERN_CLOSED,      QUERN_LISTEN,      QUERN_SYN_SENT,   QUERN_SYN_RCVD,
					  QUERN_ESTABLISHED, QUERN_ESTABLISHED, QUERN_FIN_WAIT_1, QUERN_FIN_WAIT_2,
					  QUERN_CLOSE_WAIT,  QUERN_CLOSING,     QUERN_LAST_ACK,   QUERN_TIME_WAIT};

static bool one_in(struct random *random, uint32_t bound)
{
	return random_below(random, bound) == 0;
}

static uint8_t draw_flags(struct random *random)
{
	uint32_t sum = 0, at;

	for (size_t i = 0; i < sizeof(flag_draws) / sizeof(flag_draws[0]); i++)
		sum += flag_draws[i].weight;
	at = random_below(random, sum);
	for (size_t i = 0;; i++) {
		if (at < flag_draws[i].weight)
			return flag_draws[i].flags;
		at -= flag_draws[i].weight;
	}
}

/* The edge is another one for each stack, and a SYN there would begin connections with other numbers. */
static struct diff_number draw_seq(struct random *random, uint8_t flags)
{
	static const int32_t near[] = {-1, 1, 2, 5, -5, 100, 1000, -1000, -100000, 5000};
	static const int32_t beside_edge[] = {-1, 0, 20000};
	struct diff_number seq = {.base = DIFF_FROM_NEXT};

	if (!(flags & SYN) && one_in(random, 6))
		seq = (struct diff_number){.base = DIFF_FROM_EDGE, .offset = beside_edge[random_below(random, 3)]};
	else if (one_in(random, 2))
		seq.offset = near[random_below(random, sizeof(near) / sizeof(near[0]))];
	return seq;
}

static struct diff_number draw_ack(struct random *random)
{
	static const int32_t near[] = {-1, 1, 2, -2, -100, 1000, -70000, -200000, 100000};
	struct diff_number ack = {.base = DIFF_FROM_NEXT};

	if (one_in(random, 5))
		ack.base = DIFF_FROM_UNA;
	if (one_in(random, 4))
		ack.offset = near[random_below(random, sizeof(near) / sizeof(near[0]))];
	return ack;
}

static uint32_t draw_text(struct random *random, uint8_t flags)
{
	static const uint32_t sizes[] = {1, 1, 2, 5, 6, 100, 101, 1000, 1400};

	if (flags & PSH || (!(flags & (SYN | RST)) && one_in(random, 4)) || one_in(random, 12))
		return sizes[random_below(random, sizeof(sizes) / sizeof(sizes[0]))];
	return 0;
}

/* False where nothing more is to be drawn: what a segment says that only one of the two takes, of its timestamp above
 * all, would show in many ways later on. */
static bool draw_segment(struct random *random, struct diff_script *script)
{
	uint8_t flags = draw_flags(random);
	struct diff_number seq = draw_seq(random, flags), ack = draw_ack(random);
	struct diff_step *step = diff_script_say(script, flags, seq, ack, draw_text(random, flags));
	struct diff_segment *segment = &step->segment;

	if (flags & SYN && one_in(random, 3))
		segment->is_plain = true;
	if (flags & URG)
		segment->urgent = (uint16_t)random_below(random, 4);
	if (one_in(random, 10))
		segment->window = (uint16_t)(one_in(random, 2) ? 0 : 1 + random_below(random, 3000));
	if (!script->peer_timestamps || !one_in(random, 6))
		return true;
	segment->ts = one_in(random, 3) ? DIFF_TS_NONE : DIFF_TS_AT;
	segment->tsval = one_in(random, 2) ? DIFF_TS_FIRST - 1 - random_below(random, 100) : 5000;
	return segment->ts == DIFF_TS_AT && segment->tsval < DIFF_TS_FIRST;
}

/* A call that any application may make in the state that the script began with. */
static void draw_call(struct random *random, struct diff_script *script, enum quern_state state)
{
	static const enum diff_call calls[] = {DIFF_SEND,  DIFF_SEND, DIFF_SHUTDOWN, DIFF_CLOSE,
					       DIFF_ABORT, DIFF_HOLD, DIFF_READ};
	enum diff_call call = calls[random_below(random, sizeof(calls) / sizeof(calls[0]))];
	struct diff_step *step;

	if (state != QUERN_ESTABLISHED && state != QUERN_CLOSE_WAIT && call != DIFF_HOLD && call != DIFF_READ)
		call = DIFF_CLOSE;
	if (state == QUERN_CLOSED || state == QUERN_LISTEN || state == QUERN_SYN_RCVD)
		return;
	step = diff_script_add(script, call);
	if (call == DIFF_SEND)
		step->number = 1 + random_below(random, 3000);
}

/* One edge a script: later ones need not be as far from it for both. */
static void keep_one_edge(struct diff_script *script)
{
	uint32_t edges = 0;

	for (uint32_t i = 0; i < script->step_count; i++) {
		struct diff_number *seq = &script->steps[i].segment.seq;

		if (seq->base == DIFF_FROM_EDGE && edges++ > 0)
			*seq = (struct diff_number){.base = DIFF_FROM_NEXT};
	}
}

void diff_draw(struct diff_script *script, uint64_t seed)
{
	struct random random;
	enum quern_state state;
	uint32_t odd;

	diff_script_begin(script, "drawn");
	snprintf(script->about, sizeof(script->about), "Drawn by seed %llu.", (unsigned long long)seed);
	random_seed(&random, seed);
	script->peer_timestamps = one_in(&random, 3);
	script->peer_sack = one_in(&random, 3);
	if (one_in(&random, 3))
		script->peer_scale = (uint8_t)random_below(&random, 8);
	state = states[random_below(&random, sizeof(states) / sizeof(states[0]))];
	diff_script_reach(script, state, one_in(&random, 3));
	odd = 1 + random_below(&random, ODD_MAX);
	for (uint32_t i = 0; i < odd; i++) {
		if (one_in(&random, 4))
			draw_call(&random, script, state);
		else if (!draw_segment(&random, script))
			break;
	}
	keep_one_edge(script);
	/* A keepalive probe: its answer tells both numbers of the connection. */
	diff_script_say(script, ACK, (struct diff_number){.base = DIFF_FROM_NEXT, .offset = -1},
			(struct diff_number){.base = DIFF_FROM_NEXT}, 0);
}
