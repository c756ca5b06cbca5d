/* tcp_prr.h - proportional rate reduction (RFC 6937): what may go on each ACK of fast recovery, so that the window
 * shrinks to ssthresh over one round trip and neither stops nor bursts.
 *
 *	control->on_loss(state, flight, mss);  tcp_prr_begin(&prr, outstanding, state->ssthresh);
 *	each ACK:      tcp_prr_on_ack() says how many bytes may go; tcp_prr_on_sent() for what went, new or again
 *	at the end:    nothing, cwnd is ssthresh since on_loss() */
#ifndef TCP_TCP_PRR_H
#define TCP_TCP_PRR_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

struct tcp_prr {
	uint32_t delivered_bytes; /* prr_delivered: have reached the peer since recovery began */
	uint32_t out_bytes;       /* prr_out: have gone since then */
	uint32_t ratio;           /* ssthresh / RecoverFS, times 2^31 */
};
static_assert(sizeof(struct tcp_prr) == 12, "what a flight has room for");

/* Recovery begins. `recover_bytes` is RecoverFS: SND.NXT - SND.UNA, less what was delivered beyond SND.UNA before. Once
 * for each recovery, hence its division. */
void tcp_prr_begin(struct tcp_prr *prr, uint32_t recover_bytes, uint32_t ssthresh);

/* An ACK says that `delivered_bytes` more have reached the peer, acknowledged or SACKed for the first time; without
 * SACK a duplicate ACK stands for one MSS, and what such have told is left out of the ACK that moves SND.UNA.
 * `pipe_bytes` are in the network still (RFC 6675). `is_safe`: the ACK moves SND.UNA and tells of no further loss.
 * Returns how many bytes may go now, one MSS at least while nothing has gone yet: the fast retransmit. */
uint32_t tcp_prr_on_ack(struct tcp_prr *prr, uint32_t delivered_bytes, uint32_t pipe_bytes, uint32_t ssthresh,
			uint32_t mss, bool is_safe);

/* `bytes` of text have gone, for the first time or again. */
void tcp_prr_on_sent(struct tcp_prr *prr, uint32_t bytes);

#endif
