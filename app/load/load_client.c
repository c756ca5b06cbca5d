/* load_client.c - the client's turn: waits for the way, paces opens, drains, and sweeps what is left. */
#include "load/load_client.h"

#include <errno.h>
#include <stdlib.h>

#include "load/load_client_parts.h"
#include "load/load_exchange.h"

enum {
	SWEEP_BATCH = 64,
	SWEEP_LOOK = 4096,    /* slots looked at in a turn */
	SERVICE_DRAWS = 10000 /* beyond the numbers of one service's clients, and of servers */
};
#define CATCH_UP_NS CLI_NS_PER_S
#define SLACK_NS CLI_NS_PER_S
#define SWEEP_NS (2 * CLI_NS_PER_S)

enum load_phase load_client_phase(const struct load_client *client)
{
	return (enum load_phase)__atomic_load_n(&client->phase, __ATOMIC_ACQUIRE);
}

bool load_client_is_of_run(const struct load_client *client, uint32_t run)
{
	return __atomic_load_n(&client->run, __ATOMIC_ACQUIRE) == run;
}

static void enter(struct load_client *client, enum load_phase phase)
{
	__atomic_store_n(&client->phase, phase, __ATOMIC_RELEASE);
}

static enum load_order order_of(const struct load_client *client)
{
	return (enum load_order)__atomic_load_n(&client->orders->order, __ATOMIC_RELAXED);
}

/* This client's part of the load. Where there are more clients than --cc can be divided among, some open none: then
 * theirs is the others'. */
static void take_share(struct load_client *client, uint16_t number, uint16_t count)
{
	const struct cli_service *service = client->service;
	uint64_t connections = client->settings->connections;

	client->number = number;
	client->count = count;
	client->openers = service->cc > 0 && service->cc < count ? (uint16_t)service->cc : count;
	client->to_hold = load_share(service->cc, number, count);
	client->quota = connections > 0 ? 0 : UINT64_MAX;
	if (connections > 0 && number < client->openers)
		client->quota = load_share(connections, number, client->openers);
	client->left = client->quota;
}

int load_client_open(struct load_client *client, const struct cli_settings *settings, const struct cli_service *service,
		     const struct cli_workers *workers, uint16_t number, uint16_t count,
		     const struct load_orders *orders)
{
	uint16_t port = workers->at[number].port;

	*client = (struct load_client){.orders = orders,
				       .settings = settings,
				       .service = service,
				       .port = port,
				       .slot_count = cli_workers_share(workers, port, settings->max_connections)};
	client->is_scheduled = service->cps != 0 && service->cps != CLI_CPS_MAX;
	take_share(client, number, count);
	client->closes = service->close != CLI_CLOSE_SERVER && service->close != CLI_CLOSE_NEVER;
	client->is_kept = service->close == CLI_CLOSE_NEVER && settings->duration_given;
	client->exchange = load_exchange_of(service);
	client->tally = malloc(sizeof(*client->tally));
	client->slots = calloc(client->slot_count, sizeof(*client->slots));
	client->longest_wait_ns = service->hold.most + service->think.most;
	load_draw_begin(&client->draw, settings->seed,
			number + SERVICE_DRAWS * (unsigned int)(service - settings->service));
	if (client->tally)
		report_tally_reset(client->tally);
	if (!client->tally || !client->slots || load_ways_open(&client->ways, service) != 0 ||
	    ((client->longest_wait_ns > 0 || service->payload == CLI_PAYLOAD_SINK) &&
	     load_wheel_open(&client->wheel, client->slot_count, client->longest_wait_ns) != 0) ||
	    (service->http.is_spoken && load_http_open(client) != 0) ||
	    (client->exchange == &load_text_exchange && load_text_open(client) != 0)) {
		load_client_close(client);
		return -ENOMEM;
	}
	return 0;
}

void load_client_close(struct load_client *client)
{
	load_http_close(client);
	load_text_close(client);
	load_wheel_close(&client->wheel);
	load_ways_close(&client->ways);
	free(client->slots);
	free(client->tally);
	*client = (struct load_client){.phase = LOAD_DONE};
}

int load_client_start(struct quern_shard *shard, void *app)
{
	struct load_client *client = app;

	client->waiting_since_ns = quern_now(shard);
	return load_ways_start(&client->ways, shard, client->settings, client->service, client->port,
			       &load_client_events, client);
}

/* The first target whose way is not known; all are asked for at once. */
static uint16_t unreachable_target(const struct load_client *client, struct quern_shard *shard)
{
	const struct cli_service *service = client->service;
	uint16_t first = service->target_count;

	for (uint16_t i = service->target_count; i > 0; i--) {
		if (!quern_reachable(shard, &service->target[i - 1]))
			first = i - 1;
	}
	return first;
}

static bool look_for_target(struct load_client *client, struct quern_shard *shard, uint64_t now)
{
	client->unreachable = unreachable_target(client, shard);
	if (client->unreachable == client->service->target_count)
		enter(client, LOAD_READY);
	else if (now - client->waiting_since_ns > client->settings->wait_link_ns)
		enter(client, LOAD_UNREACHABLE);
	return false;
}

static bool begin_when_told(struct load_client *client, uint64_t now)
{
	uint32_t run = __atomic_load_n(&client->orders->run, __ATOMIC_ACQUIRE);

	if (run == client->run)
		return false;
	if (client->orders->cps > 0) {
		client->is_scheduled = true;
		client->level = (struct cli_leg){.from = client->orders->cps, .to = client->orders->cps};
	}
	client->measure_begin_ns = now + cli_ramp_ns(client->settings) + client->settings->warmup_ns;
	client->measure_end_ns = client->settings->duration_ns == 0
					 ? UINT64_MAX
					 : client->measure_begin_ns + client->settings->duration_ns;
	load_open_begin(client, now);
	enter(client, LOAD_WARMUP);
	__atomic_store_n(&client->run, run, __ATOMIC_RELEASE);
	return true;
}

/* Another run: nothing of the last one is left. */
static bool begin_again(struct load_client *client, uint64_t now)
{
	if (__atomic_load_n(&client->orders->run, __ATOMIC_ACQUIRE) == client->run)
		return false;
	load_client_renew(client);
	return begin_when_told(client, now);
}

static void begin_draining(struct load_client *client, uint64_t now)
{
	if (now < client->measure_end_ns)
		client->measure_end_ns = now;
	if (client->is_scheduled && client->left > 0)
		load_open_miss(client, now);
	client->stopped_ns = now;
	client->deadline_ns = now + client->settings->connect_timeout_ns + SLACK_NS;
	client->is_ending = client->left > 0 || order_of(client) >= LOAD_ORDER_END;
	/* A run that ends by count lets its connections live to their end. */
	if (client->left == 0)
		client->deadline_ns += client->longest_wait_ns;
	enter(client, LOAD_DRAINING);
}

/* The time is up; but of an open loop every intended start that lay within it is still tried, late as it is. */
static bool is_over(const struct load_client *client, uint64_t now)
{
	if ((client->left == 0 && !client->is_kept) || order_of(client) >= LOAD_ORDER_END)
		return true;
	if (now < client->measure_end_ns)
		return false;
	return !client->is_scheduled || client->pace.next_ns >= client->measure_end_ns ||
	       now - client->measure_end_ns > CATCH_UP_NS;
}

static bool open_and_close(struct load_client *client, struct quern_shard *shard, uint64_t now)
{
	bool closed = load_wake_due(client, shard, now), opened;

	if (client->phase == LOAD_WARMUP && now >= client->measure_begin_ns)
		enter(client, LOAD_MEASURING);
	if (is_over(client, now)) {
		begin_draining(client, now);
		return true;
	}
	load_open_steer(client, now);
	opened = load_open(client, shard, now);
	return opened || closed;
}

/* A run by count that is also bounded by the clock, or told to end: connections end behind the answer they wait for. */
static void stop_waiting_for_more(struct load_client *client, uint64_t now)
{
	uint64_t duration_ns = client->settings->duration_ns;
	bool is_late = duration_ns > 0 && now >= client->measure_begin_ns + duration_ns;

	if (client->is_ending || !client->exchange->is_let_finish || (!is_late && order_of(client) < LOAD_ORDER_END))
		return;
	client->is_ending = true;
	client->deadline_ns = now + client->settings->connect_timeout_ns + SLACK_NS;
}

/* While answers go on coming, a run by count waits for the rest of them. */
static uint64_t drain_deadline(const struct load_client *client)
{
	uint64_t heard_deadline_ns =
		client->heard_ns + client->settings->connect_timeout_ns + SLACK_NS + client->longest_wait_ns;

	if (client->is_ending || heard_deadline_ns < client->deadline_ns)
		return client->deadline_ns;
	return heard_deadline_ns;
}

static bool drain(struct load_client *client, struct quern_shard *shard, uint64_t now)
{
	bool closed = load_wake_due(client, shard, now);
	bool is_cut = client->left > 0 && !client->exchange->is_let_finish;
	bool is_kept = client->service->close == CLI_CLOSE_NEVER && client->unanswered == 0;
	bool is_decided = client->setting_up == 0 && (is_cut || is_kept || client->open == 0);

	stop_waiting_for_more(client, now);
	/* Those that wait for a time that lies beyond the end of the run have waited long enough. */
	if (client->is_ending && client->exchange->is_let_finish)
		load_wheel_hurry(&client->wheel);
	if (!is_decided && now < drain_deadline(client) && order_of(client) < LOAD_ORDER_QUIT)
		return closed;
	enter(client, LOAD_DECIDED);
	return true;
}

static bool begin_sweeping(struct load_client *client, uint64_t now)
{
	if (order_of(client) < LOAD_ORDER_SWEEP)
		return false;
	client->deadline_ns = now + SWEEP_NS;
	enter(client, LOAD_SWEEPING);
	return true;
}

/* Counts what is still there and resets it, so that no peer is left hanging; beyond the deadline it only counts. */
static bool sweep(struct load_client *client, struct quern_shard *shard, uint64_t now)
{
	int aborted = 0;

	for (int looked = 0; looked < SWEEP_LOOK && aborted < SWEEP_BATCH; looked++) {
		uint32_t index = client->sweep_next;
		struct load_slot *slot;

		if (index == client->slot_count) {
			enter(client, LOAD_DONE);
			break;
		}
		slot = &client->slots[index];
		client->sweep_next++;
		if (!(slot->flags & LOAD_SLOT_LIVE))
			continue;
		load_slot_settle(client, slot);
		if (now < client->deadline_ns || client->orders->is_one_of_several) {
			quern_conn_abort(shard,
					 (struct quern_conn){index, quern_shard_number(shard), slot->generation});
			aborted++;
		}
	}
	return true;
}

bool load_client_turn(struct quern_shard *shard, void *app)
{
	struct load_client *client = app;
	uint64_t now = quern_now(shard);

	switch (client->phase) {
	case LOAD_WAITING:
		return look_for_target(client, shard, now);
	case LOAD_READY:
		return begin_when_told(client, now);
	case LOAD_WARMUP:
	case LOAD_MEASURING:
		return open_and_close(client, shard, now);
	case LOAD_DRAINING:
		return drain(client, shard, now);
	case LOAD_DECIDED:
		return begin_sweeping(client, now);
	case LOAD_SWEEPING:
		return sweep(client, shard, now);
	case LOAD_DONE:
		return begin_again(client, now);
	case LOAD_UNREACHABLE:
		break;
	}
	return false;
}

int load_client_start_all(struct quern_shard *shard, void *app)
{
	struct load_client *clients = app;
	int rc = 0;

	for (uint16_t i = 0; rc == 0 && i < clients->settings->service_count; i++)
		rc = load_client_start(shard, &clients[i]);
	return rc;
}

bool load_client_turn_all(struct quern_shard *shard, void *app)
{
	struct load_client *clients = app;
	bool is_busy = false;

	for (uint16_t i = 0; i < clients->settings->service_count; i++)
		is_busy |= load_client_turn(shard, &clients[i]);
	return is_busy;
}
