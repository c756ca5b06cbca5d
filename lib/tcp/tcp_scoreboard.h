/* tcp_scoreboard.h - what the peer says it has beyond SND.UNA (RFC 2018, RFC 6675): numbers only, bounded. Kept beside
 * a flight while there is any. */
#ifndef TCP_TCP_SCOREBOARD_H
#define TCP_TCP_SCOREBOARD_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "tcp/tcp_prr.h"
#include "wire/wire_packet.h"

/* Every step looks at all ranges at most once, so this bounds what a block can cost. */
enum { TCP_SCOREBOARD_RANGES = 32, TCP_DUP_THRESH = 3 };

/* Ranges are what was SACKed: above SND.UNA and up to SND.NXT, in order, a hole before each. What finds no place is
 * forgotten, the highest first: it counts as in flight, and at worst goes again. */
struct tcp_scoreboard {
	struct segment_sack ranges[TCP_SCOREBOARD_RANGES];
	uint32_t sacked_bytes; /* in ranges */
	uint32_t high_rxt;     /* RFC 6675 2: holes before it have gone again in this recovery */
	uint32_t rescue_rxt;   /* RFC 6675 2: beyond it SND.UNA allows the rescue */
	uint32_t again_nxt;    /* what was sent from here on went after the first hole had gone again */
	uint32_t may_go_bytes; /* within a recovery, before the next ACK */
	struct tcp_prr prr;    /* of this recovery */
	uint8_t count;         /* of ranges */
};

static_assert(sizeof(struct tcp_scoreboard) == 292, "a connection has it only while it needs it");

/* Forgets all ranges: the timer has fired, and the peer may have thrown away what it had (RFC 2018 8). */
void tcp_scoreboard_clear(struct tcp_scoreboard *scoreboard, uint32_t snd_una);

/* Whether a block of an ACK of `ack` says something that can be true: neither empty nor upside down, above `ack`, with
 * a hole before it, and not beyond SND.NXT. */
bool tcp_scoreboard_is_plausible(const struct segment_sack *block, uint32_t ack, uint32_t snd_nxt);

/* RFC 2883 4: the first block tells what came twice: it is acknowledged, or within the second block. */
bool tcp_scoreboard_tells_repeat(const struct segment *segment);

/* Takes in what an acceptable ACK says: forgets what lies below its ACK, adds its blocks that are plausible. Returns
 * how many octets were not known to have arrived before. */
uint32_t tcp_scoreboard_update(struct tcp_scoreboard *scoreboard, const struct segment *segment, uint32_t snd_nxt);

/* RFC 6675 4, IsLost(): holes before the number returned are taken for lost, SND.UNA where none is: above them three
 * ranges were SACKed, or more than two segments of octets. */
uint32_t tcp_scoreboard_lost(const struct tcp_scoreboard *scoreboard, uint32_t snd_una, uint32_t mss);

/* How many octets of [from, to) were not SACKed. */
uint32_t tcp_scoreboard_unsacked(const struct tcp_scoreboard *scoreboard, uint32_t from, uint32_t to);

/* The first octets of [from, to) that were not SACKed, as far as they go on end. False where there are none. */
bool tcp_scoreboard_hole(const struct tcp_scoreboard *scoreboard, uint32_t from, uint32_t to,
			 struct segment_sack *hole);

/* The last ones, likewise. */
bool tcp_scoreboard_last_hole(const struct tcp_scoreboard *scoreboard, uint32_t from, uint32_t to,
			      struct segment_sack *hole);

/* Behind the highest range, or `snd_una` where there is none. */
static inline uint32_t tcp_scoreboard_top(const struct tcp_scoreboard *scoreboard, uint32_t snd_una)
{
	return scoreboard->count ? scoreboard->ranges[scoreboard->count - 1].right : snd_una;
}

#endif
