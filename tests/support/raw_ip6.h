/* raw_ip6.h - the tests of IPv4 over IPv6 once more: where QUERN_TEST_IP is 6 in the environment, frames, drivers and
 * scripts speak IPv6, and an address of 32 bits in a test stands for 2001:db8::a.b.c.d, or, where it is nobody's, for
 * one of the same kind: ::, ::1, ff02::1, ::ffff:a.b.c.d. By code that shares nothing
 * with lib/wire. */
#ifndef SUPPORT_RAW_IP6_H
#define SUPPORT_RAW_IP6_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/engine.h>

struct raw_segment;

enum { RAW_IP6_BYTES = 40 };

/* Whether this run is over IPv6. */
bool raw_is_ip6(void);

/* Bytes of the IP header, without extensions; what an MTU leaves to a segment's text; and the MSS of a peer that names
 * none, which is the least MTU's. */
uint32_t raw_ip_bytes(void);
uint16_t raw_mss_of(uint16_t mtu);
uint16_t raw_mss_default(void);
uint16_t raw_mtu_of(uint16_t mss);

/* What calls of the shard take for an address of a test; 0 stays any. */
struct quern_ip6 raw_ip6(uint32_t address);
struct quern_endpoint raw_endpoint(uint32_t address, uint16_t port);
struct quern_range raw_range(uint32_t first, uint32_t last);

/* What a port of IPv4 has of IPv6 in such a run; nothing in any other. */
struct quern_port_ip6 raw_port_ip6(uint32_t first, uint32_t last, uint32_t gateway, uint8_t prefix_length);

/* The address of a test that an endpoint stands for; 0 where it is none. */
uint32_t raw_address(const struct quern_endpoint *endpoint);

/* Writes the header of a packet with `bytes` bytes behind it, and a fragment header where the segment is to be one;
 * returns how many bytes that are. */
uint32_t raw_ip6_put(uint8_t *frame, const struct raw_segment *segment, uint32_t bytes);

/* Reads the header of a packet of ours: 0 for an address that is of no test. Null, or what is wrong with it. */
const char *raw_ip6_read(const uint8_t *frame, uint32_t bytes, struct raw_segment *segment);

/* RFC 8200 8.1: what the checksum of `bytes` bytes of a protocol covers before them. */
void raw_ip6_pseudo(const uint8_t *ip, uint8_t protocol, uint32_t bytes, uint8_t pseudo[40]);

/* Gives a packet of `bytes` bytes another protocol, whose checksum belongs `sum_at` bytes behind the IP header. */
void raw_ip6_seal(uint8_t *frame, uint32_t bytes, uint8_t protocol, uint32_t sum_at);

/* Skips the rest of a test in a run over IPv6, where what it says does not exist; `why` says so. */
void raw_only_ip4(const char *why);

#endif
