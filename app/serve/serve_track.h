/* serve_track.h - of a generator's datagrams, what came and what did not: by flow, told by their sequence numbers. */
#ifndef SERVE_TRACK_H
#define SERVE_TRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "payload/payload_stamp.h"

enum {
	SERVE_TRACK_FLOWS = 16384, /* that are followed at once, a shard */
	SERVE_TRACK_WINDOW =
		1024 /* datagrams of a flow, from the newest back, of which it is known whether they came */
};

struct serve_flow {
	uint64_t name; /* run and number, plus 1; 0 is free */
	uint32_t first; /* the lowest sequence number of which it is known whether it came */
	uint32_t next;  /* the highest that came, plus 1 */
	uint64_t seen[SERVE_TRACK_WINDOW / 64];
};

/* Counts of one shard; one writer, its worker. `lost` may fall: what comes late fills its gap. */
struct serve_track_counts {
	uint64_t received;   /* datagrams of generators that were there for the first time */
	uint64_t lost;       /* numbers that were left out so far; of a flow that has told its end, for good */
	uint64_t duplicated; /* came again */
	uint64_t reordered;  /* a higher number had come before (RFC 4737) */
	uint64_t stale;      /* too old to know whether they came before */
	uint64_t unknown;    /* of no generator, or changed on the way */
	uint64_t untracked;  /* of flows that found no place */
	uint64_t flows;
};

struct serve_track {
	struct serve_flow *flows;
	struct serve_track_counts counts;
};

/* Reserves the flows. 0 or -ENOMEM. */
int serve_track_open(struct serve_track *track);
void serve_track_close(struct serve_track *track);

/* What a datagram is to whoever counts. */
enum serve_datagram {
	SERVE_COUNTS, /* a generator's, or anybody's */
	SERVE_WARMS_UP,
	SERVE_ENDS_A_FLOW
};

/* Counts a datagram by its text, and says what it is. */
enum serve_datagram serve_track_note(struct serve_track *track, const uint8_t *text, uint32_t bytes);

#endif
