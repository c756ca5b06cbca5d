/* neigh_groups.h - the groups that a port listens to, and when those on the link are told: the host's side of IGMP (RFC
 * 3376, and 2236 and 1112 where a router speaks no newer one) or of MLD (RFC 3810, and 2710). Bounded. */
#ifndef NEIGH_NEIGH_GROUPS_H
#define NEIGH_NEIGH_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "wire/wire_group.h"
#include "wire/wire_packet.h"

enum {
	NEIGH_GROUPS_MAX = 256,
	NEIGH_GROUPS_CHANGES = 2,           /* how often it is said that a group was joined or left: robustness */
	NEIGH_GROUPS_AGAIN_MS = 1000,       /* within which it is said again */
	NEIGH_GROUPS_PAUSE_MS = 100,        /* between answers at least, whatever is asked */
	NEIGH_GROUPS_OLD_ROUTER_MS = 260000 /* how long a router of an older version is answered in its own */
};

/* What is to be said of one group. */
struct neigh_group {
	struct quern_ip6 group; /* of IPv4 in the lowest 32 bits */
	uint32_t change_ms;     /* when it is said next that it was joined or left, */
	uint32_t answer_ms;
	uint8_t changes; /* so many times still */
	bool is_left;    /* forgotten once that is said */
	bool is_asked;   /* an answer about it is due at answer_ms */
};

/* All groups of a port and of one version of IP. */
struct neigh_groups {
	struct neigh_group groups[NEIGH_GROUPS_MAX];
	uint16_t count;
	uint16_t told;  /* of them by the answer about all that is being given */
	uint8_t newest; /* version of IGMP, 3, or of MLD, 2 */
	bool is_asked;  /* for all: an answer is due at answer_ms */
	bool has_answered;
	bool has_old[2]; /* a router of version 1 or 2, older than the newest, was heard: */
	uint32_t old_until_ms[2];
	uint32_t answer_ms;
	uint32_t answered_ms;
	bool is_armed; /* there is something to do at next_ms */
	uint32_t next_ms;
};

/* Begins without groups. */
void neigh_groups_init(struct neigh_groups *groups, uint8_t newest);

/* Listens to the groups of a list from now on, at most NEIGH_GROUPS_MAX, all different, and to no others. What has
 * changed is told at once and once more; where `is_told` is false somebody else does that. */
void neigh_groups_follow(struct neigh_groups *groups, const struct quern_ip6 *wanted, uint32_t count, bool is_told,
			 uint32_t now_ms);

/* A query, which is answered within the time that it gives. */
void neigh_groups_asked(struct neigh_groups *groups, const struct wire_group *query, uint32_t now_ms,
			struct random *random);

/* Writes the next report that is due, of at most `most` records, and takes it to be sent. False where none is. */
bool neigh_groups_report(struct neigh_groups *groups, uint32_t most, uint32_t now_ms, struct random *random,
			 struct wire_group_record *records, struct wire_group_report *report);

/* True where neigh_groups_report() is to be called; `*at_ms` is when. */
static inline bool neigh_groups_next(const struct neigh_groups *groups, uint32_t *at_ms)
{
	*at_ms = groups->next_ms;
	return groups->is_armed;
}

#endif
