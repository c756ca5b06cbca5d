/* wire_options.c - TCP options become fields of a segment, and back. */
#include "wire/wire_options.h"

enum {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_SCALE = 3,
	OPTION_SACK_PERMITTED = 4,
	OPTION_SACK = 5,
	OPTION_TIMESTAMPS = 8,
	TIMESTAMPS_BYTES = 10,
	SCALE_MAX = 14 /* RFC 7323 2.3: a larger shift is taken as this one */
};

static uint8_t scale_of(uint8_t shift)
{
	return shift < SCALE_MAX ? shift : SCALE_MAX;
}

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
	case OPTION_TIMESTAMPS:
		return option[1] == TIMESTAMPS_BYTES;
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
		segment->scale = scale_of(option[2]);
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

static void read_timestamps(const uint8_t *option, struct segment *segment)
{
	segment->options |= SEGMENT_TIMESTAMPS;
	segment->tsval = wire_load32(option + 2);
	segment->tsecr = wire_load32(option + 6);
}

void wire_options_read_any(const uint8_t *at, const uint8_t *end, struct segment *segment)
{
	for (at = option_at(at, end); at && is_legal(at); at = option_at(at + at[1], end)) {
		if (*at == OPTION_TIMESTAMPS) {
			if (!(segment->options & SEGMENT_TIMESTAMPS))
				read_timestamps(at, segment);
		} else if (segment->flags & TCP_SYN) {
			read_of_syn(at, segment);
		} else if (*at == OPTION_SACK && !segment->sack_count) {
			read_sacks(at, segment);
		}
	}
}

bool wire_options_read_syn(const uint8_t *at, const uint8_t *end, struct segment *segment)
{
	if (end - at != SEGMENT_SYN_OPTION_BYTES || (wire_load32(at) & 0xffff0000) != WIRE_SYN_MSS ||
	    wire_load32(at + 4) != WIRE_SYN_SACK_AND_TIMESTAMPS ||
	    (wire_load32(at + 16) & 0xffffff00) != WIRE_SYN_SCALE)
		return false;
	segment->mss = wire_load16(at + 2);
	segment->options = SEGMENT_SYN_OPTIONS;
	segment->tsval = wire_load32(at + 8);
	segment->tsecr = wire_load32(at + 12);
	segment->scale = scale_of(at[19]);
	return true;
}

/* Appends a word, and returns it. */
static uint32_t write_word(uint8_t **at, uint32_t word)
{
	wire_store32(*at, word);
	*at += 4;
	return word;
}

static uint64_t write_sacks(uint8_t *at, const struct segment *segment)
{
	uint32_t bytes = 2 + 8u * segment->sack_count;
	uint64_t sum = write_word(&at, OPTION_NOP << 24 | OPTION_NOP << 16 | OPTION_SACK << 8 | bytes);

	for (uint32_t i = 0; i < segment->sack_count; i++) {
		sum += write_word(&at, segment->sacks[i].left);
		sum += write_word(&at, segment->sacks[i].right);
	}
	return sum;
}

uint64_t wire_options_write_any(uint8_t *at, const struct segment *segment)
{
	uint64_t sum = 0;

	if (segment->mss)
		sum += write_word(&at, OPTION_MSS << 24 | TCP_MSS_BYTES << 16 | (uint32_t)segment->mss);
	if (segment->options & SEGMENT_SACK_PERMITTED)
		sum += write_word(&at, OPTION_NOP << 24 | OPTION_NOP << 16 | OPTION_SACK_PERMITTED << 8 | 2);
	if (segment->options & SEGMENT_SCALE)
		sum += write_word(&at, OPTION_NOP << 24 | OPTION_SCALE << 16 | 3 << 8 | (uint32_t)segment->scale);
	if (segment->options & SEGMENT_TIMESTAMPS) {
		sum += write_word(&at, WIRE_TIMESTAMPS_ALONE);
		sum += write_word(&at, segment->tsval);
		sum += write_word(&at, segment->tsecr);
	}
	return segment->sack_count ? sum + write_sacks(at, segment) : sum;
}

uint64_t wire_options_write_syn(uint8_t *at, const struct segment *segment)
{
	uint64_t sum = write_word(&at, WIRE_SYN_MSS | (uint32_t)segment->mss);

	sum += write_word(&at, WIRE_SYN_SACK_AND_TIMESTAMPS);
	sum += write_word(&at, segment->tsval);
	sum += write_word(&at, segment->tsecr);
	return sum + write_word(&at, WIRE_SYN_SCALE | (uint32_t)segment->scale);
}
