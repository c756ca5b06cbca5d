/* fuzz_plain_options.c - the second reader of TCP options. */
#include "fuzz/fuzz_plain.h"

#include "base/check.h"
#include "support/raw_words.h"

enum { END, NOP, MSS, SCALE, SACK_PERMITTED, SACK, TIMESTAMPS = 8 };

/* The length that an option must have; 0 where any will do. */
static bool has_its_length(uint8_t kind, uint8_t length)
{
	static const uint8_t lengths[] = {[MSS] = 4, [SCALE] = 3, [SACK_PERMITTED] = 2, [TIMESTAMPS] = 10};

	if (kind == SACK)
		return length >= 10 && length % 8 == 2;
	return kind >= sizeof(lengths) || lengths[kind] == 0 || lengths[kind] == length;
}

static void take_of_syn(const uint8_t *option, bool is_first, struct segment *segment)
{
	switch (option[0]) {
	case MSS:
		if (segment->mss == 0)
			segment->mss = (uint16_t)get16(option + 2);
		return;
	case SACK_PERMITTED:
		segment->options |= SEGMENT_SACK_PERMITTED;
		return;
	case SCALE:
		if (!is_first)
			return;
		segment->options |= SEGMENT_SCALE;
		segment->scale = option[2] > 14 ? 14 : option[2];
		return;
	default:
		return;
	}
}

static void take(const uint8_t *option, bool is_first, struct segment *segment)
{
	if (option[0] == TIMESTAMPS && is_first) {
		segment->options |= SEGMENT_TIMESTAMPS;
		segment->tsval = get32(option + 2);
		segment->tsecr = get32(option + 6);
	} else if (segment->flags & TCP_SYN) {
		take_of_syn(option, is_first, segment);
	} else if (option[0] == SACK && is_first) {
		segment->sack_count = option[1] / 8;
		for (uint8_t i = 0; i < segment->sack_count; i++)
			segment->sacks[i] = (struct segment_sack){get32(option + 2 + 8 * i), get32(option + 6 + 8 * i)};
	}
}

struct segment fuzz_plain_options(const uint8_t *at, uint32_t bytes, uint8_t flags)
{
	struct segment segment = {.flags = flags};
	uint32_t i = 0, seen[8] = {0};

	while (i < bytes && at[i] != END) {
		if (at[i] == NOP) {
			i++;
			continue;
		}
		if (i + 2 > bytes || at[i + 1] < 2 || i + at[i + 1] > bytes || !has_its_length(at[i], at[i + 1]))
			break;
		take(at + i, !(seen[at[i] / 32] >> at[i] % 32 & 1), &segment);
		seen[at[i] / 32] |= 1u << at[i] % 32;
		i += at[i + 1];
	}
	return segment;
}

void fuzz_plain_same_options(const struct segment *one, const struct segment *other)
{
	CHECK(one->mss == other->mss);
	CHECK(one->options == other->options);
	CHECK(one->sack_count == other->sack_count && one->sack_count <= SEGMENT_SACKS);
	if (one->options & SEGMENT_SCALE)
		CHECK(one->scale == other->scale && one->scale <= 14);
	if (one->options & SEGMENT_TIMESTAMPS)
		CHECK(one->tsval == other->tsval && one->tsecr == other->tsecr);
	for (uint8_t i = 0; i < one->sack_count; i++) {
		CHECK(one->sacks[i].left == other->sacks[i].left);
		CHECK(one->sacks[i].right == other->sacks[i].right);
	}
}
