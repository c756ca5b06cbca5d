/* bench_congestion.c - what congestion control costs on each ACK. */
#include "support/bench.h"
#include "tcp/tcp_congestion.h"

enum { MSS = 1460, RTT_MS = 20 };

/* A path that loses a segment whenever `limit` segments are in flight. */
struct path {
	const struct tcp_congestion_control *rules;
	uint32_t limit;
};

/* An ACK of two segments each, as a peer that delays them sends; the clock goes on by one round trip a window. */
static uint64_t on_ack_run(void *argument, uint64_t iterations)
{
	const struct path *path = argument;
	struct tcp_congestion state;
	uint64_t work = 0;
	uint32_t now_ms = 0, acked = 0;

	tcp_congestion_begin(&state, MSS, false, 0);
	for (uint64_t i = 0; i < iterations; i++) {
		path->rules->on_ack(&state, 2 * MSS, MSS, RTT_MS, now_ms, true);
		acked += 2 * MSS;
		if (acked >= state.cwnd) {
			acked = 0;
			now_ms += RTT_MS;
		}
		if (state.cwnd >= path->limit * MSS)
			path->rules->on_loss(&state, state.cwnd, MSS);
		work += state.cwnd;
	}
	return work;
}

/* A loss and the first ACK behind it: CUBIC's cube root, NewReno's nothing. */
static uint64_t on_loss_run(void *argument, uint64_t iterations)
{
	const struct path *path = argument;
	struct tcp_congestion state;
	uint64_t work = 0;

	tcp_congestion_begin(&state, MSS, false, 0);
	for (uint64_t i = 0; i < iterations; i++) {
		state.cwnd = (path->limit + (uint32_t)(i & 15)) * MSS;
		path->rules->on_loss(&state, state.cwnd, MSS);
		path->rules->on_ack(&state, MSS, MSS, RTT_MS, 0, true);
		work += state.cwnd + (uint32_t)state.past_k_ms;
	}
	return work;
}

int main(int argc, char **argv)
{
	static struct path newreno[] = {{&tcp_newreno, 20}, {&tcp_newreno, 1000}};
	static struct path cubic[] = {{&tcp_cubic, 20}, {&tcp_cubic, 1000}};
	struct bench benches[] = {
		{"tcp/newreno_on_ack/20", on_ack_run, &newreno[0]},
		{"tcp/newreno_on_ack/1000", on_ack_run, &newreno[1]},
		{"tcp/cubic_on_ack/20", on_ack_run, &cubic[0]},
		{"tcp/cubic_on_ack/1000", on_ack_run, &cubic[1]},
		{"tcp/newreno_on_loss", on_loss_run, &newreno[1]},
		{"tcp/cubic_on_loss", on_loss_run, &cubic[1]},
	};

	return bench_main(argc, argv, benches, sizeof benches / sizeof benches[0]);
}
