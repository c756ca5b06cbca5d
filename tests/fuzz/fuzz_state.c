/* fuzz_state.c - any bytes as a program of segments, calls and time, played to one shard: docs/fuzzing.md. */
#include "base/check.h"
#include "fuzz/fuzz.h"
#include "fuzz/play.h"

enum { STEPS_MAX = 300, WAITS = 20 };

/* What an instruction does: the lower three bits of its first byte; the upper five say to whom, or how much. */
enum step { STEP_NEXT, STEP_ANY, STEP_CALL, STEP_WAIT, STEP_WORLD, STEP_AGAIN, STEP_ERROR, STEP_BURST };

enum fault { FAULT_REFUSE, FAULT_DRAIN, FAULT_GIVE_BACK, FAULT_BEHIND, FAULT_DEAF };

/* A power of two, in milliseconds; or up to the next timer, or into the time when it should have fired. */
static void pass_time(struct play *play, uint8_t how)
{
	static const uint32_t further_ms[] = {0, 1, 10, 100, 500, 1000, 2000, 5000, 60000, 120000, 3600000, 86400000};
	uint64_t deadline_ns = 0;

	if (how < WAITS) {
		play_tell(play, "%llu ms pass", 1ULL << how);
		play_wait(play, UINT64_C(1) << how);
		return;
	}
	if (!shard_next_deadline(play->shard, &deadline_ns) || deadline_ns < play->now_ns)
		deadline_ns = play->now_ns;
	play->now_ns = deadline_ns + (uint64_t)further_ms[how - WAITS] * FUZZ_NS_PER_MS;
	play_tell(play, "up to a timer, and %u ms further", further_ms[how - WAITS]);
	play_turn(play);
}

/* All buffers but a few are somebody else's. */
static void drain(struct play *play, uint32_t leave)
{
	while (rte_mempool_avail_count(play->opened.out_pool) > leave && play->stolen_count < FUZZ_BUFFERS)
		play->stolen[play->stolen_count++] = rte_pktmbuf_alloc(play->opened.out_pool);
}

static void change_world(struct play *play, uint8_t what)
{
	uint8_t much = play_next(play);

	play_tell(play, "fault %u, %u", what, much);
	switch (what) {
	case FAULT_REFUSE:
		play->is_refusing = !play->is_refusing;
		break;
	case FAULT_DRAIN:
		drain(play, much);
		break;
	case FAULT_GIVE_BACK:
		rte_pktmbuf_free_bulk(play->stolen, play->stolen_count);
		play->stolen_count = 0;
		break;
	case FAULT_BEHIND:
		shard_set_behind(play->shard, much & 1);
		break;
	default:
		play->deaf = 1 + much;
	}
	play_turn(play);
}

static void step(struct play *play)
{
	uint8_t byte = play_next(play), much = byte >> 3, flow = much % PLAY_FLOWS;

	switch ((enum step)(byte & 7)) {
	case STEP_NEXT:
		play_say_next(play, flow);
		return;
	case STEP_ANY:
		play_say_any(play, flow);
		return;
	case STEP_CALL:
		play_call(play, much);
		play_turn(play);
		return;
	case STEP_WAIT:
		pass_time(play, much);
		return;
	case STEP_WORLD:
		change_world(play, much);
		return;
	case STEP_AGAIN:
		play_say_again(play, much);
		return;
	case STEP_ERROR:
		play_say_error(play, flow);
		return;
	case STEP_BURST:
		play->burst_most = 1 + much % PLAY_BURST;
		return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct play play;

	play_open(&play, data, size);
	for (int steps = 0; steps < STEPS_MAX && play.turns < PLAY_TURNS_MAX && play.at < play.end; steps++)
		step(&play);
	play_close(&play);
	return 0;
}
