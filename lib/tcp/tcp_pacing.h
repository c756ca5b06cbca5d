/* tcp_pacing.h - when the next segment of a window may go: a window is spread over its round trip, and is no burst.
 *
 * A peer answers a burst with few ACKs, and each lets a window in slow start grow by one segment (RFC 5681 3.1). So
 * segments go one by one there, and are pushed: nothing comes close behind that an ACK had better wait for. Later bytes
 * count and not ACKs, and segments go in pairs: of one alone the ACK would wait for the next.
 *
 * Once a round trip, when that has been timed, tcp_pacing_set() says how far apart segments go. The caller knows the
 * time to less than a millisecond, and tcp does not: it sets `is_early` before tcp_output(), and says what went behind
 * it. */
#ifndef TCP_TCP_PACING_H
#define TCP_TCP_PACING_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "tcp/tcp_congestion.h"

enum {
	TCP_PACING_SRTT_LEAST = 2 * 8, /* eighths of 1 ms: less is hardly more than the tick that timed it */
	TCP_PACING_AVOIDANCE = 2,      /* initial windows: smaller ones of congestion avoidance are not paced */
	TCP_PACING_LATE_NS = 4000000   /* for so long a caller that is late makes up for it */
};

/* All zero for a flight that is not paced. */
struct tcp_pacing {
	uint64_t next_ns;   /* no segment goes before */
	uint32_t ns_of_kib; /* the time for 1,024 bytes; 0: not paced */
	uint16_t place;     /* the caller's: where the flight waits for its time, 0 for nowhere */
	bool is_early : 1;  /* it is not next_ns yet */
	bool holds : 1;     /* a segment waits for that, and for nothing else */
	bool in_pairs : 1;
	bool is_half : 1; /* one of a pair has gone: the other may follow at once */
};
static_assert(sizeof(struct tcp_pacing) == 16, "what a flight has room for");

/* A round trip has been timed; SRTT is in eighths of a millisecond. In slow start, where a window grows by as much as
 * it has while it is sent, two windows fit into it, else one and a fifth. What may go at once when a connection begins
 * (RFC 6928) may do so later too: windows as small are not paced. */
void tcp_pacing_set(struct tcp_pacing *pacing, const struct tcp_congestion *congestion, uint32_t mss, uint32_t srtt);

/* `bytes` bytes have gone, and had waited for their time or not: what has waited too long may go as close as is needed
 * to make up for it. */
static inline void tcp_pacing_sent(struct tcp_pacing *pacing, uint32_t bytes, uint64_t now_ns, bool had_waited)
{
	uint64_t late_ns = had_waited ? TCP_PACING_LATE_NS : 0;

	if (pacing->next_ns + late_ns < now_ns)
		pacing->next_ns = now_ns - late_ns;
	pacing->next_ns += (uint64_t)bytes * pacing->ns_of_kib >> 10;
	pacing->is_half = pacing->in_pairs && !pacing->is_half;
}

/* Whether a segment that could go otherwise has to wait; noted. */
static inline bool tcp_pacing_holds(struct tcp_pacing *pacing)
{
	if (!pacing->is_early)
		return false;
	pacing->holds = true;
	return true;
}

/* Whether segments ask for their ACK by PSH. */
static inline bool tcp_pacing_pushes(const struct tcp_pacing *pacing)
{
	return pacing->ns_of_kib && !pacing->in_pairs;
}

#endif
