/* http_fields.c - a small machine over the bytes of field lines. A line ends with CRLF or a bare LF (RFC 9112 2.2). */
#include "http/http_fields.h"

#include <string.h>

enum step {
	STEP_FIRST, /* at the first line: nothing to go on with */
	STEP_LINE,
	STEP_NAME,
	STEP_VALUE,
	STEP_CR,
	STEP_LAST_CR
};

enum field { FIELD_OTHER, FIELD_LENGTH, FIELD_HOST, FIELD_CONNECTION, FIELD_CODING, FIELD_EXPECT };

static const struct {
	const char *name;
	enum field field;
} names[] = {{"content-length", FIELD_LENGTH},
	     {"host", FIELD_HOST},
	     {"connection", FIELD_CONNECTION},
	     {"transfer-encoding", FIELD_CODING},
	     {"expect", FIELD_EXPECT}};

void http_fields_begin(struct http_fields *fields, bool folds)
{
	*fields = (struct http_fields){.step = STEP_FIRST, .folds = folds};
}

static bool is_alphanumeric(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

bool http_is_token(uint8_t byte)
{
	return is_alphanumeric(byte) || (byte != '\0' && strchr("!#$%&'*+-.^_`|~", byte));
}

/* RFC 3986 3.2.2: an address or a name, and a port. */
static bool is_of_host(uint8_t byte)
{
	return is_alphanumeric(byte) || (byte != '\0' && strchr("-._~%!$&'()*+,;=:[]", byte));
}

void http_fields_add(struct http_fields *fields, uint8_t byte)
{
	if (fields->word_bytes >= HTTP_WORD_MAX) {
		fields->word_bytes = HTTP_WORD_MAX + 1;
		return;
	}
	fields->word[fields->word_bytes++] = (char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
}

static bool word_is(const struct http_fields *fields, const char *word)
{
	return strlen(word) == fields->word_bytes && memcmp(word, fields->word, fields->word_bytes) == 0;
}

/* RFC 9112 6.1: chunked is the last coding, and applied once. */
static int coding_ends(struct http_fields *fields)
{
	if (fields->word_bytes == 0)
		return 0;
	if (fields->says & HTTP_IS_CHUNKED)
		return HTTP_BAD_REQUEST;
	fields->says |= word_is(fields, "chunked") ? HTTP_IS_CHUNKED : HTTP_HAS_OTHER_CODING;
	return 0;
}

/* RFC 9112 6.3: the same length said twice is one; two that differ are a fault. */
static int length_ends(struct http_fields *fields)
{
	if (fields->word_bytes == 0 || (fields->says & HTTP_HAS_LENGTH && fields->length != fields->number))
		return HTTP_BAD_REQUEST;
	fields->length = fields->number;
	fields->says |= HTTP_HAS_LENGTH;
	return 0;
}

/* At a comma or at the end of a value. 0 or HTTP_BAD_REQUEST. */
static int member_ends(struct http_fields *fields)
{
	int status = 0;

	switch ((enum field)fields->field) {
	case FIELD_LENGTH:
		status = length_ends(fields);
		break;
	case FIELD_CODING:
		status = coding_ends(fields);
		break;
	case FIELD_CONNECTION:
		if (word_is(fields, "close"))
			fields->says |= HTTP_SAYS_CLOSE;
		if (word_is(fields, "keep-alive"))
			fields->says |= HTTP_SAYS_KEEP_ALIVE;
		break;
	case FIELD_EXPECT:
		if (word_is(fields, "100-continue"))
			fields->says |= HTTP_EXPECTS_CONTINUE;
		break;
	case FIELD_HOST:
	case FIELD_OTHER:
		break;
	}
	fields->word_bytes = 0;
	fields->has_gap = false;
	fields->number = 0;
	return status;
}

static int name_ends(struct http_fields *fields)
{
	fields->field = FIELD_OTHER;
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (word_is(fields, names[i].name))
			fields->field = (uint8_t)names[i].field;
	}
	/* RFC 9112 3.2: more than one Host is a fault. */
	if (fields->field == FIELD_HOST && fields->says & HTTP_HAS_HOST)
		return HTTP_BAD_REQUEST;
	if (fields->field == FIELD_HOST)
		fields->says |= HTTP_HAS_HOST;
	if (fields->field == FIELD_CODING)
		fields->says |= HTTP_HAS_CODING;
	fields->word_bytes = 0;
	fields->has_gap = false;
	fields->number = 0;
	fields->step = STEP_VALUE;
	return HTTP_FIELDS_MORE;
}

static int length_goes_on(struct http_fields *fields, uint8_t byte)
{
	if (byte < '0' || byte > '9' || fields->has_gap || fields->number > (INT64_MAX - 9) / 10)
		return HTTP_BAD_REQUEST;
	fields->number = fields->number * 10 + (byte - '0');
	fields->word_bytes = 1;
	return HTTP_FIELDS_MORE;
}

/* A byte of a value that is neither white space nor the end of its line. */
static int member_goes_on(struct http_fields *fields, uint8_t byte)
{
	if (byte < ' ' || byte == 0x7f)
		return HTTP_BAD_REQUEST;
	if (fields->field == FIELD_OTHER)
		return HTTP_FIELDS_MORE;
	if (fields->field == FIELD_HOST) {
		if (!is_of_host(byte) || fields->has_gap)
			return HTTP_BAD_REQUEST;
		fields->word_bytes = 1;
		return HTTP_FIELDS_MORE;
	}
	if (byte == ',')
		return member_ends(fields);
	if (fields->field == FIELD_LENGTH)
		return length_goes_on(fields, byte);
	if (fields->has_gap)
		fields->word_bytes = HTTP_WORD_MAX;
	http_fields_add(fields, byte);
	return HTTP_FIELDS_MORE;
}

static int value_goes_on(struct http_fields *fields, uint8_t byte)
{
	if (byte == '\r' || byte == '\n') {
		fields->step = byte == '\r' ? STEP_CR : STEP_LINE;
		return HTTP_FIELDS_MORE;
	}
	if (byte != ' ' && byte != '\t')
		return member_goes_on(fields, byte);
	fields->has_gap = fields->word_bytes > 0;
	return HTTP_FIELDS_MORE;
}

/* The first byte of a line, which shows whether the value before it has ended. */
static int line_begins(struct http_fields *fields, uint8_t byte)
{
	bool is_first = fields->step == STEP_FIRST;

	if ((byte == ' ' || byte == '\t') && fields->folds && !is_first) {
		fields->step = STEP_VALUE;
		return value_goes_on(fields, byte);
	}
	if (!is_first && member_ends(fields) != 0)
		return HTTP_BAD_REQUEST;
	if (byte == '\n')
		return HTTP_FIELDS_END;
	fields->step = STEP_LAST_CR;
	if (byte == '\r')
		return HTTP_FIELDS_MORE;
	if (!http_is_token(byte))
		return HTTP_BAD_REQUEST;
	fields->step = STEP_NAME;
	fields->word_bytes = 0;
	http_fields_add(fields, byte);
	return HTTP_FIELDS_MORE;
}

int http_fields_take(struct http_fields *fields, uint8_t byte)
{
	switch ((enum step)fields->step) {
	case STEP_FIRST:
	case STEP_LINE:
		return line_begins(fields, byte);
	case STEP_NAME:
		if (byte == ':')
			return name_ends(fields);
		/* RFC 9112 5.1: white space before the colon is a fault, and no token. */
		if (!http_is_token(byte))
			return HTTP_BAD_REQUEST;
		http_fields_add(fields, byte);
		return HTTP_FIELDS_MORE;
	case STEP_VALUE:
		return value_goes_on(fields, byte);
	case STEP_CR:
		fields->step = STEP_LINE;
		return byte == '\n' ? HTTP_FIELDS_MORE : HTTP_BAD_REQUEST;
	case STEP_LAST_CR:
		return byte == '\n' ? HTTP_FIELDS_END : HTTP_BAD_REQUEST;
	}
	return HTTP_BAD_REQUEST;
}
