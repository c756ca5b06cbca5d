/* tcp_challenge.c - RFC 5961 7: challenge ACKs, and their limit. */
#include "tcp/tcp_challenge.h"

bool tcp_challenge_allowed(uint8_t *challenge_slot, uint32_t now_ms)
{
	uint8_t slot = (uint8_t)(now_ms / TCP_CHALLENGE_SLOT_MS % 255 + 1);

	if (*challenge_slot == slot)
		return false;
	*challenge_slot = slot;
	return true;
}

void tcp_challenge_owe(struct tcp_conn *conn, struct tcp_verdict *verdict, uint32_t now_ms)
{
	if (!tcp_challenge_allowed(&conn->challenge_slot, now_ms)) {
		verdict->events |= TCP_HAPPENED_THROTTLED;
		return;
	}
	verdict->events |= TCP_HAPPENED_CHALLENGED;
	conn->flags |= TCP_OWES_ACK;
}
