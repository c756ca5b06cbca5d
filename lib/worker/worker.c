/* worker.c - the poll loop: each turn, for each shard, receive, expire, let the application act, transmit. */
#include "worker/worker.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "base/counter.h"
#include "nic/nic.h"
#include "shard/shard.h"
#include "shard/shard_forward.h"

enum {
	WORKER_BURST = SHARD_BURST, /* frames a call of nic_receive() */
	WORKER_BURST_LEAST = 32,    /* that a call gives where more wait: some drivers know no longer bursts */
	BURSTS_FOR_OTHERS = 8,      /* a turn and shard without a queue */
	STANDSTILL_NS = 1000000     /* a port that takes nothing for so long is waited for by none */
};

static bool is_halted(const struct worker *worker)
{
	return __atomic_load_n(worker->halt, __ATOMIC_RELAXED);
}

/* Whether the port has a queue for this shard; else the shard at place 0 receives and sends for it. */
static bool has_queue(const struct worker_shard *part)
{
	return part->mail == NULL || part->place == 0 || !part->mail->has_one_queue;
}

/* Both return how many frames came: `most`, where more may wait. */
static int receive_from_port(const struct worker_shard *part, int most, uint64_t now_ns)
{
	struct rte_mbuf *mbufs[WORKER_BURST];
	uint16_t count = WORKER_BURST;
	int frames = 0;

	nic_begin_turn(part->queue, now_ns);
	while (frames < most && count >= WORKER_BURST_LEAST) {
		count = nic_receive(part->queue, mbufs, (uint16_t)RTE_MIN(most - frames, (int)WORKER_BURST));
		if (count == 0)
			break;
		frames += count;
		shard_receive(part->shard, mbufs, count, now_ns);
		if (part->mail != NULL)
			worker_mail_move(part->mail, part->place, part->shard);
	}
	return frames;
}

static int receive_moved(const struct worker_shard *part, int most, uint64_t now_ns)
{
	struct rte_mbuf *mbufs[WORKER_MAIL_BURST];
	uint16_t count = WORKER_MAIL_BURST;
	int frames = 0;

	while (frames < most && count == WORKER_MAIL_BURST) {
		count = worker_mail_take(part->mail, part->place, mbufs);
		if (count == 0)
			break;
		frames += count;
		shard_receive_moved(part->shard, mbufs, count, now_ns);
	}
	return frames;
}

/* Frames that may still be put in line for a port; as many as it likes where it stands still, and they are lost. */
static uint32_t room_at(const struct worker_shard *part, uint64_t now_ns)
{
	uint32_t waiting = shard_waiting(part->shard);

	if (part->held.count > 0 && now_ns - part->took_ns > STANDSTILL_NS)
		return SHARD_OUT_MAX;
	return waiting < SHARD_OUT_MAX / 2 ? SHARD_OUT_MAX / 2 - waiting : 0;
}

/* What a shard's datagrams may go on by: the port, of those of its group beside its own, that has most room. What finds
 * none waits with whoever sends it: taken, it would be lost. */
static uint32_t room_beyond(const struct worker *worker, const struct worker_shard *part, uint64_t now_ns)
{
	uint32_t room = 0, others = 0;

	for (uint16_t number = 0; number < worker->shard_count; number++) {
		const struct worker_shard *other = &worker->shards[number];

		if (other == part || !shard_is_beside(part->shard, other->shard))
			continue;
		room = RTE_MAX(room, room_at(other, now_ns));
		others++;
	}
	return others > 0 ? room : room_at(part, now_ns);
}

/* Returns how many frames came. */
static uint32_t receive(const struct worker *worker, struct worker_shard *part, uint64_t now_ns)
{
	int most = worker_load_frames(&part->load, now_ns);
	int room = most;
	uint64_t syns = shard_syns(part->shard);
	int from_port, moved;
	bool is_full, is_behind;

	if (part->queue.backs_up && shard_is_beside(part->shard, part->shard))
		room = (int)RTE_MIN((uint32_t)most, room_beyond(worker, part, now_ns));
	from_port = has_queue(part) ? receive_from_port(part, room, now_ns) : 0;
	moved = part->mail != NULL ? receive_moved(part, most, now_ns) : 0;
	is_full = from_port == most || moved == most;
	is_behind = worker_load_note(&part->load, is_full, shard_syns(part->shard) - syns, now_ns);

	/* A sender that waits loses nothing, however many connections it has begun. */
	shard_set_behind(part->shard, is_behind && !part->queue.sender_waits);
	return (uint32_t)(from_port + moved);
}

/* Hands frames to the port, or to the shard that sends for this one. */
static uint16_t hand_over(const struct worker_shard *part, struct rte_mbuf **mbufs, uint16_t count)
{
	if (has_queue(part))
		return nic_transmit(part->queue, mbufs, count);
	return worker_mail_send(part->mail, part->place, mbufs, count);
}

/* Hands over the frames in `held`, which are new or were refused before. What is refused for too long is lost, as on a
 * dead link. True once none is left. */
static bool offer_held(struct worker_shard *part, struct worker_held *held, uint64_t now_ns)
{
	uint16_t sent = hand_over(part, held->mbufs, held->count);

	if (sent > 0)
		part->took_ns = now_ns;
	held->count = (uint16_t)(held->count - sent);
	if (held->count == 0)
		return true;
	memmove(held->mbufs, held->mbufs + sent, held->count * sizeof(held->mbufs[0]));
	if (sent > 0)
		held->since_ns = now_ns;
	if (now_ns - held->since_ns > WORKER_HOLD_NS) {
		shard_count_refused(part->shard, held->count);
		rte_pktmbuf_free_bulk(held->mbufs, held->count);
		held->count = 0;
	}
	return held->count == 0;
}

/* Hands over what the shard has to say, until that is all or the port takes no more. Returns how many frames that is.
 */
static uint32_t transmit(struct worker_shard *part, uint64_t now_ns)
{
	uint16_t count = SHARD_BURST;
	uint32_t frames = part->held.count;

	if (frames > 0 && !offer_held(part, &part->held, now_ns))
		return frames;
	while (count == SHARD_BURST) {
		count = shard_transmit(part->shard, part->held.mbufs, SHARD_BURST);
		if (count == 0)
			break;
		frames += count;
		part->held.count = count;
		part->held.since_ns = now_ns;
		if (!offer_held(part, &part->held, now_ns))
			break;
	}
	shard_set_congested(part->shard, part->held.count > 0);
	return frames;
}

/* Sends what the shards without a queue have put in line. */
static uint32_t transmit_for_others(struct worker_shard *part, uint64_t now_ns)
{
	struct worker_held *held = &part->held_for_others;
	uint32_t frames = held->count;

	if (frames > 0 && !offer_held(part, held, now_ns))
		return frames;
	for (int burst = 0; burst < BURSTS_FOR_OTHERS * part->mail->places; burst++) {
		held->count = worker_mail_collect(part->mail, &part->next_sender, held->mbufs, SHARD_BURST);
		held->since_ns = now_ns;
		if (held->count == 0)
			break;
		frames += held->count;
		if (!offer_held(part, held, now_ns))
			break;
	}
	return frames;
}

/* A port that takes few frames takes the first: so they are one's own and others' in turn. */
static uint32_t transmit_all(struct worker_shard *part, uint64_t now_ns)
{
	uint32_t frames;

	if (part->mail == NULL || !part->mail->has_one_queue || part->place != 0)
		return transmit(part, now_ns);
	part->others_first = !part->others_first;
	if (part->others_first) {
		frames = transmit_for_others(part, now_ns);
		return frames + transmit(part, now_ns);
	}
	frames = transmit(part, now_ns);
	return frames + transmit_for_others(part, now_ns);
}

/* Returns how much was done, 0 where there was no work. */
static uint32_t turn(const struct worker *worker, struct worker_shard *part, uint64_t now_ns)
{
	uint32_t done = receive(worker, part, now_ns);

	if (!worker_load_timers_wait(&part->load))
		done += shard_expire(part->shard, now_ns);
	if (part->on_turn != NULL)
		done += part->on_turn(part->shard, part->app);
	return done + transmit_all(part, now_ns);
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

/* The last turn: those on the links hear that we listen no more. */
static void take_leave(struct worker *worker, uint64_t now_ns)
{
	for (uint16_t number = 0; number < worker->shard_count; number++) {
		shard_forward_leave(worker->shards[number].shard);
		transmit_all(&worker->shards[number], now_ns);
	}
}

static void free_held(struct worker *worker)
{
	for (uint16_t number = 0; number < worker->shard_count; number++) {
		struct worker_held *const both[] = {&worker->shards[number].held,
						    &worker->shards[number].held_for_others};

		for (int i = 0; i < 2; i++) {
			rte_pktmbuf_free_bulk(both[i]->mbufs, both[i]->count);
			both[i]->count = 0;
		}
	}
}

/* Gives the CPU to others that need it: the kernel's own threads among them, which bring frames from and to its
 * interfaces. Where workers share a CPU, sched_yield() only hands it from one to the next, and a nap of a few
 * microseconds is over before it begins: they sleep in earnest. Returns whether it has slept. */
static bool give_way(const struct worker *worker, uint32_t idle_turns)
{
	const struct timespec nap = {.tv_nsec = WORKER_NAP_NS};

	if (!worker->yields || idle_turns < WORKER_PATIENCE)
		return false;
	if (worker->takes_turns)
		nanosleep(&nap, NULL);
	else
		sched_yield();
	return worker->takes_turns;
}

/* A turn that began at one cycle has lasted to another, longer than QUERN_GAP_NS: where its work is not why, the shards
 * hear it. */
static void note_long_turn(struct worker *worker, uint64_t from_cycle, uint64_t to_cycle, uint32_t done)
{
	uint64_t begin_ns = worker_clock_ns(worker->clock, from_cycle);
	uint64_t end_ns = worker_clock_ns(worker->clock, to_cycle);
	uint32_t each_ns = 0;

	for (uint16_t number = 0; number < worker->shard_count; number++)
		each_ns = RTE_MAX(each_ns, worker->shards[number].queue.most_ns);
	if (worker_gap_note(&worker->gap, end_ns - begin_ns, done, each_ns) == 0)
		return;
	for (uint16_t number = 0; number < worker->shard_count; number++)
		shard_set_gap(worker->shards[number].shard, (struct quern_gap){begin_ns, end_ns});
}

/* Lets others see what this thread does. */
static void tell_thread(struct worker *worker)
{
	if (pthread_getcpuclockid(pthread_self(), &worker->cpu_clock) == 0)
		__atomic_store_n(&worker->thread, gettid(), __ATOMIC_RELEASE);
}

int worker_run(void *argument)
{
	struct worker *worker = argument;
	const uint64_t gap_cycles = worker_clock_cycles(worker->clock, QUERN_GAP_NS);
	uint64_t first_cycle, latest_cycle, turn_cycle;
	uint32_t idle_turns = 0, done = 0;
	int code;

	tell_thread(worker);
	code = start_shards(worker, worker_clock_ns(worker->clock, rte_rdtsc()));
	if (code != 0)
		return code;
	first_cycle = rte_rdtsc();
	latest_cycle = turn_cycle = first_cycle;
	while (!is_halted(worker)) {
		uint64_t now_ns;

		latest_cycle = worker_clock_later(latest_cycle, rte_rdtsc());
		if (latest_cycle - turn_cycle > gap_cycles)
			note_long_turn(worker, turn_cycle, latest_cycle, done);
		counter_add(&worker->busy_cycles, done > 0 ? latest_cycle - turn_cycle : 0);
		turn_cycle = latest_cycle;
		now_ns = worker_clock_ns(worker->clock, latest_cycle);
		done = 0;
		for (uint16_t number = 0; number < worker->shard_count; number++)
			done += turn(worker, &worker->shards[number], now_ns);

		counter_add(&worker->turns, 1);
		counter_add(&worker->busy_turns, done > 0);
		__atomic_store_n(&worker->cycles, latest_cycle - first_cycle, __ATOMIC_RELAXED);
		idle_turns = done > 0 ? 0 : idle_turns + 1;
		if (give_way(worker, idle_turns))
			turn_cycle = latest_cycle = worker_clock_later(latest_cycle, rte_rdtsc());
	}
	take_leave(worker, worker_clock_ns(worker->clock, latest_cycle));
	free_held(worker);
	return 0;
}
