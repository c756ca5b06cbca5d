/* udp_examples.h - rule sets for tests: drawn by a seed, without a fault, and built in blocks of exactly their size. */
#ifndef UDP_UDP_EXAMPLES_H
#define UDP_UDP_EXAMPLES_H

#include "base/random.h"
#include "udp/udp_rules.h"

enum { EXAMPLE_NAME = 16 };

struct udp_examples {
	struct quern_forward_rule rules[QUERN_FORWARD_RULES_MAX];
	struct quern_forward_target targets[QUERN_FORWARD_RULES_MAX][QUERN_FORWARD_TARGETS_MAX];
	char names[QUERN_FORWARD_RULES_MAX][EXAMPLE_NAME];
	uint32_t count;
};

/* A rule "rN" for 198.18.0.1:5300 + N, with so many targets 198.19.0.x:53 of weight 1. Returns it for changes. */
struct quern_forward_rule *udp_examples_add(struct udp_examples *examples, uint32_t targets);

/* Adds rules with all kinds of places and ports until there are `count`. */
void udp_examples_draw(struct udp_examples *examples, struct random *random, uint32_t count);

/* The set in memory of its own, to be given to free(). */
const struct udp_rules *udp_examples_build(const struct udp_examples *examples);

#endif
