/* test_payload_pattern.c - a pattern fits itself in pieces of any size, and nothing else. */
#include <criterion/criterion.h>
#include <string.h>

#include "load/load_draw.h"
#include "payload/payload_pattern.h"

enum { TEXT_BYTES = 300000 };

static uint8_t text[TEXT_BYTES];

/* The pattern from its first byte on, gone round as often as there is room. */
static struct payload_pattern written(enum cli_pattern kind, const char *words)
{
	struct payload_pattern pattern;

	cr_assert_eq(payload_pattern_open(&pattern, kind, words), 0);
	cr_assert_geq(pattern.length, 65535);
	for (uint32_t i = 0; i < TEXT_BYTES; i++)
		text[i] = pattern.text[i % pattern.length];
	return pattern;
}

Test(payload_pattern, fits_itself_in_pieces_of_any_size)
{
	static const struct {
		enum cli_pattern kind;
		const char *words;
	} cases[] = {{CLI_PATTERN_ZERO, NULL}, {CLI_PATTERN_COUNTER, NULL}, {CLI_PATTERN_RANDOM, NULL},
		     {CLI_PATTERN_TEXT, "A"},  {CLI_PATTERN_TEXT, "ABC"},   {CLI_PATTERN_TEXT, "hello, world\n"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct payload_pattern pattern = written(cases[i].kind, cases[i].words);
		struct load_draw draw;
		uint32_t at = 0;

		load_draw_begin(&draw, i, 0);
		for (uint32_t from = 0; from < TEXT_BYTES;) {
			uint32_t part = (uint32_t)(load_draw_next(&draw) % 5000), rest = TEXT_BYTES - from;

			part = part < rest ? part : rest;
			cr_assert(payload_pattern_fits(&pattern, &at, text + from, part), "%zu: at %u", i, from);
			from += part;
			if (part == rest)
				break;
		}
		payload_pattern_close(&pattern);
	}
}

Test(payload_pattern, of_words_is_those_words_and_a_counter_counts)
{
	struct payload_pattern pattern = written(CLI_PATTERN_TEXT, "ABC");

	cr_assert_eq(memcmp(text, "ABCABCABC", 9), 0);
	cr_assert_eq(memcmp(text + 99999, "ABCABC", 6), 0);
	payload_pattern_close(&pattern);
	pattern = written(CLI_PATTERN_COUNTER, NULL);
	for (uint32_t i = 0; i < TEXT_BYTES; i++)
		cr_assert_eq(text[i], i & 0xff);
	payload_pattern_close(&pattern);
}

Test(payload_pattern, that_is_random_shows_each_byte_that_changed_and_each_piece_that_was_lost)
{
	struct payload_pattern pattern = written(CLI_PATTERN_RANDOM, NULL);

	for (uint32_t i = 0; i < 70000; i += 777) {
		uint32_t at = 0;

		text[i] ^= 1;
		cr_assert_not(payload_pattern_fits(&pattern, &at, text, 70000), "byte %u", i);
		text[i] ^= 1;
	}
	for (uint32_t lost = 1; lost < 65537; lost += 111) {
		uint32_t at = 1000;

		cr_assert_not(payload_pattern_fits(&pattern, &at, text + 1000 + lost, 100), "%u bytes", lost);
	}
	payload_pattern_close(&pattern);
}
