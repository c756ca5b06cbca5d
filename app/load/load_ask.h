/* load_ask.h - requests as a client sends them: written once, and drawn by their weights. */
#ifndef LOAD_ASK_H
#define LOAD_ASK_H

#include <assert.h>

#include "cli/cli_settings.h"
#include "http/http_match.h"
#include "load/load_draw.h"

struct load_ask {
	/* The head, and the body behind it as far as both leave in one call. The rest of the body is everybody's. */
	uint8_t *first;
	uint32_t first_bytes;
	const uint8_t *rest;
	uint32_t bytes; /* in all */
	bool is_head;   /* its answer has no body, whatever it says */
	struct http_statuses well;
	bool is_body_wanted;
	struct http_match wanted;
};

static_assert(CLI_REQUESTS_MAX * CLI_MAX_TARGETS <= UINT8_MAX + 1, "a byte says which one it is");

struct load_asks {
	struct load_ask *each; /* the list of requests for each target in turn, since they name it */
	uint16_t count;        /* of one list */
	uint16_t written;
	uint32_t ends[CLI_REQUESTS_MAX]; /* the sum of the weights up to here */
	bool are_bodies_wanted;          /* of any of them */
};

/* Writes a service's requests to each of its targets. 0 or -ENOMEM; undone by load_asks_close(). */
int load_asks_open(struct load_asks *asks, const struct cli_service *service);
void load_asks_close(struct load_asks *asks);

/* Draws one of a list, as often as its weight says; where there is one only, it takes no draw. */
uint8_t load_asks_draw(const struct load_asks *asks, struct load_draw *draw);

#endif
