/* tcp_output.h - what a connection owes becomes the next segment. */
#ifndef TCP_TCP_OUTPUT_H
#define TCP_TCP_OUTPUT_H

#include <stdbool.h>

#include "tcp/tcp_conn.h"
#include "wire/wire_packet.h"

/* Writes the next segment that is owed and no longer owes it; false where nothing is. SYN goes first, then FIN, a
 * keepalive probe, a bare ACK; each but the probe carries the ACK along. */
bool tcp_output(struct tcp_conn *conn, const struct tcp_profile *profile, struct segment *segment);

/* The RST of an ABORT (RFC 9293 3.10.5) or of a connection given up: <SND.NXT, RST>, without ACK. */
void tcp_output_reset(const struct tcp_conn *conn, struct segment *segment);

#endif
