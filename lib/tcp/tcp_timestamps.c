/* tcp_timestamps.c - PAWS: what is done with a segment whose timestamp is missing, or old. */
#include "tcp/tcp_timestamps.h"

enum {
	DAY_MS = 86400000,
	VALID_DAYS = 24 /* RFC 7323 5.5: then the peer's clock of 1 ms may have come half round */
};

enum quern_drop tcp_timestamps_judge_odd(const struct tcp_conn *conn, const struct segment *segment, uint32_t silent_ms)
{
	/* The last ACK of a handshake has none where the peer is an old Linux. */
	if (!(segment->options & SEGMENT_TIMESTAMPS))
		return conn->state == QUERN_SYN_RCVD ? QUERN_DROP_NONE : QUERN_DROP_TCP_NO_TIMESTAMP;
	return silent_ms / DAY_MS < VALID_DAYS ? QUERN_DROP_TCP_PAWS : QUERN_DROP_NONE;
}
