/* check_lab.h - a laboratory whose rule checks its two targets, hosts 100 and 101 at port 1. */
#ifndef SUPPORT_CHECK_LAB_H
#define SUPPORT_CHECK_LAB_H

#include <quern/target.h>

#include "support/forward_lab.h"

enum { CHECK_LAB_EVERY_MS = 400, CHECK_LAB_RISE = 2, CHECK_LAB_FALL = 3 };

/* What the targets hear, and whether they answer. */
struct check_targets {
	bool is_dead[2];
	unsigned int probes[2];
	uint64_t at_ms[2]; /* of the last one */
};

/* Opens it with one rule, in turn to two targets, that are checked so; or by another balance. */
void check_lab_open(struct lab *lab, struct quern_forward_check check, bool is_ip6);
void check_lab_open_by(struct lab *lab, struct quern_forward_check check, bool is_ip6, enum quern_balance balance);
const struct quern_forward_rule *check_lab_rule(void);

enum quern_target_state check_lab_state(const struct lab *lab, uint16_t target);
enum quern_target_cause check_lab_cause(const struct lab *lab, uint16_t target);

/* Which of the targets a packet is for. */
uint32_t check_lab_target_of(const uint8_t *packet);

/* The ends of a packet change places; and of an echo request, so that it is the reply. */
void check_lab_turn_round(uint8_t *packet);
void check_lab_turn_echo(uint8_t *packet);

/* Lets time pass, and has the targets answer each echo request but those of the dead. */
void check_lab_pass(struct lab *lab, struct check_targets *all, uint32_t ms);

/* The next probe of the first target; nobody answers meanwhile. */
struct lab_packet check_lab_wait_probe(struct lab *lab);

/* Says a packet as a target, and lets a millisecond pass. */
void check_lab_say(struct lab *lab, const struct lab_packet *packet);

#endif
