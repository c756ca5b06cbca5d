/* sim_app.c - applications and their characters. */
#include "sim/sim_app.h"

#include <string.h>

#include "base/seq.h"
#include "sim/sim_world.h"
#include "support/raw_ip6.h"

enum { NEAR = 1 << 24 };

struct sim_end *sim_app_end(const struct sim_world *world, uint32_t number)
{
	return number ? (struct sim_end *)&world->ends[number - 1] : NULL;
}

static struct sim_end *end_of(struct sim_world *world, struct quern_shard *shard, struct quern_conn conn)
{
	const uint32_t *user = quern_conn_user(shard, conn);

	return user && *user > 0 && *user <= world->end_count ? &world->ends[*user - 1] : NULL;
}

static struct quern_shard *shard_of(const struct sim_world *world, const struct sim_end *end)
{
	return world->hosts[end->host].shard;
}

static uint32_t index_of(const struct sim_world *world, const struct sim_end *end)
{
	return (uint32_t)(end - world->ends);
}

struct sim_end *sim_app_add(struct sim_world *world, uint8_t host, struct quern_conn conn)
{
	struct quern_shard *shard = world->hosts[host].shard;
	struct quern_conn_info info;
	struct sim_end *end;
	struct sim_flow *flow, *back;
	struct sim_tuple other;

	if (world->end_count == SIM_ENDS_MAX || quern_conn_info(shard, conn, &info) != 0) {
		sim_fail(world, SIM_RULE_RECORDS, "host %u: a connection that is none, or too many of them", host);
		return NULL;
	}
	end = &world->ends[world->end_count++];
	*end = (struct sim_end){.conn = conn,
				.host = host,
				.wake_ns = UINT64_MAX,
				.since_ns = world->now_ns,
				.since_turn = world->turns};
	end->tuple = (struct sim_tuple){raw_address(&info.local), raw_address(&info.remote), info.local.port,
					info.remote.port};
	*quern_conn_user(shard, conn) = world->end_count;
	other = sim_wire_back(&end->tuple);
	flow = sim_wire_flow(world, &end->tuple);
	back = sim_wire_flow(world, &other);
	if (!flow || !back)
		return NULL;
	end->resets_before = back->resets_heard;
	end->state = info.state;
	end->snd_una = info.snd_una;
	end->rcv_nxt = info.rcv_nxt;
	return end;
}

/* What a passive end sends goes by its own numbers from here on. */
static void own_flow(struct sim_world *world, struct sim_end *end)
{
	struct sim_flow *flow = sim_wire_flow(world, &end->tuple);

	if (!flow)
		return;
	/* Another answer by cookie went out after the one that came back. */
	if (flow->iss != end->iss) {
		flow->iss = end->iss;
		flow->sent_end = end->iss + 1;
		flow->has_old = false;
		flow->has_two = true;
	}
	/* The same answer has come back twice. */
	if (flow->end && sim_app_end(world, flow->end) != end)
		flow->has_acked = false;
	flow->end = index_of(world, end) + 1;
}

/* Once faults are over, who has opened half-closes, and every other one of those who have not: the rest say nothing
 * more until their peer has, so that all must come through without help from what goes the other way. */
static bool half_closes(const struct sim_world *world, const struct sim_end *end)
{
	return world->is_healed ? end->is_active || end->number % 2 : end->finish == SIM_FINISH_SHUTDOWN;
}

/* All that it wanted to send is sent, or the peer has closed: what follows. */
void sim_app_finish(struct sim_world *world, struct sim_end *end)
{
	struct quern_shard *shard = shard_of(world, end);
	bool is_done = end->sent >= end->to_send;

	if (end->has_ended || end->has_closed || !end->is_established)
		return;
	if (is_done && end->finish == SIM_FINISH_ABORT && !world->is_healed) {
		end->has_aborted = true;
		world->calls++;
		quern_conn_abort(shard, end->conn);
		return;
	}
	if (end->finish == SIM_FINISH_HOLD && !world->is_healed)
		return;
	if (is_done && !end->has_shut && half_closes(world, end)) {
		end->has_shut = true;
		world->calls++;
		quern_conn_shutdown(shard, end->conn);
	}
	if (is_done && (end->peer_closed || (end->finish == SIM_FINISH_CLOSE && !world->is_healed))) {
		end->has_shut = end->has_closed = true;
		world->calls++;
		quern_conn_close(shard, end->conn);
	}
}

/* Sends as much as there is room for. */
void sim_app_push(struct sim_world *world, struct sim_end *end)
{
	uint8_t text[SIM_PIECE];
	uint32_t bytes = 0, taken = 0;

	while (!end->has_ended && !end->has_shut && end->sent < end->to_send && taken == bytes) {
		bytes = end->to_send - end->sent < SIM_PIECE ? end->to_send - end->sent : SIM_PIECE;
		sim_app_text(world, end, text, bytes);
		world->calls++;
		if (quern_conn_send(shard_of(world, end), end->conn, text, bytes, &taken) != 0)
			return;
		end->sent += taken;
	}
	sim_app_finish(world, end);
}

/* The open that a connection which came answers: the latest of the same ends whose numbers it goes on from. */
static struct sim_end *find_peer(struct sim_world *world, const struct sim_end *end, uint32_t rcv_nxt)
{
	struct sim_tuple other = sim_wire_back(&end->tuple);

	for (uint32_t i = world->end_count; i > 0; i--) {
		struct sim_end *peer = &world->ends[i - 1];

		if (peer->is_active && sim_wire_same(&peer->tuple, &other) && rcv_nxt - peer->iss - 1 < NEAR)
			return peer;
	}
	return NULL;
}

/* Two ends are one connection. */
static void pair(struct sim_world *world, struct sim_end *end)
{
	struct sim_end *peer = find_peer(world, end, end->rcv_nxt);

	if (!peer) {
		sim_fail(world, SIM_RULE_RECORDS, "host %u is told of a connection that nobody has opened", end->host);
		return;
	}
	end->peer = index_of(world, peer) + 1;
	if (peer->peer == 0 || sim_app_end(world, peer->peer) == end) {
		peer->peer = index_of(world, end) + 1;
		return;
	}
	/* Within its time, a cookie that comes back twice opens twice. */
	end->is_ghost = peer->is_ghost = true;
	if (world->plan->makes[end->host].listens.syn_cookies == QUERN_SYN_COOKIES_NEVER)
		sim_fail(world, SIM_RULE_REUSE, "host %u: one open has come twice", end->host);
}

/* A connection that was made for a peer's SYN, and is the application's now. */
struct sim_end *sim_app_take_passive(struct sim_world *world, uint8_t host, struct quern_conn conn, bool pulls)
{
	struct sim_end *end = sim_app_add(world, host, conn);

	if (!end)
		return NULL;
	end->pulls = pulls;
	end->iss = end->snd_una - 1;
	pair(world, end);
	if (end->peer)
		end->number = sim_app_end(world, end->peer)->number;
	own_flow(world, end);
	/* What comes with the last ACK of the handshake may be left out yet. */
	end->rcv_nxt = 0;
	sim_app_draw_character(world, end);
	return end;
}

static uint8_t host_of(const struct quern_shard *shard)
{
	return (uint8_t)quern_shard_number(shard);
}

static void on_established(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct sim_world *world = app;
	struct sim_end *end = end_of(world, shard, conn);

	if (!end)
		end = sim_app_take_passive(world, host_of(shard), conn, false);
	else if (end->tuple.source_port == SIM_CROSS_PORT && end->tuple.dest_port == SIM_CROSS_PORT) {
		struct quern_conn_info info;

		quern_conn_info(shard, conn, &info);
		end->rcv_nxt = info.rcv_nxt;
		pair(world, end);
		end->rcv_nxt = 0;
	}
	if (!end)
		return;
	sim_log_note(world, end->host, "side %u is told: established", 2 * end->number + !end->is_active);
	if (end->is_established || end->has_ended)
		sim_fail(world, SIM_RULE_ENDS, "host %u is told twice that a connection is established", end->host);
	end->is_established = true;
	sim_app_push(world, end);
}

void sim_app_check_text(struct sim_world *world, const struct sim_end *end, uint32_t place, const uint8_t *text,
			uint32_t bytes)
{
	const struct sim_end *peer = sim_app_end(world, end->peer);
	uint32_t good, given;

	if (!end->peer || !end->is_established) {
		sim_fail(world, SIM_RULE_TEXT, "host %u is given text of no connection", end->host);
		return;
	}
	given = sim_app_given(world, peer);
	good = sim_app_matches(world, peer, place, text, bytes);
	if (place > given || bytes > given - place)
		sim_fail(world, SIM_RULE_TEXT, "host %u is given %u bytes at %u, of %u that were sent", end->host,
			 bytes, place, given);
	else if (good != bytes)
		sim_fail(world, SIM_RULE_TEXT, "host %u is given text whose byte %u is not what was sent", end->host,
			 place + good);
}

/* Those who read slowly come back for the rest. */
static uint32_t on_data(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	struct sim_world *world = app;
	struct sim_end *end = end_of(world, shard, conn);
	uint32_t taken = bytes;

	if (!end) {
		sim_fail(world, SIM_RULE_RECORDS, "text of a connection that nobody knows");
		return bytes;
	}
	if (end->has_ended)
		sim_fail(world, SIM_RULE_ENDS, "host %u is given text after the end", end->host);
	sim_app_check_text(world, end, end->received, text, bytes);
	if (world->now_ns < end->held_until_ns)
		taken = 0;
	else if (end->sip && taken > end->sip)
		taken = end->sip;
	if (taken < bytes && end->wake_ns == UINT64_MAX)
		end->wake_ns = (taken ? world->now_ns : end->held_until_ns) + end->pause_ms * SIM_NS_PER_MS;
	end->received += taken;
	sim_app_on_text(world, end);
	return taken;
}

static void on_writable(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct sim_end *end = end_of(app, shard, conn);

	if (end)
		sim_app_push(app, end);
}

static void on_peer_closed(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct sim_world *world = app;
	struct sim_end *end = end_of(world, shard, conn);
	const struct sim_end *peer;

	if (!end || !end->peer)
		return;
	sim_log_note(world, end->host, "side %u is told: peer closed", 2 * end->number + !end->is_active);
	peer = sim_app_end(world, end->peer);
	if (end->peer_closed)
		sim_fail(world, SIM_RULE_ENDS, "host %u is told twice that its peer has closed", end->host);
	if (!end->is_ghost && (!peer->has_shut || end->received != peer->sent))
		sim_fail(world, SIM_RULE_ENDS, "host %u is told that its peer has closed, after %u of %u bytes%s",
			 end->host, end->received, peer->sent, peer->has_shut ? "" : ", and it has not");
	end->peer_closed = true;
	sim_app_finish(world, end);
}

/* The way is in trouble: some give up within the call. */
static void on_unanswered(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct sim_world *world = app;
	struct sim_end *end = end_of(world, shard, conn);

	if (end)
		sim_app_on_trouble(world, end);
}

static void on_icmp(struct quern_shard *shard, struct quern_conn conn, enum quern_icmp what, void *app)
{
	struct sim_end *end = end_of(app, shard, conn);

	if (end)
		sim_log_note(app, end->host, "side %u is told: %s", 2 * end->number + !end->is_active,
			     quern_icmp_text(what));
	on_unanswered(shard, conn, app);
}

static void on_ended(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	struct sim_world *world = app;
	struct sim_end *end = end_of(world, shard, conn);

	if (!end) {
		/* Nobody has accepted it. */
		return;
	}
	sim_log_note(world, end->host, "side %u is told: ended, %s", 2 * end->number + !end->is_active,
		     quern_end_name(how));
	if (end->has_ended)
		sim_fail(world, SIM_RULE_ENDS, "host %u is told twice that a connection has ended", end->host);
	sim_end_check(world, end, how);
	end->has_ended = true;
	end->how = how;
	end->wake_ns = UINT64_MAX;
	sim_app_on_ended(world, end);
}

const struct quern_events sim_app_events = {.on_established = on_established,
					    .on_data = on_data,
					    .on_writable = on_writable,
					    .on_peer_closed = on_peer_closed,
					    .on_unanswered = on_unanswered,
					    .on_icmp = on_icmp,
					    .on_ended = on_ended};
const struct quern_events sim_app_pull_events = {.on_writable = on_writable,
						 .on_peer_closed = on_peer_closed,
						 .on_unanswered = on_unanswered,
						 .on_icmp = on_icmp,
						 .on_ended = on_ended};
