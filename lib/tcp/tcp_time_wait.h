/* tcp_time_wait.h - TIME-WAIT: records of half a line in a ring, in order of expiry, and what they answer. */
#ifndef TCP_TCP_TIME_WAIT_H
#define TCP_TCP_TIME_WAIT_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "tcp/tcp_conn.h"
#include "wire/wire_packet.h"

enum {
	TCP_TIME_WAIT_LIVE = 1 << 0,   /* the slot is in use; else it is a hole in the ring */
	TCP_TIME_WAIT_PARKED = 1 << 1, /* reopened by a SYN that is not confirmed yet: not in the table */
	TCP_TIME_WAIT_SCALED = 1 << 2, /* windows are scaled */
	TCP_TIME_WAIT_TIMESTAMPS = 1 << 3
};

struct tcp_time_wait {
	struct flow_key key;
	uint32_t snd_nxt;
	uint32_t rcv_nxt;
	uint32_t expires_ms;
	uint8_t flags;
	uint8_t profile;
	uint8_t challenge_slot;
	uint8_t spare;
	uint32_t ts_recent; /* with TCP_TIME_WAIT_TIMESTAMPS */
};
static_assert(sizeof(struct tcp_time_wait) == 32, "half a cache line");

/* All entries wait equally long, so the order of arrival is the order of expiry. */
struct tcp_time_wait_ring {
	struct tcp_time_wait *records;
	uint32_t capacity;
	uint32_t head;   /* slot of the oldest; never a hole */
	uint32_t filled; /* slots from head on, holes included */
	uint32_t live;
	uint32_t wait_ms; /* 2MSL */
};

/* Begins empty over `capacity` records, all zero. */
void tcp_time_wait_init(struct tcp_time_wait_ring *ring, struct tcp_time_wait *records, uint32_t capacity,
			uint32_t wait_ms);

/* The oldest record, or null. */
struct tcp_time_wait *tcp_time_wait_oldest(const struct tcp_time_wait_ring *ring);

/* True where every slot is taken: the oldest must go before another comes. */
bool tcp_time_wait_full(const struct tcp_time_wait_ring *ring);

/* Adds a record at the tail, to expire 2MSL from now, and returns its slot. The ring must not be full. */
uint32_t tcp_time_wait_add(struct tcp_time_wait_ring *ring, const struct tcp_time_wait *record, uint32_t now_ms);

/* Starts the wait of the record in `slot` again where it lies, which the order allows for the newest only; else false.
 */
bool tcp_time_wait_extend(struct tcp_time_wait_ring *ring, uint32_t slot, uint32_t now_ms);

/* Takes a record out; one that is not the oldest leaves a hole until the head comes by. */
void tcp_time_wait_drop(struct tcp_time_wait_ring *ring, uint32_t slot);

/* The record a connection leaves when it enters TIME-WAIT. */
struct tcp_time_wait tcp_time_wait_from(const struct tcp_conn *conn);

/* RCV.WND, as it was before: see tcp_window_limit(). */
static inline uint32_t tcp_time_wait_window(const struct tcp_time_wait *record, const struct tcp_profile *profile)
{
	return tcp_window_limit(profile, record->flags & TCP_TIME_WAIT_SCALED);
}

enum tcp_time_wait_answer {
	TCP_TIME_WAIT_SILENCE,
	TCP_TIME_WAIT_ACK,     /* send <SND.NXT,RCV.NXT,ACK> */
	TCP_TIME_WAIT_RESTART, /* the same, and 2MSL begins again */
	TCP_TIME_WAIT_REOPEN,  /* RFC 6191: a new connection may take the place, with an ISS above snd_nxt */
	TCP_TIME_WAIT_END      /* a RST, where those are asked to end it */
};

/* A segment for a record in TIME-WAIT, whose receive window is still `window` bytes: RFC 9293 3.10.7.4, RFC 1337,
 * RFC 6191, RFC 7323. A SYN has timestamps only where the listener would take them. `drop` is set with all but RESTART
 * and REOPEN. */
enum tcp_time_wait_answer tcp_time_wait_input(struct tcp_time_wait *record, const struct segment *segment,
					      uint32_t window, bool reset_ends, uint32_t now_ms, enum quern_drop *drop);

/* Counts, flags and order agree. For tests: O(capacity). */
bool tcp_time_wait_validate(const struct tcp_time_wait_ring *ring);

#endif
