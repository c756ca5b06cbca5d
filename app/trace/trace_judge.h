/* trace_judge.h - what of a connection has arrived, as far as what comes later shows it. */
#ifndef TRACE_JUDGE_H
#define TRACE_JUDGE_H

#include "trace/trace_connection.h"

#define TRACE_NEVER UINT32_MAX

/* A SYN or FIN of one end, by indexes of events, TRACE_NEVER for none. It may be said several times. */
struct trace_said {
	uint32_t end;      /* relative number that acknowledges it */
	uint32_t first;    /* the copy that is said first */
	uint32_t last;     /* and the last that is said because no acknowledgment came */
	uint32_t wanting;  /* the last segment that is: also text before a FIN */
	uint32_t answer;   /* of a SYN: the copy that acknowledges the other end's SYN, where both open */
	uint32_t shown;    /* of a SYN: what its end says first that presumes that it has been acknowledged */
	uint32_t covered;  /* the other end's first acknowledgment */
	uint32_t taken;    /* the copy that arrived: the last one before that */
	uint32_t accepted; /* the acknowledgment that arrived: the first behind what was said for want of one */
};

/* What is known of an end from the whole of the capture. */
struct trace_judged {
	bool has_base;
	bool has_syn;
	uint32_t base;   /* number of its SYN; or one before the first that was seen */
	bool is_passive; /* its first SYN answers another one */
	struct trace_said syn;
	struct trace_said fin;
	uint32_t last_word; /* its last segment that is no RST */
	uint32_t resets;    /* its RST that ends it: behind its last word */
	uint32_t is_reset;  /* the RST of the other end that ends it */
};

/* Judges a connection, and sets `lands` of its events and the mark of acknowledgments that were lost or late. */
void trace_judge(struct trace_connection *connection, struct trace_judged ends[TRACE_ENDS]);

/* True where a number is before another, in a space that wraps. */
static inline bool trace_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/* Text, SYN and FIN. */
static inline uint32_t trace_length(const struct quern_segment *segment)
{
	return segment->text_bytes + !!(segment->flags & QUERN_SYN) + !!(segment->flags & QUERN_FIN);
}

#endif
