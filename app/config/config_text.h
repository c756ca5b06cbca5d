/* config_text.h - a file in memory, and how a place of it is shown. */
#ifndef CONFIG_TEXT_H
#define CONFIG_TEXT_H

#include <stddef.h>
#include <stdio.h>

#include "cli/cli_settings.h"

enum { CONFIG_MAX_BYTES = 1 << 20 };

struct config_text {
	const char *name; /* as errors call it */
	char *bytes;      /* with a zero byte behind them */
	size_t length;
};

/* Some bytes of a text, on one line. */
struct config_mark {
	size_t offset;
	size_t length;
};

/* Reads a file whole; "-" is standard input. 0, or -errno, -EINVAL for what is no file of text, with one line in
 * `error`. What was read is freed by config_text_free(). */
int config_text_read(struct config_text *text, const char *path, char error[CLI_ERROR_TEXT]);

/* The same of bytes in memory, which are copied. 0 or -errno. */
int config_text_copy(struct config_text *text, const char *name, const char *bytes, size_t length);

void config_text_free(struct config_text *text);

/* The first byte that no text of UTF-8 has; true, or false where there is none. */
bool config_text_fault(const struct config_text *text, struct config_mark *mark);

/* The place of a line and a column, which are counted from 1; the last one for what lies behind the end. */
struct config_mark config_text_at(const struct config_text *text, size_t line, size_t column);

/* Prints "  NAME:LINE:COLUMN:   <the line>" and beneath it what is marked. Of a long line that part is shown. */
void config_text_show(FILE *out, const struct config_text *text, struct config_mark mark);

#endif
