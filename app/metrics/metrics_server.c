/* metrics_server.c - the loop: who comes, what is answered, and how often. */
#include "metrics/metrics_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http/http_answer.h"
#include "report/report_sample.h"

enum { TICKS_A_SECOND = 1000 / METRICS_TICK_MS };

/* Several who ask at once see the same. */
#define PAGE_STAYS_S 0.05

static const char head[] = "HTTP/1.1 %u %s\r\n"
			   "Content-Type: text/plain; %scharset=utf-8\r\n"
			   "Content-Length: %zu\r\n"
			   "Connection: %s\r\n%s\r\n";

static void renew_page(struct metrics_server *server)
{
	double now_s = report_clock_s();
	FILE *out;

	if (server->page && now_s < server->page_s + PAGE_STAYS_S)
		return;
	free(server->page);
	server->page = NULL;
	server->page_bytes = 0;
	server->page_s = now_s;
	out = open_memstream(&server->page, &server->page_bytes);
	if (!out)
		return;
	server->pages.write(out, now_s, server->pages.app);
	fclose(out);
}

static bool give_answer(struct evbuffer *out, const struct metrics_answer *answer, void *app)
{
	struct metrics_server *server = app;
	const char *body = metrics_answer_text(answer);
	size_t bytes = strlen(body);

	if (!metrics_budget_take(&server->budget))
		return false;
	if (answer->what == METRICS_IS_PAGE) {
		renew_page(server);
		body = server->page ? server->page : "";
		bytes = server->page_bytes;
	}
	evbuffer_add_printf(out, head, answer->status, http_reason(answer->status),
			    answer->what == METRICS_IS_PAGE ? "version=0.0.4; " : "", bytes,
			    answer->closes ? "close" : "keep-alive",
			    answer->status == HTTP_METHOD_NOT_ALLOWED ? "Allow: GET, HEAD\r\n" : "");
	if (answer->has_body)
		evbuffer_add(out, body, bytes);
	return true;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t sock, struct sockaddr *address, int bytes,
		      void *app)
{
	struct metrics_server *server = app;

	(void)address;
	(void)bytes;
	metrics_client_begin(&server->clients, sock);
	if (!metrics_budget_take(&server->budget))
		evconnlistener_disable(listener);
}

/* No descriptor is left: the next tick tries again. */
static void on_accept_failed(struct evconnlistener *listener, void *app)
{
	(void)app;
	evconnlistener_disable(listener);
}

static void on_tick(evutil_socket_t sock, short what, void *app)
{
	struct metrics_server *server = app;

	(void)sock;
	(void)what;
	if (++server->ticks % TICKS_A_SECOND == 0)
		server->pages.second(server->pages.app);
	metrics_budget_refill(&server->budget);
	metrics_clients_go_on(&server->clients);
	evconnlistener_enable(server->listener);
}

static void on_stop(evutil_socket_t sock, short what, void *app)
{
	(void)sock;
	(void)what;
	event_base_loopbreak(app);
}

int metrics_server_open(struct metrics_server *server, int sock, int stop_fd, const struct metrics_pages *pages)
{
	const struct timeval every = {.tv_usec = METRICS_TICK_MS * 1000};

	*server = (struct metrics_server){.pages = *pages, .base = event_base_new()};
	if (!server->base)
		return -ENOMEM;
	metrics_budget_begin(&server->budget);
	metrics_clients_begin(&server->clients, server->base, give_answer, server);
	server->listener = evconnlistener_new(server->base, on_accept, server, LEV_OPT_CLOSE_ON_EXEC, 0, sock);
	server->tick = event_new(server->base, -1, EV_PERSIST, on_tick, server);
	server->stop = event_new(server->base, stop_fd, EV_READ, on_stop, server->base);
	if (server->listener && server->tick && server->stop && event_add(server->tick, &every) == 0 &&
	    event_add(server->stop, NULL) == 0) {
		evconnlistener_set_error_cb(server->listener, on_accept_failed);
		return 0;
	}
	metrics_server_close(server);
	return -ENOMEM;
}

void metrics_server_run(struct metrics_server *server)
{
	event_base_dispatch(server->base);
}

void metrics_server_close(struct metrics_server *server)
{
	metrics_clients_end(&server->clients);
	if (server->listener)
		evconnlistener_free(server->listener);
	if (server->tick)
		event_free(server->tick);
	if (server->stop)
		event_free(server->stop);
	event_base_free(server->base);
	free(server->page);
}
