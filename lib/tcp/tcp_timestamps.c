/* tcp_timestamps.c - PAWS: what is done with a segment whose timestamp is missing, or old. */
#include "tcp/tcp_timestamps.h"

enum {
	DAY_MS = 86400000,
	VALID_DAYS = 24 /* RFC 7323 5.5: then the peer's clock of 1 ms may have come half round */
};

void tcp_timestamps_on_silence(struct tcp_conn *conn, uint32_t silent_ms)
{
	if (silent_ms / DAY_MS >= VALID_DAYS)
		conn->ts_is_void = true;
}

enum quern_drop tcp_timestamps_judge_odd(const struct tcp_conn *conn, const struct segment *segment)
{
	/* The last ACK of a handshake has none where the peer is an old Linux. */
	if (!(segment->options & SEGMENT_TIMESTAMPS))
		return conn->state == QUERN_SYN_RCVD ? QUERN_DROP_NONE : QUERN_DROP_TCP_NO_TIMESTAMP;
	return conn->ts_is_void ? QUERN_DROP_NONE : QUERN_DROP_TCP_PAWS;
}
