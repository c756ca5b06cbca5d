/* sim_world.c - from event to event. */
#include "sim/sim_world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "shard/shard_parts.h"
#include "sim/sim_check.h"
#include "sim/sim_fault.h"
#include "support/bare_eal.h"

enum { AGAIN_US = 20, LIVE_MS = 900000, TURNS_AT_ONCE = 20000 };

static sigjmp_buf cut_short;
static volatile sig_atomic_t is_running;

static void open_world(struct sim_world *world, struct sim_plan *plan)
{
	setenv("QUERN_TEST_IP", plan->is_ip6 ? "6" : "4", 1);
	bare_eal_start();
	world->plan = plan;
	world->now_ns = plan->start_ns;
	world->is_healed = world->is_sabotaged = false;
	world->turns = world->frames = 0;
	world->next_event = world->flow_count = world->end_count = world->calls = 0;
	world->failure = (struct sim_failure){.rule = SIM_RULE_NONE};
	sim_link_open(world);
	sim_host_open(world);
}

static void close_world(struct sim_world *world)
{
	uint32_t lost;

	sim_link_close(world);
	sim_host_close(world);
	lost = sim_host_buffers();
	if (lost != world->lost)
		sim_fail(world, SIM_RULE_BALANCE, "%u buffers are lost", lost - world->lost);
	/* They stay lost for all runs that follow in this process. */
	world->lost = lost;
}

/* Takes what is due at a host, up to a burst. */
static uint16_t take_due(struct sim_world *world, struct sim_host *host, struct rte_mbuf **burst)
{
	uint16_t most = world->plan->makes[host->number].burst, count = 0;
	struct sim_frame *frame;

	host->heard_one_reset = false;
	while (count < most && (frame = sim_link_take(world, host->number)) != NULL) {
		sim_wire_heard(world, host->number, frame);
		host->heard_one_reset = count == 0 && frame->is_tcp && !frame->is_corrupt && frame->segment.flags & RST;
		burst[count++] = frame->mbuf;
		sim_link_free(world, frame);
	}
	return count;
}

/* What the port takes of what the shard has to send. */
static void transmit(struct sim_world *world, struct sim_host *host)
{
	bool refuses = world->now_ns < host->refuses_until_ns, is_short = world->now_ns < host->short_until_ns;
	uint16_t most = is_short ? host->short_frames : SHARD_BURST, count = most;
	struct rte_mbuf *burst[SHARD_BURST];

	shard_set_congested(host->shard, refuses || is_short);
	host->again_ns = refuses ? host->refuses_until_ns : UINT64_MAX;
	if (refuses && !host->loses_refused)
		return;
	while (count == most) {
		count = shard_transmit(host->shard, burst, most);
		for (uint16_t i = 0; i < count; i++)
			(refuses ? sim_link_refuse : sim_link_send)(world, host->number, burst[i]);
		if (refuses)
			shard_count_refused(host->shard, count);
		if (is_short)
			break;
	}
	if (is_short && count == most)
		host->again_ns = world->now_ns + AGAIN_US * UINT64_C(1000);
}

/* What its twin has handed on. */
static void receive_moved(struct sim_world *world, struct sim_host *host)
{
	struct rte_mbuf *burst[SHARD_BURST];
	uint16_t count = host->moved_count < SHARD_BURST ? host->moved_count : SHARD_BURST;

	memcpy(burst, host->moved, count * sizeof(burst[0]));
	host->moved_count = (uint16_t)(host->moved_count - count);
	memmove(host->moved, host->moved + count, host->moved_count * sizeof(burst[0]));
	host->heard += count;
	host->heard_one_reset &= count == 0;
	if (count > 0)
		shard_receive_moved(host->shard, burst, count, world->now_ns);
}

/* One turn of a host, as a worker does it. */
static void turn(struct sim_world *world, uint8_t number, const struct sim_event *event)
{
	struct sim_host *host = &world->hosts[number];
	struct rte_mbuf *burst[SHARD_BURST];
	uint64_t deadline_ns;
	uint32_t calls = world->calls, fired;
	uint16_t count;
	bool is_behind, had_nothing;

	if (world->now_ns >= host->drained_until_ns)
		sim_host_give_back(host);
	had_nothing = host->shard->out_head == host->shard->out_tail && host->shard->queued_count == 0;
	if (had_nothing)
		host->heard = host->fired = host->calls = host->bare_acks = 0;
	count = take_due(world, host, burst);
	host->heard += count;
	host->heard_one_reset &= had_nothing;
	is_behind = world->now_ns < host->behind_until_ns;
	shard_set_behind(host->shard, is_behind);
	shard_receive(host->shard, burst, count, world->now_ns);
	sim_host_move(world, host);
	receive_moved(world, host);
	/* A worker that is behind lets timers wait for some turns. */
	host->has_expired = !(is_behind && count > 0 && world->turns % 2);
	fired = host->has_expired ? shard_expire(host->shard, world->now_ns) : 0;
	host->fired += fired;
	/* A timer may send one as well. */
	host->heard_one_reset &= fired == 0;
	if (event)
		sim_app_act(world, event);
	sim_app_turn(world, number);
	host->calls += world->calls - calls;
	/* A setting that changes may make a timer due at once. */
	host->has_expired &= world->calls == calls;
	host->heard_one_reset &= world->calls == calls;
	transmit(world, host);
	host->was_shut |= world->is_healed && host->shard->buffers.is_shut;
	/* A deadline may be early, for a lazy timer: never less than a tick onwards. */
	host->timer_ns = UINT64_MAX;
	if (shard_next_deadline(host->shard, &deadline_ns))
		host->timer_ns = RTE_MAX(deadline_ns, world->now_ns + SIM_NS_PER_MS);
	world->turns++;
	sim_check_turn(world, number);
}

static uint64_t next_turn_ns(const struct sim_world *world, uint8_t number)
{
	const struct sim_host *host = &world->hosts[number];
	uint64_t next_ns = RTE_MIN(RTE_MIN(host->timer_ns, host->again_ns), sim_link_next_ns(world, number));

	next_ns = host->moved_count ? world->now_ns : RTE_MIN(next_ns, sim_app_next_ns(world, number));
	return next_ns == UINT64_MAX ? next_ns : RTE_MAX(next_ns, host->late_until_ns);
}

/* The next event of the plan is due. */
static void take_event(struct sim_world *world, const struct sim_event *event)
{
	uint8_t number;

	world->next_event++;
	if (event->is_off)
		return;
	if (event->kind > SIM_SETTING) {
		if (event->kind != SIM_HARM)
			sim_log_note(world, SIM_HOSTS_MAX, "%s", sim_seed_text(event));
		sim_fault_begin(world, event);
		return;
	}
	number = sim_app_host_of(world, event);
	if (number < world->plan->hosts)
		turn(world, number, event);
}

/* Goes on to what happens next. False where nothing does. */
static bool step(struct sim_world *world)
{
	const struct sim_plan *plan = world->plan;
	uint64_t next_ns = world->is_healed ? UINT64_MAX : plan->end_ns;
	uint32_t who = SIM_HOSTS_MAX;

	for (uint8_t number = 0; number < plan->hosts; number++) {
		uint64_t turn_ns = next_turn_ns(world, number);

		if (turn_ns < next_ns) {
			next_ns = turn_ns;
			who = number;
		}
	}
	/* Harm to frames stands behind the events that have a time. */
	if (world->next_event < plan->scheduled && plan->events[world->next_event].at_ns <= next_ns) {
		const struct sim_event *event = &plan->events[world->next_event];

		world->now_ns = RTE_MAX(world->now_ns, event->at_ns);
		take_event(world, event);
		return true;
	}
	if (next_ns == UINT64_MAX)
		return false;
	world->now_ns = RTE_MAX(world->now_ns, next_ns);
	if (who < SIM_HOSTS_MAX)
		turn(world, (uint8_t)who, NULL);
	else
		sim_fault_heal(world);
	return true;
}

void sim_world_crashed(int number)
{
	if (is_running)
		siglongjmp(cut_short, number);
}

static void run_to_the_end(struct sim_world *world)
{
	uint64_t since_ns = 0, turns = 0;

	while (world->failure.rule == SIM_RULE_NONE && !(world->is_healed && sim_check_is_over(world))) {
		if (!step(world) || world->now_ns > world->plan->end_ns + LIVE_MS * SIM_NS_PER_MS) {
			sim_check_left(world);
			break;
		}
		if (world->now_ns != since_ns) {
			since_ns = world->now_ns;
			turns = world->turns;
		} else if (world->turns - turns > TURNS_AT_ONCE) {
			sim_fail(world, SIM_RULE_QUIET, "%d turns at one time", TURNS_AT_ONCE);
		}
	}
	close_world(world);
}

void sim_world_run(struct sim_world *world, struct sim_plan *plan)
{
	int number;

	open_world(world, plan);
	number = sigsetjmp(cut_short, 1);
	is_running = number == 0;
	if (number == 0) {
		run_to_the_end(world);
	} else {
		sim_fail(world, SIM_RULE_SOUND, "signal %d (%s)", number, strsignal(number));
		sim_host_forget_pools();
		world->lost = 0;
	}
	is_running = false;
	plan->is_recorded = true;
}
