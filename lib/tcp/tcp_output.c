/* tcp_output.c - one segment from what is owed. */
#include "tcp/tcp_output.h"

static void say_syn(struct tcp_conn *conn, const struct tcp_profile *profile, struct segment *segment)
{
	segment->seq = tcp_snd_una(conn);
	segment->flags = TCP_SYN;
	segment->mss = profile->mss;
	if (conn->state == QUERN_SYN_SENT) {
		segment->ack = 0;
		conn->flags &= (uint16_t)~TCP_OWES_SYN;
		return;
	}
	segment->flags |= TCP_ACK;
	conn->flags &= (uint16_t) ~(TCP_OWES_SYN | TCP_OWES_ACK);
}

bool tcp_output(struct tcp_conn *conn, const struct tcp_profile *profile, struct segment *segment)
{
	uint16_t owes = conn->flags & TCP_OWES;

	if (!owes)
		return false;
	*segment = (struct segment){
		.seq = conn->snd_nxt, .ack = conn->rcv_nxt, .wnd = profile->receive_window, .flags = TCP_ACK};
	if (owes & TCP_OWES_SYN) {
		say_syn(conn, profile, segment);
	} else if (owes & TCP_OWES_FIN) {
		segment->seq--;
		segment->flags |= TCP_FIN;
		conn->flags &= (uint16_t) ~(TCP_OWES_FIN | TCP_OWES_ACK);
	} else if (owes & TCP_OWES_PROBE) {
		/* RFC 9293 3.8.4: a number that was acknowledged before draws an ACK. */
		segment->seq--;
		conn->flags &= (uint16_t)~TCP_OWES_PROBE;
	} else {
		conn->flags &= (uint16_t)~TCP_OWES_ACK;
	}
	return true;
}

void tcp_output_reset(const struct tcp_conn *conn, struct segment *segment)
{
	*segment = (struct segment){.seq = conn->snd_nxt, .flags = TCP_RST};
}
