/* load_events.c - what happens to the client's connections, and the counting of it. The hot path of load. */
#include <errno.h>

#include "load/load_client_parts.h"
#include "load/load_exchange.h"
#include "report/report_totals.h"

enum {
	UNIT_SHIFT = 6, /* 64 ns */
	WAKE_BATCH = 64
};

void load_slot_open(struct load_client *client, struct quern_conn conn, uint8_t target, uint64_t intended_ns,
		    uint64_t now, bool is_measured)
{
	uint64_t opened = now >> UNIT_SHIFT;

	client->slots[conn.index] = (struct load_slot){
		.opened_low = (uint32_t)opened,
		.opened_high = (uint16_t)(opened >> 32),
		.generation = conn.generation,
		.lag = (uint32_t)((now - intended_ns) >> UNIT_SHIFT),
		.flags = LOAD_SLOT_LIVE | (is_measured ? LOAD_SLOT_MEASURED : 0) | (uint32_t)target << LOAD_SLOT_TARGET,
	};
	if (client->setting_up++ == 0)
		client->answered_ns = now;
}

void load_slot_settle(struct load_client *client, struct load_slot *slot)
{
	uint32_t flags = slot->flags;

	if (flags & LOAD_SLOT_MEASURED && flags & LOAD_SLOT_LIVE && flags & LOAD_SLOT_ESTABLISHED)
		report_count(&client->tally->in_flight);
	else if (flags & LOAD_SLOT_MEASURED && flags & LOAD_SLOT_LIVE)
		load_count_failed(client, flags, REPORT_FAILED_timeout);
	slot->flags = 0;
	client->exchange->settle(client, (uint32_t)(slot - client->slots));
}

static uint64_t ns_since_open(const struct load_slot *slot, uint64_t now)
{
	uint64_t opened = (uint64_t)slot->opened_high << 32 | slot->opened_low;

	return ((now >> UNIT_SHIFT) - opened) << UNIT_SHIFT;
}

static void close_now(const struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	if (client->service->close == CLI_CLOSE_RST)
		quern_conn_abort(shard, conn);
	else if (client->service->close == CLI_CLOSE_HALF)
		quern_conn_shutdown(shard, conn);
	else
		quern_conn_close(shard, conn);
}

static void hold_or_close(struct load_client *client, struct quern_shard *shard, struct quern_conn conn, uint64_t now)
{
	const struct cli_span *hold = &client->service->hold;

	if (!client->closes)
		return;
	if (hold->most > 0)
		load_wheel_put(&client->wheel, conn.index, conn.generation, now, load_draw_span(&client->draw, hold));
	else
		close_now(client, shard, conn);
}

void load_wake_after(struct load_client *client, struct quern_shard *shard, struct quern_conn conn, uint64_t wait_ns)
{
	client->slots[conn.index].flags |= LOAD_SLOT_THINKS;
	load_wheel_put(&client->wheel, conn.index, conn.generation, quern_now(shard), wait_ns);
}

bool load_next(struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	const struct cli_span *think = &client->service->think;

	if (think->most == 0)
		return client->exchange->again(client, shard, conn);
	load_wake_after(client, shard, conn, load_draw_span(&client->draw, think));
	return false;
}

static void wake(struct load_client *client, struct quern_shard *shard, struct quern_conn conn, uint64_t now)
{
	struct load_slot *slot = &client->slots[conn.index];
	bool has_thought = slot->flags & LOAD_SLOT_THINKS;

	slot->flags &= ~(uint32_t)LOAD_SLOT_THINKS;
	if (!has_thought)
		close_now(client, shard, conn);
	else if (client->exchange->again(client, shard, conn))
		hold_or_close(client, shard, conn, now);
}

bool load_wake_due(struct load_client *client, struct quern_shard *shard, uint64_t now)
{
	struct quern_conn conn = {.shard = quern_shard_number(shard)};
	int woken = 0;

	if (quern_congested(shard))
		return false;
	while (woken < WAKE_BATCH && load_wheel_take(&client->wheel, now, &conn.index, &conn.generation)) {
		wake(client, shard, conn, now);
		woken++;
	}
	return woken > 0;
}

static void on_established(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct load_client *client = app;
	struct load_slot *slot = &client->slots[conn.index];
	uint64_t now = quern_now(shard);

	if (client->phase >= LOAD_SWEEPING) {
		load_slot_settle(client, slot);
		quern_conn_abort(shard, conn);
		return;
	}
	slot->flags |= LOAD_SLOT_ESTABLISHED;
	client->setting_up--;
	client->open++;
	if (slot->flags & LOAD_SLOT_MEASURED) {
		uint64_t setup_ns = ns_since_open(slot, now), silence_ns = now - client->answered_ns;

		if (silence_ns > client->longest_silence_ns)
			client->longest_silence_ns = silence_ns;
		report_count(&client->tally->established);
		report_count(&load_target_of(client, slot->flags)->established);
		quern_histogram_record(&client->tally->setup, setup_ns);
		if (client->is_scheduled)
			quern_histogram_record(&client->tally->from_schedule,
					       setup_ns + ((uint64_t)slot->lag << UNIT_SHIFT));
	}
	client->answered_ns = now;
	if (client->exchange->start(client, shard, conn))
		hold_or_close(client, shard, conn, now);
}

static uint32_t on_data(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	struct load_client *client = app;
	struct load_slot *slot = &client->slots[conn.index];

	if (client->phase >= LOAD_SWEEPING)
		return bytes;
	if ((slot->flags & (LOAD_SLOT_MEASURED | LOAD_SLOT_HEARD)) == LOAD_SLOT_MEASURED)
		quern_histogram_record(&client->tally->first_byte, ns_since_open(slot, quern_now(shard)));
	slot->flags |= LOAD_SLOT_HEARD;
	if (client->exchange->take(client, shard, conn, text, bytes))
		hold_or_close(client, shard, conn, quern_now(shard));
	return bytes;
}

static void on_writable(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct load_client *client = app;

	client->exchange->room(client, shard, conn);
}

static void on_peer_closed(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct load_client *client = app;

	/* It is closed at once, whatever it waited for. */
	load_wheel_remove(&client->wheel, conn.index);
	client->slots[conn.index].flags &= ~(uint32_t)LOAD_SLOT_THINKS;
	if (client->phase < LOAD_SWEEPING)
		client->exchange->peer_closed(client, shard, conn);
	quern_conn_close(shard, conn);
}

static void on_icmp(struct quern_shard *shard, struct quern_conn conn, enum quern_icmp what, void *app)
{
	struct load_client *client = app;
	uint32_t flags = client->slots[conn.index].flags;

	(void)shard;
	if (client->phase < LOAD_SWEEPING && flags & LOAD_SLOT_MEASURED && !(flags & LOAD_SLOT_ESTABLISHED))
		report_count(&client->tally->icmp[what]);
}

static void on_ended(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	struct load_client *client = app;
	struct load_slot *slot = &client->slots[conn.index];
	struct report_tally *tally = client->tally;
	uint32_t flags = slot->flags;
	bool is_whole;

	load_wheel_remove(&client->wheel, conn.index);
	if (client->phase >= LOAD_SWEEPING) {
		load_slot_settle(client, slot);
		return;
	}
	slot->flags = 0;
	if (flags & LOAD_SLOT_ESTABLISHED) {
		client->open--;
		report_count(&tally->ended);
		is_whole = client->exchange->ended(client, shard, conn);
		if (!(flags & LOAD_SLOT_MEASURED))
			return;
		report_count(&tally->closed[report_close_of(how)]);
		if (!is_whole)
			report_count(&tally->cut_short);
		quern_histogram_record(&tally->life, ns_since_open(slot, quern_now(shard)));
	} else if (flags & LOAD_SLOT_LIVE) {
		client->setting_up--;
		if (flags & LOAD_SLOT_MEASURED)
			load_count_failed(client, flags, report_failure_of(how));
	}
}

const struct quern_events load_client_events = {.on_established = on_established,
						.on_data = on_data,
						.on_writable = on_writable,
						.on_peer_closed = on_peer_closed,
						.on_icmp = on_icmp,
						.on_ended = on_ended};
