/* tcp_congestion.c - the rules that all congestion control has in common. */
#include "tcp/tcp_congestion.h"

#include <stddef.h>

#include "base/least.h"

const struct tcp_congestion_control *tcp_congestion_control(enum quern_congestion congestion)
{
	switch (congestion) {
	case QUERN_CONGESTION_CUBIC:
		return &tcp_cubic;
	case QUERN_CONGESTION_NEWRENO:
		return &tcp_newreno;
	}
	return NULL;
}

uint32_t tcp_initial_window(uint32_t mss, bool syn_was_lost)
{
	if (syn_was_lost)
		return mss;
	return least(TCP_INITIAL_WINDOW_MSS * mss, most(TCP_INITIAL_WINDOW_LEAST_MSS * mss, TCP_INITIAL_WINDOW_BYTES));
}

uint8_t tcp_ssthresh_pack(uint32_t bytes)
{
	uint32_t log2;

	if (bytes >= TCP_CWND_MAX)
		return 0;
	bytes = most(bytes, 2);
	log2 = 31 - (uint32_t)__builtin_clz(bytes);
	/* The bit behind the first one is the half step. */
	return (uint8_t)(log2 << 1 | (bytes >> (log2 - 1) & 1));
}

uint32_t tcp_ssthresh_unpack(uint8_t packed)
{
	uint32_t log2 = packed >> 1;

	if (log2 == 0)
		return TCP_SSTHRESH_NONE;
	return (2u | (packed & 1u)) << (log2 - 1);
}

void tcp_congestion_begin(struct tcp_congestion *state, uint32_t mss, bool syn_was_lost, uint8_t kept)
{
	uint32_t ssthresh = most(tcp_ssthresh_unpack(kept), 2 * mss);

	/* Where less than the initial window was kept, cwnd was no larger (RFC 5681 4.1: min(IW, cwnd)). */
	*state = (struct tcp_congestion){
		.cwnd = least(tcp_initial_window(mss, syn_was_lost), ssthresh),
		.ssthresh = ssthresh,
		.past_k_ms = TCP_EPOCH_NONE,
	};
}

/* What cwnd has shown to be good, as a threshold: growth was acknowledged, so three quarters of it may be reached fast.
 */
static uint32_t remembered_ssthresh(const struct tcp_congestion *state)
{
	return most(state->ssthresh, state->cwnd - state->cwnd / 4);
}

void tcp_congestion_resume(struct tcp_congestion *state, uint32_t mss, uint32_t idle_ms, uint32_t rto_ms,
			   uint32_t now_ms)
{
	uint32_t restart_window = tcp_initial_window(mss, false);

	state->heard_ms = now_ms;
	if (idle_ms <= rto_ms || state->cwnd <= restart_window)
		return;
	state->ssthresh = remembered_ssthresh(state);
	state->cwnd = restart_window;
	state->counted = 0;
	state->past_k_ms = TCP_EPOCH_NONE;
}

uint8_t tcp_congestion_keep(const struct tcp_congestion *state, uint32_t mss)
{
	uint32_t initial = tcp_initial_window(mss, false), ssthresh = remembered_ssthresh(state);
	uint8_t packed;

	if (state->cwnd < initial)
		return tcp_ssthresh_pack(state->cwnd);
	packed = tcp_ssthresh_pack(most(ssthresh, initial));
	/* Rounded down it would say that cwnd was below the initial window. */
	return (uint8_t)(packed + (tcp_ssthresh_unpack(packed) < initial));
}

void tcp_congestion_slow_start(struct tcp_congestion *state, uint32_t acked_bytes, uint32_t mss)
{
	state->cwnd = least(state->cwnd + least(acked_bytes, mss), TCP_CWND_MAX);
}

void tcp_congestion_reduce(struct tcp_congestion *state, uint32_t bytes, uint32_t mss)
{
	state->ssthresh = most(bytes, 2 * mss);
	state->cwnd = state->ssthresh;
	state->counted = 0;
	state->past_k_ms = TCP_EPOCH_NONE;
}

void tcp_congestion_collapse(struct tcp_congestion *state, uint32_t bytes, uint32_t mss, bool is_repeat)
{
	if (!is_repeat)
		state->ssthresh = most(bytes, 2 * mss);
	state->cwnd = mss;
	state->counted = 0;
	state->past_k_ms = TCP_EPOCH_NONE;
}
