/* http_request.c - the request line, and what its head must say. Fields and body have files of their own. */
#include "http/http_request.h"

#include <stddef.h>
#include <string.h>

enum step { STEP_BEFORE, STEP_METHOD, STEP_TARGET, STEP_VERSION, STEP_CR, STEP_FIELDS };

enum { VERSION_BYTES = 8 };

static const struct {
	const char *name;
	enum http_method method; /* HTTP_NO_METHOD: known, and not allowed here */
} methods[] = {{"get", HTTP_GET},         {"head", HTTP_HEAD},         {"post", HTTP_POST},
	       {"put", HTTP_NO_METHOD},   {"delete", HTTP_NO_METHOD},  {"options", HTTP_NO_METHOD},
	       {"trace", HTTP_NO_METHOD}, {"connect", HTTP_NO_METHOD}, {"patch", HTTP_NO_METHOD}};

void http_request_begin(struct http_request *request)
{
	/* All but the text of the target. */
	memset(request, 0, offsetof(struct http_request, target));
}

static void refuse(struct http_request *request, int status)
{
	request->status = (uint16_t)status;
	request->stage = HTTP_REFUSED;
}

static void method_ends(struct http_request *request)
{
	const struct http_fields *word = &request->fields;

	request->step = STEP_TARGET;
	for (unsigned int i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strlen(methods[i].name) != word->word_bytes ||
		    memcmp(methods[i].name, word->word, word->word_bytes) != 0)
			continue;
		request->method = (uint8_t)methods[i].method;
		if (request->method == HTTP_NO_METHOD)
			refuse(request, HTTP_METHOD_NOT_ALLOWED);
		return;
	}
	/* RFC 9110 9.1: a method that is not known here, or too long to be. */
	refuse(request, HTTP_NOT_IMPLEMENTED);
}

/* Methods are case-sensitive: a small letter belongs to none that is known. */
static void take_method(struct http_request *request, uint8_t byte)
{
	if (byte == ' ' && request->fields.word_bytes > 0)
		method_ends(request);
	else if (!http_is_token(byte))
		refuse(request, HTTP_BAD_REQUEST);
	else
		http_fields_add(&request->fields, byte >= 'a' && byte <= 'z' ? '~' : byte);
}

static void take_target(struct http_request *request, uint8_t byte)
{
	if (byte == ' ' && request->target_bytes > 0) {
		request->step = STEP_VERSION;
		request->fields.word_bytes = 0;
	} else if (byte <= ' ' || byte >= 0x7f || byte == '#') {
		refuse(request, HTTP_BAD_REQUEST);
	} else if (request->target_bytes == HTTP_TARGET_MAX) {
		refuse(request, HTTP_TARGET_TOO_LONG);
	} else {
		request->target[request->target_bytes++] = (char)byte;
	}
}

static bool is_digit(char letter)
{
	return letter >= '0' && letter <= '9';
}

static void line_ends(struct http_request *request)
{
	const struct http_fields *word = &request->fields;
	bool is_version = word->word_bytes == VERSION_BYTES && memcmp(word->word, "HTTP/", 5) == 0 &&
			  is_digit(word->word[5]) && word->word[6] == '.' && is_digit(word->word[7]);

	if (!is_version) {
		refuse(request, HTTP_BAD_REQUEST);
	} else if (word->word[5] != '1' || word->word[7] > '1') {
		refuse(request, HTTP_VERSION_UNKNOWN);
	} else {
		request->minor_version = (uint8_t)(word->word[7] - '0');
		request->step = STEP_FIELDS;
		http_fields_begin(&request->fields, false);
	}
}

static void take_version(struct http_request *request, uint8_t byte)
{
	struct http_fields *word = &request->fields;

	if (byte == '\n')
		line_ends(request);
	else if (byte == '\r')
		request->step = STEP_CR;
	else if (word->word_bytes == VERSION_BYTES)
		refuse(request, HTTP_BAD_REQUEST);
	else
		/* The name is case-sensitive (RFC 9112 2.3). */
		word->word[word->word_bytes++] = (char)byte;
}

/* RFC 9112 6: how long the body is, or why that cannot be told. */
static void head_ends(struct http_request *request)
{
	const struct http_fields *fields = &request->fields;

	/* RFC 9112 3.2, 6.1: no Host in 1.1; codings in 1.0; two ways to say where the body ends. */
	if ((request->minor_version == 1 && !(fields->says & HTTP_HAS_HOST)) ||
	    (fields->says & HTTP_HAS_CODING && (fields->says & HTTP_HAS_LENGTH || request->minor_version == 0))) {
		refuse(request, HTTP_BAD_REQUEST);
		return;
	}
	if (fields->says & HTTP_HAS_OTHER_CODING) {
		refuse(request, HTTP_NOT_IMPLEMENTED);
		return;
	}
	if (fields->says & HTTP_IS_CHUNKED)
		http_body_begin_chunked(&request->body);
	else if (fields->says & HTTP_HAS_CODING)
		refuse(request, HTTP_BAD_REQUEST);
	else
		http_body_begin_counted(&request->body, fields->length);
	if (request->stage != HTTP_REFUSED)
		request->stage = request->body.step == HTTP_BODY_ENDED ? HTTP_COMPLETE : HTTP_IN_BODY;
}

static void take_field(struct http_request *request, uint8_t byte)
{
	int status = http_fields_take(&request->fields, byte);

	if (status == HTTP_FIELDS_END)
		head_ends(request);
	else if (status != HTTP_FIELDS_MORE)
		refuse(request, status);
}

static void take_head(struct http_request *request, uint8_t byte)
{
	if (++request->head_bytes > HTTP_HEAD_BYTES_MAX) {
		refuse(request, HTTP_HEAD_TOO_LARGE);
		return;
	}
	switch ((enum step)request->step) {
	case STEP_BEFORE:
		/* RFC 9112 2.2: empty lines before a request are passed over. */
		if (byte == '\r' || byte == '\n')
			return;
		request->step = STEP_METHOD;
		take_method(request, byte);
		break;
	case STEP_METHOD:
		take_method(request, byte);
		break;
	case STEP_TARGET:
		take_target(request, byte);
		break;
	case STEP_VERSION:
		take_version(request, byte);
		break;
	case STEP_CR:
		if (byte == '\n')
			line_ends(request);
		else
			refuse(request, HTTP_BAD_REQUEST);
		break;
	case STEP_FIELDS:
		take_field(request, byte);
		break;
	}
}

uint32_t http_request_take(struct http_request *request, const void *text, uint32_t bytes)
{
	const uint8_t *from = text;
	uint32_t taken = 0;

	if (request->stage == HTTP_IN_BODY) {
		taken = http_body_take(&request->body, from, bytes);
		if (request->body.step == HTTP_BODY_ENDED)
			request->stage = HTTP_COMPLETE;
		else if (request->body.step == HTTP_BODY_BAD)
			refuse(request, HTTP_BAD_REQUEST);
		return taken;
	}
	while (taken < bytes && request->stage == HTTP_IN_HEAD)
		take_head(request, from[taken++]);
	return taken;
}

bool http_request_keeps_alive(const struct http_request *request)
{
	if (request->stage == HTTP_REFUSED || request->fields.says & HTTP_SAYS_CLOSE)
		return false;
	return request->minor_version == 1 || request->fields.says & HTTP_SAYS_KEEP_ALIVE;
}
