/* calls.h - what an application does with connections, on the shard that its callback names. */
#ifndef QUERN_CALLS_H
#define QUERN_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quern/address.h>
#include <quern/conn.h>
#include <quern/counters.h>
#include <quern/options.h>

#ifdef __cplusplus
extern "C" {
#endif

struct quern_shard;

/* Called on the shard's worker; must not block. `app` is what listen or connect was given. Members may be null. */
struct quern_events {
	void (*on_established)(struct quern_shard *shard, struct quern_conn conn, void *app);
	/* Text in order. Returns how many bytes are taken. The rest is held, closes the window by as much, and is
	 * offered again, before what follows, by quern_conn_resume(). Where null, all is held for quern_conn_receive().
	 */
	uint32_t (*on_data)(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes,
			    void *app);
	/* quern_conn_send() took less than it was given; there is room again. */
	void (*on_writable)(struct quern_shard *shard, struct quern_conn conn, void *app);
	/* The next `bytes` bytes of text, held ones included, are urgent (RFC 9293 3.8.5). They come in line. */
	void (*on_urgent)(struct quern_shard *shard, struct quern_conn conn, uint32_t bytes, void *app);
	/* The peer has sent FIN; we may still send. Not called again. */
	void (*on_peer_closed)(struct quern_shard *shard, struct quern_conn conn, void *app);
	/* An ICMP error about a segment in flight says why no answer may come (RFC 9293 SHLD-25). Anybody may have sent
	 * it: the connection goes on, or, where it was our SYN and the error is a hard one, on_ended follows. */
	void (*on_icmp)(struct quern_shard *shard, struct quern_conn conn, enum quern_icmp what, void *app);
	/* R1 retransmissions have gone unanswered (RFC 9293 3.8.3 (b)); the connection goes on. */
	void (*on_unanswered)(struct quern_shard *shard, struct quern_conn conn, void *app);
	/* The handle is good during this call and stale afterwards. Entering TIME-WAIT ends a connection as CLOSED. */
	void (*on_ended)(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app);
};

/* Accepts connections to `local`; no address means any of the shard's own, of either version. Null options are the
 * defaults. Without on_established, connections wait for quern_accept(). 0, -EADDRINUSE, -EADDRNOTAVAIL, -ENOSPC or
 * -EINVAL. */
int quern_listen(struct quern_shard *shard, const struct quern_endpoint *local, const struct quern_tcp_options *options,
		 const struct quern_events *events, void *app);

/* Takes the next connection that waits at the listener of `local`. 0, -EAGAIN, or -ENOENT where nobody listens. */
int quern_accept(struct quern_shard *shard, const struct quern_endpoint *local, struct quern_conn *conn);

/* A set of (source address, source port) pairs towards one target, from which active opens are numbered in turn. */
struct quern_source {
	struct quern_range addresses;
	uint16_t first_port; /* 0 means 1024 */
	uint16_t last_port;  /* 0 means 65535 */
};

/* Prepares active opens from `source` to `target`, both of one version; `route` is what quern_connect() takes. Null
 * options are the defaults. 0, -EINVAL (also for a broadcast or multicast target, MUST-46), -EADDRNOTAVAIL (an address
 * that is not the shard's) or -ENOSPC. */
int quern_route_add(struct quern_shard *shard, const struct quern_source *source, const struct quern_endpoint *target,
		    const struct quern_tcp_options *options, const struct quern_events *events, void *app,
		    uint8_t *route);

/* Starts an active open; the SYN leaves at the end of this turn.
 * 0, -EADDRNOTAVAIL (every pair is in use), -ENOBUFS (no record left) or -EINVAL. */
int quern_connect(struct quern_shard *shard, uint8_t route, struct quern_conn *conn);

/* Copies text behind what is queued; it leaves as the windows allow, from the end of this turn on. `taken` is less than
 * `bytes` where the queue is full or buffers are short, and then on_writable follows. May be called from SYN-SENT on.
 * 0, -ENOENT or -EPIPE (after shutdown or close). */
int quern_conn_send(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes,
		    uint32_t *taken);

/* Offers held text to on_data again. 0 or -ENOENT. */
int quern_conn_resume(struct quern_shard *shard, struct quern_conn conn);

/* Takes held text, at most `room` bytes; `bytes` 0 where there is none. 0 or -ENOENT. */
int quern_conn_receive(struct quern_shard *shard, struct quern_conn conn, void *text, uint32_t room, uint32_t *bytes);

/* Sends FIN, behind what is queued, and keeps receiving: half-close. 0, -ENOENT, -ENOTCONN or -EPIPE (already done). */
int quern_conn_shutdown(struct quern_shard *shard, struct quern_conn conn);

/* Sends FIN, behind what is queued, and lets go: the connection ends by itself, FIN-WAIT-2 included. Where text is held
 * that nobody has taken, and where text comes later, the peer is told by RST (RFC 9293 3.6.1, SHLD-3).
 * 0, -ENOENT or -EPIPE (already done). */
int quern_conn_close(struct quern_shard *shard, struct quern_conn conn);

/* Sends RST where RFC 9293 3.10.5 says so, and ends the connection at once. 0 or -ENOENT. */
int quern_conn_abort(struct quern_shard *shard, struct quern_conn conn);

/* Changes keepalive for this connection (idle, interval, probes, on or off). 0, -ENOENT or -ENOSPC. */
int quern_conn_keepalive(struct quern_shard *shard, struct quern_conn conn, const struct quern_tcp_options *options);

/* Nagle's algorithm on or off for this connection (RFC 9293 MUST-17); what it holds back goes when it is switched off.
 * 0, -ENOENT or -ENOSPC. */
int quern_conn_nagle(struct quern_shard *shard, struct quern_conn conn, bool on);

/* Changes the user timeout of this connection; 0 means what its listener or route has. What is in flight is held
 * against it at once. 0, -ENOENT or -ENOSPC. */
int quern_conn_user_timeout(struct quern_shard *shard, struct quern_conn conn, uint32_t timeout_ms);

/* A word of the application's own for each connection, 0 at first. */
uint32_t *quern_conn_user(struct quern_shard *shard, struct quern_conn conn);

struct quern_conn_info {
	struct quern_endpoint local;
	struct quern_endpoint remote;
	enum quern_state state;
	uint32_t snd_nxt;
	uint32_t snd_una;
	uint32_t rcv_nxt;
	uint32_t snd_wnd;
	uint32_t queued_bytes; /* text to be sent or acknowledged */
	uint32_t held_bytes;   /* text that the application has not taken */
	uint32_t rto_ms;       /* RFC 6298, backed off as it is */
	uint16_t mss;          /* what we may send, RFC 9293 3.7.1 */
	/* Tells this connection from others of its shard, also between the same ends: it comes again after 65,536
	 * others in its record. 0 in TIME-WAIT. */
	uint64_t id;
};

/* Describes a connection. 0 or -ENOENT. */
int quern_conn_info(struct quern_shard *shard, struct quern_conn conn, struct quern_conn_info *info);

/* The time of this turn, in nanoseconds on a clock that never goes back. */
uint64_t quern_now(const struct quern_shard *shard);

enum { QUERN_GAP_NS = 10000 };

/* A time, by the clock of quern_now(), in which the shard's worker did not turn though it had no work to explain that:
 * the host, or another program, had its core. */
struct quern_gap {
	uint64_t begin_ns;
	uint64_t end_ns;
};

/* The latest one that was longer than QUERN_GAP_NS; all zero where there was none. */
struct quern_gap quern_latest_gap(const struct quern_shard *shard);

/* Number of this shard in the engine, from 0. */
uint16_t quern_shard_number(const struct quern_shard *shard);

/* True while the port takes fewer frames than there are: a bad time to open or close more connections of one's own
 * accord. Answers to peers go on. */
bool quern_congested(const struct quern_shard *shard);

/* True once the MAC address of the way to `target` is known, whose port says nothing; asks for it where it is not. */
bool quern_reachable(struct quern_shard *shard, const struct quern_endpoint *target);

#ifdef __cplusplus
}
#endif

#endif
