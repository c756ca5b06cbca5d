/* test_tcp_prr.c - proportional rate reduction: what may go on each ACK of fast recovery. */
#include <criterion/criterion.h>

#include "base/random.h"
#include "tcp/tcp_prr.h"

enum { MSS = 1000 };

/* A recovery of `window` segments: each ACK delivers one, until those that were not lost at first have come. Returns
 * the segments that went, and the most that went on one ACK. */
static uint32_t recover(uint32_t window, uint32_t lost, uint32_t ssthresh, uint32_t *burst)
{
	struct tcp_prr prr;
	uint32_t pipe = window - lost, sent = 0;

	*burst = 0;
	tcp_prr_begin(&prr, window * MSS, ssthresh * MSS);
	for (uint32_t i = 0; i < window - lost; i++) {
		uint32_t bytes, segments;

		pipe--;
		bytes = tcp_prr_on_ack(&prr, MSS, pipe * MSS, ssthresh * MSS, MSS, true);
		segments = bytes / MSS;
		tcp_prr_on_sent(&prr, segments * MSS);
		sent += segments;
		pipe += segments;
		*burst = segments > *burst ? segments : *burst;
	}
	cr_assert_leq(pipe, ssthresh, "%u of %u lost: %u in the network", lost, window, pipe);
	return sent;
}

/* RFC 6937 4: where one is lost, the window shrinks to ssthresh in one round trip, and every other ACK sends. */
Test(tcp_prr, half_a_window_goes_while_one_comes_and_two_at_a_time_at_most)
{
	uint32_t burst;

	cr_assert_eq(recover(20, 1, 10, &burst), 10, "RFC 5681");
	cr_assert_eq(burst, 1);
	cr_assert_eq(recover(100, 1, 70, &burst), 70, "RFC 9438");
	cr_assert_leq(burst, 2);
}

/* The slow start bound: it catches up to ssthresh by one more than was delivered. */
Test(tcp_prr, after_heavy_losses_it_climbs_back_to_ssthresh_without_a_burst)
{
	uint32_t burst;

	for (uint32_t lost = 11; lost < 19; lost++) {
		uint32_t acks = 20 - lost, sent = recover(20, lost, 10, &burst);

		cr_assert_leq(burst, 2, "%u lost", lost);
		/* From an empty pipe on: two for each ACK, no more than ssthresh. */
		cr_assert_eq(sent, 2 * acks < 10 ? 2 * acks : 10, "%u lost: %u sent", lost, sent);
	}
}

Test(tcp_prr, an_ack_that_tells_of_further_loss_sends_no_more_than_was_delivered)
{
	struct tcp_prr prr;

	tcp_prr_begin(&prr, 20 * MSS, 10 * MSS);
	cr_assert_eq(tcp_prr_on_ack(&prr, 2 * MSS, 4 * MSS, 10 * MSS, MSS, false), 2 * MSS);
	tcp_prr_on_sent(&prr, 2 * MSS);
	cr_assert_eq(tcp_prr_on_ack(&prr, MSS, 4 * MSS, 10 * MSS, MSS, true), 2 * MSS);
	cr_assert_eq(tcp_prr_on_ack(&prr, 0, 4 * MSS, 10 * MSS, MSS, true), 2 * MSS, "what was delivered and not used");
	cr_assert_eq(tcp_prr_on_ack(&prr, 8 * MSS, 9500, 10 * MSS, MSS, true), 500, "as far as ssthresh");
}

Test(tcp_prr, the_fast_retransmit_goes_at_once_and_the_rest_by_proportion)
{
	struct tcp_prr prr;

	tcp_prr_begin(&prr, 20 * MSS, 10 * MSS);
	cr_assert_eq(tcp_prr_on_ack(&prr, MSS, 19 * MSS, 10 * MSS, MSS, false), MSS);
	tcp_prr_on_sent(&prr, MSS);
	cr_assert_eq(tcp_prr_on_ack(&prr, MSS, 19 * MSS, 10 * MSS, MSS, false), 0, "it counts");
	cr_assert_eq(tcp_prr_on_ack(&prr, MSS, 18 * MSS, 10 * MSS, MSS, false), MSS / 2);
}

Test(tcp_prr, a_window_below_ssthresh_does_not_shrink)
{
	struct tcp_prr prr;

	tcp_prr_begin(&prr, MSS, 2 * MSS);
	cr_assert_eq(tcp_prr_on_ack(&prr, MSS, 3 * MSS, 2 * MSS, MSS, false), MSS);
	tcp_prr_begin(&prr, 0, 2 * MSS);
	cr_assert_eq(tcp_prr_on_ack(&prr, 0, 0, 2 * MSS, MSS, false), MSS, "nothing was in flight");
}

/* Beside RFC 6937 3 with the division on each ACK; windows up to a gigabyte. */
Test(tcp_prr, sends_what_the_rfc_says_to_the_byte_or_one_less)
{
	struct random random;

	random_seed(&random, 6937);
	for (uint32_t run = 0; run < 2000; run++) {
		uint64_t fs = 2 + random_below(&random, 1u << (1 + run % 30)),
			 ssthresh = 1 + random_below(&random, (uint32_t)fs);
		uint64_t delivered = 0, out = 0;
		struct tcp_prr prr;

		tcp_prr_begin(&prr, (uint32_t)fs, (uint32_t)ssthresh);
		while (delivered < fs) {
			uint32_t more = 1 + random_below(&random, (uint32_t)fs / 4 + 1), may, went;
			uint64_t whole;

			delivered += more;
			may = tcp_prr_on_ack(&prr, more, UINT32_MAX, (uint32_t)ssthresh, 1, false);
			whole = (delivered * ssthresh + fs - 1) / fs;
			if (out > 0 || whole > 1) {
				cr_assert_leq(may, whole > out ? whole - out : 0);
				cr_assert_geq(may + out + 1, whole);
			}
			went = random_below(&random, may + 1);
			tcp_prr_on_sent(&prr, went);
			out += went;
		}
	}
}
