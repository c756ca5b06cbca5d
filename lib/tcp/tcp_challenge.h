/* tcp_challenge.h - RFC 5961 7: challenge ACKs, and their limit. */
#ifndef TCP_TCP_CHALLENGE_H
#define TCP_TCP_CHALLENGE_H

#include <stdbool.h>
#include <stdint.h>

#include "tcp/tcp_input.h"

enum { TCP_CHALLENGE_SLOT_MS = 500 };

/* True, and the slot is taken, where a challenge ACK may be sent: at most one in each half second of the clock. Kept a
 * connection, so that no other connection's state can be read from it (CVE-2016-5696). */
bool tcp_challenge_allowed(uint8_t *challenge_slot, uint32_t now_ms);

/* Owes the challenge where it is allowed, and notes in the verdict whether it was. */
void tcp_challenge_owe(struct tcp_conn *conn, struct tcp_verdict *verdict, uint32_t now_ms);

#endif
