/* tcp_prr.c - proportional rate reduction. */
#include "tcp/tcp_prr.h"

#include "base/least.h"

enum { RATIO_BITS = 31 };

void tcp_prr_begin(struct tcp_prr *prr, uint32_t recover_bytes, uint32_t ssthresh)
{
	/* A window below ssthresh does not shrink: one goes for each that has come. */
	*prr = (struct tcp_prr){.ratio = 1u << RATIO_BITS};
	if (ssthresh < recover_bytes)
		prr->ratio = (uint32_t)(((uint64_t)ssthresh << RATIO_BITS) / recover_bytes);
}

/* RFC 6937 3: as much of what was delivered as ssthresh is of the window, rounded up. */
static uint32_t proportion(const struct tcp_prr *prr)
{
	return (uint32_t)(((uint64_t)prr->delivered_bytes * prr->ratio + (1u << RATIO_BITS) - 1) >> RATIO_BITS);
}

uint32_t tcp_prr_on_ack(struct tcp_prr *prr, uint32_t delivered_bytes, uint32_t pipe_bytes, uint32_t ssthresh,
			uint32_t mss, bool is_safe)
{
	uint32_t limit;

	/* Who says that things have come again and again gains nothing by it. */
	prr->delivered_bytes += least(delivered_bytes, INT32_MAX - prr->delivered_bytes);
	if (pipe_bytes > ssthresh) {
		limit = above(proportion(prr), prr->out_bytes);
	} else {
		/* Losses have taken more than the reduction: catch up to ssthresh, by one MSS an ACK beyond what was
		 * delivered where that is safe (the slow start bound), else by no more than was delivered. */
		limit = most(above(prr->delivered_bytes, prr->out_bytes), delivered_bytes) + (is_safe ? mss : 0);
		limit = least(limit, ssthresh - pipe_bytes);
	}
	return prr->out_bytes == 0 ? most(limit, mss) : limit;
}

void tcp_prr_on_sent(struct tcp_prr *prr, uint32_t bytes)
{
	prr->out_bytes += bytes;
}
