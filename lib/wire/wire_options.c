/* wire_options.c - TCP options become fields of a segment, and back. */
#include "wire/wire_options.h"

#include "wire/wire_words.h"

enum {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_SCALE = 3,
	OPTION_SACK_PERMITTED = 4,
	OPTION_SACK = 5,
	SCALE_MAX = 14 /* RFC 7323 2.3: a larger shift is taken as this one */
};

/* The option at `at` or behind it, past NOPs; NULL at the end, or where its length is illegal. */
static const uint8_t *option_at(const uint8_t *at, const uint8_t *end)
{
	while (at < end && *at == OPTION_NOP)
		at++;
	if (end - at < 2 || *at == OPTION_END || at[1] < 2 || at[1] > end - at)
		return NULL;
	return at;
}

const uint8_t *wire_option_find(const uint8_t *at, const uint8_t *end, uint8_t kind, uint8_t other_kind)
{
	for (at = option_at(at, end); at; at = option_at(at + at[1], end)) {
		if (*at == kind || *at == other_kind)
			return at;
	}
	return NULL;
}

/* Whether an option that is known has the length that it must have. */
static bool is_legal(const uint8_t *option)
{
	switch (option[0]) {
	case OPTION_MSS:
		return option[1] == TCP_MSS_BYTES;
	case OPTION_SCALE:
		return option[1] == 3;
	case OPTION_SACK_PERMITTED:
		return option[1] == 2;
	case OPTION_SACK:
		return option[1] > 2 && (option[1] - 2) % 8 == 0;
	default:
		return true;
	}
}

static void read_of_syn(const uint8_t *option, struct segment *segment)
{
	if (option[0] == OPTION_MSS && !segment->mss) {
		segment->mss = wire_load16(option + 2);
	} else if (option[0] == OPTION_SACK_PERMITTED) {
		segment->options |= SEGMENT_SACK_PERMITTED;
	} else if (option[0] == OPTION_SCALE && !(segment->options & SEGMENT_SCALE)) {
		segment->options |= SEGMENT_SCALE;
		segment->scale = option[2] < SCALE_MAX ? option[2] : SCALE_MAX;
	}
}

static void read_sacks(const uint8_t *option, struct segment *segment)
{
	segment->sack_count = (uint8_t)((option[1] - 2) / 8);
	for (uint32_t i = 0; i < segment->sack_count; i++) {
		segment->sacks[i].left = wire_load32(option + 2 + 8 * i);
		segment->sacks[i].right = wire_load32(option + 6 + 8 * i);
	}
}

void wire_options_read(const uint8_t *at, const uint8_t *end, struct segment *segment)
{
	for (at = option_at(at, end); at && is_legal(at); at = option_at(at + at[1], end)) {
		if (segment->flags & TCP_SYN)
			read_of_syn(at, segment);
		else if (*at == OPTION_SACK && !segment->sack_count)
			read_sacks(at, segment);
	}
}

uint32_t wire_options_words(const struct segment *segment, uint32_t words[WIRE_OPTION_WORDS])
{
	uint32_t count = 0, sack_bytes = 2 + 8u * segment->sack_count;

	if (segment->mss)
		words[count++] = OPTION_MSS << 24 | TCP_MSS_BYTES << 16 | (uint32_t)segment->mss;
	if (segment->options & SEGMENT_SACK_PERMITTED)
		words[count++] = OPTION_NOP << 24 | OPTION_NOP << 16 | OPTION_SACK_PERMITTED << 8 | 2;
	if (segment->options & SEGMENT_SCALE)
		words[count++] = OPTION_NOP << 24 | OPTION_SCALE << 16 | 3 << 8 | (uint32_t)segment->scale;
	if (!segment->sack_count)
		return count;
	words[count++] = OPTION_NOP << 24 | OPTION_NOP << 16 | OPTION_SACK << 8 | sack_bytes;
	for (uint32_t i = 0; i < segment->sack_count; i++) {
		words[count++] = segment->sacks[i].left;
		words[count++] = segment->sacks[i].right;
	}
	return count;
}
