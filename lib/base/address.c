/* address.c - reads and writes addresses as users write them. */
#include <quern/address.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

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

static bool take_prefix(const char **text, struct quern_prefix *prefix)
{
	uint32_t length = 32;

	if (!take_address(text, &prefix->address))
		return false;
	if (take_char(text, '/') && !take_number(text, 32, &length))
		return false;
	prefix->length = (uint8_t)length;
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
	uint32_t address, port;

	if (!take_address(&text, &address) || !take_char(&text, ':') || !take_number(&text, UINT16_MAX, &port))
		return -EINVAL;
	if (port == 0 || *text != '\0')
		return -EINVAL;
	*endpoint = (struct quern_endpoint){.address = address, .port = (uint16_t)port};
	return 0;
}

int quern_parse_prefix(const char *text, struct quern_prefix *prefix)
{
	struct quern_prefix read = {0};

	if (!take_prefix(&text, &read) || *text != '\0')
		return -EINVAL;
	*prefix = read;
	return 0;
}

int quern_parse_range(const char *text, struct quern_range *range)
{
	struct quern_prefix block;
	const char *at = text;

	if (!take_prefix(&at, &block))
		return -EINVAL;
	if (*at == '\0') {
		uint32_t host_bits = block.length == 32 ? 0 : UINT32_MAX >> block.length;

		*range = (struct quern_range){.first = block.address & ~host_bits, .last = block.address | host_bits};
		return 0;
	}
	struct quern_range read = {0};

	if (!take_address(&text, &read.first) || !take_char(&text, '-') || !take_address(&text, &read.last))
		return -EINVAL;
	if (*text != '\0' || read.first > read.last)
		return -EINVAL;
	*range = read;
	return 0;
}

char *quern_format_address(uint32_t address, char text[QUERN_ADDRESS_TEXT])
{
	snprintf(text, QUERN_ADDRESS_TEXT, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255,
		 address & 255);
	return text;
}

char *quern_format_endpoint(const struct quern_endpoint *endpoint, char text[QUERN_ENDPOINT_TEXT])
{
	char address[QUERN_ADDRESS_TEXT];

	snprintf(text, QUERN_ENDPOINT_TEXT, "%s:%u", quern_format_address(endpoint->address, address), endpoint->port);
	return text;
}
