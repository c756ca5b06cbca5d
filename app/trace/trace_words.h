/* trace_words.h - what a ladder says of a segment, a time or a connection: the same in text and in pictures. */
#ifndef TRACE_WORDS_H
#define TRACE_WORDS_H

#include <stddef.h>

#include "trace/trace_connection.h"

enum {
	TRACE_WORDS_MOST = 40,
	TRACE_WORD_TEXT = 40,
	TRACE_LINE_TEXT = 256,
	TRACE_TIME_TEXT = 32,
	TRACE_TITLE_TEXT = 256
};

/* Pieces of which none is broken: "PSH+ACK", "seq 1:1461", "again", ... The marks come last. */
struct trace_words {
	uint32_t count;
	uint32_t marks_at; /* the first that is a mark */
	bool marks_apart;  /* no line holds both */
	uint32_t next;     /* the first that trace_words_line() has not given yet */
	char words[TRACE_WORDS_MOST][TRACE_WORD_TEXT];
};

void trace_words_of(struct trace_words *words, const struct trace_connection *connection,
		    const struct trace_event *event);

/* "SYN+ACK"; "no flags" where there are none. Returns the text. */
char *trace_flags_text(uint16_t flags, char text[TRACE_WORD_TEXT]);

/* As many of the words as fit into so many columns, one at least; false where none is left. */
bool trace_words_line(struct trace_words *words, size_t columns, char line[TRACE_LINE_TEXT]);

/* "?" for QUERN_NO_STATE. */
const char *trace_state_text(enum quern_state state);

/* 0, 12.5 µs, 1.204 ms, 60 s, 12:05 min, 2:00:05 h, 5 d: ten columns at most; it may be negative.
 * Returns the text. */
char *trace_time_text(int64_t ns, char text[TRACE_TIME_TEXT]);

/* Copies as many words of a text as fit into so many columns, and returns the rest; null where none was left. */
const char *trace_wrap(const char *text, size_t columns, char line[TRACE_LINE_TEXT]);

/* Columns of a text in UTF-8. */
size_t trace_columns(const char *text);

/* "connection 3: 12 segments in 60 s, text 100 and 1,024 bytes". */
void trace_title(const struct trace_connection *connection, char text[TRACE_TITLE_TEXT]);

/* What must be known to read the numbers of this connection, or null; `place` counts from 0 on. */
const char *trace_note(const struct trace_connection *connection, uint32_t place);

#endif
