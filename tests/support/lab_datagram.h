/* lab_datagram.h - UDP over either version of IP for tests, written and read by code that shares nothing with lib/wire.
 */
#ifndef SUPPORT_LAB_DATAGRAM_H
#define SUPPORT_LAB_DATAGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/address.h>

/* The longest text that lab_say() takes, and its packet with the longer header: beyond any MTU of a laboratory. */
enum { LAB_TEXT_MAX = 1952, LAB_DATAGRAM_MAX = 40 + 8 + LAB_TEXT_MAX, LAB_TTL = 64 };

/* Both ends are of one version. Zero in `ttl` is LAB_TTL. */
struct lab_datagram {
	struct quern_endpoint source;
	struct quern_endpoint dest;
	uint32_t text_bytes;
	uint32_t text_from; /* place of the first byte in the stream of raw_text_byte(); not read back */
	uint32_t text_sum;  /* raw_text_sum() of what was read */
	uint16_t fragment;  /* the IPv4 word of flags and offset */
	uint16_t id;        /* of IPv4 */
	uint8_t ttl;
	bool no_checksum; /* over IPv4: the field is 0 */
	bool wrong_checksum;
};

/* Writes a packet and returns its length. */
uint32_t lab_datagram_build(uint8_t *frame, const struct lab_datagram *datagram);

/* Reads one. Null, or what is wrong with it: lengths, checksums. All is read where its own checksum alone is wrong. */
const char *lab_datagram_read(const uint8_t *frame, uint32_t bytes, struct lab_datagram *datagram);

/* The MAC address of a packet's destination where that is many: a group (RFC 1112 6.4, RFC 2464 7), or by its last two
 * bytes all of a network. False for one host. */
bool lab_mac_of_many(const uint8_t *packet, uint8_t mac[6]);

#endif
