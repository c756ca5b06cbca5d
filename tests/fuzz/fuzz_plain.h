/* fuzz_plain.h - frames read a second time, by code that shares nothing with lib/wire: a field at a time, with no way
 * that is shorter than another. What the two make of a frame is compared. */
#ifndef FUZZ_FUZZ_PLAIN_H
#define FUZZ_FUZZ_PLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/wire_parse.h"

enum { PLAIN_ARP = 256, PLAIN_TCP = 6, PLAIN_UDP = 17, PLAIN_ICMP = 1, PLAIN_IGMP = 2, PLAIN_ICMP6 = 58 };

/* Where the parts of a frame lie: offsets from its start, as far as they could be found. */
struct plain_frame {
	const uint8_t *bytes;
	uint32_t l3, l4, end; /* `end` is that of the IP packet */
	uint32_t protocol;    /* PLAIN_ARP, or what IP carries */
	uint8_t version;      /* of IP, 0 for none */
};

/* fuzz_plain.c */

/* Reads a frame of `bytes` bytes up to what IP carries. False where wire_parse() has to drop it by then; what could be
 * found is there all the same. */
bool fuzz_plain_read(const uint8_t *bytes, uint32_t count, const struct wire_expect *expect, struct plain_frame *frame);

/* Passes over the headers that may follow that of IPv6, which begin at `*at` and of which `*next` says what the first
 * one is; false where one has to be refused, or does not end by `end`. */
bool fuzz_plain_skip_ip6(const uint8_t *ip, uint32_t end, uint32_t *at, uint32_t *next);

/* Puts right checksums into a frame, wherever it is whole enough to have them. */
void fuzz_plain_fix(uint8_t *bytes, uint32_t count, const struct wire_expect *expect);

/* Whether `bytes` bytes have the sum of RFC 1071 that data with a right checksum has, beginning with `sum`. */
bool fuzz_plain_sum_is_right(uint32_t sum, const uint8_t *at, uint32_t bytes);

/* What the pseudo-header of what IP carries comes to. */
uint32_t fuzz_plain_pseudo_sum(const struct plain_frame *frame, uint32_t bytes);

/* fuzz_plain_l4.c */

/* Whether wire_parse() has to take the frame. Where `packet` is not null, it has, and all that it says of the frame is
 * held against it. */
bool fuzz_plain_judge(const uint8_t *bytes, uint32_t count, const struct wire_expect *expect,
		      const struct packet *packet);

/* Reads a frame with both readers: they take it, and find the same in it, or neither does, and false. The bytes are a
 * block of exactly that size, so that AddressSanitizer sees one that is read beyond. */
bool fuzz_plain_agree(const uint8_t *bytes, uint32_t count, const struct wire_expect *expect, struct packet *packet);

/* fuzz_plain_icmp.c */

/* The same of ICMP of either version, and of neighbour discovery, behind a header that is taken. */
bool fuzz_plain_judge_icmp(const struct plain_frame *frame, const struct wire_expect *expect,
			   const struct packet *packet);

/* fuzz_plain_group.c */

/* The same of IGMP, and of an MLD query whose checksum is right. */
bool fuzz_plain_judge_igmp(const struct plain_frame *frame, const struct packet *packet);
bool fuzz_plain_judge_mld(const struct plain_frame *frame, const struct packet *packet);

/* fuzz_plain_options.c */

/* Reads TCP options as they count in a segment of these flags. */
struct segment fuzz_plain_options(const uint8_t *at, uint32_t bytes, uint8_t flags);

/* Fails where two segments do not have the same options. */
void fuzz_plain_same_options(const struct segment *one, const struct segment *other);

#endif
