/* sim_act.c - what applications do of their own accord: by the plan, when they wake, and once faults are over. */
#include <string.h>

#include "shard/shard_parts.h"
#include "sim/sim_app.h"
#include "sim/sim_world.h"
#include "support/raw_ip6.h"

enum { ACCEPT_MS = 10, LOOK_AGAIN_MS = 50000, GIVE_UP_MS = 300000, ECHO_MAX = 20000 };

static void open_one(struct sim_world *world, const struct sim_event *event)
{
	struct sim_host *host = &world->hosts[event->who];
	uint32_t kind = event->a & SIM_TO_CROSS ? 2 : event->a & SIM_TO_PULL ? 1 : 0;
	struct quern_conn conn;
	struct sim_end *end;

	world->calls++;
	/* Every pair in use, or no record left. */
	if (quern_connect(host->shard, host->routes[event->a % SIM_HOSTS_MAX][kind], &conn) != 0)
		return;
	end = sim_app_add(world, event->who, conn);
	if (!end)
		return;
	end->is_active = true;
	end->number = event->b;
	end->iss = end->snd_una;
	sim_app_draw_character(world, end);
	if (end->is_early)
		sim_app_push(world, end);
}

/* The latest end of a side; null where there is none that lives. */
static struct sim_end *end_of_side(struct sim_world *world, uint32_t side)
{
	for (uint32_t i = world->end_count; i > 0; i--) {
		struct sim_end *end = &world->ends[i - 1];

		if (2 * end->number + !end->is_active == side && !end->has_ended)
			return end;
	}
	return NULL;
}

static void abort_end(struct sim_world *world, struct sim_end *end)
{
	end->has_aborted = true;
	quern_conn_abort(world->hosts[end->host].shard, end->conn);
}

static void close_end(struct sim_world *world, struct sim_end *end)
{
	if (end->has_closed)
		return;
	end->has_shut = end->has_closed = true;
	quern_conn_close(world->hosts[end->host].shard, end->conn);
}

static void shut_end(struct sim_world *world, struct sim_end *end)
{
	if (!end->is_established || end->has_shut)
		return;
	end->has_shut = true;
	quern_conn_shutdown(world->hosts[end->host].shard, end->conn);
}

/* One of the settings that a connection can change for itself. */
static void change_setting(struct quern_shard *shard, const struct sim_end *end, uint32_t draw)
{
	const struct quern_tcp_options options = {
		.keepalive = draw & 4, .keepalive_idle_ms = 1000 + draw, .keepalive_interval_ms = 1000};

	switch (draw % 3) {
	case 0:
		quern_conn_nagle(shard, end->conn, draw & 4);
		return;
	case 1:
		quern_conn_keepalive(shard, end->conn, &options);
		return;
	default:
		quern_conn_user_timeout(shard, end->conn, draw & 4 ? 6000 + draw : 0);
	}
}

static void act_on(struct sim_world *world, struct sim_end *end, const struct sim_event *event)
{
	struct quern_shard *shard = world->hosts[end->host].shard;

	world->calls++;
	switch ((enum sim_kind)event->kind) {
	case SIM_SEND:
		end->to_send += end->has_shut ? 0 : event->b;
		if (end->is_established)
			sim_app_push(world, end);
		return;
	case SIM_SHUTDOWN:
		shut_end(world, end);
		return;
	case SIM_CLOSE:
		close_end(world, end);
		return;
	case SIM_ABORT:
		abort_end(world, end);
		return;
	case SIM_HOLD:
		end->held_until_ns = world->now_ns + event->b * SIM_NS_PER_MS;
		end->wake_ns = end->held_until_ns;
		return;
	case SIM_SETTING:
		change_setting(shard, end, event->b);
		return;
	case SIM_OPEN:
	case SIM_DRAIN:
	case SIM_REFUSE:
	case SIM_SHORT:
	case SIM_LATE:
	case SIM_RESTART:
	case SIM_BEHIND:
	case SIM_JUMP:
	case SIM_DARK:
	case SIM_NARROW:
	case SIM_COPY:
	case SIM_HARM:
	case SIM_KINDS_END:
		return;
	}
}

uint8_t sim_app_host_of(struct sim_world *world, const struct sim_event *event)
{
	const struct sim_end *end;

	if (event->kind == SIM_OPEN)
		return event->who;
	end = end_of_side(world, event->a);
	return end ? end->host : SIM_HOSTS_MAX;
}

void sim_app_act(struct sim_world *world, const struct sim_event *event)
{
	struct sim_end *end;

	if (event->kind == SIM_OPEN) {
		sim_log_note(world, event->who, "%s", sim_seed_text(event));
		open_one(world, event);
		return;
	}
	/* What came in the same turn may have ended it. */
	end = end_of_side(world, event->a);
	if (!end)
		return;
	sim_log_note(world, end->host, "%s", sim_seed_text(event));
	act_on(world, end, event);
}

void sim_app_on_text(struct sim_world *world, struct sim_end *end)
{
	if (world->is_healed || end->has_ended || (end->quirk < SIM_QUIRK_ECHO && end->received < end->quirk_at))
		return;
	world->calls++;
	switch (end->quirk) {
	case SIM_QUIRK_CLOSE:
		close_end(world, end);
		return;
	case SIM_QUIRK_ABORT:
		abort_end(world, end);
		return;
	case SIM_QUIRK_SHUTDOWN:
		shut_end(world, end);
		return;
	case SIM_QUIRK_ECHO:
		end->to_send += end->has_shut || end->to_send > ECHO_MAX ? 0 : 1 + end->quirk_at % 50;
		sim_app_push(world, end);
		return;
	case SIM_QUIRK_RESUME:
		quern_conn_resume(world->hosts[end->host].shard, end->conn);
		return;
	case SIM_QUIRK_REOPEN:
	case SIM_QUIRKS:
		return;
	}
}

void sim_app_on_trouble(struct sim_world *world, struct sim_end *end)
{
	if (world->is_healed || end->has_ended)
		return;
	world->calls++;
	if (end->quirk == SIM_QUIRK_ABORT)
		abort_end(world, end);
	else if (end->quirk == SIM_QUIRK_CLOSE)
		close_end(world, end);
}

void sim_app_on_ended(struct sim_world *world, const struct sim_end *end)
{
	struct sim_event event = {.kind = SIM_OPEN, .who = end->host, .b = end->number + SIM_CONNS_MAX};

	if (world->is_healed || end->quirk != SIM_QUIRK_REOPEN || !end->is_active || end->number >= SIM_CONNS_MAX)
		return;
	/* From the record, perhaps, that is just being given back. */
	event.a = sim_host_of(end->tuple.dest) | (end->tuple.dest_port == SIM_PULL_PORT ? SIM_TO_PULL : 0);
	sim_app_act(world, &event);
}

/* A listener without callbacks is asked now and then. */
static void accept_some(struct sim_world *world, struct sim_host *host)
{
	const struct quern_endpoint local = raw_endpoint(sim_host_address(world, host->number), SIM_PULL_PORT);
	struct quern_conn_info info;
	struct quern_conn conn;

	if (world->now_ns < host->accept_ns)
		return;
	host->accept_ns = world->now_ns + ACCEPT_MS * SIM_NS_PER_MS;
	while (quern_accept(host->shard, &local, &conn) == 0) {
		struct sim_end *end = sim_app_take_passive(world, host->number, conn, true);

		world->calls++;
		if (!end)
			return;
		sim_log_note(world, host->number, "side %u is accepted", 2 * end->number + 1);
		end->is_established = true;
		/* Told before anybody had accepted it, and not again. */
		end->peer_closed = quern_conn_info(host->shard, conn, &info) == 0 && info.state == QUERN_CLOSE_WAIT &&
				   info.held_bytes == 0;
		end->pause_ms += ACCEPT_MS;
		end->wake_ns = world->now_ns + end->pause_ms * SIM_NS_PER_MS;
		sim_app_push(world, end);
	}
}

/* Reads what is held. The peer's FIN may be told, and the end, before the call is back. */
static void pull(struct sim_world *world, struct sim_end *end)
{
	struct quern_shard *shard = world->hosts[end->host].shard;
	uint32_t room = end->sip ? end->sip : SIM_PIECE, place = end->received, bytes = 0;
	uint8_t text[SIM_PIECE];
	struct quern_conn_info info;

	if (quern_conn_info(shard, end->conn, &info) != 0)
		return;
	room = room < info.held_bytes ? room : info.held_bytes;
	end->received += room;
	if (quern_conn_receive(shard, end->conn, text, room, &bytes) != 0 || bytes != room)
		sim_fail(world, SIM_RULE_TEXT, "host %u reads %u bytes of %u that are held", end->host, bytes, room);
	else if (bytes > 0)
		sim_app_check_text(world, end, place, text, bytes);
	if (!end->has_ended && !end->peer_closed)
		end->wake_ns = world->now_ns + end->pause_ms * SIM_NS_PER_MS;
}

/* Faults are over. A peer that is gone, and whose RST was lost, will never close: without keepalive nobody would know.
 */
static void give_up(struct sim_world *world, struct sim_end *end)
{
	bool peer_is_gone = end->peer == 0 || sim_app_end(world, end->peer)->has_ended;

	if (end->has_closed || world->now_ns - world->plan->end_ns < GIVE_UP_MS * SIM_NS_PER_MS)
		return;
	if (peer_is_gone)
		close_end(world, end);
}

static void wake(struct sim_world *world, struct sim_end *end)
{
	end->wake_ns = UINT64_MAX;
	world->calls++;
	if (end->pulls && end->is_established)
		pull(world, end);
	else
		quern_conn_resume(world->hosts[end->host].shard, end->conn);
	if (!end->has_ended && end->is_established)
		sim_app_push(world, end);
	if (!world->is_healed || end->has_ended)
		return;
	give_up(world, end);
	if (!end->has_ended && end->wake_ns == UINT64_MAX)
		end->wake_ns = world->now_ns + LOOK_AGAIN_MS * SIM_NS_PER_MS;
}

void sim_app_turn(struct sim_world *world, uint8_t number)
{
	accept_some(world, &world->hosts[number]);
	for (uint32_t i = 0; i < world->end_count; i++)
		if (world->ends[i].host == number && world->ends[i].wake_ns <= world->now_ns)
			wake(world, &world->ends[i]);
}

uint64_t sim_app_next_ns(const struct sim_world *world, uint8_t number)
{
	const struct sim_host *host = &world->hosts[number];
	uint64_t next_ns = host->shard->waiting_count > 0 ? host->accept_ns : UINT64_MAX;

	for (uint32_t i = 0; i < world->end_count; i++)
		if (world->ends[i].host == number && world->ends[i].wake_ns < next_ns)
			next_ns = world->ends[i].wake_ns;
	return next_ns;
}

void sim_app_heal(struct sim_world *world)
{
	for (uint32_t i = 0; i < world->end_count; i++) {
		struct sim_end *end = &world->ends[i];

		end->sip = 0;
		end->held_until_ns = 0;
		if (!end->has_ended)
			end->wake_ns = world->now_ns;
	}
}
