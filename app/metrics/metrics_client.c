/* metrics_client.c - a request at a time. evhttp would bound neither how many clients there are nor how long a request
 * may take as a whole: so only the streams are libevent's. */
#include "metrics/metrics_client.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
	READ_BYTES = 4096,    /* that wait to be looked at */
	THROWN_BYTES = 65536, /* behind the last answer */
	IDLE_S = 120,         /* between requests: scrapes are a minute apart at most */
	REQUEST_S = 5,        /* from its first byte to its last */
	ANSWER_S = 5,
	LEAVING_S = 1
};

static void end(struct metrics_client *client)
{
	TAILQ_REMOVE(&client->clients->list, client, link);
	client->clients->count--;
	if (client->deadline)
		event_free(client->deadline);
	if (client->stream)
		bufferevent_free(client->stream);
	free(client);
}

static void allow(struct metrics_client *client, int seconds)
{
	const struct timeval time = {.tv_sec = seconds};

	event_add(client->deadline, &time);
}

static void read_next(struct metrics_client *client)
{
	client->stage = METRICS_READING;
	client->is_timed = false;
	http_request_begin(&client->request);
	allow(client, IDLE_S);
	bufferevent_enable(client->stream, EV_READ);
}

/* RFC 9112 9.6: an answer could be destroyed by what the client goes on to send to a closed end. */
static void leave(struct metrics_client *client)
{
	client->stage = METRICS_LEAVING;
	shutdown(bufferevent_getfd(client->stream), SHUT_WR);
	allow(client, LEAVING_S);
	bufferevent_enable(client->stream, EV_READ);
}

static void answer_it(struct metrics_client *client)
{
	struct metrics_clients *clients = client->clients;
	const struct metrics_answer answer = metrics_answer_to(&client->request);

	bufferevent_disable(client->stream, EV_READ);
	client->stage = METRICS_WAITING;
	if (!clients->answer(bufferevent_get_output(client->stream), &answer, clients->app))
		return;
	client->stage = METRICS_ANSWERING;
	client->closes = answer.closes;
	allow(client, ANSWER_S);
	TAILQ_REMOVE(&clients->list, client, link);
	TAILQ_INSERT_TAIL(&clients->list, client, link);
}

static void read_request(struct metrics_client *client)
{
	struct evbuffer *input = bufferevent_get_input(client->stream);
	size_t bytes;

	while (client->request.stage == HTTP_IN_HEAD && (bytes = evbuffer_get_contiguous_space(input)) > 0) {
		uint32_t taken =
			http_request_take(&client->request, evbuffer_pullup(input, (ev_ssize_t)bytes), (uint32_t)bytes);

		evbuffer_drain(input, taken);
	}
	if (client->request.stage != HTTP_IN_HEAD) {
		answer_it(client);
	} else if (client->request.head_bytes > 0 && !client->is_timed) {
		client->is_timed = true;
		allow(client, REQUEST_S);
	}
}

/* False once it is over. */
static bool throw_away(struct metrics_client *client)
{
	struct evbuffer *input = bufferevent_get_input(client->stream);

	client->thrown_away += evbuffer_get_length(input);
	evbuffer_drain(input, evbuffer_get_length(input));
	return client->thrown_away <= THROWN_BYTES;
}

static void go_on(struct metrics_client *client)
{
	switch (client->stage) {
	case METRICS_READING:
		read_request(client);
		break;
	case METRICS_WAITING:
		answer_it(client);
		break;
	case METRICS_LEAVING:
		if (!throw_away(client))
			end(client);
		break;
	case METRICS_ANSWERING:
		break;
	}
}

static void on_read(struct bufferevent *stream, void *app)
{
	(void)stream;
	go_on(app);
}

/* All that was written has gone out. What came meanwhile may be the next request. */
static void on_written(struct bufferevent *stream, void *app)
{
	struct metrics_client *client = app;

	(void)stream;
	if (client->stage != METRICS_ANSWERING)
		return;
	if (client->closes) {
		leave(client);
		return;
	}
	read_next(client);
	read_request(client);
}

static void on_event(struct bufferevent *stream, short what, void *app)
{
	(void)stream;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		end(app);
}

static void on_deadline(evutil_socket_t sock, short what, void *app)
{
	(void)sock;
	(void)what;
	end(app);
}

void metrics_client_begin(struct metrics_clients *clients, evutil_socket_t sock)
{
	struct metrics_client *client;

	if (clients->count == METRICS_CLIENTS_MAX)
		end(TAILQ_FIRST(&clients->list));
	client = calloc(1, sizeof(*client));
	if (!client) {
		evutil_closesocket(sock);
		return;
	}
	client->clients = clients;
	TAILQ_INSERT_TAIL(&clients->list, client, link);
	clients->count++;
	client->stream = bufferevent_socket_new(clients->base, sock, BEV_OPT_CLOSE_ON_FREE);
	client->deadline = evtimer_new(clients->base, on_deadline, client);
	if (!client->stream || !client->deadline) {
		if (!client->stream)
			evutil_closesocket(sock);
		end(client);
		return;
	}
	bufferevent_setcb(client->stream, on_read, on_written, on_event, client);
	bufferevent_setwatermark(client->stream, EV_READ, 0, READ_BYTES);
	read_next(client);
}

void metrics_clients_go_on(struct metrics_clients *clients)
{
	struct metrics_client *client, *next;

	for (client = TAILQ_FIRST(&clients->list); client; client = next) {
		next = TAILQ_NEXT(client, link);
		if (client->stage == METRICS_WAITING)
			go_on(client);
	}
}

void metrics_clients_begin(struct metrics_clients *clients, struct event_base *base,
			   bool (*answer)(struct evbuffer *out, const struct metrics_answer *answer, void *app),
			   void *app)
{
	*clients = (struct metrics_clients){.base = base, .answer = answer, .app = app};
	TAILQ_INIT(&clients->list);
}

void metrics_clients_end(struct metrics_clients *clients)
{
	while (!TAILQ_EMPTY(&clients->list))
		end(TAILQ_FIRST(&clients->list));
}
