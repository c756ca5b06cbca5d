/* options.h - how TCP behaves on a connection: given to a listener or an active open. */
#ifndef QUERN_OPTIONS_H
#define QUERN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* Who decides how much may be in flight. CUBIC stands first and is the default: it is what the peers of a path use, it
 * fills a long fat one in seconds where Reno takes minutes, and on a short one it is as gentle as Reno. */
enum quern_congestion {
	QUERN_CONGESTION_CUBIC,  /* RFC 9438 */
	QUERN_CONGESTION_NEWRENO /* RFC 5681 */
};

/* How a listener answers a SYN: by a half-open connection, or by a SYN cookie (RFC 4987 3.6), which takes no record, is
 * said once, and is good for 67 s at least. */
enum quern_syn_cookies {
	QUERN_SYN_COOKIES_AUTO,   /* by cookie at the limit of half-open connections */
	QUERN_SYN_COOKIES_ALWAYS, /* by cookie */
	QUERN_SYN_COOKIES_NEVER   /* at the limit, SYNs are dropped */
};

/* Zero in a field means its default. Times in milliseconds. */
struct quern_tcp_options {
	uint16_t mss;                     /* advertised MSS, 48 at least; default MTU - 40, over IPv6 - 60 */
	uint32_t receive_window;          /* bytes, at most 2^30; default 65535; more needs a peer that scales */
	uint32_t send_queue;              /* bytes that quern_conn_send() keeps at most; default 65536 */
	enum quern_congestion congestion; /* default CUBIC */
	bool no_window_scale;             /* offer none (RFC 7323 2), and take none */
	bool no_sack;                     /* the same of selective acknowledgements (RFC 2018) */
	bool nagle;                       /* Nagle's algorithm (RFC 9293 3.7.4); default off: text goes at once */
	bool no_timestamps;               /* and of timestamps (RFC 7323 3), 12 bytes of each segment */
	bool no_pacing;                   /* send a window as soon as it may go, not over its round trip */
	uint8_t ttl;                      /* default 64 */
	uint8_t dscp;                     /* 0 to 63, default 0 */
	bool keepalive;                   /* default off (RFC 9293 MUST-25) */
	uint32_t keepalive_idle_ms;       /* default 7,200,000 (MUST-28) */
	uint32_t keepalive_interval_ms;   /* default 75,000 */
	uint8_t keepalive_probes;         /* default 10 */
	uint32_t connect_timeout_ms;      /* R2 for a SYN; default 180,000 (MUST-23) */
	/* How long text or FIN may be unacknowledged, whatever else the peer answers, before the connection ends as
	 * QUERN_END_USER_TIMEOUT (RFC 9293 3.10.8, RFC 5482); a SYN too, where that is sooner than its own limit. It
	 * counts from the last ACK of something new. Default: none. Then 120 s without any answer are the end: R2. */
	uint32_t user_timeout_ms;
	uint32_t fin_wait_2_ms;             /* how long a closed connection waits for the peer's FIN; default 60,000 */
	enum quern_syn_cookies syn_cookies; /* of a listener; default auto */
	uint32_t
		max_half_open; /* of a listener, on each shard; default none but the shard's, which holds in any case */
};

#endif
