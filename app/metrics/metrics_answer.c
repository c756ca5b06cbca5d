/* metrics_answer.c - GET and HEAD of /metrics, and / which says so. */
#include "metrics/metrics_answer.h"

#include <string.h>

static bool is_path(const struct http_request *request, const char *path)
{
	const char *query = memchr(request->target, '?', request->target_bytes);
	size_t bytes = query ? (size_t)(query - request->target) : request->target_bytes;

	return bytes == strlen(path) && memcmp(request->target, path, bytes) == 0;
}

static uint16_t status_of(const struct http_request *request)
{
	if (request->stage == HTTP_REFUSED)
		return request->status;
	if (request->method != HTTP_GET && request->method != HTTP_HEAD)
		return HTTP_METHOD_NOT_ALLOWED;
	if (request->stage == HTTP_IN_BODY)
		return METRICS_TOO_LARGE;
	return is_path(request, "/metrics") || is_path(request, "/") ? 200 : METRICS_NOT_FOUND;
}

struct metrics_answer metrics_answer_to(const struct http_request *request)
{
	struct metrics_answer answer = {.what = METRICS_IS_ERROR,
					.status = status_of(request),
					.has_body = request->method != HTTP_HEAD,
					.closes =
						request->stage != HTTP_COMPLETE || !http_request_keeps_alive(request)};

	if (answer.status == 200)
		answer.what = is_path(request, "/") ? METRICS_IS_INDEX : METRICS_IS_PAGE;
	return answer;
}

const char *metrics_answer_text(const struct metrics_answer *answer)
{
	switch (answer->status) {
	case 200:
		return "quern: /metrics has its figures, for Prometheus.\n";
	case METRICS_NOT_FOUND:
		return "Not found. /metrics has the figures.\n";
	case HTTP_METHOD_NOT_ALLOWED:
		return "GET and HEAD are answered.\n";
	default:
		return "This request is not answered.\n";
	}
}
