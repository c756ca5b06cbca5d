/* report_hdr.c - HdrHistogram V2: a header, zig-zag LEB128 counts with runs of zeros as one, deflated, in base64. */
#include "report/report_hdr.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
	COOKIE_V2 = 0x1c849303 | 0x10,
	COOKIE_V2_COMPRESSED = 0x1c849304 | 0x10,
	HEADER_BYTES = 40,
	OUTER_BYTES = 8,
	WORD_BYTES = 9, /* the longest LEB128 of 64 bits: eight times 7 bits and once 8 */
	SIGNIFICANT_DIGITS = 3
};

static uint8_t *put_u32(uint8_t *at, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		*at++ = (uint8_t)(value >> shift);
	return at;
}

static uint8_t *put_u64(uint8_t *at, uint64_t value)
{
	return put_u32(put_u32(at, (uint32_t)(value >> 32)), (uint32_t)value);
}

static uint8_t *put_zigzag(uint8_t *at, int64_t value)
{
	uint64_t word = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);

	for (int i = 0; i < WORD_BYTES - 1 && word > 0x7f; i++) {
		*at++ = (uint8_t)(word | 0x80);
		word >>= 7;
	}
	*at++ = (uint8_t)word;
	return at;
}

/* Counts up to the last that is not zero; a run of zeros is its length, negative. */
static uint8_t *put_counts(uint8_t *at, const uint64_t *buckets)
{
	int64_t zeros = 0;

	for (size_t i = 0; i < QUERN_HISTOGRAM_BUCKETS; i++) {
		if (buckets[i] == 0) {
			zeros++;
			continue;
		}
		if (zeros > 0)
			at = put_zigzag(at, zeros == 1 ? 0 : -zeros);
		zeros = 0;
		at = put_zigzag(at, (int64_t)buckets[i]);
	}
	return at;
}

static size_t encode(const struct quern_histogram *histogram, uint8_t *bytes)
{
	uint8_t *end = put_counts(bytes + HEADER_BYTES, histogram->buckets);
	uint8_t *at = put_u32(bytes, COOKIE_V2);
	double ratio = 1.0;
	uint64_t ratio_bits;

	memcpy(&ratio_bits, &ratio, sizeof(ratio_bits));
	at = put_u32(at, (uint32_t)(end - bytes - HEADER_BYTES));
	at = put_u32(at, 0); /* normalizing index offset */
	at = put_u32(at, SIGNIFICANT_DIGITS);
	at = put_u64(at, 1); /* lowest discernible value */
	at = put_u64(at, (UINT64_C(1) << QUERN_HISTOGRAM_VALUE_BITS) - 1);
	put_u64(at, ratio_bits);
	return (size_t)(end - bytes);
}

static char *base64(const uint8_t *bytes, size_t length)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *text = malloc((length + 2) / 3 * 4 + 1);
	char *at = text;

	if (!text)
		return NULL;
	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		uint32_t three = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
				 (left > 2 ? bytes[i + 2] : 0);

		*at++ = letters[three >> 18];
		*at++ = letters[three >> 12 & 63];
		*at++ = left > 1 ? letters[three >> 6 & 63] : '=';
		*at++ = left > 2 ? letters[three & 63] : '=';
	}
	*at = '\0';
	return text;
}

char *report_hdr(const struct quern_histogram *histogram)
{
	size_t most = HEADER_BYTES + (size_t)QUERN_HISTOGRAM_BUCKETS * WORD_BYTES;
	uint8_t *plain = malloc(most), *packed = NULL;
	uLongf packed_bytes;
	char *text = NULL;
	size_t length;

	if (!plain)
		return NULL;
	length = encode(histogram, plain);
	packed_bytes = compressBound(length);
	packed = malloc(OUTER_BYTES + packed_bytes);
	if (packed && compress(packed + OUTER_BYTES, &packed_bytes, plain, length) == Z_OK) {
		put_u32(put_u32(packed, COOKIE_V2_COMPRESSED), (uint32_t)packed_bytes);
		text = base64(packed, OUTER_BYTES + packed_bytes);
	}
	free(packed);
	free(plain);
	return text;
}
