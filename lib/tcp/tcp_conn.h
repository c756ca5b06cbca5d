/* tcp_conn.h - the record of a connection: one cache line, and the settings it shares with others. */
#ifndef TCP_TCP_CONN_H
#define TCP_TCP_CONN_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include <quern/conn.h>
#include <quern/options.h>

#include "base/flow_key.h"
#include "tcp/tcp_congestion.h"
#include "wheel/wheel.h"
#include "wire/wire_packet.h"

/* What is in flight, what is owed to the peer, and where the connection came from. */
enum tcp_flag {
	TCP_SYN_IN_FLIGHT = 1 << 0, /* our SYN is sent or owed, and not acknowledged */
	TCP_FIN_IN_FLIGHT = 1 << 1, /* the same of our FIN */
	TCP_OWES_SYN = 1 << 2,      /* SYN or SYN+ACK to be sent, first or again */
	TCP_OWES_FIN = 1 << 3,      /* FIN to be sent, first or again */
	TCP_OWES_ACK = 1 << 4,      /* rides on anything else that is said this turn */
	TCP_OWES_PROBE = 1 << 5,    /* keepalive probe */
	TCP_PASSIVE = 1 << 6,       /* came from LISTEN */
	TCP_SYN_REPEATED = 1 << 7,  /* RFC 6298 5.7: the RTO for what follows starts at 3 s */
	TCP_ORPHAN = 1 << 8,        /* the application has closed: nobody will read */
	TCP_REOPENED = 1 << 9,      /* came from TIME-WAIT; `parked` names the record that waits behind it */
	TCP_QUEUED = 1 << 10,       /* in the shard's list of what is owed this turn */
	TCP_WAITS_ACCEPT = 1 << 11, /* established, and not taken by quern_accept() yet */
	TCP_UNTIMED = 1 << 12,      /* SYN or SYN+ACK was said twice, or late: its ACK times nothing (RFC 6298 3) */
	TCP_WANTS_ROOM = 1 << 13,   /* the application has more text than there was room for */
	TCP_STARVED = 1 << 14,      /* and nothing in flight whose ACK would make room: in the shard's list */
	TCP_LINGERS = 1 << 15,      /* over, and out of the table: the application still reads what is held */
	TCP_IN_FLIGHT = TCP_SYN_IN_FLIGHT | TCP_FIN_IN_FLIGHT,
	TCP_OWES = TCP_OWES_SYN | TCP_OWES_FIN | TCP_OWES_ACK | TCP_OWES_PROBE
};

/* The estimate of the round-trip time. */
struct tcp_rtt {
	uint16_t srtt;   /* RFC 6298 2.2, in 1/8 ms; 0 before the first sample */
	uint16_t rttvar; /* four times RTTVAR, in ms, of 15 bits */
};

/* A connection at rest, whole. All zero is a free record: state QUERN_NO_STATE. Written by its shard's worker only.
 * At rest SND.NXT is snd_end, and SND.UNA is that less a SYN and a FIN in flight; WL1, WL2 and the edge of the window
 * that was advertised are implied. With text queued, in flight or held, a struct tcp_flight has them, and the RTT. */
struct tcp_conn {
	struct flow_key key;
	uint32_t snd_end; /* SND.NXT once all that is owed or queued has gone out */
	uint32_t rcv_nxt;
	uint32_t heard_ms;       /* when the peer was last heard, for keepalive */
	struct wheel_node timer; /* the earliest deadline of the connection */
	union {
		uint32_t user;   /* the application's; links free records */
		uint32_t parked; /* with TCP_REOPENED, when no application knows of it yet: slot in TIME-WAIT */
	};
	uint32_t rtt_or_flight; /* tcp_rtt_at_rest(); or, with the top bit set, the index of its flight */
	uint32_t ts_recent;     /* RFC 7323 4.3, with has_timestamps */
	uint16_t snd_wnd;       /* as it was said: see tcp_snd_wnd() */
	uint16_t max_wnd;       /* MAX.SND.WND of RFC 5961 5.2: see tcp_max_wnd() */
	uint16_t mss;           /* what the peer takes, and we can send */
	uint16_t flags;         /* enum tcp_flag */
	uint8_t state : 4;      /* enum quern_state; written by tcp_transition() only */
	uint8_t backoff : 3;    /* RFC 6298 5.5: text's RTO is doubled so often, until there is a fresh sample */
	uint8_t ts_is_void : 1; /* RFC 7323 5.5: ts_recent says nothing until it is noted anew */
	uint8_t retries;        /* of what is in flight, or keepalive probes unanswered */
	uint8_t challenge_slot; /* half second of the last challenge ACK, 0 for none */
	uint8_t profile;
	uint16_t generation;
	uint8_t snd_scale : 4;      /* RFC 7323 2.2: snd_wnd and max_wnd count so many octets as 1 << this */
	uint8_t is_scaled : 1;      /* both SYNs had the option, or ours offers it */
	uint8_t sack_permitted : 1; /* the same of RFC 2018 */
	uint8_t has_timestamps : 1; /* and of RFC 7323 3 */
	uint8_t ack_lags : 1;       /* Last.ACK.sent is behind RCV.NXT; else it is that */
	uint8_t ssthresh;           /* tcp_congestion_keep() of the last flight, 0 for none */
};
static_assert(sizeof(struct tcp_conn) == 64, "one cache line");
static_assert(QUERN_STATES_END <= 16, "four bits");

/* Settings that connections of one listener or route share; quern_tcp_options with its defaults filled in. */
struct tcp_profile {
	const struct tcp_congestion_control *congestion;
	uint16_t mss;     /* that we offer, and send at most, over IPv4 */
	uint16_t mss_ip6; /* the same over IPv6 */
	uint8_t scale;    /* RFC 7323 2.2: of windows that we say */
	bool offers_scale;
	bool offers_sack;
	bool nagle;
	bool offers_timestamps;
	bool paces; /* tcp_pacing.h */
	uint32_t receive_window;
	uint32_t send_queue;
	uint8_t ttl;
	uint8_t tos;
	bool keepalive;
	uint8_t keepalive_probes;
	uint32_t keepalive_idle_ms;
	uint32_t keepalive_interval_ms;
	uint32_t connect_timeout_ms;
	uint32_t user_timeout_ms; /* R2, or the application's own */
	bool has_user_timeout;    /* it is that: no answer but an ACK of something new moves it */
	uint32_t fin_wait_2_ms;
	enum quern_syn_cookies syn_cookies;
	uint32_t max_half_open; /* of a listener; UINT32_MAX for none of its own */
	uint16_t cut_segments;  /* most segments that the port cuts out of one; 0 where it cuts none */
};

/* True for a connection that has a flight. */
static inline bool tcp_has_flight(const struct tcp_conn *conn)
{
	return conn->rtt_or_flight >> 31;
}

/* The index of the flight that tcp_set_flight() has named. */
static inline uint32_t tcp_flight_index(const struct tcp_conn *conn)
{
	return conn->rtt_or_flight & INT32_MAX;
}

/* Names a flight that has begun. One store, so that readers on other threads never take an estimate for an index. */
static inline void tcp_set_flight(struct tcp_conn *conn, uint32_t index)
{
	conn->rtt_or_flight = 1u << 31 | index;
}

/* The estimate of a connection at rest; none where its flight has it. */
static inline struct tcp_rtt tcp_rtt_at_rest(const struct tcp_conn *conn)
{
	uint32_t word = tcp_has_flight(conn) ? 0 : conn->rtt_or_flight;

	return (struct tcp_rtt){.srtt = (uint16_t)word, .rttvar = (uint16_t)(word >> 16)};
}

/* Keeps the estimate of a connection that is, or comes, to rest. */
static inline void tcp_keep_rtt(struct tcp_conn *conn, struct tcp_rtt rtt)
{
	conn->rtt_or_flight = (uint32_t)rtt.rttvar << 16 | rtt.srtt;
}

/* SND.WND in octets. */
static inline uint32_t tcp_snd_wnd(const struct tcp_conn *conn)
{
	return (uint32_t)conn->snd_wnd << conn->snd_scale;
}

/* MAX.SND.WND in octets. */
static inline uint32_t tcp_max_wnd(const struct tcp_conn *conn)
{
	return (uint32_t)conn->max_wnd << conn->snd_scale;
}

/* SMSS of RFC 5681: text of a full segment, without the options that each has. */
static inline uint32_t tcp_smss(const struct tcp_conn *conn)
{
	return conn->mss - (conn->has_timestamps ? SEGMENT_TIMESTAMP_BYTES : 0u);
}

/* The largest window that the profile's connections offer: all of it, or as much as 16 bits can say. */
static inline uint32_t tcp_window_limit(const struct tcp_profile *profile, bool is_scaled)
{
	return is_scaled || profile->receive_window < UINT16_MAX ? profile->receive_window : UINT16_MAX;
}

/* The field of a segment without SYN that says a window of so many octets. */
static inline uint16_t tcp_window_field(const struct tcp_profile *profile, bool is_scaled, uint32_t window)
{
	return (uint16_t)(is_scaled ? window >> profile->scale : window);
}

/* What a connection with this key offers, and sends at most. */
static inline uint16_t tcp_profile_mss(const struct tcp_profile *profile, const struct flow_key *key)
{
	return flow_key_is_ip6(key) ? profile->mss_ip6 : profile->mss;
}

/* Fills in defaults for an MTU in bytes; an MSS that fits it over IPv4 alone is cut for IPv6. 0, or -EINVAL for one
 * that does not, a DSCP above 63, a window above 2^30, or a number that is no kind of SYN cookies or congestion
 * control. */
int tcp_profile_make(struct tcp_profile *profile, const struct quern_tcp_options *options, uint16_t mtu);

#endif
