/* tcp_tail.h - the tail loss probe (RFC 8985 7): where no ACK comes for two round trips, one segment goes ahead of the
 * retransmission timer. Of the last segments of a flight no later one can tell that they are lost, and of their ACKs
 * none, where one ACK is for all of them; the timer would take a second at least, and the window with it. */
#ifndef TCP_TCP_TAIL_H
#define TCP_TCP_TAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "tcp/tcp_flight.h"
#include "wire/wire_packet.h"

enum tcp_tail {
	TCP_TAIL_QUIET,
	TCP_TAIL_ARMED, /* the timer runs for the probe */
	TCP_TAIL_DUE,   /* it has fired: a segment goes whatever cwnd says */
	TCP_TAIL_NEW,   /* new text has gone, */
	TCP_TAIL_AGAIN  /* or the last segment again: up to probe_end */
};

/* How long the timer is to run that is armed now: as long as the probe waits; or `rto_ms`, where none is apt, since it
 * has gone already, a loss is being repaired, or the timer would come first. */
uint32_t tcp_tail_wait(const struct tcp_conn *conn, struct tcp_flight *flight, uint32_t rto_ms);

/* The timer that ran for the probe has fired. Whether it is due now, or is needless by what has come since. */
bool tcp_tail_fired(const struct tcp_conn *conn, struct tcp_flight *flight);

/* The probe has gone, and is SND.NXT's end: `is_new`, or the last segment again. */
void tcp_tail_sent(struct tcp_flight *flight, bool is_new);

/* A probe is due or has gone, and an acceptable ACK has come: SND.UNA has `moved` to it or not. Where it says that the
 * probe has repaired a loss, the window answers as to any other. */
void tcp_tail_heard(const struct tcp_conn *conn, struct tcp_flight *flight, const struct tcp_profile *profile,
		    const struct segment *segment, bool moved);

/* Whether `octet`, up to which the peer has SACKed, is the end of the probe: then what went long before it is lost. */
bool tcp_tail_has_arrived(const struct tcp_flight *flight, uint32_t octet);

#endif
