/* trace_script.h - connections as tables of segments: what is seen, and what must be found of it. */
#ifndef TESTS_TRACE_SCRIPT_H
#define TESTS_TRACE_SCRIPT_H

#include "trace/trace_book.h"

enum { FIN = QUERN_FIN, SYN = QUERN_SYN, RST = QUERN_RST, PSH = QUERN_PSH, ACK = QUERN_ACK };

/* Numbers are relative to each end's first one: 1000 of the client, 4294967290 of the server. */
struct step {
	char from; /* c or s */
	uint16_t flags;
	uint32_t seq;
	uint32_t ack;
	uint32_t text;
	enum quern_state sender;   /* that must be found, from here on */
	enum quern_state receiver; /* and from its arrival on */
	uint32_t marks;
	uint32_t lands;    /* so many events later */
	uint32_t window;   /* 1000 where 0; as it is on the wire, which has 0 where this is SCRIPT_SHUT */
	uint64_t after_ms; /* 1 where 0 */
};

#define SCRIPT_SHUT UINT32_MAX

extern const struct quern_endpoint SCRIPT_CLIENT;
extern const struct quern_endpoint SCRIPT_SERVER;

/* A segment as a capture has it, without options. */
struct quern_segment script_segment(const struct step *step);

/* Enters all steps into a book that shows all, and follows its first connection. */
struct trace_connection *script_follow(struct trace_book *book, const struct step steps[], size_t count);

/* The same, and fails where what is found is not what the steps say, or the states before the first are others. */
void script_expect(enum quern_state client, enum quern_state server, const struct step steps[], size_t count);

/* Both with a table that says its own length. */
#define EXPECT(client, server, steps) script_expect(client, server, steps, sizeof(steps) / sizeof((steps)[0]))
#define FOLLOW(book, steps) script_follow(book, steps, sizeof(steps) / sizeof((steps)[0]))

#endif
