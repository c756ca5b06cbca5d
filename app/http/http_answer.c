/* http_answer.c - heads put together from their parts. */
#include "http/http_answer.h"

#include <string.h>

#include "http/http_request.h"

static const struct {
	uint16_t status;
	const char *reason;
} reasons[] = {{HTTP_OK, "OK"},
	       {HTTP_NOT_FOUND, "Not Found"},
	       {HTTP_CONTINUE, "Continue"},
	       {HTTP_BAD_REQUEST, "Bad Request"},
	       {HTTP_METHOD_NOT_ALLOWED, "Method Not Allowed"},
	       {HTTP_TARGET_TOO_LONG, "URI Too Long"},
	       {HTTP_HEAD_TOO_LARGE, "Request Header Fields Too Large"},
	       {HTTP_NOT_IMPLEMENTED, "Not Implemented"},
	       {HTTP_UNAVAILABLE, "Service Unavailable"},
	       {HTTP_VERSION_UNKNOWN, "HTTP Version Not Supported"}};

const char *http_reason(uint16_t status)
{
	for (unsigned int i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "Unknown";
}

static char *put(char *at, const char *text)
{
	size_t bytes = strlen(text);

	memcpy(at, text, bytes);
	return at + bytes;
}

static char *put_number(char *at, uint64_t number)
{
	char digits[20];
	int count = 0;

	do {
		digits[count++] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	while (count > 0)
		*at++ = digits[--count];
	return at;
}

uint32_t http_answer_head(uint16_t status, const char *type, uint64_t body_bytes, enum http_behind behind,
			  const char date[HTTP_DATE_BYTES], char head[HTTP_ANSWER_HEAD_MAX])
{
	char *at = put_number(put(head, "HTTP/1.1 "), status);

	at = put(put(at, " "), http_reason(status));
	if (status == HTTP_CONTINUE)
		return (uint32_t)(put(at, "\r\n\r\n") - head);
	at = put(at, "\r\nServer: quern\r\nDate: ");
	memcpy(at, date, HTTP_DATE_BYTES);
	at = put(put(at + HTTP_DATE_BYTES, "\r\nContent-Type: "), type);
	at = put_number(put(at, "\r\nContent-Length: "), body_bytes);
	/* RFC 9110 15.5.6: it must say what would be allowed. */
	if (status == HTTP_METHOD_NOT_ALLOWED)
		at = put(at, "\r\nAllow: GET, HEAD, POST");
	if (behind != HTTP_GOES_ON)
		at = put(at, behind == HTTP_CLOSES ? "\r\nConnection: close" : "\r\nConnection: keep-alive");
	return (uint32_t)(put(at, "\r\n\r\n") - head);
}

uint32_t http_answer_text(uint16_t status, char text[HTTP_ANSWER_HEAD_MAX])
{
	char *at = put_number(text, status);

	return (uint32_t)(put(put(put(at, " "), http_reason(status)), "\n") - text);
}
