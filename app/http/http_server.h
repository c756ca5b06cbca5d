/* http_server.h - the server's side of HTTP on the connections of one shard. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <assert.h>

#include <quern/calls.h>

#include "http/http_answer.h"
#include "http/http_request.h"
#include "http/http_site.h"
#include "load/load_wheel.h"
#include "report/report_tally.h"

/* What is kept of a connection: 32 bytes, and 16 for its place among those that wait for the peer's FIN. */
struct http_slot {
	uint64_t sent;       /* of the answer that is going out, head included */
	uint64_t body_bytes; /* of that answer, as its head says */
	uint32_t page;
	uint32_t at_s;   /* its Date */
	uint32_t reader; /* the request that is being read, from 1; 0 between requests */
	uint16_t status;
	uint16_t flags;
};

static_assert(sizeof(struct http_slot) == 32, "two to a cache line");

struct http_server {
	const struct http_site *site;
	struct report_tally *tally;
	struct http_slot *slots;      /* by conn.index */
	struct http_request *readers; /* of connections within a request, 320 bytes each */
	uint32_t *free_readers;       /* those that were given back */
	uint32_t free_count;
	uint32_t used_count; /* the others below this one are in use */
	uint32_t reader_count;
	uint32_t connection_count;
	struct load_wheel lingering;
	uint64_t next_second_ns;
	uint32_t now_s;
	char date[HTTP_DATE_BYTES + 1];
};

/* Prepares for so many connections. 0 or -ENOMEM. */
int http_server_open(struct http_server *server, const struct http_site *site, struct report_tally *tally,
		     uint32_t connections);
void http_server_close(struct http_server *server);

/* The events of a connection, as <quern/calls.h> has them. */
void http_server_begin(struct http_server *server, struct quern_conn conn);
uint32_t http_server_take(struct http_server *server, struct quern_shard *shard, struct quern_conn conn,
			  const void *text, uint32_t bytes);
void http_server_room(struct http_server *server, struct quern_shard *shard, struct quern_conn conn);
void http_server_peer_closed(struct http_server *server, struct quern_shard *shard, struct quern_conn conn);

/* Returns whether an answer was cut short by the end. */
bool http_server_ended(struct http_server *server, struct quern_conn conn);

/* How many requests are not answered to the end; when the worker has ended. */
uint64_t http_server_unanswered(const struct http_server *server);

/* Once a turn: the Date, and connections whose peers never close. Returns whether it found work. */
bool http_server_turn(struct http_server *server, struct quern_shard *shard);

#endif
