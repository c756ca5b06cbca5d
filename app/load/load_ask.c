/* load_ask.c - the text of requests, and draws by weight. */
#include "load/load_ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	HTTP_PORT = 80,
	FIRST_BODY = 2048, /* of the body, what goes with the head */
	LINE_ENDS = 256    /* method, version, Content-Length and the like: all that has no bound of its own below */
};

/* RFC 9112 3.2: Host is needed, and has a port only where that is not 80. */
static void write_host(FILE *out, const struct cli_request *request, const struct quern_endpoint *target)
{
	char host[QUERN_ENDPOINT_TEXT];

	if (request->host) {
		fprintf(out, "Host: %s\r\n", request->host);
		return;
	}
	quern_format_endpoint(target, host);
	if (target->port == HTTP_PORT)
		*strrchr(host, ':') = '\0';
	fprintf(out, "Host: %s\r\n", host);
}

/* RFC 9110 8.6: where a method has a use for a body, that there is none is said too. */
static bool says_length(const struct cli_request *request)
{
	static const char *const methods[] = {"POST", "PUT", "PATCH"};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strcmp(request->method, methods[i]) == 0)
			return true;
	}
	return request->body != NULL;
}

static void write_head(FILE *out, const struct cli_request *request, const struct cli_service *service, uint16_t target)
{
	fprintf(out, "%s %s%s HTTP/1.1\r\n", request->method, request->path[0] == '?' ? "/" : "", request->path);
	if (!cli_request_has_header(request, "Host"))
		write_host(out, request, &service->target[target]);
	for (uint16_t i = 0; i < request->header_count; i++)
		fprintf(out, "%s\r\n", request->headers[i]);
	if (says_length(request))
		fprintf(out, "Content-Length: %u\r\n", request->body_bytes);
	if (service->http.requests == 1)
		fputs("Connection: close\r\n", out);
	fputs("\r\n", out);
}

static size_t room_for(const struct cli_request *request)
{
	size_t room = LINE_ENDS + CLI_HOST_MAX + FIRST_BODY + strlen(request->path);

	for (uint16_t i = 0; i < request->header_count; i++)
		room += strlen(request->headers[i]) + 2;
	return room;
}

static int write_ask(struct load_ask *ask, const struct cli_request *request, const struct cli_service *service,
		     uint16_t target)
{
	size_t room = room_for(request);
	uint32_t together = request->body_bytes < FIRST_BODY ? request->body_bytes : FIRST_BODY;
	FILE *out;

	*ask = (struct load_ask){.first = malloc(room),
				 .is_head = strcmp(request->method, "HEAD") == 0,
				 .is_body_wanted = request->wanted != NULL,
				 .well = request->well};
	out = ask->first ? fmemopen(ask->first, room, "w") : NULL;
	if (!out)
		return -ENOMEM;
	write_head(out, request, service, target);
	if (together > 0)
		fwrite(request->body, 1, together, out);
	ask->first_bytes = (uint32_t)ftell(out);
	fclose(out);
	ask->bytes = ask->first_bytes + request->body_bytes - together;
	ask->rest = ask->bytes > ask->first_bytes ? request->body + together : NULL;
	if (!ask->is_body_wanted)
		return 0;
	return http_match_open(&ask->wanted, request->wanted, request->wanted_bytes, request->is_wanted_whole);
}

int load_asks_open(struct load_asks *asks, const struct cli_service *service)
{
	const struct cli_requests *list = &service->http.list;
	uint16_t all = (uint16_t)(list->count * service->target_count);
	uint32_t end = 0;
	int rc = 0;

	*asks = (struct load_asks){.each = calloc(all, sizeof(*asks->each)), .count = list->count};
	if (!asks->each)
		return -ENOMEM;
	for (uint16_t i = 0; i < list->count; i++)
		asks->ends[i] = end += list->each[i].weight;
	for (; rc == 0 && asks->written < all; asks->written++) {
		struct load_ask *ask = &asks->each[asks->written];

		rc = write_ask(ask, &list->each[asks->written % list->count], service,
			       (uint16_t)(asks->written / list->count));
		asks->are_bodies_wanted |= ask->is_body_wanted;
	}
	return rc;
}

void load_asks_close(struct load_asks *asks)
{
	for (uint16_t i = 0; i < asks->written; i++) {
		free(asks->each[i].first);
		http_match_close(&asks->each[i].wanted);
	}
	free(asks->each);
	*asks = (struct load_asks){.each = NULL};
}

uint8_t load_asks_draw(const struct load_asks *asks, struct load_draw *draw)
{
	uint32_t place;
	uint8_t at = 0;

	if (asks->count <= 1)
		return 0;
	place = (uint32_t)((load_draw_next(draw) >> 32) * asks->ends[asks->count - 1] >> 32);
	while (place >= asks->ends[at])
		at++;
	return at;
}
