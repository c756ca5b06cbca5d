/* picture_stage.h - two shards play a scene on a virtual clock: what is captured at the client, and what the states
 * really are, are written down for quern trace to be held against. */
#ifndef TRACE_PICTURE_STAGE_H
#define TRACE_PICTURE_STAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "engine/engine_pcap.h"
#include "support/shard_pair.h"

enum { STAGE_FRAMES_MAX = 64, STAGE_NEVER = 0 };

/* On its way, and how its sender was once it had sent it. */
struct stage_frame {
	struct rte_mbuf *mbuf;
	uint64_t due_ns;
	enum pair_side to;
	enum quern_state sender_state;
	uint32_t number; /* in the capture; of one that the server sends not before it arrives */
};

struct stage {
	struct pair pair;
	struct engine_pcap pcap;
	FILE *truth;
	uint32_t captured;
	struct stage_frame frames[STAGE_FRAMES_MAX];
	uint32_t count;
	uint32_t said;  /* frames that the client has sent */
	uint32_t loses; /* the one of them that does not arrive, from 1 on */
	bool is_cut;    /* nothing arrives any more */
	uint32_t loss_per_mille;
	struct random random;
	bool has_begun[2];          /* an end that has had a connection and has none is CLOSED, and no listener */
	enum quern_state states[2]; /* as they were last seen */
	struct flow_key keys[2];
	uint8_t route;
	struct quern_conn conns[2];
	enum quern_end ends[2];
};

/* Opens both ends, with the server listening, and the files NAME.pcap and NAME.truth in the folder that QUERN_PICTURES
 * names. The options are the client's; null options are the defaults. */
void stage_open(struct stage *stage, const char *name, const struct quern_tcp_options *options);

/* Notes how both ends are left, and closes all. */
void stage_close(struct stage *stage);

/* The client opens a connection, and what comes of it comes within `ms`. */
void stage_connect(struct stage *stage, uint64_t ms);

/* An end sends so many bytes. */
void stage_send(struct stage *stage, enum pair_side side, uint32_t bytes);

/* Goes on for so long, from event to event. */
void stage_run(struct stage *stage, uint64_t ms);

enum quern_state stage_state(struct stage *stage, enum pair_side side);

#endif
