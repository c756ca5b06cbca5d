/* raw_ip6.c - the tests of IPv4 over IPv6 once more: byte by byte, as RFC 8200 draws the headers. */
#include "support/raw_ip6.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/raw_frame.h"
#include "support/raw_words.h"

enum { FRAGMENT_BYTES = 8, NEXT_TCP = 6, NEXT_FRAGMENT = 44, HOP_LIMIT = 64, LEAST_MTU = 1280, TCP_BYTES = 20 };

static const uint8_t network[12] = {0x20, 0x01, 0x0d, 0xb8};

bool raw_is_ip6(void)
{
	const char *version = getenv("QUERN_TEST_IP");

	return version && strcmp(version, "6") == 0;
}

uint32_t raw_ip_bytes(void)
{
	return raw_is_ip6() ? RAW_IP6_BYTES : 20;
}

uint16_t raw_mss_of(uint16_t mtu)
{
	return (uint16_t)(mtu - raw_ip_bytes() - TCP_BYTES);
}

uint16_t raw_mtu_of(uint16_t mss)
{
	return (uint16_t)(mss + raw_ip_bytes() + TCP_BYTES);
}

uint16_t raw_mss_default(void)
{
	return raw_is_ip6() ? LEAST_MTU - RAW_IP6_BYTES - TCP_BYTES : 536;
}

struct quern_ip6 raw_ip6(uint32_t address)
{
	return (struct quern_ip6){UINT64_C(0x20010db800000000), address};
}

struct quern_endpoint raw_endpoint(uint32_t address, uint16_t port)
{
	if (raw_is_ip6() && address != 0)
		return (struct quern_endpoint){.ip6 = raw_ip6(address), .port = port};
	return (struct quern_endpoint){.address = address, .port = port};
}

struct quern_range raw_range(uint32_t first, uint32_t last)
{
	if (raw_is_ip6())
		return (struct quern_range){.first6 = raw_ip6(first), .last6 = raw_ip6(last)};
	return (struct quern_range){.first = first, .last = last};
}

struct quern_port_ip6 raw_port_ip6(uint32_t first, uint32_t last, uint32_t gateway, uint8_t prefix_length)
{
	struct quern_port_ip6 ip6 = {.first = raw_ip6(first),
				     .last = raw_ip6(last),
				     .prefix_length = (uint8_t)(8 * sizeof(network) + prefix_length)};

	if (!raw_is_ip6())
		return (struct quern_port_ip6){0};
	if (gateway != 0)
		ip6.gateway = raw_ip6(gateway);
	return ip6;
}

uint32_t raw_address(const struct quern_endpoint *endpoint)
{
	if (!raw_is_ip6())
		return endpoint->address;
	return endpoint->ip6.high == raw_ip6(0).high && endpoint->ip6.low >> 32 == 0 ? (uint32_t)endpoint->ip6.low : 0;
}

static void put_address(uint8_t *at, uint32_t address)
{
	memset(at, 0, 16);
	if (address >> 24 == 127) {
		at[15] = 1;
		return;
	}
	if (address >> 28 == 14 || address == UINT32_MAX) {
		memcpy(at, "\xff\x02", 2);
		at[15] = 1;
		return;
	}
	if (address == 0)
		return;
	if (address >> 28 == 15)
		memcpy(at + 10, "\xff\xff", 2);
	else
		memcpy(at, network, sizeof(network));
	put16(at + 12, address >> 16);
	put16(at + 14, address);
}

static uint32_t get_address(const uint8_t *at)
{
	if (memcmp(at, network, sizeof(network)) != 0)
		return 0;
	return (uint32_t)at[12] << 24 | (uint32_t)at[13] << 16 | (uint32_t)at[14] << 8 | at[15];
}

/* The word of IPv4 counts the same units, in its low bits; bit 0x2000 says that more follow. */
static void put_fragment(uint8_t *at, uint16_t word)
{
	memset(at, 0, FRAGMENT_BYTES);
	at[0] = NEXT_TCP;
	put16(at + 2, (uint32_t)(word & 0x1fff) << 3 | (word & 0x2000 ? 1 : 0));
}

uint32_t raw_ip6_put(uint8_t *frame, const struct raw_segment *segment, uint32_t bytes)
{
	bool is_fragment = (segment->fragment & 0x3fff) != 0;
	uint32_t more = is_fragment ? FRAGMENT_BYTES : 0;

	memset(frame, 0, RAW_IP6_BYTES);
	frame[0] = 0x60;
	put16(frame + 4, bytes + more);
	frame[6] = is_fragment ? NEXT_FRAGMENT : NEXT_TCP;
	frame[7] = HOP_LIMIT;
	put_address(frame + 8, segment->source);
	put_address(frame + 24, segment->dest);
	if (is_fragment)
		put_fragment(frame + RAW_IP6_BYTES, segment->fragment);
	return RAW_IP6_BYTES + more;
}

const char *raw_ip6_read(const uint8_t *frame, uint32_t bytes, struct raw_segment *segment)
{
	if (bytes < RAW_IP6_BYTES || frame[0] >> 4 != 6)
		return "not IPv6 with a whole header";
	if (((uint32_t)frame[4] << 8 | frame[5]) + RAW_IP6_BYTES != bytes)
		return "IPv6 payload length";
	if ((frame[1] & 0x0f) != 0 || frame[2] != 0 || frame[3] != 0)
		return "a flow label";
	if (frame[6] != NEXT_TCP)
		return "not TCP";
	if (frame[7] == 0)
		return "hop limit 0";
	segment->tos = (uint8_t)(frame[0] << 4 | frame[1] >> 4);
	segment->ttl = frame[7];
	segment->source = get_address(frame + 8);
	segment->dest = get_address(frame + 24);
	return NULL;
}

void raw_ip6_pseudo(const uint8_t *ip, uint8_t protocol, uint32_t bytes, uint8_t pseudo[40])
{
	memcpy(pseudo, ip + 8, 32);
	put16(pseudo + 32, bytes >> 16);
	put16(pseudo + 34, bytes);
	memset(pseudo + 36, 0, 3);
	pseudo[39] = protocol;
}

void raw_ip6_seal(uint8_t *frame, uint32_t bytes, uint8_t protocol, uint32_t sum_at)
{
	uint8_t *message = frame + RAW_IP6_BYTES, pseudo[40];

	frame[6] = protocol;
	raw_ip6_pseudo(frame, protocol, bytes - RAW_IP6_BYTES, pseudo);
	put16(message + sum_at, 0);
	put16(message + sum_at,
	      ~ones_sum(ones_sum(0, pseudo, sizeof(pseudo)), message, bytes - RAW_IP6_BYTES) & 0xffff);
}

void raw_only_ip4(const char *why)
{
	if (raw_is_ip6())
		cr_skip_test("%s", why);
}
