/* cli_address.h - addresses of both versions of IP as numbers of one kind, so that networks and blocks of them are
 * thought of once: one of IPv4 stands in ::ffff:0:0/96 (RFC 4291 2.5.5.2), which is nobody's address of IPv6. */
#ifndef CLI_ADDRESS_H
#define CLI_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/address.h>

enum cli_version { CLI_IP4, CLI_IP6, CLI_VERSIONS };

/* Of a network's prefix, as it counts here: the bits of an address, and those before one of IPv4. */
enum { CLI_ADDRESS_BITS = 128, CLI_IP4_BITS = 96 };

/* Consecutive addresses of one version, both ends included. */
struct cli_block {
	struct quern_ip6 first;
	struct quern_ip6 last;
};

/* From and to an address of IPv4. */
struct quern_ip6 cli_address_from_ip4(uint32_t address);
uint32_t cli_address_to_ip4(struct quern_ip6 address);

enum cli_version cli_address_version(struct quern_ip6 address);

/* True for one of fe80::/10 (RFC 4291 2.5.6), which is on every link. */
bool cli_address_is_link_local(struct quern_ip6 address);

/* True for one of IPv6 that would be taken for one of IPv4 here, and for another one by the library. */
bool cli_address_is_disguised(struct quern_ip6 address);

/* The address of an endpoint, and whether it has none: then it is any address of either version. */
struct quern_ip6 cli_address_of(const struct quern_endpoint *endpoint);
bool cli_address_is_any(const struct quern_endpoint *endpoint);

/* True for a group's address, and for that of everybody. */
bool cli_address_is_many(const struct quern_endpoint *endpoint);

struct cli_block cli_block_from_range(const struct quern_range *range);
struct quern_range cli_block_to_range(struct cli_block block);

bool cli_address_equal(struct quern_ip6 a, struct quern_ip6 b);

/* How many bits at their beginning are the same, 0 to 128. */
uint8_t cli_address_common(struct quern_ip6 a, struct quern_ip6 b);

/* The address with its host bits zero, or one. */
struct quern_ip6 cli_address_network(struct quern_ip6 address, uint8_t length);
struct quern_ip6 cli_address_last(struct quern_ip6 address, uint8_t length);

bool cli_block_holds(const struct cli_block *block, struct quern_ip6 address);

/* Grows `all` by a block that touches it or lies in it; false where a gap would open that is nobody's. */
bool cli_block_join(struct cli_block *all, bool *is_empty, struct cli_block more);

/* Writes the address as its version has it, and returns the buffer. */
char *cli_address_text(struct quern_ip6 address, char text[QUERN_IP6_TEXT]);

#endif
