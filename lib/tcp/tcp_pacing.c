/* tcp_pacing.c - how far apart segments go. */
#include "tcp/tcp_pacing.h"

enum {
	NS_OF_EIGHTH = 125000, /* of a millisecond */
	FIFTHS_SLOW_START = 10,
	FIFTHS_AVOIDANCE = 6
};

void tcp_pacing_set(struct tcp_pacing *pacing, const struct tcp_congestion *congestion, uint32_t mss, uint32_t srtt)
{
	bool is_slow_start = congestion->cwnd < congestion->ssthresh;
	uint32_t fifths = is_slow_start ? FIFTHS_SLOW_START : FIFTHS_AVOIDANCE;

	pacing->ns_of_kib = 0;
	pacing->is_early = false;
	pacing->in_pairs = !is_slow_start;
	pacing->is_half = pacing->is_half && pacing->in_pairs;
	if (srtt < TCP_PACING_SRTT_LEAST ||
	    congestion->cwnd <= tcp_initial_window(mss, false) * (is_slow_start ? 1 : TCP_PACING_AVOIDANCE))
		return;
	/* The one division of a round trip. */
	pacing->ns_of_kib =
		(uint32_t)(((uint64_t)srtt * NS_OF_EIGHTH * 5 << 10) / ((uint64_t)fifths * congestion->cwnd));
}
