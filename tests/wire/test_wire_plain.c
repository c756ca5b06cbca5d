/* test_wire_plain.c - the frame that nearly all are is read in one go, and as any other would be. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/random.h"
#include "wire_frames.h"

enum { ROUNDS = 300000, PLAIN_SEEDS = 4, TAG_BYTES = 4, MACS_BYTES = 12, LINK_BYTES = 14 };

/* The same frame with a tag that carries a priority alone, which is never read in one go. */
static void add_tag(struct frame *frame)
{
	static const uint8_t tag[TAG_BYTES] = {0x81, 0x00, 0xa0, 0x00};

	memmove(frame->bytes + MACS_BYTES + TAG_BYTES, frame->bytes + MACS_BYTES, frame->length - MACS_BYTES);
	memcpy(frame->bytes + MACS_BYTES, tag, TAG_BYTES);
	frame->length += TAG_BYTES;
}

static bool says_its_length(const struct frame *frame)
{
	return ((uint32_t)frame->bytes[16] << 8 | frame->bytes[17]) == frame->length - LINK_BYTES;
}

/* What flipped bits hardly ever come to. */
static void damage(struct random *random, struct frame *frame)
{
	uint8_t *ip = frame->bytes + frame->l3, *tcp = frame->bytes + frame->l4;

	switch (random_below(random, 16)) {
	case 0:
		memset(tcp + 2 * random_below(random, 2), 0, 2);
		break;
	case 1: /* from itself */
		memcpy(ip + 12, ip + 16, 4);
		memcpy(tcp, tcp + 2, 2);
		break;
	case 2:
		tcp[12] = (uint8_t)random_next(random);
		break;
	case 3: /* a source that nobody has */
		ip[12] = (uint8_t[]){0, 127, 224, 255}[random_below(random, 4)];
		break;
	case 4:
		ip[6] = (uint8_t)random_next(random);
		break;
	default:
		break;
	}
}

static void flip_some(struct random *random, struct frame *frame)
{
	damage(random, frame);
	for (uint32_t flips = random_below(random, 5); flips > 0; flips--) {
		uint32_t at = random_below(random, frame->length - 2);

		/* Not in the type of the frame: a tag there is another frame. */
		frame->bytes[at < MACS_BYTES ? at : at + 2] ^= (uint8_t)(1 << random_below(random, 8));
	}
	if (says_its_length(frame) && random_below(random, 2))
		frame_fix_checksums(frame);
}

static void same_packet(const struct packet *plain, const struct packet *tagged)
{
	cr_assert_eq(memcmp(&plain->key, &tagged->key, 12), 0);
	cr_assert_eq(plain->ttl, tagged->ttl);
	cr_assert_eq(plain->version, tagged->version);
	cr_assert_eq(plain->to_group, tagged->to_group);
	cr_assert_eq(plain->link_bytes + TAG_BYTES, tagged->link_bytes);
	cr_assert_eq(plain->l4_offset + TAG_BYTES, tagged->l4_offset);
	cr_assert_eq(plain->text_offset + TAG_BYTES, tagged->text_offset);
	cr_assert_eq(plain->frame_bytes + TAG_BYTES, tagged->frame_bytes);
}

static void same_segment(const struct segment *plain, const struct segment *tagged)
{
	cr_assert_eq(plain->seq, tagged->seq);
	cr_assert_eq(plain->ack, tagged->ack);
	cr_assert_eq(plain->text_bytes, tagged->text_bytes);
	cr_assert_eq(plain->wnd, tagged->wnd);
	cr_assert_eq(plain->urgent, tagged->urgent);
	cr_assert_eq(plain->flags, tagged->flags);
	cr_assert_eq(segment_offer(plain), segment_offer(tagged));
	if (plain->options & SEGMENT_SCALE)
		cr_assert_eq(plain->scale, tagged->scale);
	if (plain->options & SEGMENT_TIMESTAMPS)
		cr_assert(plain->tsval == tagged->tsval && plain->tsecr == tagged->tsecr);
	for (int i = 0; i < plain->sack_count; i++)
		cr_assert(plain->sacks[i].left == tagged->sacks[i].left &&
			  plain->sacks[i].right == tagged->sacks[i].right);
}

Test(wire_plain, a_frame_is_read_or_dropped_as_the_same_frame_with_a_tag)
{
	uint32_t taken = 0, dropped = 0;
	struct random random;

	random_seed(&random, 11);
	for (int round = 0; round < ROUNDS; round++) {
		enum quern_drop drop, tagged_drop;
		struct packet packet, tagged;
		struct wire_expect expect;
		struct frame frame;
		uint32_t cut;

		frame_make_seed(&frame, &expect, round % PLAIN_SEEDS);
		expect.ip_checksum_good = random_below(&random, 2);
		expect.l4_checksum_good = random_below(&random, 2);
		flip_some(&random, &frame);
		cut = random_below(&random, 8) ? 0 : random_below(&random, frame.length - LINK_BYTES);
		drop = frame_parse_exact(frame.bytes, frame.length - cut, &expect, &packet);
		add_tag(&frame);
		tagged_drop = frame_parse_exact(frame.bytes, frame.length - cut, &expect, &tagged);
		cr_assert_eq(drop, tagged_drop, "round %d: %d, tagged %d", round, drop, tagged_drop);
		if (drop == QUERN_DROP_NONE && packet.kind == WIRE_TCP) {
			same_packet(&packet, &tagged);
			same_segment(&packet.tcp, &tagged.tcp);
			taken++;
		}
		dropped += drop != QUERN_DROP_NONE;
	}
	cr_assert(taken > ROUNDS / 10 && dropped > ROUNDS / 10, "%u taken, %u dropped", taken, dropped);
}
