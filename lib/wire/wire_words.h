/* wire_words.h - big-endian words in a frame and sums of them. Inside lib/wire only: byte order ends here. */
#ifndef WIRE_WIRE_WORDS_H
#define WIRE_WIRE_WORDS_H

#include <stdint.h>
#include <string.h>

#include <quern/address.h>

/* Offsets and numbers that parser and builder share. */
enum {
	ETHER_BYTES = 14,
	ETHER_TAG_BYTES = 4,
	ETHER_IPV4 = 0x0800,
	ETHER_ARP = 0x0806,
	ETHER_IPV6 = 0x86dd,
	ETHER_VLAN = 0x8100,
	ETHER_QINQ = 0x88a8,
	ARP_BYTES = 28,
	IP_BYTES = 20,
	IP_DONT_FRAGMENT = 0x4000,
	IP_MORE_FRAGMENTS = 0x2000,
	IP_FRAGMENT_UNITS = 0x1fff, /* of 8 bytes: where a fragment begins */
	IP_PROTOCOL_ICMP = 1,
	IP_PROTOCOL_IGMP = 2,
	IP_PROTOCOL_TCP = 6,
	IP_PROTOCOL_UDP = 17,
	IP_PROTOCOL_FRAGMENT = 44,
	IP_PROTOCOL_ICMP6 = 58,
	IP6_BYTES = 40,
	IP6_FRAGMENT_BYTES = 8,
	IP6_FRAGMENT_OFFSET = 0xfff8,
	ICMP_BYTES = 8,
	ICMP_UNREACHABLE = 3,
	ICMP_UNREACHABLE_PORT = 3,
	ICMP_TIME_EXCEEDED = 11,
	ICMP6_UNREACHABLE = 1,
	ICMP6_UNREACHABLE_PORT = 4,
	ICMP6_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_SOLICITATION = 135,
	ICMP6_ADVERTISEMENT = 136,
	ND_BYTES = 24, /* without options */
	ND_MAC_BYTES = 8,
	UDP_BYTES = 8,
	TCP_BYTES = 20,
	TCP_MSS_BYTES = 4
};

static inline uint16_t wire_load16(const uint8_t *at)
{
	uint16_t word;

	memcpy(&word, at, 2);
	return __builtin_bswap16(word);
}

static inline uint32_t wire_load32(const uint8_t *at)
{
	uint32_t word;

	memcpy(&word, at, 4);
	return __builtin_bswap32(word);
}

static inline void wire_store16(uint8_t *at, uint16_t value)
{
	value = __builtin_bswap16(value);
	memcpy(at, &value, 2);
}

static inline void wire_store32(uint8_t *at, uint32_t value)
{
	value = __builtin_bswap32(value);
	memcpy(at, &value, 4);
}

static inline uint64_t wire_load64(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, 8);
	return __builtin_bswap64(word);
}

static inline struct quern_ip6 wire_load_ip6(const uint8_t *at)
{
	return (struct quern_ip6){wire_load64(at), wire_load64(at + 8)};
}

static inline void wire_store_ip6(uint8_t *at, struct quern_ip6 address)
{
	const uint64_t words[2] = {__builtin_bswap64(address.high), __builtin_bswap64(address.low)};

	memcpy(at, words, 16);
}

/* The sum of 20 bytes as they lie: an IPv4 or a TCP header without options. */
static inline uint64_t wire_sum_20(const uint8_t *at)
{
	uint32_t words[5];

	memcpy(words, at, 20);
	return (uint64_t)words[0] + words[1] + words[2] + words[3] + words[4];
}

/* The same of 12 bytes: timestamps. */
static inline uint64_t wire_sum_12(const uint8_t *at)
{
	uint32_t words[3];

	memcpy(words, at, 12);
	return (uint64_t)words[0] + words[1] + words[2];
}

/* Folds a sum to 16 bits. The order of bytes does not matter (RFC 1071 2 (B)): a sum of words in host order folds to a
 * word in host order. */
static inline uint16_t wire_fold(uint64_t sum)
{
	uint32_t low = (uint32_t)sum;
	uint32_t high = (uint32_t)(sum >> 32);

	low += high;
	low += low < high;
	/* Both halves meet in the upper one, which takes the carry of the lower. */
	low += low << 16 | low >> 16;
	return (uint16_t)(low >> 16);
}

/* RFC 1624 eqn. 3: the checksum after one word has changed, all in host order. */
static inline uint16_t wire_sum_after(uint16_t checksum, uint16_t before, uint16_t after)
{
	uint32_t sum = (uint32_t)(uint16_t)~checksum + (uint16_t)~before + after;

	return (uint16_t)~wire_fold(sum);
}

#endif
