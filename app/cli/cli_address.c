/* cli_address.c - addresses of both versions of IP as numbers of 128 bits. */
#include "cli/cli_address.h"

#define GROUPS4 UINT32_C(0xe0000000) /* 224.0.0.0 and on: groups, and everybody */

struct quern_ip6 cli_address_from_ip4(uint32_t address)
{
	return (struct quern_ip6){0, UINT64_C(0xffff) << 32 | address};
}

uint32_t cli_address_to_ip4(struct quern_ip6 address)
{
	return (uint32_t)address.low;
}

enum cli_version cli_address_version(struct quern_ip6 address)
{
	return address.high == 0 && address.low >> 32 == 0xffff ? CLI_IP4 : CLI_IP6;
}

bool cli_address_is_link_local(struct quern_ip6 address)
{
	return address.high >> 54 == 0xfe80 >> 6;
}

bool cli_address_is_disguised(struct quern_ip6 address)
{
	return cli_address_version(address) == CLI_IP4;
}

struct quern_ip6 cli_address_of(const struct quern_endpoint *endpoint)
{
	return quern_ip6_is_set(&endpoint->ip6) ? endpoint->ip6 : cli_address_from_ip4(endpoint->address);
}

bool cli_address_is_any(const struct quern_endpoint *endpoint)
{
	return endpoint->address == 0 && !quern_ip6_is_set(&endpoint->ip6);
}

bool cli_address_is_many(const struct quern_endpoint *endpoint)
{
	return endpoint->address >= GROUPS4 || endpoint->ip6.high >> 56 == 0xff;
}

struct cli_block cli_block_from_range(const struct quern_range *range)
{
	if (quern_ip6_is_set(&range->first6))
		return (struct cli_block){range->first6, range->last6};
	return (struct cli_block){cli_address_from_ip4(range->first), cli_address_from_ip4(range->last)};
}

struct quern_range cli_block_to_range(struct cli_block block)
{
	if (cli_address_version(block.first) == CLI_IP6)
		return (struct quern_range){.first6 = block.first, .last6 = block.last};
	return (struct quern_range){.first = cli_address_to_ip4(block.first), .last = cli_address_to_ip4(block.last)};
}

bool cli_address_equal(struct quern_ip6 a, struct quern_ip6 b)
{
	return a.high == b.high && a.low == b.low;
}

uint8_t cli_address_common(struct quern_ip6 a, struct quern_ip6 b)
{
	if (a.high != b.high)
		return (uint8_t)__builtin_clzll(a.high ^ b.high);
	return a.low == b.low ? CLI_ADDRESS_BITS : (uint8_t)(64 + __builtin_clzll(a.low ^ b.low));
}

/* Ones from bit `length` of a half on, counted from its beginning. */
static uint64_t ones_from(int length)
{
	return length >= 64 ? 0 : UINT64_MAX >> (length < 0 ? 0 : length);
}

struct quern_ip6 cli_address_network(struct quern_ip6 address, uint8_t length)
{
	return (struct quern_ip6){address.high & ~ones_from(length), address.low & ~ones_from(length - 64)};
}

struct quern_ip6 cli_address_last(struct quern_ip6 address, uint8_t length)
{
	return (struct quern_ip6){address.high | ones_from(length), address.low | ones_from(length - 64)};
}

static bool is_above(struct quern_ip6 a, struct quern_ip6 b)
{
	return a.high != b.high ? a.high > b.high : a.low > b.low;
}

bool cli_block_holds(const struct cli_block *block, struct quern_ip6 address)
{
	return !is_above(block->first, address) && !is_above(address, block->last);
}

/* One address lies above another, and there are more between them. */
static bool is_far_above(struct quern_ip6 a, struct quern_ip6 b)
{
	struct quern_ip6 next = {b.high + (b.low == UINT64_MAX), b.low + 1};

	return is_above(a, b) && !cli_address_equal(a, next);
}

bool cli_block_join(struct cli_block *all, bool *is_empty, struct cli_block more)
{
	if (*is_empty) {
		*all = more;
		*is_empty = false;
		return true;
	}
	if (is_far_above(more.first, all->last) || is_far_above(all->first, more.last))
		return false;
	if (is_above(all->first, more.first))
		all->first = more.first;
	if (is_above(more.last, all->last))
		all->last = more.last;
	return true;
}

char *cli_address_text(struct quern_ip6 address, char text[QUERN_IP6_TEXT])
{
	if (cli_address_version(address) == CLI_IP4)
		return quern_format_address(cli_address_to_ip4(address), text);
	return quern_format_ip6(&address, text);
}
