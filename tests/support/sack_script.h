/* sack_script.h - scripts where the peer tells what it has: segments of 1,000 bytes; blocks and ACKs count in segments,
 * the first being 0. */
#ifndef SUPPORT_SACK_SCRIPT_H
#define SUPPORT_SACK_SCRIPT_H

#include "support/script.h"

enum { SEGMENT = 1000 };

/* A connection with SACK and without scaling, whose application reads and sends, the window by NewReno. */
struct script sack_established(struct driver *driver);

/* Hears segments number `from` to `to`, and then silence. */
void hear_segments(struct script *script, uint32_t from, uint32_t to);

/* The same of all that was queued. */
void hear_last_segments(struct script *script, uint32_t from, uint32_t to);

/* The peer has everything before segment `number`. */
void acknowledge(struct script *script, uint32_t number);

/* The peer has everything before octet `ack`, and these blocks of octets. */
void sack_octets(struct script *script, uint32_t ack, uint8_t count, const uint32_t blocks[][2]);

/* The peer has everything before segment `ack`, and from `left` up to `right`. */
void sack(struct script *script, uint32_t ack, uint32_t left, uint32_t right);

#endif
