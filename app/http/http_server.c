/* http_server.c - reads requests, queues answers as there is room, and says farewell so that the last one arrives. */
#include "http/http_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Of a connection. */
enum {
	ANSWERING = 1, /* no request is taken while an answer is not queued to its end */
	HEAD_ONLY = 2,
	CLOSES = 4,
	STAYS_AS_SAID = 8, /* a client of HTTP/1.0 asked to keep the connection */
	LINGERS = 16,
	PEER_CLOSED = 32
};

enum {
	READERS_MAX = 65536,
	FIRST_BYTES = 2048, /* the head and as much of the body as goes with it */
	LINGER_BATCH = 64
};
#define LINGER_NS UINT64_C(5000000000)
#define SECOND_NS UINT64_C(1000000000)

static void read_clock(struct http_server *server, uint64_t now_ns)
{
	server->now_s = (uint32_t)time(NULL);
	server->next_second_ns = now_ns + SECOND_NS;
	http_date_format(server->now_s, server->date);
}

int http_server_open(struct http_server *server, const struct http_site *site, struct report_tally *tally,
		     uint32_t connections)
{
	*server = (struct http_server){.site = site, .tally = tally, .connection_count = connections};
	server->reader_count = connections < READERS_MAX ? connections : READERS_MAX;
	server->slots = calloc(connections, sizeof(*server->slots));
	server->readers = calloc(server->reader_count, sizeof(*server->readers));
	server->free_readers = calloc(server->reader_count, sizeof(*server->free_readers));
	if (!server->slots || !server->readers || !server->free_readers ||
	    load_wheel_open(&server->lingering, connections, LINGER_NS) != 0) {
		http_server_close(server);
		return -ENOMEM;
	}
	read_clock(server, 0);
	return 0;
}

void http_server_close(struct http_server *server)
{
	free(server->slots);
	free(server->readers);
	free(server->free_readers);
	load_wheel_close(&server->lingering);
	*server = (struct http_server){.slots = NULL};
}

/* The request that a connection is within, or a new one; null where too many connections are within one. */
static struct http_request *reader_of(struct http_server *server, struct http_slot *slot)
{
	if (slot->reader)
		return &server->readers[slot->reader - 1];
	if (server->free_count > 0)
		slot->reader = server->free_readers[--server->free_count];
	else if (server->used_count < server->reader_count)
		slot->reader = ++server->used_count;
	else
		return NULL;
	http_request_begin(&server->readers[slot->reader - 1]);
	return &server->readers[slot->reader - 1];
}

static void give_back(struct http_server *server, struct http_slot *slot)
{
	if (slot->reader)
		server->free_readers[server->free_count++] = slot->reader;
	slot->reader = 0;
}

static uint32_t head_of(const struct http_server *server, const struct http_slot *slot, char *head)
{
	enum http_behind behind = slot->flags & CLOSES          ? HTTP_CLOSES
				  : slot->flags & STAYS_AS_SAID ? HTTP_GOES_ON_AS_SAID
								: HTTP_GOES_ON;
	char date[HTTP_DATE_BYTES + 1];

	/* A head that left in part goes on with the Date that it began with. */
	if (slot->at_s == server->now_s)
		memcpy(date, server->date, sizeof(date));
	else
		http_date_format(slot->at_s, date);
	return http_answer_head(slot->status, http_site_type(server->site, slot->page), slot->body_bytes, behind, date,
				head);
}

/* Returns whether all of it is queued. */
static bool push(struct quern_shard *shard, struct quern_conn conn, struct http_slot *slot, const void *text,
		 uint32_t bytes)
{
	uint32_t taken = 0;

	if (quern_conn_send(shard, conn, text, bytes, &taken) != 0)
		return false;
	slot->sent += taken;
	return taken == bytes;
}

/* Queues what is left of the answer, as far as there is room. Returns whether all of it is queued. */
static bool send_answer(struct http_server *server, struct quern_shard *shard, struct quern_conn conn,
			struct http_slot *slot)
{
	char first[FIRST_BYTES], status[HTTP_ANSWER_HEAD_MAX];
	uint32_t head_bytes = head_of(server, slot, first), first_bytes;
	uint64_t body_bytes = slot->flags & HEAD_ONLY ? 0 : slot->body_bytes;
	uint64_t room = FIRST_BYTES - head_bytes, together;

	first_bytes = head_bytes + (uint32_t)(body_bytes < room ? body_bytes : room);
	if (slot->sent < first_bytes) {
		const void *text = status;

		if (slot->page == HTTP_PAGE_STATUS)
			http_answer_text(slot->status, status);
		else
			text = http_site_text(server->site, slot->page, 0, &together);
		memcpy(first + head_bytes, text, first_bytes - head_bytes);
		if (!push(shard, conn, slot, first + slot->sent, first_bytes - (uint32_t)slot->sent))
			return false;
	}
	while (slot->sent < head_bytes + body_bytes) {
		uint64_t offset = slot->sent - head_bytes, left = body_bytes - offset;
		const uint8_t *text = http_site_text(server->site, slot->page, offset, &together);
		uint64_t piece = together < left ? together : left;

		if (!push(shard, conn, slot, text, piece < UINT32_MAX ? (uint32_t)piece : UINT32_MAX))
			return false;
	}
	return true;
}

/* RFC 9112 9.6: FIN, and then what still comes is taken and forgotten until the peer's FIN. A full close would answer
 * it with RST, which can take the answer from a client that has not read it yet. */
static void linger(struct http_server *server, struct quern_shard *shard, struct quern_conn conn,
		   struct http_slot *slot)
{
	slot->flags |= LINGERS;
	if (slot->flags & PEER_CLOSED) {
		quern_conn_close(shard, conn);
		return;
	}
	quern_conn_shutdown(shard, conn);
	load_wheel_put(&server->lingering, conn.index, conn.generation, quern_now(shard), LINGER_NS);
}

static void count_answer(struct http_server *server, uint16_t status)
{
	enum report_request how = REPORT_REQUESTS_bad_status;

	if (status == HTTP_OK)
		how = REPORT_REQUESTS_ok;
	if (status == HTTP_BAD_REQUEST)
		how = REPORT_REQUESTS_malformed;
	report_count(&server->tally->requests[how]);
	report_count(&server->tally->statuses[report_status_of(status)]);
}

static void go_on(struct http_server *server, struct quern_shard *shard, struct quern_conn conn, struct http_slot *slot)
{
	if (!send_answer(server, shard, conn, slot))
		return;
	slot->flags &= (uint16_t)~ANSWERING;
	if (slot->status != HTTP_CONTINUE)
		count_answer(server, slot->status);
	if (slot->flags & CLOSES)
		linger(server, shard, conn, slot);
	else if (slot->flags & PEER_CLOSED)
		quern_conn_close(shard, conn);
}

static void begin_answer(struct http_server *server, struct http_slot *slot, struct http_found found, uint16_t flags)
{
	slot->flags = (uint16_t)((slot->flags & PEER_CLOSED) | ANSWERING | flags);
	slot->status = found.status;
	slot->page = found.page;
	slot->body_bytes = found.bytes;
	slot->sent = 0;
	slot->at_s = server->now_s;
}

static struct http_found status_page(uint16_t status)
{
	char text[HTTP_ANSWER_HEAD_MAX];

	return (struct http_found){status, HTTP_PAGE_STATUS, http_answer_text(status, text)};
}

/* The request is read to its end, or as far as it could be. */
static void answer(struct http_server *server, struct http_slot *slot, const struct http_request *request)
{
	struct http_found found;
	uint16_t flags = 0;

	if (request->stage == HTTP_REFUSED)
		found = status_page(request->status);
	else
		found = http_site_find(server->site, request->target, request->target_bytes);
	if (request->method == HTTP_HEAD)
		flags |= HEAD_ONLY;
	if (!http_request_keeps_alive(request) || found.status == HTTP_BAD_REQUEST)
		flags |= CLOSES;
	else if (request->minor_version == 0)
		flags |= STAYS_AS_SAID;
	report_count(&server->tally->requests[REPORT_REQUESTS_sent]);
	give_back(server, slot);
	begin_answer(server, slot, found, flags);
}

/* Reads on; where an answer comes of it, that is begun. Returns how many bytes were taken. */
static uint32_t read_on(struct http_server *server, struct http_slot *slot, const uint8_t *text, uint32_t bytes)
{
	struct http_request *request = reader_of(server, slot);
	uint32_t taken;

	if (!request) {
		report_count(&server->tally->requests[REPORT_REQUESTS_sent]);
		begin_answer(server, slot, status_page(HTTP_UNAVAILABLE), CLOSES);
		return bytes;
	}
	taken = http_request_take(request, text, bytes);
	if (request->stage == HTTP_COMPLETE || request->stage == HTTP_REFUSED) {
		answer(server, slot, request);
	} else if (request->stage == HTTP_IN_BODY && request->fields.says & HTTP_EXPECTS_CONTINUE) {
		/* RFC 9110 10.1.1: once, and to those who know what it means. */
		request->fields.says &= (uint8_t)~HTTP_EXPECTS_CONTINUE;
		if (request->minor_version > 0)
			begin_answer(server, slot, (struct http_found){HTTP_CONTINUE, HTTP_PAGE_STATUS, 0}, 0);
	}
	return taken;
}

void http_server_begin(struct http_server *server, struct quern_conn conn)
{
	server->slots[conn.index] = (struct http_slot){.sent = 0};
}

uint32_t http_server_take(struct http_server *server, struct quern_shard *shard, struct quern_conn conn,
			  const void *text, uint32_t bytes)
{
	struct http_slot *slot = &server->slots[conn.index];
	uint32_t taken = 0;

	while (taken < bytes && !(slot->flags & (ANSWERING | LINGERS))) {
		taken += read_on(server, slot, (const uint8_t *)text + taken, bytes - taken);
		if (slot->flags & ANSWERING)
			go_on(server, shard, conn, slot);
	}
	return slot->flags & LINGERS ? bytes : taken;
}

void http_server_room(struct http_server *server, struct quern_shard *shard, struct quern_conn conn)
{
	struct http_slot *slot = &server->slots[conn.index];

	if (!(slot->flags & ANSWERING))
		return;
	go_on(server, shard, conn, slot);
	if (!(slot->flags & ANSWERING))
		quern_conn_resume(shard, conn);
}

void http_server_peer_closed(struct http_server *server, struct quern_shard *shard, struct quern_conn conn)
{
	struct http_slot *slot = &server->slots[conn.index];

	slot->flags |= PEER_CLOSED;
	/* What was asked for before is still answered. */
	if (!(slot->flags & ANSWERING))
		quern_conn_close(shard, conn);
}

bool http_server_ended(struct http_server *server, struct quern_conn conn)
{
	struct http_slot *slot = &server->slots[conn.index];
	bool is_cut = slot->flags & ANSWERING && slot->status != HTTP_CONTINUE;

	if (is_cut)
		report_count(&server->tally->requests[REPORT_REQUESTS_cut_short]);
	load_wheel_remove(&server->lingering, conn.index);
	give_back(server, slot);
	slot->flags = 0;
	return is_cut;
}

uint64_t http_server_unanswered(const struct http_server *server)
{
	uint64_t unanswered = 0;

	for (uint32_t i = 0; i < server->connection_count; i++) {
		const struct http_slot *slot = &server->slots[i];

		unanswered += slot->flags & ANSWERING && slot->status != HTTP_CONTINUE;
	}
	return unanswered;
}

/* Its time is up: unless the answer is still on its way to a slow reader, it is let go of. */
static void stop_lingering(struct http_server *server, struct quern_shard *shard, struct quern_conn conn)
{
	struct quern_conn_info info;

	if (quern_conn_info(shard, conn, &info) == 0 && info.queued_bytes > 0)
		load_wheel_put(&server->lingering, conn.index, conn.generation, quern_now(shard), LINGER_NS);
	else
		quern_conn_close(shard, conn);
}

bool http_server_turn(struct http_server *server, struct quern_shard *shard)
{
	struct quern_conn conn = {.shard = quern_shard_number(shard)};
	uint64_t now_ns = quern_now(shard);
	int stopped = 0;

	if (now_ns >= server->next_second_ns)
		read_clock(server, now_ns);
	while (stopped < LINGER_BATCH && load_wheel_take(&server->lingering, now_ns, &conn.index, &conn.generation)) {
		stop_lingering(server, shard, conn);
		stopped++;
	}
	return stopped > 0;
}
