/* address.c - reads and writes addresses of both versions as users write them; those of IPv6 by address6.c. */
#include <quern/address.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Reads a decimal number of at most `max` and moves behind it. A leading zero is refused: others read it as octal. */
static bool take_number(const char **text, uint32_t max, uint32_t *number)
{
	const char *at = *text;
	uint32_t value = 0;

	if (*at < '0' || *at > '9' || (*at == '0' && at[1] >= '0' && at[1] <= '9'))
		return false;
	for (; *at >= '0' && *at <= '9'; at++) {
		value = value * 10 + (uint32_t)(*at - '0');
		if (value > max)
			return false;
	}
	*text = at;
	*number = value;
	return true;
}

static bool take_char(const char **text, char wanted)
{
	if (**text != wanted)
		return false;
	*text += 1;
	return true;
}

static bool take_address(const char **text, uint32_t *address)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++) {
		uint32_t octet;

		if ((i > 0 && !take_char(text, '.')) || !take_number(text, 255, &octet))
			return false;
		value = value << 8 | octet;
	}
	*address = value;
	return true;
}

/* The address of IPv6 that stands before one of `ends`, or before the end of the text. */
static bool take_ip6(const char **text, const char *ends, struct quern_ip6 *address)
{
	size_t length = strcspn(*text, ends);
	char part[QUERN_IP6_TEXT];

	if (length >= sizeof(part))
		return false;
	memcpy(part, *text, length);
	part[length] = '\0';
	*text += length;
	return quern_parse_ip6(part, address) == 0;
}

/* No address of IPv4 has a colon, and none of IPv6 has none. */
static bool is_ip6(const char *text)
{
	return text[strspn(text, "0123456789abcdefABCDEF")] == ':';
}

/* An address of either version, up to a slash, a dash or the end. :: would be no address of IPv6 to whoever reads the
 * result. */
static bool take_either(const char **text, struct quern_prefix *address)
{
	struct quern_prefix read = {.length = 32};

	if (is_ip6(*text)) {
		read.length = 128;
		if (!take_ip6(text, "/-", &read.ip6) || !quern_ip6_is_set(&read.ip6))
			return false;
	} else if (!take_address(text, &read.address)) {
		return false;
	}
	*address = read;
	return true;
}

static bool take_prefix(const char **text, struct quern_prefix *prefix)
{
	struct quern_prefix read;
	uint32_t length;

	if (!take_either(text, &read))
		return false;
	length = read.length;
	if (take_char(text, '/') && !take_number(text, read.length, &length))
		return false;
	read.length = (uint8_t)length;
	*prefix = read;
	return true;
}

int quern_parse_address(const char *text, uint32_t *address)
{
	uint32_t read;

	if (!take_address(&text, &read) || *text != '\0')
		return -EINVAL;
	*address = read;
	return 0;
}

int quern_parse_endpoint(const char *text, struct quern_endpoint *endpoint)
{
	struct quern_endpoint read = {.address = 0};
	uint32_t port;

	/* RFC 3986 3.2.2: the colons of an address of IPv6 stand in brackets. */
	if (take_char(&text, '[')) {
		if (!take_ip6(&text, "]", &read.ip6) || !take_char(&text, ']'))
			return -EINVAL;
	} else if (!take_address(&text, &read.address)) {
		return -EINVAL;
	}
	if (!take_char(&text, ':') || !take_number(&text, UINT16_MAX, &port) || port == 0 || *text != '\0')
		return -EINVAL;
	read.port = (uint16_t)port;
	*endpoint = read;
	return 0;
}

int quern_parse_prefix(const char *text, struct quern_prefix *prefix)
{
	struct quern_prefix read;

	if (!take_prefix(&text, &read) || *text != '\0')
		return -EINVAL;
	*prefix = read;
	return 0;
}

/* Ones in the last `bits` of 64, which may be more or less. */
static uint64_t ones(int bits)
{
	if (bits <= 0)
		return 0;
	return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

static struct quern_range block_of(const struct quern_prefix *prefix)
{
	int host_bits = (quern_ip6_is_set(&prefix->ip6) ? 128 : 32) - prefix->length;
	uint64_t low = ones(host_bits), high = ones(host_bits - 64);
	const struct quern_ip6 *ip6 = &prefix->ip6;

	if (quern_ip6_is_set(ip6))
		return (struct quern_range){.first6 = {ip6->high & ~high, ip6->low & ~low},
					    .last6 = {ip6->high | high, ip6->low | low}};
	return (struct quern_range){.first = prefix->address & ~(uint32_t)low, .last = prefix->address | (uint32_t)low};
}

/* From one address to another; false where they are not in order, or of two versions. */
static bool make_range(const struct quern_prefix *first, const struct quern_prefix *last, struct quern_range *range)
{
	const struct quern_ip6 *a = &first->ip6, *b = &last->ip6;

	if (quern_ip6_is_set(a) != quern_ip6_is_set(b) || first->address > last->address || a->high > b->high ||
	    (a->high == b->high && a->low > b->low))
		return false;
	*range = (struct quern_range){first->address, last->address, *a, *b};
	return true;
}

int quern_parse_range(const char *text, struct quern_range *range)
{
	struct quern_prefix first, last;
	struct quern_range read;
	const char *at = text;

	if (!take_prefix(&at, &first))
		return -EINVAL;
	if (*at == '\0') {
		read = block_of(&first);
		if (quern_ip6_is_set(&first.ip6) && !quern_ip6_is_set(&read.first6))
			return -EINVAL;
		*range = read;
		return 0;
	}
	if (!take_either(&text, &first) || !take_char(&text, '-') || !take_either(&text, &last) || *text != '\0')
		return -EINVAL;
	return make_range(&first, &last, range) ? 0 : -EINVAL;
}

char *quern_format_address(uint32_t address, char text[QUERN_ADDRESS_TEXT])
{
	snprintf(text, QUERN_ADDRESS_TEXT, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255,
		 address & 255);
	return text;
}

char *quern_format_endpoint(const struct quern_endpoint *endpoint, char text[QUERN_ENDPOINT_TEXT])
{
	char address[QUERN_IP6_TEXT];

	if (quern_ip6_is_set(&endpoint->ip6))
		snprintf(text, QUERN_ENDPOINT_TEXT, "[%s]:%u", quern_format_ip6(&endpoint->ip6, address),
			 endpoint->port);
	else
		snprintf(text, QUERN_ENDPOINT_TEXT, "%s:%u", quern_format_address(endpoint->address, address),
			 endpoint->port);
	return text;
}
