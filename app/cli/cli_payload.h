/* cli_payload.h - what is said on a connection: --payload and --pattern. */
#ifndef CLI_PAYLOAD_H
#define CLI_PAYLOAD_H

#include "cli/cli_span.h"

enum cli_payload {
	CLI_PAYLOAD_NONE,
	CLI_PAYLOAD_BYTES, /* so many each way, the client's first */
	CLI_PAYLOAD_HTTP,
	CLI_PAYLOAD_ECHO,   /* the client sends, and has it all sent back */
	CLI_PAYLOAD_SINK,   /* the client sends, and is answered by nobody */
	CLI_PAYLOAD_SOURCE, /* the server sends */
	CLI_PAYLOADS
};

enum cli_pattern {
	CLI_PATTERN_AUTO, /* zero for bytes:N, random for what is held against it */
	CLI_PATTERN_ZERO,
	CLI_PATTERN_COUNTER,
	CLI_PATTERN_RANDOM,
	CLI_PATTERN_TEXT,
	CLI_PATTERNS
};

enum {
	CLI_MAX_BYTES = 65535,       /* of bytes:N */
	CLI_MAX_TEXT = 1000000000,   /* of the others */
	CLI_MAX_PATTERN_TEXT = 1024, /* of --pattern text:TEXT */
	CLI_PAYLOAD_TEXT = CLI_SPAN_TEXT + 16
};

struct cli_settings;
struct cli_service;

/* Setters of the table of flags: false for a value that is none. */
bool cli_set_payload(struct cli_settings *settings, const char *value);
bool cli_set_pattern(struct cli_settings *settings, const char *value);

/* "none", "bytes:64", "http", "echo:uniform:1-1000"; returns `text`. */
const char *cli_format_payload(const struct cli_service *service, char text[CLI_PAYLOAD_TEXT]);

/* "zero", "counter", "random", "text"; null for that which completion has not chosen yet. */
const char *cli_pattern_name(enum cli_pattern pattern);

/* Whether the client says or hears more than one thing, or text that is held against a pattern. */
bool cli_payload_is_exchanged(const struct cli_service *service);

#endif
