/* http_body.c - counts bodies by their length, and takes chunks apart. */
#include "http/http_body.h"

void http_body_begin_counted(struct http_body *body, uint64_t bytes)
{
	*body = (struct http_body){.left = bytes, .step = bytes > 0 ? HTTP_BODY_COUNTED : HTTP_BODY_ENDED};
}

void http_body_begin_chunked(struct http_body *body)
{
	*body = (struct http_body){.step = HTTP_BODY_SIZE};
}

void http_body_begin_until_close(struct http_body *body)
{
	*body = (struct http_body){.step = HTTP_BODY_UNTIL_CLOSE};
}

static int hex_digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static void size_line_ends(struct http_body *body)
{
	body->step = body->left > 0 ? HTTP_BODY_CHUNK : HTTP_BODY_TRAILER;
	body->line_bytes = 0;
}

static enum http_body_step size_goes_on(struct http_body *body, uint8_t byte)
{
	int digit = hex_digit(byte);

	if (digit >= 0) {
		if (body->left > UINT64_MAX >> 5)
			return HTTP_BODY_BAD;
		body->left = body->left << 4 | (uint64_t)digit;
		body->has_digits = true;
		return HTTP_BODY_SIZE;
	}
	if (!body->has_digits)
		return HTTP_BODY_BAD;
	if (byte == '\r')
		return HTTP_BODY_SIZE_CR;
	return byte == ';' || byte == ' ' || byte == '\t' ? HTTP_BODY_EXTENSION : HTTP_BODY_BAD;
}

/* A byte behind which only a line's end may stand. */
static void take_line_end(struct http_body *body, uint8_t byte)
{
	enum http_body_step step = (enum http_body_step)body->step;

	if (byte == '\r' && step == HTTP_BODY_CHUNK_END)
		body->step = HTTP_BODY_CHUNK_CR;
	else if (byte != '\n')
		body->step = HTTP_BODY_BAD;
	else if (step == HTTP_BODY_SIZE_CR)
		size_line_ends(body);
	else if (step == HTTP_BODY_TRAILER_CR)
		body->step = HTTP_BODY_ENDED;
	else
		http_body_begin_chunked(body);
}

/* A byte between chunks; a bare LF ends a line as in heads. */
static void take_between(struct http_body *body, uint8_t byte)
{
	bool is_lf = byte == '\n', is_cr = byte == '\r';

	if (++body->line_bytes > (body->step >= HTTP_BODY_TRAILER ? HTTP_TRAILER_MAX : HTTP_CHUNK_LINE_MAX)) {
		body->step = HTTP_BODY_BAD;
		return;
	}
	switch ((enum http_body_step)body->step) {
	case HTTP_BODY_SIZE:
		if (is_lf && body->has_digits)
			size_line_ends(body);
		else
			body->step = (uint8_t)size_goes_on(body, byte);
		break;
	case HTTP_BODY_EXTENSION:
		if (is_lf)
			size_line_ends(body);
		else if (is_cr)
			body->step = HTTP_BODY_SIZE_CR;
		break;
	case HTTP_BODY_TRAILER:
		body->step = is_lf ? HTTP_BODY_ENDED : is_cr ? HTTP_BODY_TRAILER_CR : HTTP_BODY_TRAILER_LINE;
		break;
	case HTTP_BODY_TRAILER_LINE:
		if (is_lf)
			body->step = HTTP_BODY_TRAILER;
		break;
	case HTTP_BODY_SIZE_CR:
	case HTTP_BODY_CHUNK_END:
	case HTTP_BODY_CHUNK_CR:
	case HTTP_BODY_TRAILER_CR:
		take_line_end(body, byte);
		break;
	case HTTP_BODY_ENDED:
	case HTTP_BODY_BAD:
	case HTTP_BODY_COUNTED:
	case HTTP_BODY_UNTIL_CLOSE:
	case HTTP_BODY_CHUNK:
		break;
	}
}

static uint32_t take_counted(struct http_body *body, uint32_t bytes)
{
	uint32_t taken = body->left < bytes ? (uint32_t)body->left : bytes;

	body->left -= taken;
	if (body->left == 0)
		body->step = body->step == HTTP_BODY_COUNTED ? HTTP_BODY_ENDED : HTTP_BODY_CHUNK_END;
	return taken;
}

uint32_t http_body_take_run(struct http_body *body, const uint8_t *text, uint32_t bytes, uint32_t *content_bytes)
{
	uint32_t taken = 0;

	*content_bytes = 0;
	if (body->step == HTTP_BODY_UNTIL_CLOSE)
		return *content_bytes = bytes;
	while (taken < bytes && body->step > HTTP_BODY_BAD) {
		if (body->step == HTTP_BODY_COUNTED || body->step == HTTP_BODY_CHUNK) {
			*content_bytes = take_counted(body, bytes - taken);
			return taken + *content_bytes;
		}
		take_between(body, text[taken++]);
	}
	return taken;
}

uint32_t http_body_take(struct http_body *body, const uint8_t *text, uint32_t bytes)
{
	uint32_t taken = 0, content_bytes;

	while (taken < bytes && body->step > HTTP_BODY_BAD)
		taken += http_body_take_run(body, text + taken, bytes - taken, &content_bytes);
	return taken;
}
