/* tcp_timestamps.h - RFC 7323 3 to 5: what the peer's timestamps say of a segment, and when they are echoed. */
#ifndef TCP_TCP_TIMESTAMPS_H
#define TCP_TCP_TIMESTAMPS_H

#include <stdint.h>

#include <quern/counters.h>

#include "base/hash.h"
#include "base/seq.h"
#include "tcp/tcp_conn.h"
#include "wire/wire_packet.h"

/* RFC 7323 5.4 and 7.1: our timestamps are the time in ms and this, which nobody knows of another's flow. It is the
 * same for each incarnation of a flow, so that a later one has later timestamps. A connection at rest has no room for
 * it, and makes it anew for each segment: two multiplies, and a secret that is used for nothing else. */
static inline uint32_t tcp_timestamps_offset(const struct hash_secret *secret, const struct flow_key *key)
{
	return (uint32_t)hash_flow(secret, key);
}

/* The peer was not heard for `silent_ms`. After 24 days TS.Recent is void (RFC 7323 5.5), until a segment renews it:
 * the first that is heard may be one that does not. */
void tcp_timestamps_on_silence(struct tcp_conn *conn, uint32_t silent_ms);

/* What tcp_timestamps_judge() says where a segment of a connection with timestamps has none, or an old one. */
enum quern_drop tcp_timestamps_judge_odd(const struct tcp_conn *conn, const struct segment *segment);

/* Why a segment without RST is not to be taken: QUERN_DROP_TCP_PAWS (RFC 7323 5.3 R1), which is answered,
 * or QUERN_DROP_TCP_NO_TIMESTAMP (3.2), which is not; else QUERN_DROP_NONE. */
static inline enum quern_drop tcp_timestamps_judge(const struct tcp_conn *conn, const struct segment *segment)
{
	if (!conn->has_timestamps ||
	    (segment->options & SEGMENT_TIMESTAMPS && !seq_before(segment->tsval, conn->ts_recent)))
		return QUERN_DROP_NONE;
	return tcp_timestamps_judge_odd(conn, segment);
}

/* RFC 7323 5.3 R3: a segment that is acceptable, and whose text is not counted yet, may be the one to echo. That is
 * SEG.SEQ <= Last.ACK.sent. While an ACK is due for text, Last.ACK.sent is not known; but the first of that text was
 * noted, less than a turn ago. */
static inline void tcp_timestamps_note(struct tcp_conn *conn, const struct segment *segment)
{
	if (!conn->has_timestamps || conn->ack_lags || !(segment->options & SEGMENT_TIMESTAMPS) ||
	    seq_before(conn->rcv_nxt, segment->seq))
		return;
	conn->ts_recent = segment->tsval;
	conn->ts_is_void = false;
}

#endif
