/* worker_load.c - whether a shard is offered more frames than its worker can take. */
#include "worker/worker_load.h"

int worker_load_frames(const struct worker_load *load, uint64_t now_ns)
{
	bool is_due = load->full_turns >= WORKER_FULL_TURNS && now_ns >= load->believed_until_ns;

	return is_due ? WORKER_FRAMES_LONG : WORKER_FRAMES;
}

bool worker_load_note(struct worker_load *load, bool is_full, uint64_t syns, uint64_t now_ns)
{
	bool is_long = worker_load_frames(load, now_ns) == WORKER_FRAMES_LONG;

	if (is_full && is_long && syns >= WORKER_SYNS_LONG)
		load->believed_until_ns = now_ns + WORKER_BELIEF_NS;
	load->full_turns = is_full && !is_long ? load->full_turns + 1 : 0;
	/* A turn may be that long by itself: timers have to have run since the last pause. */
	if (!is_full || (now_ns - load->noted_ns >= WORKER_PAUSE_NS && load->catch_up_turns > WORKER_CATCH_UP))
		load->catch_up_turns = 0;
	load->catch_up_turns += is_full && load->catch_up_turns <= WORKER_CATCH_UP;
	load->noted_ns = now_ns;
	return is_full && now_ns < load->believed_until_ns;
}

bool worker_load_timers_wait(const struct worker_load *load)
{
	return load->catch_up_turns > 0 && load->catch_up_turns <= WORKER_CATCH_UP;
}
