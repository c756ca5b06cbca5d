/* trace_marks.h - the sequence space of a connection as it is seen: relative numbers, and what is odd about a segment.
 */
#ifndef TRACE_MARKS_H
#define TRACE_MARKS_H

#include "trace/trace_judge.h"

enum { TRACE_HOLES = 16 };

struct trace_hole {
	uint32_t from;
	uint32_t to;
};

/* What an end has said so far, in relative numbers. */
struct trace_space {
	bool has_syn;
	uint32_t base;
	bool has_scale;
	uint8_t scale;

	bool has_sent;
	uint32_t sent;                        /* one behind the highest number */
	bool was_acked;                       /* by the other end */
	uint32_t acked;                       /* up to here */
	struct trace_hole holes[TRACE_HOLES]; /* below `sent`, not seen; what finds no place is forgotten */
	uint32_t hole_count;

	bool has_acked; /* these are of its last segment */
	uint32_t ack;
	uint32_t window;
	uint32_t duplicates; /* that acknowledge the same */
	bool was_probed;     /* by the segment before, of the other end */
};

/* Before the first event. */
void trace_marks_init(struct trace_space spaces[TRACE_ENDS], const struct trace_judged ends[TRACE_ENDS]);

/* Fills in the numbers and marks of the next event. */
void trace_marks_apply(struct trace_space spaces[TRACE_ENDS], struct trace_event *event);

#endif
