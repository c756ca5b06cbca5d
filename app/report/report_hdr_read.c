/* report_hdr_read.c - HdrHistogram V2 back into a histogram. The text may be anybody's: nothing in it is believed. */
#include "report/report_hdr.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
	COOKIE_V2 = 0x1c849303 | 0x10,
	COOKIE_V2_COMPRESSED = 0x1c849304 | 0x10,
	HEADER_BYTES = 40,
	OUTER_BYTES = 8,
	WORD_BYTES = 9,
	LETTER_BITS = 6,
	SUB_BUCKETS = 1 << QUERN_HISTOGRAM_SUB_BITS,
	HALF_BUCKETS = SUB_BUCKETS / 2,
	MOST_PLAIN = HEADER_BYTES + QUERN_HISTOGRAM_BUCKETS * WORD_BYTES,
	MOST_TEXT = 2 * MOST_PLAIN
};

/* How many bits of a value its bucket leaves out. */
static unsigned shift_of(size_t bucket)
{
	return bucket < SUB_BUCKETS ? 0 : (unsigned)(bucket / HALF_BUCKETS - 1);
}

static uint64_t lowest_of(size_t bucket)
{
	uint64_t within = bucket < SUB_BUCKETS ? bucket : bucket % HALF_BUCKETS + HALF_BUCKETS;

	return within << shift_of(bucket);
}

static uint64_t highest_of(size_t bucket)
{
	return lowest_of(bucket) + (UINT64_C(1) << shift_of(bucket)) - 1;
}

static uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Text to bytes, of which there is room for three to each four letters; false for what is no such text. */
static bool read_base64(const char *text, size_t length, uint8_t *bytes, size_t *count)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	unsigned held = 0;
	size_t out = 0;

	if (length % 4 != 0)
		return false;
	for (int pads = 0; pads < 2 && length > 0 && text[length - 1] == '='; pads++)
		length--;
	for (size_t i = 0; i < length; i++) {
		const char *letter = strchr(letters, text[i]);

		if (!letter || *letter == '\0')
			return false;
		bits = bits << LETTER_BITS | (uint32_t)(letter - letters);
		held += LETTER_BITS;
		if (held >= 8) {
			held -= 8;
			bytes[out++] = (uint8_t)(bits >> held);
		}
	}
	*count = out;
	return true;
}

/* The word at `at`, and where the next begins; null where the bytes end within it. */
static const uint8_t *read_zigzag(const uint8_t *at, const uint8_t *end, int64_t *value)
{
	uint64_t word = 0;

	for (unsigned i = 0; at < end; i++) {
		uint8_t byte = *at++;
		bool is_last = i == WORD_BYTES - 1 || !(byte & 0x80);

		word |= (uint64_t)(i == WORD_BYTES - 1 ? byte : byte & 0x7f) << (7 * i);
		if (is_last) {
			*value = (int64_t)(word >> 1) ^ -(int64_t)(word & 1);
			return at;
		}
	}
	return NULL;
}

static bool read_counts(const uint8_t *at, const uint8_t *end, struct quern_histogram *histogram)
{
	size_t bucket = 0;
	int64_t word;

	while (at < end) {
		at = read_zigzag(at, end, &word);
		if (!at || word < -(int64_t)QUERN_HISTOGRAM_BUCKETS)
			return false;
		if (word <= 0) {
			bucket += word == 0 ? 1 : (size_t)-word;
			continue;
		}
		if (bucket >= QUERN_HISTOGRAM_BUCKETS || (uint64_t)word > UINT64_MAX - histogram->count)
			return false;
		histogram->buckets[bucket] = (uint64_t)word;
		histogram->count += (uint64_t)word;
		bucket++;
	}
	return true;
}

static void complete(struct quern_histogram *histogram)
{
	for (size_t i = 0; i < QUERN_HISTOGRAM_BUCKETS; i++) {
		uint64_t low = lowest_of(i), high = highest_of(i);

		if (histogram->buckets[i] == 0)
			continue;
		if (histogram->min == UINT64_MAX)
			histogram->min = low;
		histogram->max = high;
		histogram->sum += histogram->buckets[i] * (low + (high - low) / 2);
	}
}

static bool has_our_layout(const uint8_t *plain, size_t bytes)
{
	enum { COUNTS_AT = 4, OFFSET_AT = 8, DIGITS_AT = 12, LOWEST_AT = 16 };

	return bytes >= HEADER_BYTES && get_u32(plain) == COOKIE_V2 &&
	       get_u32(plain + COUNTS_AT) == bytes - HEADER_BYTES && get_u32(plain + OFFSET_AT) == 0 &&
	       get_u32(plain + DIGITS_AT) == 3 && get_u32(plain + LOWEST_AT) == 0 &&
	       get_u32(plain + LOWEST_AT + 4) == 1;
}

/* Bytes of the text in `packed`, what they unfold to in `plain`. */
static int unfold(const char *text, size_t length, uint8_t *packed, uint8_t *plain, struct quern_histogram *histogram)
{
	uLongf plain_bytes = MOST_PLAIN;
	size_t packed_bytes;

	if (!read_base64(text, length, packed, &packed_bytes) || packed_bytes < OUTER_BYTES ||
	    get_u32(packed) != COOKIE_V2_COMPRESSED || get_u32(packed + 4) != packed_bytes - OUTER_BYTES)
		return -EINVAL;
	if (uncompress(plain, &plain_bytes, packed + OUTER_BYTES, packed_bytes - OUTER_BYTES) != Z_OK)
		return -EINVAL;
	if (!has_our_layout(plain, plain_bytes) || !read_counts(plain + HEADER_BYTES, plain + plain_bytes, histogram))
		return -EINVAL;
	complete(histogram);
	return 0;
}

int report_hdr_read(const char *text, struct quern_histogram *histogram)
{
	size_t length = strnlen(text, MOST_TEXT + 1);
	uint8_t *packed, *plain;
	int rc = -ENOMEM;

	quern_histogram_reset(histogram);
	if (length > MOST_TEXT)
		return -EINVAL;
	packed = malloc(length + 1);
	plain = malloc(MOST_PLAIN);
	if (packed && plain)
		rc = unfold(text, length, packed, plain, histogram);
	if (rc != 0)
		quern_histogram_reset(histogram);
	free(plain);
	free(packed);
	return rc;
}
