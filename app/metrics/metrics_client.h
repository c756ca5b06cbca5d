/* metrics_client.h - one connection of a client of HTTP: reads a request, has it answered, and goes on. */
#ifndef METRICS_CLIENT_H
#define METRICS_CLIENT_H

#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "metrics/metrics_answer.h"

enum { METRICS_CLIENTS_MAX = 16 };

enum metrics_stage {
	METRICS_READING,
	METRICS_WAITING,   /* its request is whole, and the budget is spent */
	METRICS_ANSWERING, /* the answer goes out */
	METRICS_LEAVING    /* it has gone out, and the other end may close */
};

struct metrics_client {
	TAILQ_ENTRY(metrics_client) link;
	struct metrics_clients *clients;
	struct bufferevent *stream;
	struct event *deadline;
	struct http_request request;
	enum metrics_stage stage;
	bool closes;
	bool is_timed; /* its deadline is that of a request */
	size_t thrown_away;
};

/* All of them; who has been without an answer for longest stands first, and gives way to a new one. */
struct metrics_clients {
	TAILQ_HEAD(metrics_client_list, metrics_client) list;
	unsigned int count;
	struct event_base *base;
	/* Writes the answer to a request into `out`; false where that has to wait. */
	bool (*answer)(struct evbuffer *out, const struct metrics_answer *answer, void *app);
	void *app;
};

void metrics_clients_begin(struct metrics_clients *clients, struct event_base *base,
			   bool (*answer)(struct evbuffer *out, const struct metrics_answer *answer, void *app),
			   void *app);
void metrics_clients_end(struct metrics_clients *clients);

/* Takes a connection over. */
void metrics_client_begin(struct metrics_clients *clients, evutil_socket_t sock);

/* Answers those whose requests had to wait. */
void metrics_clients_go_on(struct metrics_clients *clients);

#endif
