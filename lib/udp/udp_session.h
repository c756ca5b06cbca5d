/* udp_session.h - a forwarded flow in one cache line, and the pool of such records, with their timers. */
#ifndef UDP_UDP_SESSION_H
#define UDP_UDP_SESSION_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/flow_key.h"
#include "wheel/wheel.h"

enum {
	UDP_SESSION_OPEN = 1,      /* in use; set and cleared by the pool */
	UDP_SESSION_BY_SOURCE = 2, /* counted by source: udp_limits_close() wants to know */
	UDP_SESSION_COPY = 4,      /* one of several of a client, and not the first: its inner key is in no table */
	UDP_SESSION_SLOW = 8,      /* needs more than other ends and a link header: never passed on at a glance */
	UDP_SESSION_LACKING = 16,  /* the first of several of a client: not all targets may have one yet */
	UDP_SESSION_ANSWERS = 32   /* is kept by answers as well: its rule says so */
};

struct udp_session {
	struct flow_key inner;   /* as the client's datagrams come: local is where we listen */
	struct flow_key outer;   /* as the target's answers come: local is our own address and port towards it */
	struct wheel_node timer; /* lies at or before heard_ms + idle: a datagram only stores heard_ms */
	uint32_t heard_ms;       /* last datagram that counts (RFC 4787 REQ-6), rounded up as a shard's now_ms is */
	uint16_t rule, target;   /* numbers in the rule set `set` */
	uint16_t ip_sum,
		udp_sum; /* what rewriting adds to checksums towards the target; its complement on the way back */
	uint8_t inner_shard, outer_shard; /* in the group */
	uint8_t flags;                    /* UDP_SESSION_… */
	uint8_t set;                      /* number of the rule set that rule and target are of */
	union {
		/* Where all targets get copies: index + 1 of the next session of the same client, after the last the
		 * first again; 0 where it has but one. */
		uint32_t next_copy;
		uint32_t next_free; /* index + 1 */
	};
	uint8_t client_mac[6]; /* where its last datagram came from, over Ethernet */
	uint16_t place;        /* of its target among all targets of its set */
};
static_assert(sizeof(struct udp_session) == 64, "one cache line");
static_assert(offsetof(struct udp_session, outer) == 12, "the table finds the second key there");

/* Records and timers of a group. */
struct udp_pool {
	struct udp_session *sessions;
	uint32_t capacity;
	uint32_t used;
	uint32_t touched;    /* records from here on were never used */
	uint32_t first_free; /* index + 1 */
	struct wheel wheel;  /* 1 ms a tick */
};

/* Bytes of memory, aligned to 64, for so many sessions. */
size_t udp_pool_bytes(uint32_t capacity);

/* Begins empty at tick `tick` in `memory`, which must be all zero. */
void udp_pool_init(struct udp_pool *pool, void *memory, uint32_t capacity, uint32_t tick);

/* A session of these keys that was heard now and ends `idle_ms` after it was last heard. All else of it is zero, but
 * for the MAC address, and the caller's to set. Null where none is free. */
struct udp_session *udp_session_open(struct udp_pool *pool, const struct flow_key *inner, const struct flow_key *outer,
				     uint32_t idle_ms, uint32_t now_ms);

/* True where none is free. */
static inline bool udp_pool_is_full(const struct udp_pool *pool)
{
	return pool->used == pool->capacity;
}

/* Gives a session back; its keys stay as they are until it is opened again. */
void udp_session_close(struct udp_pool *pool, struct udp_session *session);

/* A session's number in its pool, and back. */
static inline uint32_t udp_session_index(const struct udp_pool *pool, const struct udp_session *session)
{
	return (uint32_t)(session - pool->sessions);
}

static inline struct udp_session *udp_session_at(const struct udp_pool *pool, uint32_t index)
{
	return &pool->sessions[index];
}

/* A datagram that keeps the session. */
static inline void udp_session_heard(struct udp_session *session, uint32_t now_ms)
{
	session->heard_ms = now_ms;
}

/* Moves to tick `tick` (a shard's: rounded down) and writes the numbers of sessions whose timer fired, at most `max`.
 * What is left over is told by pool->wheel.lag. Each must be asked udp_session_is_over(), which arms it again. */
uint32_t udp_pool_advance(struct udp_pool *pool, uint32_t tick, uint32_t *fired, uint32_t max);

/* Of a session whose timer fired: true where it has been idle for `idle_ms`, and is to be closed. Else its timer is
 * armed anew. A session that was closed since is not over. */
bool udp_session_is_over(struct udp_pool *pool, struct udp_session *session, uint32_t idle_ms);

/* Idle time changed, as by a reload: the timer is set by the new one. */
void udp_session_set_idle(struct udp_pool *pool, struct udp_session *session, uint32_t idle_ms);

/* Free list, counts, flags and timers agree: each open session is armed, and no other one is. For tests: O(capacity).
 */
bool udp_pool_validate(const struct udp_pool *pool);

#endif
