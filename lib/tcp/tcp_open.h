/* tcp_open.h - RFC 9293 3.10.1, 3.10.7.1 and 3.10.7.2: segments without a connection, and new connections. */
#ifndef TCP_TCP_OPEN_H
#define TCP_TCP_OPEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "tcp/tcp_conn.h"
#include "wire/wire_packet.h"

/* RFC 6528: a 4 microsecond clock plus SipHash of the tuple. `clock` counts 4 us. */
uint32_t tcp_isn(const struct hash_secret *secret, const struct flow_key *key, uint32_t clock);

/* What a segment to a port in LISTEN is. */
enum tcp_listen_verdict {
	TCP_LISTEN_OPEN, /* tcp_open_from_syn() */
	TCP_LISTEN_ACK,  /* tcp_open_from_cookie() where it brings one back; else answer with tcp_reset_for() */
	TCP_LISTEN_DROP  /* silence */
};

/* Judges a segment that has no connection but a listener. */
enum tcp_listen_verdict tcp_listen_input(const struct segment *segment);

/* LISTEN to SYN-RECEIVED: fills a free record (its key, profile and generation are set by the caller) and owes SYN+ACK.
 * Text on the SYN is left unacknowledged. */
void tcp_open_from_syn(struct tcp_conn *conn, const struct segment *segment, const struct tcp_profile *profile,
		       uint32_t iss, uint32_t now_ms);

/* The SYN+ACK that answers a SYN by the cookie `iss`, with no record left behind. It offers no more than
 * tcp_open_from_cookie() will know of: with timestamps, whose low bits carry them, scale and SACK too. Its timestamp is
 * at most 32 ms older than `tsval`. */
void tcp_open_none(const struct flow_key *key, const struct segment *syn, const struct tcp_profile *profile,
		   uint32_t iss, uint32_t tsval, struct segment *syn_ack);

/* The options of a SYN that tcp_open_none() answers. */
uint8_t tcp_open_carries(const struct segment *syn, const struct tcp_profile *profile);

/* LISTEN to SYN-RECEIVED by the ACK of a cookie: the record that the SYN would have made, as it stands once its SYN+ACK
 * has gone out. `mss` is what the cookie remembers of the peer's; tcp_input() takes the ACK itself. */
void tcp_open_from_cookie(struct tcp_conn *conn, const struct segment *ack, uint16_t mss,
			  const struct tcp_profile *profile, uint32_t now_ms);

/* CLOSED to SYN-SENT: fills a free record in the same way, and owes SYN. */
void tcp_open_active(struct tcp_conn *conn, const struct tcp_profile *profile, uint32_t iss, uint32_t now_ms);

/* The RST that answers a segment: <SEG.ACK, RST> or <0, SEG.SEQ+SEG.LEN, RST|ACK>. False for a segment with RST. */
bool tcp_reset_for(const struct segment *segment, struct segment *reset);

#endif
