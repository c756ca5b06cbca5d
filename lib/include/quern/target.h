/* target.h - what rules of forwarding and their targets did, and whether targets are up. */
#ifndef QUERN_TARGET_H
#define QUERN_TARGET_H

#include <stdint.h>

#include <quern/forward.h>

#ifdef __cplusplus
extern "C" {
#endif

struct quern_engine;

/* What is known of a target. */
#define QUERN_TARGET_STATES(X)                                               \
	X(UNCHECKED, "unchecked", "its rule has no check: it gets sessions") \
	X(NEW, "new", "nothing is known of it yet: it gets none")            \
	X(UP, "up", "it answers")                                            \
	X(DOWN, "down", "it does not answer: it gets no new sessions")

enum quern_target_state {
#define X(name, key, text) QUERN_TARGET_##name,
	QUERN_TARGET_STATES(X)
#undef X
		QUERN_TARGET_STATES_END
};

/* What the last probe that failed came to. */
#define QUERN_TARGET_CAUSES(X)           \
	X(UNANSWERED, "no answer")       \
	X(REFUSED, "its port is closed") \
	X(WRONG, "another answer than is expected")

enum quern_target_cause {
#define X(name, text) QUERN_TARGET_##name,
	QUERN_TARGET_CAUSES(X)
#undef X
		QUERN_TARGET_CAUSES_END
};

/* "up" and the like, and what a cause means in words; "?" for a number that is none. */
const char *quern_target_state_name(enum quern_target_state state);
const char *quern_target_cause_text(enum quern_target_cause cause);

/* What a rule did, or one of its targets: since it is there, all workers together. */
struct quern_forward_stats {
	uint64_t forwarded;       /* datagrams sent to targets: of copies, each */
	uint64_t forwarded_bytes; /* of their packets, from the IP header on, as they came */
	uint64_t returned;        /* datagrams of targets sent back to clients */
	uint64_t returned_bytes;
	uint64_t opened;   /* sessions; of a rule that sends to all, one a client, and of its targets one each */
	uint64_t refused;  /* datagrams dropped for want of a session, a target or a next hop */
	uint32_t sessions; /* that are open now */
	uint32_t changes;  /* of a target's state */
	enum quern_target_state state; /* of a rule as a whole UNCHECKED */
	enum quern_target_cause cause; /* where it is DOWN */
};

/* Copies what is counted of a rule, by its number among the rules, and where `target` is not QUERN_FORWARD_NO_TARGET of
 * this one of its targets, while the engine runs. 0, or -ENOENT where there is none such. */
int quern_engine_forward_stats(const struct quern_engine *engine, uint16_t rule, uint16_t target,
			       struct quern_forward_stats *stats);

/* A rule by its name, and what it did. */
struct quern_forward_look {
	char name[QUERN_FORWARD_NAME_MAX + 1];
	struct quern_forward_stats stats;
};

/* Copies the rules of an engine, in their order, and at most `max` of them, while others may be given to it. Returns
 * how many there are. From any thread. */
uint16_t quern_engine_forward_look(const struct quern_engine *engine, struct quern_forward_look *rules, uint16_t max);

/* The rule of that number, as the engine has it; null past the last. It is there until rules are swapped. */
const struct quern_forward_rule *quern_engine_forward_rule(const struct quern_engine *engine, uint16_t rule);

#ifdef __cplusplus
}
#endif

#endif
