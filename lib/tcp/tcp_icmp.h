/* tcp_icmp.h - what an ICMP error means for a connection: RFC 9293 3.9.2.2 as RFC 5461 and 5927 read it. */
#ifndef TCP_TCP_ICMP_H
#define TCP_TCP_ICMP_H

#include <stdint.h>

#include "tcp/tcp_flight.h"
#include "wire/wire_packet.h"

enum {
	TCP_MTU_LEAST = 552, /* no error makes packets smaller: whoever forges them gains nothing by asking for less */
	TCP_MTU_LEAST_IP6 = 1280, /* RFC 8200 5: every link of IPv6 carries as much */
	TCP_IP6_HEADERS = 60,
	TCP_IP4_HEADERS = 40 /* of IPv4 and TCP, without options */
};

/* What is to be done about an error. */
enum tcp_icmp_action {
	TCP_ICMP_NOTHING, /* `drop` says why */
	TCP_ICMP_NOTED,   /* the connection goes on as if nothing had been said */
	TCP_ICMP_ENDED,   /* a hard error in answer to our SYN: state is CLOSED now */
	TCP_ICMP_NARROWED /* the path is narrower: what is in flight goes again, in segments that fit */
};

struct tcp_icmp_verdict {
	uint8_t action; /* enum tcp_icmp_action */
	uint8_t drop;   /* enum quern_drop, with TCP_ICMP_NOTHING */
};

/* Takes an error that quotes a segment of a connection in any state but LISTEN, TIME-WAIT and CLOSED; `flight` is null
 * at rest. Only SYN-SENT ever ends by one. */
struct tcp_icmp_verdict tcp_icmp_input(struct tcp_conn *conn, struct tcp_flight *flight, const struct wire_icmp *icmp,
				       uint32_t now_ms);

/* The MTU that a "too big" of IPv4 speaks of: what it says, or, where it says nothing, the next lower one that is
 * common (RFC 1191 7.1); never less than TCP_MTU_LEAST. */
uint32_t tcp_icmp_mtu(const struct wire_icmp *icmp);

#endif
