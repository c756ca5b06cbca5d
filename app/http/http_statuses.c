/* http_statuses.c - a bit for each status; lists of them as they are written. */
#include "http/http_statuses.h"

enum { DIGITS = 3, CLASS = 100 };

void http_statuses_add(struct http_statuses *statuses, uint16_t first, uint16_t last)
{
	for (uint16_t status = first; status <= last; status++)
		statuses->bits[status / 64] |= UINT64_C(1) << status % 64;
}

/* "404" or "4xx". */
static bool read_one(struct http_statuses *statuses, const char *text)
{
	uint16_t first = 0;
	bool is_class = text[0] != '\0' && (text[1] | 0x20) == 'x';

	for (int i = 0; i < DIGITS; i++) {
		bool is_digit = text[i] >= '0' && text[i] <= '9';

		if (i > 0 && is_class ? (text[i] | 0x20) != 'x' : !is_digit)
			return false;
		first = (uint16_t)(first * 10 + (is_digit ? text[i] - '0' : 0));
	}
	if (first < HTTP_STATUS_FIRST)
		return false;
	http_statuses_add(statuses, first, (uint16_t)(is_class ? first + CLASS - 1 : first));
	return true;
}

bool http_statuses_read(struct http_statuses *statuses, const char *text)
{
	struct http_statuses found = {.bits = {0}};

	for (;; text += DIGITS + 1) {
		if (!read_one(&found, text))
			return false;
		if (text[DIGITS] == '\0')
			break;
		if (text[DIGITS] != ',')
			return false;
	}
	*statuses = found;
	return true;
}
