/* tcp_sack.h - fast recovery by what the peer has SACKed (RFC 6675), its window by proportional rate reduction (RFC
 * 6937).
 *
 * A flight with a scoreboard goes by this, one without by tcp_recovery.h; which it is does not change within a
 * recovery. RFC 6675 5.1 leaves a retransmission that is lost as well to the retransmission timer. Here what was sent
 * after it and is SACKed tells of it, as of any other segment; and that is a loss of its own (RFC 5681 4.3). */
#ifndef TCP_TCP_SACK_H
#define TCP_TCP_SACK_H

#include <stdbool.h>
#include <stdint.h>

#include "tcp/tcp_flight.h"
#include "tcp/tcp_scoreboard.h"

/* What an ACK has brought. */
struct tcp_sack_news {
	uint32_t acked_bytes;     /* SND.UNA moves by so much */
	uint32_t sacked_bytes;    /* were not known to have arrived beyond it */
	uint32_t delivered_bytes; /* both, and no octet twice */
	bool tells_loss;          /* more is taken for lost than before */
};

/* Octets that go again. */
struct tcp_sack_again {
	struct segment_sack hole;
	bool is_rescue;
};

/* Whether an ACK asks for a scoreboard, where the flight has none: it has a block that can be true, and no recovery
 * goes on without. */
bool tcp_sack_is_wanted(const struct tcp_conn *conn, const struct tcp_flight *flight, const struct segment *segment);

/* Whether the scoreboard may be given back: nothing is SACKed, and no recovery goes on. */
bool tcp_sack_is_over(const struct tcp_flight *flight, const struct tcp_scoreboard *scoreboard);

/* Begins a scoreboard, whose memory may hold anything. */
void tcp_sack_begin(const struct tcp_flight *flight, struct tcp_scoreboard *scoreboard);

/* An acceptable ACK has come, and SND.UNA has not moved yet: notes its blocks. */
struct tcp_sack_news tcp_sack_take(const struct tcp_conn *conn, const struct tcp_flight *flight,
				   struct tcp_scoreboard *scoreboard, const struct segment *segment);

/* SND.UNA has moved: the news may begin a recovery, or let something go within one. */
void tcp_sack_heard(const struct tcp_conn *conn, struct tcp_flight *flight, struct tcp_scoreboard *scoreboard,
		    const struct tcp_profile *profile, const struct tcp_sack_news *news);

/* RFC 6675 4, SetPipe(): how many bytes are in the network. */
uint32_t tcp_sack_pipe(const struct tcp_conn *conn, const struct tcp_flight *flight,
		       const struct tcp_scoreboard *scoreboard);

/* How many bytes may go now as far as congestion control knows. */
uint32_t tcp_sack_room(const struct tcp_conn *conn, const struct tcp_flight *flight,
		       const struct tcp_scoreboard *scoreboard);

/* RFC 6675 4, NextSeg(): what goes again within a recovery. Holes that are lost; or, where nothing new may go, the
 * others below what was SACKed, and once in a recovery the last octets of all, at most `full`. False where there are
 * none. */
bool tcp_sack_next(const struct tcp_conn *conn, const struct tcp_flight *flight,
		   const struct tcp_scoreboard *scoreboard, bool nothing_new, uint32_t full,
		   struct tcp_sack_again *again);

/* `bytes` octets have gone, new ones or, where `again` is given, some of these. */
void tcp_sack_sent(const struct tcp_flight *flight, struct tcp_scoreboard *scoreboard,
		   const struct tcp_sack_again *again, uint32_t bytes);

/* They have not: there was no buffer. */
void tcp_sack_unsent(const struct tcp_flight *flight, struct tcp_scoreboard *scoreboard, uint32_t seq, uint32_t bytes);

#endif
