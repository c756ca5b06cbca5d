/* http_response.c - the status line, and how long the body of an answer is. Fields and body have files of their own. */
#include "http/http_response.h"

#include <string.h>

/* Places in "HTTP/1.1 200 OK". */
enum { STEP_MINOR = 7, STEP_SPACE, STEP_STATUS, STEP_REASON = STEP_STATUS + 3, STEP_TEXT, STEP_CR, STEP_FIELDS };

enum { SWITCHING = 101, NO_CONTENT = 204, NOT_MODIFIED = 304 };

void http_response_begin(struct http_response *response, bool answers_head)
{
	*response = (struct http_response){.answers_head = answers_head};
}

static void line_ends(struct http_response *response)
{
	response->step = STEP_FIELDS;
	http_fields_begin(&response->fields, true);
}

/* The next byte of the status line; false where it cannot stand there. */
static bool take_line(struct http_response *response, uint8_t byte)
{
	static const char begin[] = "HTTP/1.";
	uint8_t step = response->step;

	if (step < STEP_MINOR) {
		response->step++;
		return byte == begin[step];
	}
	if (step == STEP_MINOR || (step >= STEP_STATUS && step < STEP_REASON)) {
		response->step++;
		if (byte < '0' || byte > '9')
			return false;
		if (step == STEP_MINOR)
			response->minor_version = (uint8_t)(byte - '0');
		else
			response->status = (uint16_t)(response->status * 10 + (byte - '0'));
		return true;
	}
	if (step == STEP_SPACE) {
		response->step++;
		return byte == ' ';
	}
	if (step == STEP_CR || byte == '\n') {
		line_ends(response);
		return byte == '\n';
	}
	/* The reason, which means nothing (RFC 9112 4); there are servers that leave out the space before none. */
	response->step = byte == '\r' ? STEP_CR : STEP_TEXT;
	return step == STEP_TEXT ? byte >= ' ' || byte == '\t' || byte == '\r' : byte == ' ' || byte == '\r';
}

/* RFC 9112 6.3, in its order. */
static void begin_body(struct http_response *response)
{
	const struct http_fields *fields = &response->fields;

	if (response->answers_head || response->status == NO_CONTENT || response->status == NOT_MODIFIED)
		http_body_begin_counted(&response->body, 0);
	else if (fields->says & HTTP_IS_CHUNKED)
		http_body_begin_chunked(&response->body);
	else if (fields->says & HTTP_HAS_LENGTH && !(fields->says & HTTP_HAS_CODING))
		http_body_begin_counted(&response->body, fields->length);
	else
		http_body_begin_until_close(&response->body);
	response->stage = response->body.step == HTTP_BODY_ENDED ? HTTP_COMPLETE : HTTP_IN_BODY;
}

static void head_ends(struct http_response *response)
{
	bool is_bad = response->status < 100 || response->status == SWITCHING ||
		      /* RFC 9112 6.1: 1.0 knows no codings. */
		      (response->minor_version == 0 && response->fields.says & HTTP_HAS_CODING);

	if (is_bad)
		response->stage = HTTP_REFUSED;
	else if (response->status < 200)
		*response = (struct http_response){.head_bytes = response->head_bytes,
						   .answers_head = response->answers_head};
	else
		begin_body(response);
}

static void take_head(struct http_response *response, uint8_t byte)
{
	int status;

	if (++response->head_bytes > HTTP_RESPONSE_HEAD_MAX) {
		response->stage = HTTP_REFUSED;
		return;
	}
	if (response->step < STEP_FIELDS) {
		if (!take_line(response, byte))
			response->stage = HTTP_REFUSED;
		return;
	}
	status = http_fields_take(&response->fields, byte);
	if (status == HTTP_FIELDS_END)
		head_ends(response);
	else if (status != HTTP_FIELDS_MORE)
		response->stage = HTTP_REFUSED;
}

uint32_t http_response_take_run(struct http_response *response, const void *text, uint32_t bytes,
				uint32_t *content_bytes)
{
	const uint8_t *from = text;
	uint32_t taken = 0;

	*content_bytes = 0;
	while (taken < bytes && response->stage == HTTP_IN_HEAD)
		take_head(response, from[taken++]);
	if (response->stage != HTTP_IN_BODY)
		return taken;
	taken += http_body_take_run(&response->body, from + taken, bytes - taken, content_bytes);
	if (response->body.step == HTTP_BODY_ENDED)
		response->stage = HTTP_COMPLETE;
	else if (response->body.step == HTTP_BODY_BAD)
		response->stage = HTTP_REFUSED;
	return taken;
}

uint32_t http_response_take(struct http_response *response, const void *text, uint32_t bytes)
{
	uint32_t taken = 0, content_bytes;

	while (taken < bytes && response->stage <= HTTP_IN_BODY)
		taken += http_response_take_run(response, (const uint8_t *)text + taken, bytes - taken, &content_bytes);
	return taken;
}

void http_response_end(struct http_response *response)
{
	if (response->stage == HTTP_IN_BODY && response->body.step == HTTP_BODY_UNTIL_CLOSE)
		response->stage = HTTP_COMPLETE;
}

bool http_response_keeps_alive(const struct http_response *response)
{
	if (response->stage != HTTP_COMPLETE || response->body.step == HTTP_BODY_UNTIL_CLOSE ||
	    response->fields.says & HTTP_SAYS_CLOSE)
		return false;
	return response->minor_version > 0 || response->fields.says & HTTP_SAYS_KEEP_ALIVE;
}
