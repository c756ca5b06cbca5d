/* trace_draw.h - the strokes of which pictures of ladders are made, in units of the picture. */
#ifndef TRACE_DRAW_H
#define TRACE_DRAW_H

#include <stdio.h>

#include "trace/trace_connection.h"

/* Widths are those of letters that are all as wide: 0.602 of their height. */
enum {
	TRACE_WIDTH = 520,
	TRACE_LEFT = 112, /* lifelines */
	TRACE_RIGHT = TRACE_WIDTH - TRACE_LEFT,
	TRACE_BAR = 8,            /* width of a lifeline */
	TRACE_LINE = 17,          /* from one line of text to the next */
	TRACE_LABEL_LETTERS = 33, /* between the lifelines */
	TRACE_TITLE_LETTERS = 58  /* across the whole picture */
};

/* What lies behind what: each is a stream of its own until the picture is written. */
struct trace_layers {
	FILE *bars;
	FILE *arrows;
	FILE *words;
};

enum trace_anchor { TRACE_START, TRACE_MIDDLE, TRACE_END };

enum trace_stroke {
	TRACE_STROKE_PLAIN,
	TRACE_STROKE_AGAIN, /* dashed */
	TRACE_STROKE_RESET  /* red */
};

/* x of a lifeline. */
int trace_lifeline(int end);

/* The picture's first and last lines. */
void trace_draw_begin(FILE *out, int height, const char *title, const char *desc);
void trace_draw_finish(FILE *out);

/* A line of text with its baseline at y, of a class of the style sheet. */
void trace_draw_words(FILE *out, int x, int y, enum trace_anchor anchor, const char *class, const char *words);

/* In the margin beside a lifeline, at this height; and the name of a state there. */
void trace_draw_beside(FILE *out, int end, int y, const char *class, const char *words);
void trace_draw_state(FILE *out, int end, int y, enum quern_state state);

/* A piece of a lifeline, coloured by state. */
void trace_draw_bar(FILE *out, int end, int from, int to, enum quern_state state);

/* A piece of a lifeline that stands for a long time. */
void trace_draw_break(FILE *out, int from, int to);

/* From lifeline to lifeline; one that does not arrive ends in a cross before it gets there. */
void trace_draw_arrow(FILE *out, int from_end, int from_y, int to_y, enum trace_stroke stroke, bool arrives);

#endif
