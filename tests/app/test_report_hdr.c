/* test_report_hdr.c - the encoded histogram, read back by a decoder written from the format. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "report/report_hdr.h"

enum { MOST_BYTES = 1 << 20 };

static size_t unbase64(const char *text, uint8_t *bytes)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	int held = 0;
	size_t length = 0;

	cr_assert_eq(strlen(text) % 4, 0);
	for (; *text && *text != '='; text++) {
		const char *letter = strchr(letters, *text);

		cr_assert_not_null(letter);
		bits = bits << 6 | (uint32_t)(letter - letters);
		held += 6;
		if (held >= 8) {
			held -= 8;
			bytes[length++] = (uint8_t)(bits >> held);
		}
	}
	return length;
}

static uint64_t big_endian(const uint8_t *bytes, int count)
{
	uint64_t value = 0;

	for (int i = 0; i < count; i++)
		value = value << 8 | bytes[i];
	return value;
}

static const uint8_t *read_zigzag(const uint8_t *at, int64_t *value)
{
	uint64_t word = 0;

	for (int shift = 0;; shift += 7, at++) {
		if (shift == 56) {
			word |= (uint64_t)*at << 56;
			break;
		}
		word |= (uint64_t)(*at & 0x7f) << shift;
		if (!(*at & 0x80))
			break;
	}
	*value = (int64_t)(word >> 1) ^ -(int64_t)(word & 1);
	return at + 1;
}

/* Decodes `text` into counts by index; returns how many indexes it covers. */
static size_t decode(const char *text, uint64_t *counts)
{
	static uint8_t packed[MOST_BYTES], plain[MOST_BYTES];
	size_t packed_bytes = unbase64(text, packed), index = 0;
	uLongf plain_bytes = sizeof(plain);
	const uint8_t *at, *end;

	cr_assert_eq(big_endian(packed, 4), 0x1c849314);
	cr_assert_eq(big_endian(packed + 4, 4), packed_bytes - 8);
	cr_assert_eq(uncompress(plain, &plain_bytes, packed + 8, packed_bytes - 8), Z_OK);
	cr_assert_eq(big_endian(plain, 4), 0x1c849313);
	cr_assert_eq(big_endian(plain + 4, 4), plain_bytes - 40);
	cr_assert_eq(big_endian(plain + 8, 4), 0);
	cr_assert_eq(big_endian(plain + 12, 4), 3);
	cr_assert_eq(big_endian(plain + 16, 8), 1);
	cr_assert_eq(big_endian(plain + 24, 8), (UINT64_C(1) << 40) - 1);
	cr_assert_eq(big_endian(plain + 32, 8), 0x3ff0000000000000);
	end = plain + plain_bytes;
	for (at = plain + 40; at < end;) {
		int64_t word;

		at = read_zigzag(at, &word);
		if (word <= 0)
			index += word == 0 ? 1 : (size_t)-word;
		else
			counts[index++] = (uint64_t)word;
		cr_assert_leq(index, QUERN_HISTOGRAM_BUCKETS);
	}
	return index;
}

Test(report_hdr, decodes_to_the_counts_it_was_made_from)
{
	struct quern_histogram *histogram = malloc(sizeof(*histogram));
	uint64_t *counts = calloc(QUERN_HISTOGRAM_BUCKETS, sizeof(*counts));
	uint64_t value = 88172645463325252;
	char *text;

	quern_histogram_reset(histogram);
	for (int i = 0; i < 100000; i++) {
		value ^= value << 13;
		value ^= value >> 7;
		value ^= value << 17;
		quern_histogram_record(histogram, value >> (24 + value % 40));
	}
	/* Counts of every length in bytes. */
	for (int shift = 0; shift < 62; shift++)
		histogram->buckets[3 * shift + 20000] = UINT64_C(1) << shift;
	text = report_hdr(histogram);
	cr_assert_eq(strncmp(text, "HISTF", 5), 0);
	decode(text, counts);
	for (size_t i = 0; i < QUERN_HISTOGRAM_BUCKETS; i++)
		cr_assert_eq(counts[i], histogram->buckets[i], "bucket %zu", i);
	free(text);
	free(counts);
	free(histogram);
}

Test(report_hdr, places_values_where_the_format_says)
{
	/* Index of a value: itself below 2048, then 1024 to each doubling. */
	static const struct {
		uint64_t value;
		size_t index;
	} places[] = {{0, 0},       {1, 1},       {2047, 2047}, {2048, 2048},
		      {2050, 2049}, {4095, 3071}, {4096, 3072}, {(UINT64_C(1) << 40) - 1, 31 * 1024 - 1}};
	struct quern_histogram *histogram = malloc(sizeof(*histogram));
	uint64_t *counts = calloc(QUERN_HISTOGRAM_BUCKETS, sizeof(*counts));

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char *text;

		quern_histogram_reset(histogram);
		memset(counts, 0, QUERN_HISTOGRAM_BUCKETS * sizeof(*counts));
		quern_histogram_record(histogram, places[i].value);
		text = report_hdr(histogram);
		cr_assert_eq(decode(text, counts), places[i].index + 1);
		cr_assert_eq(counts[places[i].index], 1);
		free(text);
	}
	free(counts);
	free(histogram);
}

Test(report_hdr, of_nothing_decodes_to_nothing)
{
	struct quern_histogram *histogram = malloc(sizeof(*histogram));
	char *text;

	quern_histogram_reset(histogram);
	text = report_hdr(histogram);
	cr_assert_eq(decode(text, NULL), 0);
	free(text);
	free(histogram);
}
