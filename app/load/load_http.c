/* load_http.c - the client's exchange in HTTP: one request a connection, or one behind the answer to the other. */
#include "load/load_http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/load_client_parts.h"
#include "load/load_exchange.h"

enum { WAITS = 1, MEASURED = 2, CUT = 4 };

enum { HTTP_PORT = 80 };

/* RFC 9112 3.2: Host is needed, and has a port only where that is not 80. */
static void write_request(struct load_http *http, const struct cli_service *service)
{
	const char *path = service->http.path;
	char host[QUERN_ENDPOINT_TEXT];
	int length;

	quern_format_endpoint(&service->target[0], host);
	if (service->target[0].port == HTTP_PORT)
		*strrchr(host, ':') = '\0';
	length = snprintf(http->request, sizeof(http->request), "GET %s%s HTTP/1.1\r\nHost: %s\r\n%s\r\n",
			  path[0] == '?' ? "/" : "", path, host,
			  service->http.requests == 1 ? "Connection: close\r\n" : "");
	http->request_bytes = (uint16_t)length;
}

int load_http_open(struct load_client *client)
{
	client->http.slots = calloc(client->slot_count, sizeof(*client->http.slots));
	if (!client->http.slots)
		return -ENOMEM;
	write_request(&client->http, client->service);
	return 0;
}

void load_http_close(struct load_client *client)
{
	free(client->http.slots);
}

static void count(struct load_client *client, const struct load_http_slot *slot, enum report_request what)
{
	if (slot->flags & MEASURED)
		report_count(&client->tally->requests[what]);
}

/* The request that was on its way is so no more. */
static void stop_waiting(struct load_client *client, struct load_http_slot *slot, enum report_request what)
{
	count(client, slot, what);
	slot->flags &= (uint8_t)~WAITS;
	client->unanswered--;
}

static void push(struct load_client *client, struct quern_shard *shard, struct quern_conn conn,
		 struct load_http_slot *slot)
{
	const struct load_http *http = &client->http;
	uint32_t taken = 0;

	if (quern_conn_send(shard, conn, http->request + slot->sent_bytes,
			    (uint32_t)(http->request_bytes - slot->sent_bytes), &taken) == 0)
		slot->sent_bytes = (uint16_t)(slot->sent_bytes + taken);
}

static void ask(struct load_client *client, struct quern_shard *shard, struct quern_conn conn,
		struct load_http_slot *slot)
{
	uint64_t now = quern_now(shard);

	slot->flags = WAITS;
	/* Of a lasting connection it is the requests that lie in the measured time or not. */
	if (now >= client->measure_begin_ns)
		slot->flags |= MEASURED;
	slot->queued_ns = now;
	slot->sent_bytes = 0;
	http_response_begin(&slot->response, false);
	count(client, slot, REPORT_REQUESTS_sent);
	client->unanswered++;
	push(client, shard, conn, slot);
}

static bool start(struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	struct load_http_slot *slot = &client->http.slots[conn.index];

	slot->answered = 0;
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

static void answered(struct load_client *client, struct load_http_slot *slot, uint64_t now)
{
	bool is_ok = slot->response.status >= 200 && slot->response.status < 400;

	slot->answered++;
	if (slot->flags & MEASURED)
		quern_histogram_record(&client->tally->request, now - slot->queued_ns);
	stop_waiting(client, slot, is_ok ? REPORT_REQUESTS_ok : REPORT_REQUESTS_bad_status);
}

/* The answer is whole. Returns whether the connection has served. */
static bool go_on(struct load_client *client, struct quern_shard *shard, struct quern_conn conn,
		  struct load_http_slot *slot, bool has_surplus)
{
	uint32_t requests = client->service->http.requests;

	answered(client, slot, quern_now(shard));
	/* Asked to, the server closes first. */
	if (requests == 1)
		return false;
	/* RFC 9112 6.3: more than was asked for is no answer to what will be; the connection is of no use. */
	if (has_surplus || slot->answered == requests || client->is_ending)
		return true;
	return http_response_keeps_alive(&slot->response) && load_next(client, shard, conn);
}

static bool take(struct load_client *client, struct quern_shard *shard, struct quern_conn conn, const void *text,
		 uint32_t bytes)
{
	struct load_http_slot *slot = &client->http.slots[conn.index];
	uint32_t taken;

	client->heard_ns = quern_now(shard);
	if (!(slot->flags & WAITS))
		return false;
	taken = http_response_take(&slot->response, text, bytes);
	if (slot->response.stage == HTTP_COMPLETE)
		return go_on(client, shard, conn, slot, taken < bytes);
	if (slot->response.stage == HTTP_REFUSED) {
		stop_waiting(client, slot, REPORT_REQUESTS_malformed);
		slot->flags |= CUT;
		quern_conn_close(shard, conn);
	}
	return false;
}

static void room(struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	push(client, shard, conn, &client->http.slots[conn.index]);
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
		answered(client, slot, quern_now(shard));
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
