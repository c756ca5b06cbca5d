/* udp_balance.h - which target a new session goes to: maglev, round robin, least sessions, or all.
 *
 * What changes while a rule set is used stands here, beside it: one for each group. A target that is down, or not yet
 * wholly up, does not move anybody else's: by maglev, whoever would have gone there is hashed again. */
#ifndef UDP_UDP_BALANCE_H
#define UDP_UDP_BALANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "udp/udp_map.h"
#include "udp/udp_rules.h"

struct udp_balance_rule {
	uint64_t up;           /* a bit a target */
	uint64_t slow;         /* those of `up` that do not have their whole share yet */
	uint32_t last;         /* the target picked last */
	uint32_t slow_inverse; /* 2^32 / slow_start_ms, rounded down */
};

struct udp_balance_target {
	uint32_t sessions; /* others may read it: counter_level_read() */
	uint32_t up_ms;    /* since when it is up, where it is slow */
	int64_t credit;    /* of round robin: how far it is behind its share */
};

struct udp_balance {
	const struct udp_rules *set;
	struct udp_balance_rule *rules;     /* by number */
	struct udp_balance_target *targets; /* by first_target + number */
};

/* Bytes of memory, aligned to 8, for what changes of this set. */
size_t udp_balance_bytes(const struct udp_rules *set);

/* Begins with all targets up and no session. */
void udp_balance_init(struct udp_balance *balance, void *memory, const struct udp_rules *set);

/* After udp_balance_init() of a new set: which targets are down, how many sessions they have and how far their slow
 * start is comes from the old one. A target that no old rule of its name had begins slowly; one that is checked must be
 * taken down by the caller where it is to prove itself first. */
void udp_balance_carry(struct udp_balance *balance, const struct udp_balance *old, const struct udp_map *map,
		       uint32_t now_ms);

/* The target of a new session, of a rule that does not send to all; UDP_NO_TARGET where all are down. `hash` is a keyed
 * hash of what is to stay together: a client's address, or address and port. Nothing is counted. */
uint16_t udp_balance_pick(struct udp_balance *balance, const struct udp_rule *rule, uint64_t hash, uint32_t now_ms);

/* The targets of a rule that are up, a bit each: who gets copies of a rule that sends to all. */
static inline uint64_t udp_balance_up(const struct udp_balance *balance, const struct udp_rule *rule)
{
	return balance->rules[rule->number].up;
}

/* A session of this target was opened, or closed. */
void udp_balance_opened(struct udp_balance *balance, const struct udp_rule *rule, uint16_t target);
void udp_balance_closed(struct udp_balance *balance, const struct udp_rule *rule, uint16_t target);

/* Takes a target out, or in again: then with a tenth of its share at first, and the whole after slow_start_ms. */
void udp_balance_set_up(struct udp_balance *balance, const struct udp_rule *rule, uint16_t target, bool is_up,
			uint32_t now_ms);

#endif
