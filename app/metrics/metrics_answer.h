/* metrics_answer.h - what a request is answered with. */
#ifndef METRICS_ANSWER_H
#define METRICS_ANSWER_H

#include <stdbool.h>

#include "http/http_request.h"

enum metrics_what { METRICS_IS_PAGE, METRICS_IS_INDEX, METRICS_IS_ERROR };

enum { METRICS_NOT_FOUND = 404, METRICS_TOO_LARGE = 413 };

struct metrics_answer {
	enum metrics_what what;
	uint16_t status;
	bool has_body; /* HEAD has none */
	bool closes;   /* the connection, behind it */
};

/* Of a request that is complete, refused, or has a body, which nobody reads. */
struct metrics_answer metrics_answer_to(const struct http_request *request);

/* A line for a person, of an answer that is no page. */
const char *metrics_answer_text(const struct metrics_answer *answer);

#endif
