/* http_statuses.h - which statuses of an answer are well. */
#ifndef HTTP_STATUSES_H
#define HTTP_STATUSES_H

#include <stdbool.h>
#include <stdint.h>

enum { HTTP_STATUS_FIRST = 200, HTTP_STATUS_LAST = 999 };

struct http_statuses {
	uint64_t bits[(HTTP_STATUS_LAST + 64) / 64]; /* by status */
};

/* Those from `first` to `last` as well. */
void http_statuses_add(struct http_statuses *statuses, uint16_t first, uint16_t last);

/* Reads "200,404,3xx". False, and nothing changed, where it is no such list; 1xx are no answers by themselves. */
bool http_statuses_read(struct http_statuses *statuses, const char *text);

/* Whether that status is one of them. */
static inline bool http_statuses_hold(const struct http_statuses *statuses, uint16_t status)
{
	return status <= HTTP_STATUS_LAST && statuses->bits[status / 64] >> status % 64 & 1;
}

#endif
