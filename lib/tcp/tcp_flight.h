/* tcp_flight.h - what a connection needs only while text is queued, in flight or held: numbers, no buffers. */
#ifndef TCP_TCP_FLIGHT_H
#define TCP_TCP_FLIGHT_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/least.h"
#include "tcp/tcp_conn.h"
#include "tcp/tcp_pacing.h"

enum {
	TCP_BACKOFF_MAX = 7 /* 2^7 s are more than the longest RTO */
};

enum tcp_flight_flag {
	TCP_FLIGHT_TIMED = 1 << 0,     /* text up to timed_seq is being timed */
	TCP_FLIGHT_ARMED = 1 << 1,     /* the connection's timer runs for this flight */
	TCP_FLIGHT_DUE = 1 << 2,       /* the timer has fired: one segment goes whatever window and SWS avoidance say */
	TCP_FLIGHT_PROBING = 1 << 3,   /* an octet was sent into a window that is shut */
	TCP_FLIGHT_TELL_FIN = 1 << 4,  /* the peer's FIN is to be told once all that is held has been taken */
	TCP_FLIGHT_SHOWN = 1 << 5,     /* the application is looking at what is held, and has not said what it takes */
	TCP_FLIGHT_NARROW = 1 << 6,    /* buffers are short: while text is held, the window opens no further */
	TCP_FLIGHT_WAITS = 1 << 7,     /* buffers are short: no text goes but what the timer sends */
	TCP_FLIGHT_HOLES = 1 << 8,     /* text, or a FIN, waits beyond a hole */
	TCP_FLIGHT_TWICE = 1 << 9,     /* octets from twice_left on came twice, which the next ACK tells */
	TCP_FLIGHT_RECOVERS = 1 << 10, /* fast recovery, until `recover` is acknowledged */
	TCP_FLIGHT_AGAIN = 1 << 11,    /* the segment at SND.UNA is taken for lost, and goes again */
	TCP_FLIGHT_LIMITED = 1 << 12,  /* text waits for cwnd and for nothing else */
	TCP_FLIGHT_SHORT = 1 << 13     /* buffers are short: what goes all the same is one MSS at most */
};

struct tcp_scoreboard;

/* All octets are sequence numbers. Our FIN counts as the octet behind the text: with it sent, snd_nxt is snd_end. */
struct tcp_flight {
	uint32_t snd_una;
	uint32_t snd_nxt; /* behind all that was ever sent */
	uint32_t next;    /* where sending goes on: before snd_nxt while text is sent again */
	uint32_t snd_wl1;
	uint32_t snd_wl2;
	uint32_t since_ms;   /* the last progress: R2 counts from here */
	uint32_t timed_seq;  /* an ACK of this octet is a sample of the RTT */
	uint32_t timed_ms;   /* when it was sent */
	uint32_t rcv_adv;    /* right edge of the window that was advertised */
	uint32_t held_bytes; /* acknowledged, and not taken by the application */
	uint16_t urgent;     /* so many octets from RCV.NXT on are known to be urgent: RCV.UP */
	uint16_t flags;      /* enum tcp_flight_flag */
	uint32_t twice_left; /* RFC 2883: octets that came twice, the last such */
	uint32_t twice_right;
	uint8_t islands;      /* beyond holes, as many as an ACK can tell */
	uint8_t duplicates;   /* ACKs on end that moved nothing (RFC 5681 2) */
	uint16_t again_bytes; /* from SND.UNA on, what this recovery has sent again */
	uint32_t recover;     /* RFC 6582: what was sent when the last loss was noticed */
	uint32_t inflation; /* bytes that have left the network, as they say: so much more than cwnd may be in flight */
	uint32_t snd_small; /* behind the last segment of new text that was less than full, for Nagle's algorithm */
	struct tcp_congestion congestion;
	uint8_t narrow_slot; /* half second in which the path was last found to be narrower, 0 for none */
	uint8_t tail;        /* enum tcp_tail */
	struct tcp_rtt rtt;
	uint32_t ts_offset; /* of our timestamps: TSval is this and the time */
	uint32_t probe_end; /* of the tail loss probe that has gone */
	struct tcp_pacing pacing;
};
static_assert(sizeof(struct tcp_flight) == 128, "two cache lines");

/* Begins a flight for a connection at rest; the flight's memory may hold anything. A FIN in flight goes on in it: its
 * timer, its backed-off RTO. */
void tcp_flight_begin(struct tcp_conn *conn, struct tcp_flight *flight, const struct tcp_profile *profile,
		      uint32_t now_ms);

/* True where nothing is queued, in flight, held, beyond a hole, to be told, or urgent and not there yet. */
bool tcp_flight_is_over(const struct tcp_conn *conn, const struct tcp_flight *flight);

/* Notes what the next flight should know of this one, which ends. */
void tcp_flight_end(struct tcp_conn *conn, const struct tcp_flight *flight);

/* An acceptable ACK of text or FIN above SND.UNA: moves SND.UNA, takes the sample that it may be, and lets the window
 * grow. `scoreboard` is null where there is none. */
void tcp_flight_acknowledge(struct tcp_conn *conn, struct tcp_flight *flight, const struct tcp_scoreboard *scoreboard,
			    const struct tcp_profile *profile, uint32_t ack, uint32_t now_ms);

/* RFC 7323 4: an ACK that moves SND.UNA says by its TSecr when the text that it answers was sent, first or again. */
static inline void tcp_flight_echoed(const struct tcp_conn *conn, struct tcp_flight *flight,
				     const struct segment *segment, uint32_t now_ms)
{
	uint32_t sent_ms = segment->tsecr - flight->ts_offset;

	if (conn->has_timestamps && segment->options & SEGMENT_TIMESTAMPS && (int32_t)(now_ms - sent_ms) >= 0)
		flight->timed_ms = sent_ms;
}

/* An acceptable ACK has brought SND.WND: a window that opens lets what was sent into it go again, and while it is shut
 * the peer is alive (RFC 9293 3.8.6.1), which the user timeout does not ask. */
void tcp_flight_window_heard(struct tcp_conn *conn, struct tcp_flight *flight, const struct tcp_profile *profile,
			     uint32_t now_ms);

/* A flight was begun for text beyond a hole: where its ACK was not an old one, its segment has brought SND.WND, and
 * those that fill the hole are older (RFC 9293 3.10.7.4). */
static inline void tcp_flight_begun_beyond_hole(struct tcp_flight *flight, const struct segment *segment)
{
	if (segment->ack == flight->snd_una)
		flight->snd_wl1 = segment->seq;
}

/* `bytes` bytes that came in order wait for the application: the window closes by as much. */
void tcp_flight_held(const struct tcp_conn *conn, struct tcp_flight *flight, const struct tcp_profile *profile,
		     uint32_t bytes);

/* The application has taken `bytes` bytes of what was held: the window opens, and is told where it is worth while. */
void tcp_flight_taken(struct tcp_conn *conn, struct tcp_flight *flight, const struct tcp_profile *profile,
		      uint32_t bytes);

/* The window to advertise now, in octets, by the receiver's SWS avoidance (RFC 9293 3.8.6.2.2), noted as said. */
uint32_t tcp_flight_window(const struct tcp_conn *conn, struct tcp_flight *flight, const struct tcp_profile *profile);

/* RFC 6298 2.2 and 2.3: one sample of the round-trip time. `flight` is null at rest. */
void tcp_rtt_sample(struct tcp_conn *conn, struct tcp_flight *flight, uint32_t rtt_ms);

/* The estimate so far; `flight` is null at rest. */
static inline struct tcp_rtt tcp_rtt_of(const struct tcp_conn *conn, const struct tcp_flight *flight)
{
	return flight ? flight->rtt : tcp_rtt_at_rest(conn);
}

/* Octets that came again are told where the peer understands (RFC 2883 4). */
static inline void tcp_flight_came_twice(const struct tcp_conn *conn, struct tcp_flight *flight, uint32_t left,
					 uint32_t right)
{
	if (!flight || !conn->sack_permitted)
		return;
	flight->twice_left = left;
	flight->twice_right = right;
	flight->flags |= TCP_FLIGHT_TWICE;
}

/* The last `bytes` bytes of text that were taken in order found no place after all: they come again. Only before
 * anything was said of them, and with no FIN behind them. */
static inline void tcp_leave_out(struct tcp_conn *conn, uint32_t bytes)
{
	conn->rcv_nxt -= bytes;
}

/* Text in order moves RCV.NXT; `flight` is null at rest. */
static inline void tcp_text_came(struct tcp_conn *conn, struct tcp_flight *flight, uint32_t bytes)
{
	conn->rcv_nxt += bytes;
	conn->ack_lags = true;
	if (flight)
		flight->urgent = (uint16_t)above(flight->urgent, bytes);
}

/* The octet behind the last one of text. */
static inline uint32_t tcp_text_end(const struct tcp_conn *conn)
{
	return conn->snd_end - !!(conn->flags & TCP_FIN_IN_FLIGHT);
}

/* SND.UNA and SND.NXT; `flight` is null at rest. */
static inline uint32_t tcp_snd_una(const struct tcp_conn *conn, const struct tcp_flight *flight)
{
	return (flight ? flight->snd_una : tcp_text_end(conn)) - !!(conn->flags & TCP_SYN_IN_FLIGHT);
}

static inline uint32_t tcp_snd_nxt(const struct tcp_conn *conn, const struct tcp_flight *flight)
{
	return flight ? flight->snd_nxt : conn->snd_end;
}

/* RFC 5681's FlightSize, of which a loss leaves the half: what has been sent and is not acknowledged, and what would
 * have been sent if it did not wait for its time alone. A window that is spread over its round trip is not smaller for
 * it. */
static inline uint32_t tcp_flight_size(const struct tcp_conn *conn, const struct tcp_flight *flight)
{
	uint32_t in_flight = flight->snd_nxt - flight->snd_una;

	if (!flight->pacing.place)
		return in_flight;
	return most(in_flight, least(conn->snd_end - flight->snd_una, tcp_snd_wnd(conn)));
}

/* RCV.WND: how much text after RCV.NXT is taken. */
static inline uint32_t tcp_rcv_wnd(const struct tcp_conn *conn, const struct tcp_flight *flight,
				   const struct tcp_profile *profile)
{
	return tcp_window_limit(profile, conn->is_scaled) - (flight ? flight->held_bytes : 0);
}

#endif
