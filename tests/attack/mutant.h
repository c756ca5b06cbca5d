/* mutant.h - frames that are nearly right, and a shard with a connection in each state that they are thrown at. */
#ifndef ATTACK_MUTANT_H
#define ATTACK_MUTANT_H

#include <stdint.h>

#include "base/random.h"
#include "support/script.h"

enum { MUTANT_STATES = 9, MUTANT_FRAME_MAX = RAW_FRAME_MAX + 64 };

/* A shard that listens, and one connection in each state that there is but SYN-SENT. */
struct mutant_crowd {
	struct driver driver;
	struct reached members[MUTANT_STATES];
};

/* Makes it, with an Ethernet header on its frames or without. The last member is nobody: a tuple without connection. */
void mutant_open(struct mutant_crowd *crowd, bool ethernet);

/* A segment near what a member expects: numbers about the edges, any flags, any options. */
struct raw_segment mutant_segment(struct random *random, const struct reached *member);

/* A frame from such a segment, ARP, UDP or ICMP, with bytes altered, cut or added; half the time with right checksums
 * nevertheless. `link_bytes` 14 gives it an Ethernet header, perhaps tagged. Returns its length. */
uint32_t mutant_frame(struct random *random, const struct reached *member, uint32_t link_bytes,
		      uint8_t frame[MUTANT_FRAME_MAX]);

/* Makes the IPv4 header's checksum right, and that of TCP, UDP or ICMP behind it, as far as lengths allow. */
void mutant_repair(uint8_t *ip, uint32_t bytes);

/* The frame as the shard receives it, in memory of exactly its size or in an ordinary buffer; and all that it sends in
 * return, each TCP segment checked. Returns how many frames that were. */
uint32_t mutant_throw(struct mutant_crowd *crowd, const uint8_t *frame, uint32_t bytes, bool exact);

#endif
