/* raw_udp.h - datagrams for tests, over IPv4 or IPv6 (raw_ip6.h), written and read by code that shares nothing with
 * lib/wire. */
#ifndef SUPPORT_RAW_UDP_H
#define SUPPORT_RAW_UDP_H

#include "support/shard_driver.h"

enum { RAW_UDP_TEXT_MAX = 1472, RAW_UDP_MAX = 48 + RAW_UDP_TEXT_MAX };

enum raw_udp_sum { RAW_UDP_RIGHT, RAW_UDP_NONE, RAW_UDP_WRONG };

/* Host byte order. Of options, as many bytes of NOP before an IPv4 header's end as are asked for. */
struct raw_datagram {
	uint32_t source;
	uint32_t dest;
	uint16_t source_port;
	uint16_t dest_port;
	uint32_t text_bytes;
	uint8_t text[RAW_UDP_TEXT_MAX];
	enum raw_udp_sum sum; /* to be written */
	uint16_t checksum;    /* read back */
	uint8_t ttl;          /* read back */
	uint8_t option_bytes; /* of IPv4, to be written */
};

/* Writes a packet and returns its length. */
uint32_t raw_udp_build(uint8_t frame[RAW_UDP_MAX], const struct raw_datagram *datagram);

/* Reads one that we have sent. Null, or what is wrong with it: lengths, checksums, and that there is none. */
const char *raw_udp_read(const uint8_t *frame, uint32_t bytes, struct raw_datagram *datagram);

/* One in, and whatever comes of it in the same turn: frames of UDP are read into `out`, at most `room`, and all others
 * fail the test. Returns how many came. */
uint32_t raw_udp_inject(struct driver *driver, const struct raw_datagram *datagram, struct raw_datagram *out,
			uint32_t room);

/* What the shard has to send, read likewise. */
uint32_t raw_udp_collect(struct driver *driver, struct raw_datagram *out, uint32_t room);

#endif
