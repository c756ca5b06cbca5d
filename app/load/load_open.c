/* load_open.c - opens connections: at their places on the schedule, as many as there is room for, or both. */
#include <errno.h>

#include "load/load_client_parts.h"

enum {
	WINDOW = 256,      /* set-ups in flight of --cps max */
	WINDOW_BATCH = 32, /* opens a turn, of --cps max and --cc */
	DUE_BATCH = 64     /* of a schedule */
};
#define RETRY_NS CLI_NS_PER_MS

void load_open_begin(struct load_client *client, uint64_t now)
{
	const struct cli_service *service = client->service;

	client->begin_ns = now;
	client->ramp_end_ns = now + service->ramp_ns;
	client->pace.next_ns = LOAD_PACE_NEVER;
	if (!client->is_scheduled || client->number >= client->openers)
		return;
	if (client->level.to > 0)
		load_pace_begin(&client->pace, &client->level, 1, client->number, client->openers, now);
	else
		load_pace_begin(&client->pace, service->legs, service->leg_count, client->number, client->openers, now);
}

static void count_lateness(struct load_client *client, uint64_t intended_ns, uint64_t now)
{
	enum report_late cause;

	if (now - intended_ns <= LOAD_ON_TIME_NS) {
		report_count(&client->tally->on_schedule);
		return;
	}
	cause = load_late_cause(&client->late, intended_ns, now);
	if (cause < REPORT_LATES_END)
		report_count(&client->tally->late[cause]);
}

/* Opens one connection and counts it. False where that failed: nothing more can be opened in this turn. */
static bool open_one(struct load_client *client, struct quern_shard *shard, uint64_t intended_ns, uint64_t now)
{
	bool is_measured = intended_ns >= client->measure_begin_ns;
	uint8_t target, route = load_ways_take(&client->ways, &target);
	struct quern_conn conn;
	int rc = quern_connect(shard, route, &conn);

	if (is_measured) {
		client->left--;
		report_count(&client->tally->opened);
		report_count(&client->tally->targets[target].opened);
		count_lateness(client, intended_ns, now);
	}
	if (rc == 0) {
		load_slot_open(client, conn, target, intended_ns, now, is_measured);
		return true;
	}
	if (is_measured) {
		report_count(&client->tally->failed[rc == -ENOBUFS ? REPORT_FAILED_no_memory : REPORT_FAILED_no_port]);
		report_count(&client->tally->targets[target].failed);
	}
	return false;
}

/* How many more --cc allows, which rises from 0 where only it is to be reached. */
static uint64_t room_to_hold(const struct load_client *client, uint64_t now)
{
	uint64_t used = (uint64_t)client->setting_up + client->open, most = client->to_hold;

	if (now < client->ramp_end_ns && !client->is_scheduled)
		most = (uint64_t)((double)most * (double)(now - client->begin_ns) /
				  (double)(client->ramp_end_ns - client->begin_ns));
	return used < most ? most - used : 0;
}

/* A start is due, and something is in its way. */
static void wait_for(struct load_client *client, enum report_late cause, uint64_t now)
{
	uint64_t next_ns = client->pace.next_ns;

	if (next_ns <= now)
		load_late_wait(&client->late, cause, next_ns, now);
}

/* Open loop: every intended start is tried, however the others fare; those that --cc has no room for, later. */
static bool open_due(struct load_client *client, struct quern_shard *shard, uint64_t now)
{
	uint64_t room = client->service->cc > 0 ? room_to_hold(client, now) : DUE_BATCH;
	uint64_t batch = room < DUE_BATCH ? room : DUE_BATCH, opened = 0;

	if (client->pace.next_ns > now)
		return false;
	load_late_look(&client->late, quern_latest_gap(shard), client->pace.next_ns);
	for (; opened < batch && client->pace.next_ns <= now && client->left > 0; opened++) {
		if (client->pace.next_ns >= client->measure_end_ns)
			break;
		open_one(client, shard, client->pace.next_ns, now);
		load_pace_advance(&client->pace);
	}
	if (opened == room && client->service->cc > 0)
		wait_for(client, REPORT_LATE_cc, now);
	return opened > 0;
}

/* Closed loop: as many as the window or the number to hold leaves room for. After a failure it tries again in a
 * millisecond, so that a full port space does not become millions of failures. */
static bool open_room(struct load_client *client, struct quern_shard *shard, uint64_t now)
{
	uint64_t used = (uint64_t)client->setting_up + client->unanswered;
	uint64_t room = client->service->cc > 0 ? room_to_hold(client, now) : used < WINDOW ? WINDOW - used : 0;
	uint64_t batch = room < WINDOW_BATCH ? room : WINDOW_BATCH;

	if (now < client->retry_at_ns || client->is_paused)
		return false;
	for (uint64_t i = 0; i < batch && client->left > 0; i++) {
		if (open_one(client, shard, now, now))
			continue;
		client->retry_at_ns = now + RETRY_NS;
		break;
	}
	return batch > 0;
}

bool load_open(struct load_client *client, struct quern_shard *shard, uint64_t now)
{
	/* More now would only be lost on the way; what is late by it shows in the time from schedule. */
	if (quern_congested(shard)) {
		wait_for(client, REPORT_LATE_port, now);
		return false;
	}
	return client->is_scheduled ? open_due(client, shard, now) : open_room(client, shard, now);
}

/* Counts the starts before `end_ns` that were not reached, and by what. */
static void miss_before(struct load_client *client, uint64_t end_ns, uint64_t now)
{
	enum report_late cause = load_late_cause(&client->late, client->pace.next_ns, now);

	client->missed += load_pace_missed(&client->pace, end_ns);
	if (cause < REPORT_LATES_END) {
		uint64_t until_ns = load_late_until(&client->late, cause);

		client->missed_late[cause] += load_pace_missed(&client->pace, until_ns < end_ns ? until_ns : end_ns);
	}
}

void load_open_miss(struct load_client *client, uint64_t now)
{
	miss_before(client, client->measure_end_ns, now);
}

void load_open_steer(struct load_client *client, uint64_t now)
{
	const struct load_steer *steer = &client->orders->steer;
	const struct load_level *level = &steer->levels[client->service - client->settings->service];
	uint32_t version = load_steer_version(steer);

	if (version == client->steered)
		return;
	client->steered = version;
	client->is_paused = __atomic_load_n(&steer->is_paused, __ATOMIC_RELAXED);
	client->to_hold = load_share(__atomic_load_n(&level->cc, __ATOMIC_RELAXED), client->number, client->count);
	if (!client->is_scheduled || client->number >= client->openers || client->service->profile)
		return;
	/* Those that lay before it stay intended, and late. */
	if (now >= client->measure_begin_ns)
		miss_before(client, now, now);
	client->pace.next_ns = LOAD_PACE_NEVER;
	client->level.from = client->level.to = __atomic_load_n(&level->cps, __ATOMIC_RELAXED);
	if (!client->is_paused)
		load_pace_begin(&client->pace, &client->level, 1, client->number, client->openers, now);
}
