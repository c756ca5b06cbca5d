/* load_text.c - exchanges of text: bytes both ways, echo, sink and source, one behind the other on a connection. */
#include "load/load_text.h"

#include <errno.h>
#include <stdlib.h>

#include "load/load_client_parts.h"
#include "load/load_exchange.h"
#include "payload/payload.h"

enum { WAITS = 1, MEASURED = 2, CUT = 4, POLLED = 8 };

int load_text_open(struct load_client *client)
{
	client->text.slots = calloc(client->slot_count, sizeof(*client->text.slots));
	if (!client->text.slots)
		return -ENOMEM;
	return payload_pattern_open(&client->text.pattern, client->service->pattern, client->service->pattern_text);
}

void load_text_close(struct load_client *client)
{
	payload_pattern_close(&client->text.pattern);
	free(client->text.slots);
}

static void count(struct load_client *client, const struct load_text_slot *slot, enum report_request what)
{
	if (slot->flags & MEASURED)
		report_count(&client->tally->requests[what]);
}

static void stop_waiting(struct load_client *client, struct load_text_slot *slot, enum report_request what)
{
	count(client, slot, what);
	slot->flags &= (uint8_t) ~(WAITS | POLLED);
	client->unanswered--;
}

static void cut(struct load_client *client, struct load_text_slot *slot, enum report_request what)
{
	if (!(slot->flags & WAITS))
		return;
	stop_waiting(client, slot, what);
	slot->flags |= CUT;
}

/* Nobody tells when text is acknowledged: it is looked at once a tick of the wheel. */
static void poll(struct load_client *client, struct quern_shard *shard, struct quern_conn conn,
		 struct load_text_slot *slot)
{
	slot->flags |= POLLED;
	load_wake_after(client, shard, conn, 0);
}

static bool is_last(const struct load_client *client, const struct load_text_slot *slot)
{
	return slot->answered + 1 == client->service->http.requests;
}

static void push(struct load_client *client, struct quern_shard *shard, struct quern_conn conn,
		 struct load_text_slot *slot)
{
	const struct cli_service *service = client->service;

	slot->sent += payload_send_pattern(shard, conn, &client->text.pattern, &slot->out_at, slot->size - slot->sent);
	if (slot->sent < slot->size)
		return;
	if (service->close == CLI_CLOSE_HALF && is_last(client, slot))
		quern_conn_shutdown(shard, conn);
	if (service->payload == CLI_PAYLOAD_SINK)
		poll(client, shard, conn, slot);
}

static void ask(struct load_client *client, struct quern_shard *shard, struct quern_conn conn,
		struct load_text_slot *slot)
{
	const struct cli_service *service = client->service;
	uint64_t now = quern_now(shard);

	slot->flags = now >= client->measure_begin_ns ? WAITS | MEASURED : WAITS;
	slot->queued_ns = now;
	slot->size = (uint32_t)load_draw_span(&client->draw, &service->payload_size);
	slot->sent = slot->heard = 0;
	count(client, slot, REPORT_REQUESTS_sent);
	client->unanswered++;
	if (service->payload != CLI_PAYLOAD_SOURCE)
		push(client, shard, conn, slot);
	else if (service->close == CLI_CLOSE_HALF)
		quern_conn_shutdown(shard, conn);
}

static bool start(struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	struct load_text_slot *slot = &client->text.slots[conn.index];

	*slot = (struct load_text_slot){.flags = 0};
	ask(client, shard, conn, slot);
	return false;
}

static void answered(struct load_client *client, struct load_text_slot *slot, uint64_t now)
{
	slot->answered++;
	client->heard_ns = now;
	if (slot->flags & MEASURED)
		quern_histogram_record(&client->tally->request, now - slot->queued_ns);
	stop_waiting(client, slot, REPORT_REQUESTS_ok);
}

/* All has come, or is acknowledged. Returns whether the connection has served. */
static bool go_on(struct load_client *client, struct quern_shard *shard, struct quern_conn conn,
		  struct load_text_slot *slot)
{
	answered(client, slot, quern_now(shard));
	if (slot->answered == client->service->http.requests || client->is_ending)
		return true;
	return load_next(client, shard, conn);
}

static bool is_acknowledged(struct quern_shard *shard, struct quern_conn conn, const struct load_text_slot *slot)
{
	struct quern_conn_info info;

	return slot->sent == slot->size && quern_conn_info(shard, conn, &info) == 0 && info.queued_bytes == 0;
}

static bool again(struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	struct load_text_slot *slot = &client->text.slots[conn.index];

	if (slot->flags & POLLED) {
		if (is_acknowledged(shard, conn, slot))
			return go_on(client, shard, conn, slot);
		poll(client, shard, conn, slot);
		return false;
	}
	if (client->is_ending)
		return true;
	ask(client, shard, conn, slot);
	return false;
}

/* What came is not what was sent: the connection is of no use. */
static void spoil(struct load_client *client, struct quern_shard *shard, struct quern_conn conn,
		  struct load_text_slot *slot)
{
	cut(client, slot, REPORT_REQUESTS_corrupt);
	quern_conn_abort(shard, conn);
}

static bool take(struct load_client *client, struct quern_shard *shard, struct quern_conn conn, const void *text,
		 uint32_t bytes)
{
	const struct cli_service *service = client->service;
	struct load_text_slot *slot = &client->text.slots[conn.index];
	bool is_checked = service->payload == CLI_PAYLOAD_ECHO || service->payload == CLI_PAYLOAD_SOURCE;
	/* How much a server says is its own to draw: where it closes, that was all. */
	bool is_open_ended = service->payload == CLI_PAYLOAD_SOURCE && service->payload_size.kind != CLI_SPAN_CONSTANT;
	uint64_t most = is_open_ended ? service->payload_size.most : slot->size;

	client->heard_ns = quern_now(shard);
	if (!(slot->flags & WAITS) || service->payload == CLI_PAYLOAD_SINK)
		return false;
	if (is_checked &&
	    (bytes > most - slot->heard || !payload_pattern_fits(&client->text.pattern, &slot->in_at, text, bytes))) {
		spoil(client, shard, conn, slot);
		return false;
	}
	slot->heard += bytes;
	return !is_open_ended && slot->heard >= slot->size && go_on(client, shard, conn, slot);
}

static void room(struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	struct load_text_slot *slot = &client->text.slots[conn.index];

	client->heard_ns = quern_now(shard);
	if (slot->flags & WAITS && slot->sent < slot->size)
		push(client, shard, conn, slot);
}

static void peer_closed(struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	const struct cli_service *service = client->service;
	struct load_text_slot *slot = &client->text.slots[conn.index];
	bool is_whole = service->payload == CLI_PAYLOAD_SINK
				? is_acknowledged(shard, conn, slot)
				: service->payload == CLI_PAYLOAD_SOURCE && slot->heard >= service->payload_size.least;

	if (!(slot->flags & WAITS))
		return;
	if (is_whole)
		answered(client, slot, quern_now(shard));
	else
		cut(client, slot, REPORT_REQUESTS_cut_short);
}

static bool ended(struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	struct load_text_slot *slot = &client->text.slots[conn.index];

	(void)shard;
	cut(client, slot, REPORT_REQUESTS_cut_short);
	return !(slot->flags & CUT);
}

static void settle(struct load_client *client, uint32_t index)
{
	struct load_text_slot *slot = &client->text.slots[index];

	if (slot->flags & WAITS)
		stop_waiting(client, slot, REPORT_REQUESTS_in_flight);
}

const struct load_exchange load_text_exchange = {.is_let_finish = true,
						 .start = start,
						 .again = again,
						 .take = take,
						 .room = room,
						 .peer_closed = peer_closed,
						 .ended = ended,
						 .settle = settle};
