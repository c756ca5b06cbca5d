/* raw_icmp.h - ICMP errors for tests, over IPv6 (raw_ip6.h) by the nearest word that ICMPv6 has, written and read by
 * code that shares nothing with lib/wire. */
#ifndef SUPPORT_RAW_ICMP_H
#define SUPPORT_RAW_ICMP_H

#include "support/script.h"

enum { RAW_QUOTE_MAX = 1232, RAW_ICMP_MAX = 48 + RAW_QUOTE_MAX };

/* What is quoted at least: the IP header and 8 bytes; and at most, in what we send: all that leaves the packet within
 * 576 bytes (RFC 1812 4.3.2.3), or 1280 (RFC 4443 2.4 (c)). */
uint32_t raw_quote_bytes(void);
uint32_t raw_quote_max(void);

#define RAW_ROUTER 0xc0000201U /* 192.0.2.1, on the way to anywhere */

struct raw_icmp {
	uint32_t source;
	uint32_t dest;
	uint8_t type;
	uint8_t code;
	uint16_t mtu;
	uint32_t quote_bytes;
	uint8_t quote[RAW_QUOTE_MAX];
};

/* What a router says of the shard's segment with SEQ `seq` (relative, as in a script) and `text_bytes` bytes of text:
 * raw_quote_bytes() of it. */
struct raw_icmp raw_icmp_about(const struct script *script, uint8_t type, uint8_t code, uint32_t seq,
			       uint32_t text_bytes);

/* Writes a packet with right checksums and returns its length. */
uint32_t raw_icmp_build(uint8_t frame[RAW_ICMP_MAX], const struct raw_icmp *icmp);

/* Reads one. Null, or what is wrong with it. */
const char *raw_icmp_read(const uint8_t *frame, uint32_t bytes, struct raw_icmp *icmp);

/* One in, and whatever comes of it in the same turn. */
void raw_icmp_inject(struct driver *driver, const struct raw_icmp *icmp);

#endif
