/* source_lab.h - a laboratory whose rule keeps sources, between clients at port 0 and a target, host 100, at port 1. */
#ifndef SUPPORT_SOURCE_LAB_H
#define SUPPORT_SOURCE_LAB_H

#include "support/forward_lab.h"

enum { SOURCE_LAB_LISTEN = 53, SOURCE_LAB_TARGET = 5300 };

/* Opens it with one rule, which is given its name and, where it has none, its target, of the version of where it
 * listens; or with one that listens at the port's first address. */
void source_lab_open(struct lab *lab, struct quern_forward_rule rule, const struct lab_plan *more);
void source_lab_open_plainly(struct lab *lab);

/* A client's datagram to where the rule listens, and what the target says to a client. */
struct lab_datagram source_lab_question(uint16_t client, uint16_t port);
struct lab_datagram source_lab_answer(uint16_t client, uint16_t port);

/* A client's datagram goes to the target. */
void source_lab_ask(struct lab *lab, const struct lab_datagram *asked);

#endif
