/* tcp_recovery.h - what ACKs and silence say of loss: fast retransmit and recovery (RFC 5681 3.2, RFC 6582), limited
 * transmit (RFC 3042). Where there is a scoreboard, tcp_sack.h says what is lost; it is null where there is none. */
#ifndef TCP_TCP_RECOVERY_H
#define TCP_TCP_RECOVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "tcp/tcp_flight.h"
#include "tcp/tcp_scoreboard.h"
#include "wire/wire_packet.h"

/* `ack` is about to move SND.UNA: the window grows; or, within a recovery, the next hole is known, or it is over. */
void tcp_recovery_acknowledged(const struct tcp_conn *conn, struct tcp_flight *flight,
			       const struct tcp_scoreboard *scoreboard, const struct tcp_profile *profile, uint32_t ack,
			       uint32_t now_ms);

/* Whether an acceptable segment is a duplicate ACK (RFC 5681 2), before its window is taken. One that tells what came
 * twice says of nothing that it is missing (RFC 2883 5). */
bool tcp_recovery_is_duplicate(const struct tcp_conn *conn, const struct tcp_flight *flight,
			       const struct segment *segment);

/* Such a one has come: it lets new text go, and the third says that the segment at SND.UNA is lost. */
void tcp_recovery_duplicate(const struct tcp_conn *conn, struct tcp_flight *flight, const struct tcp_profile *profile);

/* The retransmission timer has fired with text in flight, and what was SACKed is forgotten; `is_repeat` where it has
 * for the same segment before. */
void tcp_recovery_timeout(const struct tcp_conn *conn, struct tcp_flight *flight, const struct tcp_profile *profile,
			  bool is_repeat);

#endif
