/* address.h - addresses, ranges and endpoints as users write them, of IPv4 and IPv6. Host byte order. */
#ifndef QUERN_ADDRESS_H
#define QUERN_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { QUERN_ADDRESS_TEXT = 16, QUERN_IP6_TEXT = 46, QUERN_ENDPOINT_TEXT = 54 };

/* An IPv6 address as two numbers: 2001:db8::1 is {0x20010db800000000, 1}. */
struct quern_ip6 {
	uint64_t high;
	uint64_t low;
};

/* True for an address that is not ::. What holds it is of IPv6 then, and its fields of IPv4 are 0: so for endpoint,
 * range and prefix. Where neither says anything, an endpoint is of any address of either version. */
static inline bool quern_ip6_is_set(const struct quern_ip6 *address)
{
	return (address->high | address->low) != 0;
}

struct quern_endpoint {
	uint32_t address;
	uint16_t port;
	struct quern_ip6 ip6;
};

/* A block of consecutive addresses, both ends included; of IPv6 where `first6` is not ::. */
struct quern_range {
	uint32_t first;
	uint32_t last;
	struct quern_ip6 first6;
	struct quern_ip6 last6;
};

/* The address is as written, host bits kept. */
struct quern_prefix {
	uint32_t address;
	uint8_t length; /* 0 to 32, or 0 to 128 */
	struct quern_ip6 ip6;
};

/* Each parser takes the whole text or nothing: 0, or -EINVAL and the result untouched. */
int quern_parse_address(const char *text, uint32_t *address);
int quern_parse_endpoint(const char *text, struct quern_endpoint *endpoint); /* 198.18.0.1:80, [fd00::1]:80; not 0 */
int quern_parse_prefix(const char *text, struct quern_prefix *prefix);       /* 198.18.0.1/15; else /32 or /128 */
int quern_parse_range(const char *text, struct quern_range *range);          /* CIDR block, FIRST-LAST, or one */
int quern_parse_ip6(const char *text, struct quern_ip6 *address);            /* 2001:db8::1; ::ffff:198.18.0.1 */

/* Write the address or endpoint, one of IPv6 in brackets, end it with NUL, and return the buffer. */
char *quern_format_address(uint32_t address, char text[QUERN_ADDRESS_TEXT]);
char *quern_format_endpoint(const struct quern_endpoint *endpoint, char text[QUERN_ENDPOINT_TEXT]);

/* Writes the address as RFC 5952 has it, ends it with NUL, and returns the buffer. */
char *quern_format_ip6(const struct quern_ip6 *address, char text[QUERN_IP6_TEXT]);

#ifdef __cplusplus
}
#endif

#endif
