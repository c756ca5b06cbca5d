/* sim_fail.h - the first broken rule of a run. */
#ifndef SIM_SIM_FAIL_H
#define SIM_SIM_FAIL_H

#include <stdbool.h>
#include <stdint.h>

/* The invariants of docs/simulator.md, by their letters there. */
#define SIM_RULES(X)                                                                                                  \
	X(TEXT, 'a', "the bytes delivered are those that were sent, no gap, none twice")                              \
	X(ENDS, 'b', "an end is told once, by its cause; as orderly where both FINs were delivered and acknowledged") \
	X(EDGE, 'c', "states change along the edges of RFC 9293 figure 5 only")                                       \
	X(NUMBERS, 'd', "SND.UNA <= SND.NXT, RCV.NXT never goes back, the right edge of a window never shrinks")      \
	X(RECORDS, 'e', "each connection in one shard, one timer, none when it is closed")                            \
	X(REUSE, 'f', "no pair of ends is used again before 2MSL is over, but by RFC 6191")                           \
	X(BALANCE, 'g', "buffers, records and half-open connections add up")                                          \
	X(QUIET, 'h', "no RST answers a RST, and no storm of ACKs")                                                   \
	X(LIVENESS, 'i', "without faults every connection ends, and everything comes back")                           \
	X(SOUND, 'x', "no check of the library's own fails, and no memory is touched that is not its own")

enum sim_rule {
	SIM_RULE_NONE,
#define X(name, letter, text) SIM_RULE_##name,
	SIM_RULES(X)
#undef X
};

struct sim_failure {
	enum sim_rule rule; /* NONE where all is well */
	uint64_t at_ns;
	char text[320];
};

struct sim_world;

/* Notes the first broken rule, and where: the run ends with this event. */
void sim_fail(struct sim_world *world, enum sim_rule rule, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The letter of a rule in conformance, and what it says. */
char sim_fail_letter(enum sim_rule rule);
const char *sim_fail_rule(enum sim_rule rule);

#endif
