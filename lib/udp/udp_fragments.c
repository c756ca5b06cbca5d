/* udp_fragments.c - what becomes of a fragment: kept, joined with others, or spoilt. */
#include "udp/udp_fragments_parts.h"

#include <string.h>

enum { ECN_NOT_CAPABLE = 0, ECN_CONGESTED = 3 };

static struct udp_whole_name name_of(const struct packet *packet, uint16_t port)
{
	struct udp_whole_name name = {.id = packet->fragment.id, .port = port, .version = packet->version};

	if (packet->version == 6)
		name.pair = packet->ip6;
	else
		name.pair = (struct ip6_pair){.local = {0, packet->key.local}, .remote = {0, packet->key.remote}};
	return name;
}

/* Whether a part is one that is there. */
static bool is_there(const struct udp_whole *whole, const struct wire_fragment *part)
{
	for (uint32_t i = 0; i < whole->part_count; i++)
		if (whole->parts[i].from == part->offset && whole->parts[i].bytes == part->bytes)
			return true;
	return false;
}

/* Whether a part that is not there contradicts those that are. Of two ends one overlaps the other, or lies before it.
 */
static bool contradicts(const struct udp_whole *whole, const struct wire_fragment *part)
{
	uint32_t behind = part->offset + part->bytes;

	if (whole->part_count == UDP_FRAGMENTS_PARTS || (whole->end != 0 && behind > whole->end))
		return true;
	for (uint32_t i = 0; i < whole->part_count; i++) {
		const struct udp_whole_part *other = &whole->parts[i];

		if ((part->offset < (uint32_t)other->from + other->bytes && other->from < behind) ||
		    (part->is_last && (uint32_t)other->from + other->bytes > behind))
			return true;
	}
	return false;
}

static void keep(struct udp_fragments *fragments, struct udp_whole *whole, const uint8_t *frame,
		 const struct packet *packet)
{
	const struct wire_fragment *part = &packet->fragment;

	whole->parts[whole->part_count++] = (struct udp_whole_part){(uint16_t)part->offset, part->bytes};
	whole->have += part->bytes;
	whole->ecn |= (uint8_t)(1u << part->ecn);
	if (part->is_last)
		whole->end = part->offset + part->bytes;
	if (part->offset == 0) {
		whole->first = *packet;
		whole->has_first = true;
		memcpy(whole->head, frame, wire_fragment_head_bytes(packet));
	}
	udp_whole_write(fragments, whole, part->offset, frame + packet->text_offset, part->bytes);
}

/* RFC 3168 5.3: what routers have marked is marked; where they could not mark all of it, they would have dropped it. */
static bool is_marked_in_part(const struct udp_whole *whole)
{
	return whole->ecn & 1 << ECN_CONGESTED && whole->ecn & 1 << ECN_NOT_CAPABLE;
}

/* Nothing comes of it. Returns how many frames are lost. */
static uint32_t spoil(struct udp_fragments *fragments, struct udp_whole *whole)
{
	uint32_t frames = whole->frames;

	whole->frames = 0;
	whole->is_spoilt = true;
	udp_whole_empty(fragments, whole);
	return frames;
}

static struct udp_fragments_result dropped(uint32_t frames)
{
	return (struct udp_fragments_result){.frames = frames, .drop = QUERN_DROP_IP_FRAGMENT_WRONG};
}

/* Of a datagram whose parts are all there. */
static struct udp_fragments_result join(struct udp_fragments *fragments, struct udp_whole *whole)
{
	uint32_t head_bytes = wire_fragment_head_bytes(&whole->first), bytes = head_bytes + whole->end;

	if (bytes > UDP_WHOLE_MAX || is_marked_in_part(whole))
		return dropped(spoil(fragments, whole));
	wire_fragment_head(fragments->joined, whole->head, &whole->first, whole->end, whole->ecn & 1 << ECN_CONGESTED);
	udp_whole_read(fragments, whole, fragments->joined + head_bytes);
	udp_whole_end(fragments, whole);
	return (struct udp_fragments_result){.whole_bytes = bytes};
}

/* RFC 6946: one part that is the whole has nothing to do with any other. */
static struct udp_fragments_result take_atomic(struct udp_fragments *fragments, const uint8_t *frame,
					       const struct packet *packet)
{
	uint32_t head_bytes = wire_fragment_head_bytes(packet);

	wire_fragment_head(fragments->joined, frame, packet, packet->fragment.bytes, false);
	memcpy(fragments->joined + head_bytes, frame + packet->text_offset, packet->fragment.bytes);
	return (struct udp_fragments_result){.whole_bytes = head_bytes + packet->fragment.bytes};
}

struct udp_fragments_result udp_fragments_add(struct udp_fragments *fragments, const uint8_t *frame,
					      const struct packet *packet, uint16_t port, uint32_t now_ms)
{
	const struct wire_fragment *part = &packet->fragment;
	const struct udp_whole_name name = name_of(packet, port);
	struct udp_whole *whole;

	if (part->offset == 0 && part->is_last)
		return take_atomic(fragments, frame, packet);
	whole = udp_whole_find(fragments, &name);
	if (!whole)
		whole = udp_whole_begin(fragments, &name, now_ms);
	if (whole->is_spoilt)
		return dropped(1);
	whole->frames++;
	if (is_there(whole, part))
		return (struct udp_fragments_result){.whole_bytes = 0};
	if (contradicts(whole, part))
		return dropped(spoil(fragments, whole));
	keep(fragments, whole, frame, packet);
	return whole->has_first && whole->have == whole->end ? join(fragments, whole)
							     : (struct udp_fragments_result){.whole_bytes = 0};
}
