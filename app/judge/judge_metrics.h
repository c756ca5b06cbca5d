/* judge_metrics.h - what a condition can be about: the numbers and the times of a run, or of a second of it. */
#ifndef JUDGE_METRICS_H
#define JUDGE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quern/histogram.h>

/* What has a metric. Bits. */
enum judge_scope {
	JUDGE_TCP = 1,
	JUDGE_ASKS = 2, /* it has requests: of HTTP, or texts that are exchanged */
	JUDGE_UDP = 4,
	JUDGE_SECOND = 8 /* is known of a second, while the run goes on */
};

/* In which units a value is written. */
enum judge_kind { JUDGE_COUNT, JUDGE_SHARE, JUDGE_TIME };

/* Identifier, name, kind, scopes, meaning. */
#define JUDGE_NUMBERS(X)                                                                                       \
	X(OPENED, "opened", COUNT, JUDGE_TCP | JUDGE_SECOND, "connections opened")                             \
	X(ESTABLISHED, "established", COUNT, JUDGE_TCP | JUDGE_SECOND, "connections established")              \
	X(CLOSED, "closed", COUNT, JUDGE_TCP | JUDGE_SECOND, "established connections that have ended")        \
	X(IN_FLIGHT, "in_flight", COUNT, JUDGE_TCP | JUDGE_SECOND, "connections established and not ended")    \
	X(FAILED, "failed", COUNT, JUDGE_TCP | JUDGE_SECOND, "set-ups that failed, for whatever reason")       \
	X(FAILED_TIMEOUT, "failed.timeout", COUNT, JUDGE_TCP | JUDGE_SECOND, "of these, not answered in time") \
	X(FAILED_RESET, "failed.reset", COUNT, JUDGE_TCP | JUDGE_SECOND, "of these, reset half-open")          \
	X(FAILED_REFUSED, "failed.refused", COUNT, JUDGE_TCP | JUDGE_SECOND, "of these, refused by RST")       \
	X(FAILED_NO_PORT, "failed.no_port", COUNT, JUDGE_TCP | JUDGE_SECOND, "of these, without a free port")  \
	X(FAILED_NO_MEMORY, "failed.no_memory", COUNT, JUDGE_TCP | JUDGE_SECOND, "of these, without a record") \
	X(FAILED_RATIO, "failed_ratio", SHARE, JUDGE_TCP | JUDGE_SECOND, "failed ÷ opened")                    \
	X(CUT_SHORT, "cut_short", COUNT, JUDGE_TCP | JUDGE_SECOND, "closed before the whole answer had come")  \
	X(CPS, "cps", COUNT, JUDGE_TCP | JUDGE_SECOND, "connections established a second")                     \
	X(REQUESTS, "requests", COUNT, JUDGE_ASKS | JUDGE_SECOND, "requests sent")                             \
	X(REQUESTS_OK, "requests_ok", COUNT, JUDGE_ASKS | JUDGE_SECOND, "requests answered well")              \
	X(REQUESTS_BAD, "requests_bad", COUNT, JUDGE_ASKS | JUDGE_SECOND,                                      \
	  "requests answered by a bad status, by what is no answer or another one, or in part")                \
	X(RPS, "rps", COUNT, JUDGE_ASKS | JUDGE_SECOND, "requests answered well a second")                     \
	X(SENT, "sent", COUNT, JUDGE_UDP, "datagrams sent")                                                    \
	X(ANSWERED, "answered", COUNT, JUDGE_UDP, "datagrams answered in time")                                \
	X(LOST, "lost", COUNT, JUDGE_UDP, "datagrams without an answer in time")                               \
	X(LOSS, "loss", SHARE, JUDGE_UDP, "lost ÷ sent")                                                       \
	X(LATE, "late", COUNT, JUDGE_UDP, "lost ones that were answered after all")                            \
	X(DUPLICATED, "duplicated", COUNT, JUDGE_UDP, "answers that came again")                               \
	X(REORDERED, "reordered", COUNT, JUDGE_UDP, "answers behind one that was sent later")                  \
	X(CORRUPTED, "corrupted", COUNT, JUDGE_UDP, "answers that are not what was sent")                      \
	X(PPS, "pps", COUNT, JUDGE_UDP, "datagrams sent a second")                                             \
	X(RETRANSMITS, "retransmits", COUNT, JUDGE_TCP, "segments sent again")                                 \
	X(DROPS, "drops", COUNT, JUDGE_TCP | JUDGE_UDP, "packets dropped by quern, for whatever reason")       \
	X(SCHEDULE_KEPT, "schedule_kept", SHARE, JUDGE_TCP | JUDGE_UDP,                                        \
	  "share of starts within 10 µs of their schedule")

/* Identifier, name before the point, scopes, meaning. A percentile without a name before it is from schedule where all
 * have one, else of set-up, or of the round trip of datagrams; of one second always the latter. */
#define JUDGE_TIMES(X)                                                                       \
	X(SETUP, "setup", JUDGE_TCP | JUDGE_SECOND, "from SYN to established")               \
	X(FROM_SCHEDULE, "from_schedule", JUDGE_TCP | JUDGE_UDP,                             \
	  "the same, or the round trip, from when it should have begun")                     \
	X(FIRST_BYTE, "first_byte", JUDGE_TCP, "from SYN to the first byte of text")         \
	X(LIFE, "life", JUDGE_TCP, "from SYN to the end")                                    \
	X(REQUEST, "request", JUDGE_ASKS, "from queuing a request to the end of its answer") \
	X(RTT, "rtt", JUDGE_UDP, "round trip of a datagram")

enum judge_number {
#define X(id, name, kind, scopes, text) JUDGE_##id,
	JUDGE_NUMBERS(X)
#undef X
		JUDGE_NUMBERS_END
};

enum judge_times {
#define X(id, name, scopes, text) JUDGE_TIMES_##id,
	JUDGE_TIMES(X)
#undef X
		JUDGE_TIMES_END
};

struct judge_metric {
	const char *name;
	enum judge_kind kind;
	unsigned int scopes; /* enum judge_scope, ored: it has one, whichever it is; and JUDGE_SECOND */
	const char *text;
};

/* What is known. Times are in nanoseconds; of none, null. */
struct judge_facts {
	bool is_known[JUDGE_NUMBERS_END];
	double numbers[JUDGE_NUMBERS_END];
	const struct quern_histogram *times[JUDGE_TIMES_END];
	const struct quern_histogram *plain_times; /* those of a percentile without a name before it */
};

extern const struct judge_metric judge_numbers[JUDGE_NUMBERS_END];
extern const struct judge_metric judge_times[JUDGE_TIMES_END];

/* Notes a number. */
void judge_know(struct judge_facts *facts, enum judge_number number, double value);

/* The same for `part` of `whole`; what has no whole has no share. */
void judge_know_share(struct judge_facts *facts, enum judge_number number, double part, double whole);

#endif
