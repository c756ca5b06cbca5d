/* load_http.c - the client's exchange in HTTP: one request a connection, or one behind the answer to the other. */
#include "load/load_http.h"

#include <errno.h>
#include <stdlib.h>

#include "load/load_client_parts.h"
#include "load/load_exchange.h"

/* Of a connection; one that owes has its answer, and not sent all of the request. */
enum { WAITS = 1, MEASURED = 2, CUT = 4, OWES = 8 };

enum { UNIT_SHIFT = 4, FIRST_ERROR = 400 };

int load_http_open(struct load_client *client)
{
	struct load_http *http = &client->http;

	http->slots = calloc(client->slot_count, sizeof(*http->slots));
	if (!http->slots || load_asks_open(&http->asks, client->service) != 0)
		return -ENOMEM;
	if (http->asks.are_bodies_wanted) {
		http->matched = calloc(client->slot_count, sizeof(*http->matched));
		if (!http->matched)
			return -ENOMEM;
	}
	return http->asks.count > 1 ? report_tally_split(client->tally, http->asks.count) : 0;
}

void load_http_close(struct load_client *client)
{
	load_asks_close(&client->http.asks);
	free(client->http.slots);
	free(client->http.matched);
	if (client->tally)
		free(client->tally->each);
}

static void count(struct load_client *client, const struct load_http_slot *slot, enum report_request what)
{
	struct report_tally *tally = client->tally;

	if (!(slot->flags & MEASURED))
		return;
	report_count(&tally->requests[what]);
	if (tally->each)
		report_count(&tally->each[slot->ask % client->http.asks.count].counts[what]);
}

static uint64_t ns_since_queued(const struct load_http_slot *slot, uint64_t now)
{
	uint64_t queued = (uint64_t)slot->queued_high << 32 | slot->queued_low;

	return (((now >> UNIT_SHIFT) - queued) & ((UINT64_C(1) << 48) - 1)) << UNIT_SHIFT;
}

/* The request that was on its way is so no more. */
static void stop_waiting(struct load_client *client, struct load_http_slot *slot, enum report_request what)
{
	count(client, slot, what);
	slot->flags &= (uint8_t)~WAITS;
	client->unanswered--;
}

/* Gives the connection what is left of its request, as far as there is room. */
static void push(const struct load_client *client, struct quern_shard *shard, struct quern_conn conn,
		 struct load_http_slot *slot)
{
	const struct load_ask *ask = &client->http.asks.each[slot->ask];
	uint32_t taken = 0;

	if (slot->sent_bytes < ask->first_bytes) {
		if (quern_conn_send(shard, conn, ask->first + slot->sent_bytes, ask->first_bytes - slot->sent_bytes,
				    &taken) != 0)
			return;
		slot->sent_bytes += taken;
	}
	if (slot->sent_bytes < ask->first_bytes || slot->sent_bytes == ask->bytes)
		return;
	if (quern_conn_send(shard, conn, ask->rest + (slot->sent_bytes - ask->first_bytes),
			    ask->bytes - slot->sent_bytes, &taken) == 0)
		slot->sent_bytes += taken;
}

static void ask(struct load_client *client, struct quern_shard *shard, struct quern_conn conn,
		struct load_http_slot *slot)
{
	uint64_t now = quern_now(shard);

	slot->flags = WAITS;
	/* Of a lasting connection it is the requests that lie in the measured time or not. */
	if (now >= client->measure_begin_ns)
		slot->flags |= MEASURED;
	slot->queued_low = (uint32_t)(now >> UNIT_SHIFT);
	slot->queued_high = (uint16_t)(now >> UNIT_SHIFT >> 32);
	slot->sent_bytes = 0;
	slot->ask = (uint8_t)(slot->ask - slot->ask % client->http.asks.count +
			      load_asks_draw(&client->http.asks, &client->draw));
	http_response_begin(&slot->response, client->http.asks.each[slot->ask].is_head);
	if (client->http.matched)
		client->http.matched[conn.index] = 0;
	count(client, slot, REPORT_REQUESTS_sent);
	client->unanswered++;
	push(client, shard, conn, slot);
}

static bool start(struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	struct load_http_slot *slot = &client->http.slots[conn.index];

	slot->answered = 0;
	/* The first of the requests to its target. */
	slot->ask = (uint8_t)(load_target_number(client->slots[conn.index].flags) * client->http.asks.count);
	ask(client, shard, conn, slot);
	return false;
}

static bool again(struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	if (client->is_ending)
		return true;
	ask(client, shard, conn, &client->http.slots[conn.index]);
	return false;
}

/* What an answer is that has come to its end. */
static enum report_request judge(const struct load_client *client, struct quern_conn conn,
				 const struct load_http_slot *slot)
{
	const struct load_ask *ask = &client->http.asks.each[slot->ask];

	if (!http_statuses_hold(&ask->well, slot->response.status))
		return REPORT_REQUESTS_bad_status;
	if (ask->is_body_wanted && !http_match_holds(&ask->wanted, client->http.matched[conn.index]))
		return REPORT_REQUESTS_bad_body;
	return REPORT_REQUESTS_ok;
}

static void answered(struct load_client *client, struct quern_conn conn, struct load_http_slot *slot, uint64_t now)
{
	struct report_tally *tally = client->tally;
	uint64_t time_ns = ns_since_queued(slot, now);

	slot->answered++;
	if (slot->flags & MEASURED) {
		quern_histogram_record(&tally->request, time_ns);
		report_count(&tally->statuses[report_status_of(slot->response.status)]);
		if (tally->each)
			quern_histogram_record(&tally->each[slot->ask % client->http.asks.count].time, time_ns);
	}
	stop_waiting(client, slot, judge(client, conn, slot));
}

/* Request and answer are whole. Returns whether the connection has served. */
static bool go_on(struct load_client *client, struct quern_shard *shard, struct quern_conn conn,
		  const struct load_http_slot *slot)
{
	uint32_t requests = client->service->http.requests;

	/* Asked to, the server closes first. */
	if (requests == 1)
		return false;
	if (slot->answered == requests || client->is_ending)
		return true;
	return http_response_keeps_alive(&slot->response) && load_next(client, shard, conn);
}

/* The answer is whole. Returns whether the connection has served. */
static bool finish(struct load_client *client, struct quern_shard *shard, struct quern_conn conn,
		   struct load_http_slot *slot, bool has_surplus)
{
	bool is_sent = slot->sent_bytes == client->http.asks.each[slot->ask].bytes;

	answered(client, conn, slot, quern_now(shard));
	/* RFC 9112 6.3: more than was asked for is no answer to what will be; the connection is of no use. */
	if (has_surplus && client->service->http.requests != 1)
		return true;
	if (is_sent)
		return go_on(client, shard, conn, slot);
	/* RFC 9112 9.5: who refuses and closes does not want the rest of it. Others take it, before the next one. */
	if (slot->response.status >= FIRST_ERROR && !http_response_keeps_alive(&slot->response))
		quern_conn_close(shard, conn);
	else
		slot->flags |= OWES;
	return false;
}

/* Takes text up to the end of the answer, and looks at its body where it matters. Returns how many bytes. */
static uint32_t read_answer(struct load_client *client, struct quern_conn conn, struct load_http_slot *slot,
			    const uint8_t *text, uint32_t bytes)
{
	const struct load_ask *ask = &client->http.asks.each[slot->ask];
	uint32_t taken = 0, content_bytes;

	if (!ask->is_body_wanted)
		return http_response_take(&slot->response, text, bytes);
	while (taken < bytes && slot->response.stage <= HTTP_IN_BODY) {
		taken += http_response_take_run(&slot->response, text + taken, bytes - taken, &content_bytes);
		client->http.matched[conn.index] = http_match_take(&ask->wanted, client->http.matched[conn.index],
								   text + taken - content_bytes, content_bytes);
	}
	return taken;
}

static bool take(struct load_client *client, struct quern_shard *shard, struct quern_conn conn, const void *text,
		 uint32_t bytes)
{
	struct load_http_slot *slot = &client->http.slots[conn.index];
	uint32_t taken;

	client->heard_ns = quern_now(shard);
	if (!(slot->flags & WAITS))
		return false;
	taken = read_answer(client, conn, slot, text, bytes);
	if (slot->response.stage == HTTP_COMPLETE)
		return finish(client, shard, conn, slot, taken < bytes);
	if (slot->response.stage == HTTP_REFUSED) {
		stop_waiting(client, slot, REPORT_REQUESTS_malformed);
		slot->flags |= CUT;
		quern_conn_close(shard, conn);
	}
	return false;
}

static void room(struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	struct load_http_slot *slot = &client->http.slots[conn.index];

	if (!(slot->flags & (WAITS | OWES)))
		return;
	/* The peer takes what is sent: a long request is on its way, as a long answer may be. */
	client->heard_ns = quern_now(shard);
	push(client, shard, conn, slot);
	if (!(slot->flags & OWES) || slot->sent_bytes < client->http.asks.each[slot->ask].bytes)
		return;
	slot->flags &= (uint8_t)~OWES;
	if (go_on(client, shard, conn, slot))
		quern_conn_close(shard, conn);
}

static void cut(struct load_client *client, struct load_http_slot *slot)
{
	if (!(slot->flags & WAITS))
		return;
	stop_waiting(client, slot, REPORT_REQUESTS_cut_short);
	slot->flags |= CUT;
}

static void peer_closed(struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	struct load_http_slot *slot = &client->http.slots[conn.index];

	if (!(slot->flags & WAITS))
		return;
	http_response_end(&slot->response);
	if (slot->response.stage == HTTP_COMPLETE)
		answered(client, conn, slot, quern_now(shard));
	else
		cut(client, slot);
}

static bool ended(struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	struct load_http_slot *slot = &client->http.slots[conn.index];

	(void)shard;
	cut(client, slot);
	return !(slot->flags & CUT);
}

static void settle(struct load_client *client, uint32_t index)
{
	struct load_http_slot *slot = &client->http.slots[index];

	if (slot->flags & WAITS)
		stop_waiting(client, slot, REPORT_REQUESTS_in_flight);
}

const struct load_exchange load_http_exchange = {.is_let_finish = true,
						 .start = start,
						 .again = again,
						 .take = take,
						 .room = room,
						 .peer_closed = peer_closed,
						 .ended = ended,
						 .settle = settle};
