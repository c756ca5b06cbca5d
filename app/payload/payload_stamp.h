/* payload_stamp.h - what each datagram of a generator begins with: which one it is, and when it was sent. 18 bytes, so
 * that it fits into the shortest frame of Ethernet. */
#ifndef PAYLOAD_STAMP_H
#define PAYLOAD_STAMP_H

#include <stdbool.h>
#include <stdint.h>

enum {
	PAYLOAD_STAMP_BYTES = 18,
	PAYLOAD_DATAGRAM_MAX = 8972,       /* of text, with the largest MTU */
	PAYLOAD_STAMP_FLOWS_MAX = 0xffffff /* 24 bits of it */
};

enum payload_stamp_kind {
	PAYLOAD_STAMP_MEASURED = 1,
	PAYLOAD_STAMP_WARMUP, /* counted by nobody */
	PAYLOAD_STAMP_END     /* its sequence is how many were sent on the flow */
};

struct payload_stamp {
	enum payload_stamp_kind kind;
	uint16_t run; /* told apart from what earlier runs have sent */
	uint32_t flow;
	uint32_t sequence;
	uint64_t sent_ns; /* of the sender's clock, 48 bits of it */
};

/* Writes the text that all datagrams of `bytes` bytes have behind their stamps. */
void payload_stamp_fill(uint8_t *text, uint32_t bytes);

/* Writes a stamp. */
void payload_stamp_write(uint8_t text[PAYLOAD_STAMP_BYTES], const struct payload_stamp *stamp);

/* Reads a datagram. False for what is none of a generator, or has changed on the way. */
bool payload_stamp_read(const uint8_t *text, uint32_t bytes, struct payload_stamp *stamp);

/* The time from a stamp until now. */
uint64_t payload_stamp_age(const struct payload_stamp *stamp, uint64_t now_ns);

#endif
