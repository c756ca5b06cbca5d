/* trace_connection.h - one connection of a capture: its ends, its segments in order, and what is known of its states.
 */
#ifndef TRACE_CONNECTION_H
#define TRACE_CONNECTION_H

#include "trace/trace_event.h"

/* A SYN and a FIN of each end, and an acknowledgment of each. */
enum { TRACE_LATE_MOST = 4 * TRACE_ENDS };

struct trace_connection {
	uint32_t number; /* in the capture, from 1 on */
	uint16_t vlan;
	bool is_shown;
	struct quern_endpoint ends[TRACE_ENDS];

	struct trace_event *events; /* of a connection that is shown */
	uint32_t count;
	uint32_t room;
	uint64_t segments; /* all, also those that were not kept */
	uint64_t text_bytes[TRACE_ENDS];
	uint64_t first_ns;
	uint64_t last_ns;

	/* Tells the next connection between the same ends from this one. */
	uint32_t iss[TRACE_ENDS];
	bool has_syn[TRACE_ENDS];
	bool has_spoken[TRACE_ENDS];
	bool has_fin[TRACE_ENDS];
	bool has_reset;

	/* Found by trace_follow(). */
	uint32_t late[TRACE_LATE_MOST]; /* indexes of events that arrive behind others: see trace_event.lands */
	uint32_t late_count;
	enum quern_state states[TRACE_ENDS]; /* before the first event; QUERN_NO_STATE where that is not known */
	uint32_t bases[TRACE_ENDS];          /* numbers count from here */
	uint32_t first_tsval[TRACE_ENDS];    /* and timestamps from here */
	bool has_beginning;                  /* a SYN of it was captured */
	bool has_scales;                     /* what windows are scaled by, or none is there to be scaled */
	uint64_t unfinished_sums;            /* of segments captured before their port had made the checksum */
};

/* Follows both ends through a connection's events and fills in what they and the connection say of it. */
void trace_follow(struct trace_connection *connection);

#endif
