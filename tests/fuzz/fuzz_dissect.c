/* fuzz_dissect.c - any bytes as a frame of a capture, cut anywhere: quern_dissect() reads nothing beyond what was
 * captured, and finds in a frame what wire_parse() finds in it, where that takes it.
 *
 * The first byte says how the frame begins, and whether its checksums are put right; two more, how much was captured.
 */
#include <stdlib.h>
#include <string.h>

#include <quern/dissect.h>

#include "base/check.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_plain.h"
#include "support/raw_words.h"

enum { HEAD = 3, LINKS = 3, FIX = 4, MAC_BYTES = 6, FRAME_MAX = 4096, UNTOUCHED = 0x5a };

/* Of exactly that many bytes. Where it is no segment, nothing is written. */
static enum quern_dissection dissect(const uint8_t *frame, uint32_t bytes, uint32_t wire_bytes, enum quern_link link,
				     struct quern_segment *segment)
{
	uint8_t *copy = malloc(bytes), *at = (uint8_t *)segment;
	enum quern_dissection found;

	CHECK(copy != NULL || bytes == 0);
	memcpy(copy, frame, bytes);
	memset(segment, UNTOUCHED, sizeof(*segment));
	found = quern_dissect(copy, bytes, wire_bytes, link, segment);
	free(copy);
	CHECK(found < QUERN_DISSECTIONS_END);
	for (size_t i = 0; found != QUERN_DISSECTED_SEGMENT && i < sizeof(*segment); i++)
		CHECK(at[i] == UNTOUCHED);
	return found;
}

static void check_bounds(const struct quern_segment *segment)
{
	CHECK(segment->header_bytes >= 20 && segment->header_bytes <= 60);
	CHECK(segment->text_bytes <= UINT16_MAX && segment->flags <= 0x1ff && segment->vlan <= 0xfff);
	CHECK(segment->sack_count <= QUERN_SACKS && segment->unknown_count <= QUERN_OPTIONS_UNKNOWN);
	CHECK(!segment->has_scale || segment->scale <= 14);
}

static void check_same(const struct quern_segment *segment, const struct packet *packet)
{
	const struct segment *tcp = &packet->tcp;

	CHECK(segment->source.port == packet->key.remote_port && segment->dest.port == packet->key.local_port);
	CHECK(segment->seq == tcp->seq && segment->ack == tcp->ack && segment->window == tcp->wnd);
	CHECK((segment->flags & 0x3f) == tcp->flags && segment->text_bytes == tcp->text_bytes);
	CHECK(segment->ttl == packet->ttl && segment->urgent == tcp->urgent);
	CHECK(segment->mss == tcp->mss && segment->sack_count == tcp->sack_count);
	CHECK(segment->has_timestamps == !!(tcp->options & SEGMENT_TIMESTAMPS));
	CHECK(!segment->has_timestamps || (segment->tsval == tcp->tsval && segment->tsecr == tcp->tsecr));
	CHECK(segment->has_scale == !!(tcp->options & SEGMENT_SCALE));
	CHECK(segment->sack_permitted == !!(tcp->options & SEGMENT_SACK_PERMITTED));
	for (uint8_t i = 0; i < tcp->sack_count; i++)
		CHECK(segment->sacks[i].left == tcp->sacks[i].left && segment->sacks[i].right == tcp->sacks[i].right);
}

static void check_whole(const uint8_t *frame, uint32_t bytes, enum quern_link link)
{
	struct wire_expect expect = {.ethernet = link == QUERN_LINK_ETHERNET, .ip6 = true, .l4_checksum_good = true};
	struct quern_segment segment;
	struct packet packet;

	if (expect.ethernet && bytes >= MAC_BYTES)
		memcpy(expect.mac, frame, MAC_BYTES);
	if (wire_parse(frame, bytes, &expect, &packet) != QUERN_DROP_NONE || packet.kind != WIRE_TCP)
		return;
	CHECK(dissect(frame, bytes, bytes, link, &segment) == QUERN_DISSECTED_SEGMENT);
	check_same(&segment, &packet);
	expect.l4_checksum_good = false;
	CHECK((segment.checksum == QUERN_CHECKSUM_RIGHT) ==
	      (wire_parse(frame, bytes, &expect, &packet) == QUERN_DROP_NONE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t frame[FRAME_MAX];
	struct quern_segment segment;
	enum quern_link link;
	uint32_t bytes, captured;

	if (size < HEAD || size > HEAD + FRAME_MAX)
		return 0;
	link = (enum quern_link)(data[0] & LINKS);
	bytes = (uint32_t)size - HEAD;
	captured = get16(data + 1) < bytes ? get16(data + 1) : bytes;
	memcpy(frame, data + HEAD, bytes);
	if (data[0] & FIX && link <= QUERN_LINK_IP) {
		const struct wire_expect expect = {.ethernet = link == QUERN_LINK_ETHERNET, .ip6 = true};

		fuzz_plain_fix(frame, bytes, &expect);
	}
	if (dissect(frame, captured, bytes, link, &segment) == QUERN_DISSECTED_SEGMENT)
		check_bounds(&segment);
	if (link == QUERN_LINK_ETHERNET || link == QUERN_LINK_IP)
		check_whole(frame, bytes, link);
	return 0;
}
