/* impair.h - what a bad line does to frames: lose, delay, double, reorder, corrupt them, or let few pass at a time. */
#ifndef QUERN_IMPAIR_H
#define QUERN_IMPAIR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Shares are in parts of a billion: 1 % is 10,000,000. */
#define QUERN_IMPAIR_WHOLE UINT32_C(1000000000)
#define QUERN_IMPAIR_DELAY_MAX UINT64_C(10000000000) /* 10 s; also of the other times */
#define QUERN_IMPAIR_GAP UINT64_C(1000000)           /* what 0 in gap_ns means */
#define QUERN_IMPAIR_QUEUE UINT64_C(100000000)       /* and in queue_ns */
#define QUERN_IMPAIR_RATE_MIN UINT64_C(1000)
#define QUERN_IMPAIR_RATE_MAX UINT64_C(1000000000000)

enum { QUERN_IMPAIR_BURST_MAX = 10000 };

/* Which frames of a port: those that it receives, or those that it sends. */
enum quern_way { QUERN_RX, QUERN_TX, QUERN_WAYS };

/* One way of a line. All zero is a good one. In this order a frame is lost, or not; waits for its turn at the rate;
 * and is on its way for the delay. */
struct quern_impair {
	uint32_t loss_share;
	uint32_t burst; /* frames that are lost together, on average (Gilbert); 0: each is lost or not by itself */
	uint32_t dup_share;
	uint64_t rate;     /* bits a second, Ethernet headers among them; 0 for no limit */
	uint64_t queue_ns; /* a frame that would wait longer for its turn is dropped */
	uint64_t delay_ns;
	uint64_t jitter_ns; /* by which the delay wanders up and down, no frame overtaking another; at most delay_ns */
	uint32_t reorder_share;
	uint64_t gap_ns;        /* how much later a reordered frame comes, others overtaking it */
	uint32_t corrupt_share; /* of frames, in each of which one bit is turned */
	uint64_t seed;          /* repeats all draws; 0 takes the engine's */
};

/* What became of frames. All that came and all copies were lost, dropped, handed on, or are on their way. */
#define QUERN_IMPAIR_COUNTERS(X)                                                 \
	X(frames, "frames that came")                                            \
	X(lost, "lost")                                                          \
	X(queue_full, "dropped: they would have waited too long for their turn") \
	X(no_room, "dropped: more were on their way than there is room for")     \
	X(duplicated, "frames that were doubled")                                \
	X(delayed, "frames and copies that had to wait")                         \
	X(reordered, "frames and copies that another one has overtaken")         \
	X(corrupted, "frames and copies with a bit turned")                      \
	X(handed_on, "frames and copies that have gone through")

struct quern_impair_counters {
#define X(name, text) uint64_t name;
	QUERN_IMPAIR_COUNTERS(X)
#undef X
};

/* What is wrong with the numbers and what would help, as "cause; remedy"; null where nothing is. */
const char *quern_impair_fault(const struct quern_impair *impair);

#ifdef __cplusplus
}
#endif

#endif
