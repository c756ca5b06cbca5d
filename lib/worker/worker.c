/* worker.c - the poll loop: each turn, for each shard, receive, expire, let the application act, transmit. */
#include "worker/worker.h"

#include <sched.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "base/counter.h"
#include "nic/nic.h"
#include "shard/shard.h"

static bool is_halted(const struct worker *worker)
{
	return __atomic_load_n(worker->halt, __ATOMIC_RELAXED);
}

static bool receive(const struct worker_shard *part, uint64_t now_ns)
{
	struct rte_mbuf *mbufs[WORKER_BURST];
	uint16_t count = WORKER_BURST;

	for (int burst = 0; burst < WORKER_BURSTS && count == WORKER_BURST; burst++) {
		count = nic_receive(part->queue, mbufs, WORKER_BURST);
		if (count == 0)
			return burst > 0;
		shard_receive(part->shard, mbufs, count, now_ns);
	}
	return true;
}

/* Offers the port what it would not take before. What it refuses for too long is lost, as on a dead link. */
static bool retry_held(struct worker_shard *part, uint64_t now_ns)
{
	uint16_t sent = nic_transmit(part->queue, part->held, part->held_count);

	part->held_count = (uint16_t)(part->held_count - sent);
	memmove(part->held, part->held + sent, part->held_count * sizeof(part->held[0]));
	if (sent > 0)
		part->held_since_ns = now_ns;
	if (part->held_count > 0 && now_ns - part->held_since_ns > WORKER_HOLD_NS) {
		shard_count_refused(part->shard, part->held_count);
		rte_pktmbuf_free_bulk(part->held, part->held_count);
		part->held_count = 0;
	}
	return part->held_count == 0;
}

/* Hands over what the shard has to say, until that is all or the port takes no more. */
static bool transmit(struct worker_shard *part, uint64_t now_ns)
{
	uint16_t count = SHARD_BURST;
	bool found_work = part->held_count > 0;

	if (found_work && !retry_held(part, now_ns))
		return true;
	while (count == SHARD_BURST) {
		uint16_t sent;

		count = shard_transmit(part->shard, part->held, SHARD_BURST);
		if (count == 0)
			break;
		found_work = true;
		sent = nic_transmit(part->queue, part->held, count);
		if (sent == count)
			continue;
		part->held_count = (uint16_t)(count - sent);
		part->held_since_ns = now_ns;
		memmove(part->held, part->held + sent, part->held_count * sizeof(part->held[0]));
		break;
	}
	shard_set_congested(part->shard, part->held_count > 0);
	return found_work;
}

static bool turn(struct worker_shard *part, uint64_t now_ns)
{
	bool found_work = receive(part, now_ns);

	found_work |= shard_expire(part->shard, now_ns) > 0;
	if (part->on_turn != NULL)
		found_work |= part->on_turn(part->shard, part->app);
	found_work |= transmit(part, now_ns);
	return found_work;
}

static int start_shards(struct worker *worker, uint64_t now_ns)
{
	for (uint16_t number = 0; number < worker->shard_count; number++) {
		const struct worker_shard *part = &worker->shards[number];
		int code;

		if (part->on_start == NULL)
			continue;
		shard_expire(part->shard, now_ns); /* tells the shard the time that on_start will see */
		code = part->on_start(part->shard, part->app);
		if (code != 0) {
			worker->failed_shard = number;
			return code;
		}
	}
	return 0;
}

static void free_held(struct worker *worker)
{
	for (uint16_t number = 0; number < worker->shard_count; number++) {
		struct worker_shard *part = &worker->shards[number];

		rte_pktmbuf_free_bulk(part->held, part->held_count);
		part->held_count = 0;
	}
}

int worker_run(void *argument)
{
	struct worker *worker = argument;
	uint64_t first_cycle;
	uint64_t latest_cycle;
	uint32_t idle_turns = 0;
	int code = start_shards(worker, worker_clock_ns(worker->clock, rte_rdtsc()));

	if (code != 0)
		return code;
	first_cycle = rte_rdtsc();
	latest_cycle = first_cycle;
	while (!is_halted(worker)) {
		uint64_t cycle = rte_rdtsc();
		uint64_t now_ns;
		bool found_work = false;

		if (cycle > latest_cycle) /* the CPU's counter may be set back when a machine is moved */
			latest_cycle = cycle;
		now_ns = worker_clock_ns(worker->clock, latest_cycle);
		for (uint16_t number = 0; number < worker->shard_count; number++)
			found_work |= turn(&worker->shards[number], now_ns);

		counter_add(&worker->turns, 1);
		counter_add(&worker->busy_turns, found_work);
		__atomic_store_n(&worker->cycles, latest_cycle - first_cycle, __ATOMIC_RELAXED);
		idle_turns = found_work ? 0 : idle_turns + 1;
		if (worker->yields && idle_turns >= WORKER_PATIENCE)
			sched_yield();
	}
	free_held(worker);
	return 0;
}
