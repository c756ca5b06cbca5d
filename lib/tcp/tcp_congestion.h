/* tcp_congestion.h - how much may be in flight: slow start, congestion avoidance, and what a loss does to both. All is
 * arithmetic in bytes and milliseconds; an `mss` is what a full segment carries beside timestamps, at least 36 bytes.
 *
 * A flight holds a struct tcp_congestion, a profile says by whose rules. The flight calls
 *
 *	tcp_congestion_begin()    when it begins
 *	tcp_congestion_resume()   when text is to go and nothing is in flight
 *	control->on_ack()         for each ACK that moves SND.UNA, outside of fast recovery
 *	control->on_loss()        once when fast recovery begins
 *	control->on_timeout()     when the retransmission timer fires and there is text in flight
 *	tcp_congestion_keep()     when it ends: six bits that the connection keeps at rest
 *
 * and reads `cwnd`. `cwnd` is at least one MSS, `ssthresh` at least two, always. */
#ifndef TCP_TCP_CONGESTION_H
#define TCP_TCP_CONGESTION_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include <quern/options.h>

enum {
	TCP_CWND_MAX = 1 << 30,        /* no window can be larger (RFC 7323 2.3) */
	TCP_SSTHRESH_NONE = INT32_MAX, /* "arbitrarily high" (RFC 5681 3.1): nothing was lost yet */
	TCP_INITIAL_WINDOW_MSS = 10,   /* RFC 6928 2 */
	TCP_INITIAL_WINDOW_LEAST_MSS = 2,
	TCP_INITIAL_WINDOW_BYTES = 14600,
	TCP_SSTHRESH_BITS = 6,     /* of what tcp_ssthresh_pack() returns */
	TCP_EPOCH_NONE = INT32_MIN /* congestion avoidance begins with the next ACK */
};

/* The state of one flight. The last three are CUBIC's, and so is the use of `heard_ms`. */
struct tcp_congestion {
	uint32_t cwnd;     /* bytes that may be in flight */
	uint32_t ssthresh; /* bytes: slow start below, congestion avoidance from here on */
	uint32_t counted;  /* bytes acknowledged in congestion avoidance that cwnd has not grown for yet */
	uint32_t heard_ms; /* the last ACK, or when sending went on after a rest */
	uint32_t w_max;    /* bytes: cwnd before the last reduction; 0 where that says nothing */
	uint32_t steps;    /* sixteenths of a window that were acknowledged in this epoch */
	int32_t past_k_ms; /* RFC 9438's t - K: where on the curve we are; TCP_EPOCH_NONE before the first ACK */
};
static_assert(sizeof(struct tcp_congestion) == 28, "what a flight has room for");

/* The rules that differ. All are pure: they change `state` and nothing else. */
struct tcp_congestion_control {
	const char *name;

	/* An ACK outside of fast recovery has acknowledged `acked_bytes` for the first time. `srtt_ms` is 0 where it is
	 * below 1 ms or not known. The window grows only where `is_cwnd_limited`: since the ACK before, text has waited
	 * for cwnd and for nothing else. Sending has to note that, as several ACKs may come before it has its turn. */
	void (*on_ack)(struct tcp_congestion *state, uint32_t acked_bytes, uint32_t mss, uint32_t srtt_ms,
		       uint32_t now_ms, bool is_cwnd_limited);

	/* Fast retransmit, once for each window of text: sets ssthresh, and cwnd to it. `flight_bytes` is SND.NXT -
	 * SND.UNA; what limited transmit has sent beyond cwnd counts for nothing (RFC 5681 3.2, step 2). */
	void (*on_loss)(struct tcp_congestion *state, uint32_t flight_bytes, uint32_t mss);

	/* The retransmission timer: sets cwnd to one MSS, and ssthresh but for `is_repeat`: the same segment has been
	 * sent again by the timer before (RFC 5681 3.1). */
	void (*on_timeout)(struct tcp_congestion *state, uint32_t flight_bytes, uint32_t mss, bool is_repeat);
};

extern const struct tcp_congestion_control tcp_newreno; /* RFC 5681, counting bytes by RFC 3465 with L = 1 */
extern const struct tcp_congestion_control tcp_cubic;   /* RFC 9438 */

/* The rules that an option asks for. */
const struct tcp_congestion_control *tcp_congestion_control(enum quern_congestion congestion);

/* RFC 6928: the initial window in bytes; one segment where `syn_was_lost`: SYN or SYN+ACK was sent more than twice. */
uint32_t tcp_initial_window(uint32_t mss, bool syn_was_lost);

/* Begins a flight. `kept` is what tcp_congestion_keep() said of the one before, 0 for the first of a connection. */
void tcp_congestion_begin(struct tcp_congestion *state, uint32_t mss, bool syn_was_lost, uint8_t kept);

/* Text is to go and nothing is in flight. Where nothing was sent for longer than an RTO, cwnd falls to the restart
 * window (RFC 5681 4.1) and ssthresh remembers three quarters of it (RFC 7661 4.4.3). CUBIC's clock stood still. */
void tcp_congestion_resume(struct tcp_congestion *state, uint32_t mss, uint32_t idle_ms, uint32_t rto_ms,
			   uint32_t now_ms);

/* The flight ends: six bits from which the next one begins no faster than a restart after idle would. 0 where nothing
 * was lost. */
uint8_t tcp_congestion_keep(const struct tcp_congestion *state, uint32_t mss);

/* ssthresh in TCP_SSTHRESH_BITS bits: a power of two or one and a half times that, rounded down. 0 is
 * TCP_SSTHRESH_NONE, as is all from TCP_CWND_MAX on; 0 and 1 bytes are no threshold and count as 2. */
uint8_t tcp_ssthresh_pack(uint32_t bytes);
uint32_t tcp_ssthresh_unpack(uint8_t packed);

/* The steps that the rules have in common. */

/* RFC 5681 3.1: by what was acknowledged, one MSS an ACK at most, so that an ACK cut into pieces gains nothing. */
void tcp_congestion_slow_start(struct tcp_congestion *state, uint32_t acked_bytes, uint32_t mss);

/* Loss: cwnd and ssthresh become `bytes`, two MSS at least, and congestion avoidance begins anew. */
void tcp_congestion_reduce(struct tcp_congestion *state, uint32_t bytes, uint32_t mss);

/* Timeout: the same of ssthresh, but for `is_repeat`; cwnd becomes one MSS. */
void tcp_congestion_collapse(struct tcp_congestion *state, uint32_t bytes, uint32_t mss, bool is_repeat);

#endif
