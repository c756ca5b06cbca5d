/* worker_load.c - whether a shard is offered more frames than its worker can take. */
#include "worker/worker_load.h"

int worker_load_bursts(const struct worker_load *load, uint64_t now_ns)
{
	bool is_due = load->is_full && now_ns - load->full_since_ns >= WORKER_FULL_NS;

	return is_due && now_ns >= load->believed_until_ns ? WORKER_BURSTS_LONG : WORKER_BURSTS;
}

bool worker_load_note(struct worker_load *load, bool is_full, uint64_t now_ns)
{
	if (is_full && worker_load_bursts(load, now_ns) == WORKER_BURSTS_LONG)
		load->believed_until_ns = now_ns + WORKER_BELIEF_NS;
	if (is_full && !load->is_full)
		load->full_since_ns = now_ns;
	if (!is_full || now_ns - load->noted_ns >= WORKER_PAUSE_NS)
		load->full_turns = 0;
	load->full_turns += is_full && load->full_turns <= WORKER_CATCH_UP;
	load->is_full = is_full;
	load->noted_ns = now_ns;
	return is_full && now_ns < load->believed_until_ns;
}

bool worker_load_timers_wait(const struct worker_load *load)
{
	return load->is_full && load->full_turns <= WORKER_CATCH_UP;
}
