/* address6.c - reads IPv6 addresses as users write them (RFC 4291 2.2), and writes them as RFC 5952 has it. */
#include <quern/address.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { GROUPS = 8, DIGITS_MAX = 4 };

/* Groups read so far, and how many of them stand before "::". */
struct reading {
	uint16_t groups[GROUPS];
	int count;
	int before_gap; /* -1 where there is no "::" */
};

static int digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* Reads one to four hexadecimal digits and moves behind them. */
static bool take_group(const char **text, uint16_t *group)
{
	uint32_t value = 0;
	int digits = 0;

	for (; digits < DIGITS_MAX && digit_value(**text) >= 0; digits++, *text += 1)
		value = value << 4 | (uint32_t)digit_value(**text);
	*group = (uint16_t)value;
	return digits > 0 && digit_value(**text) < 0;
}

/* The last two groups as an address of IPv4, to the end of the text. */
static bool take_dotted(const char *text, struct reading *reading)
{
	uint32_t address;

	if (reading->count > GROUPS - 2 || quern_parse_address(text, &address) != 0)
		return false;
	reading->groups[reading->count++] = (uint16_t)(address >> 16);
	reading->groups[reading->count++] = (uint16_t)address;
	return true;
}

/* Whether what comes next is dotted: digits up to a dot. */
static bool is_dotted(const char *text)
{
	return text[strspn(text, "0123456789")] == '.';
}

/* A turn of the loop takes a group at least. */
static bool take_groups(const char *text, struct reading *reading)
{
	if (text[0] == ':' && text[1] == ':') {
		reading->before_gap = 0;
		text += 2;
		if (*text == '\0')
			return true;
	}
	while (reading->count < GROUPS) {
		if (is_dotted(text))
			return take_dotted(text, reading);
		if (!take_group(&text, &reading->groups[reading->count]))
			return false;
		reading->count++;
		if (*text == '\0')
			return true;
		if (*text++ != ':')
			return false;
		if (*text != ':')
			continue;
		if (reading->before_gap >= 0)
			return false;
		reading->before_gap = reading->count;
		if (*++text == '\0')
			return true;
	}
	return false;
}

int quern_parse_ip6(const char *text, struct quern_ip6 *address)
{
	struct reading reading = {.before_gap = -1};
	uint64_t words[2] = {0, 0};
	int missing;

	if (!take_groups(text, &reading))
		return -EINVAL;
	missing = GROUPS - reading.count;
	/* "::" stands for one group of zeros at least. */
	if (reading.before_gap < 0 ? missing != 0 : missing < 1)
		return -EINVAL;
	for (int i = 0; i < reading.count; i++) {
		int place = reading.before_gap >= 0 && i >= reading.before_gap ? i + missing : i;

		words[place / 4] |= (uint64_t)reading.groups[i] << (48 - 16 * (place % 4));
	}
	*address = (struct quern_ip6){words[0], words[1]};
	return 0;
}

static uint32_t group_of(const struct quern_ip6 *address, int place)
{
	return (uint32_t)((place < 4 ? address->high : address->low) >> (48 - 16 * (place % 4)) & 0xffff);
}

/* RFC 5952 4.2: the longest run of zeros, the first of several, and no run of one. Returns its length. */
static int longest_run(const struct quern_ip6 *address, int *begin)
{
	int longest = 1;

	for (int at = 0; at < GROUPS; at++) {
		int length = 0;

		while (at + length < GROUPS && group_of(address, at + length) == 0)
			length++;
		if (length > longest) {
			longest = length;
			*begin = at;
		}
	}
	return longest > 1 ? longest : 0;
}

char *quern_format_ip6(const struct quern_ip6 *address, char text[QUERN_IP6_TEXT])
{
	/* RFC 5952 5: what is known to hold an address of IPv4 shows it. */
	bool is_mapped = address->high == 0 && address->low >> 32 == 0xffff;
	int groups = is_mapped ? GROUPS - 2 : GROUPS, begin = GROUPS, run = longest_run(address, &begin), used = 0;
	char dotted[QUERN_ADDRESS_TEXT];

	for (int at = 0; at < groups; at++) {
		if (run > 0 && at == begin) {
			used += snprintf(text + used, (size_t)(QUERN_IP6_TEXT - used), at == 0 ? "::" : ":");
			at += run - 1;
			continue;
		}
		used += snprintf(text + used, (size_t)(QUERN_IP6_TEXT - used), at + 1 < GROUPS ? "%x:" : "%x",
				 group_of(address, at));
	}
	if (is_mapped)
		snprintf(text + used, (size_t)(QUERN_IP6_TEXT - used), "%s",
			 quern_format_address((uint32_t)address->low, dotted));
	return text;
}
