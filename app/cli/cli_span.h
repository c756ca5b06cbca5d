/* cli_span.h - a time or a number of bytes that is the same each time, or is drawn: uniformly, or exponentially. */
#ifndef CLI_SPAN_H
#define CLI_SPAN_H

#include <stdbool.h>
#include <stdint.h>

enum cli_span_kind { CLI_SPAN_CONSTANT, CLI_SPAN_UNIFORM, CLI_SPAN_EXPONENTIAL };

enum {
	CLI_SPAN_CUT = 20, /* means, the most that is drawn exponentially: one draw in 485 million would be longer */
	CLI_SPAN_TEXT = 64
};

/* All zero is a constant 0. */
struct cli_span {
	enum cli_span_kind kind;
	uint64_t least;
	uint64_t most;
	uint64_t mean;
};

/* A span that is no more than that value. */
struct cli_span cli_span_of(uint64_t value);

/* "1s", "uniform:1s-5s", "exp:2s": times, none above `most`. False for a text that is none, and the span untouched. */
bool cli_parse_time_span(const char *text, uint64_t most, struct cli_span *span);

/* "64", "uniform:1k-64k", "exp:10k": numbers from `least` to `most`. Likewise. */
bool cli_parse_count_span(const char *text, uint64_t least, uint64_t most, struct cli_span *span);

/* The text that would be read as this span; returns `text`. */
const char *cli_format_time_span(const struct cli_span *span, char text[CLI_SPAN_TEXT]);
const char *cli_format_count_span(const struct cli_span *span, char text[CLI_SPAN_TEXT]);

#endif
