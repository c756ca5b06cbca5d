/* metrics_server.h - HTTP on one thread. Whatever comes, it is bounded: clients, their bytes, their time, and how often
 * in a second anything is done for them. */
#ifndef METRICS_SERVER_H
#define METRICS_SERVER_H

#include <stdio.h>

#include <event2/event.h>
#include <event2/listener.h>

#include "metrics/metrics_budget.h"
#include "metrics/metrics_client.h"

/* What pages are made of. Called on the thread of the server. */
struct metrics_pages {
	void (*write)(FILE *out, double now_s, void *app); /* the page of /metrics, anew */
	void (*second)(void *app);                         /* once a second */
	void *app;
};

struct metrics_server {
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *tick;
	struct event *stop;
	struct metrics_pages pages;
	struct metrics_clients clients;
	struct metrics_budget budget;
	unsigned int ticks;
	char *page; /* the last one that was made, and when */
	size_t page_bytes;
	double page_s;
};

/* Prepares to answer at a socket that listens, until `stop_fd` can be read. 0 or -ENOMEM. */
int metrics_server_open(struct metrics_server *server, int sock, int stop_fd, const struct metrics_pages *pages);

/* Answers until it is told to stop. */
void metrics_server_run(struct metrics_server *server);

void metrics_server_close(struct metrics_server *server);

#endif
