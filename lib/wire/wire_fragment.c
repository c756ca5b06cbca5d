/* wire_fragment.c - RFC 791 3.2 and RFC 8200 4.5: what a fragment says of itself, and the header of the whole. */
#include "wire/wire_fragment.h"

#include <string.h>

#include "wire/wire_checksum.h"
#include "wire/wire_words.h"

enum { ECN_BITS = 3, IP6_ECN_AT = 4, WHOLE_MAX = 65535 };

static void read4(const uint8_t *ip, struct packet *packet)
{
	uint16_t word = wire_load16(ip + 6);

	packet->fragment = (struct wire_fragment){.id = wire_load16(ip + 4),
						  .offset = (uint32_t)(word & IP_FRAGMENT_UNITS) * WIRE_FRAGMENT_UNIT,
						  .ecn = ip[1] & ECN_BITS,
						  .is_last = (word & IP_MORE_FRAGMENTS) == 0};
	packet->text_offset = packet->l4_offset;
}

static void read6(const uint8_t *ip, const uint8_t *header, struct packet *packet)
{
	uint16_t word = wire_load16(header + 2);

	packet->fragment = (struct wire_fragment){.id = wire_load32(header + 4),
						  .offset = word & ~(uint32_t)(WIRE_FRAGMENT_UNIT - 1),
						  .ecn = wire_load16(ip) >> IP6_ECN_AT & ECN_BITS,
						  .is_last = (word & 1) == 0};
	packet->text_offset = (uint16_t)(packet->l4_offset + IP6_FRAGMENT_BYTES);
}

enum quern_drop wire_fragment_parse(const uint8_t *ip, struct packet *packet)
{
	struct wire_fragment *fragment = &packet->fragment;

	if (packet->version == 6) {
		read6(ip, ip + (packet->l4_offset - packet->link_bytes), packet);
	} else {
		/* A protocol of that number that is no fragment. */
		if ((wire_load16(ip + 6) & (IP_MORE_FRAGMENTS | IP_FRAGMENT_UNITS)) == 0)
			return QUERN_DROP_IP_PROTOCOL;
		read4(ip, packet);
	}
	packet->kind = WIRE_FRAGMENT;
	packet->key.local_port = packet->key.remote_port = 0;
	fragment->bytes = (uint16_t)(packet->frame_bytes - packet->text_offset);
	if (fragment->bytes == 0 || fragment->offset + fragment->bytes > WHOLE_MAX ||
	    (!fragment->is_last && fragment->bytes % WIRE_FRAGMENT_UNIT != 0))
		return QUERN_DROP_IP_FRAGMENT_WRONG;
	return QUERN_DROP_NONE;
}

uint32_t wire_fragment_head_bytes(const struct packet *first)
{
	return first->version == 6 ? (uint32_t)first->link_bytes + IP6_BYTES : first->l4_offset;
}

static void finish4(uint8_t *ip, uint32_t header_bytes, uint32_t bytes, bool is_congested)
{
	uint16_t checksum;

	ip[1] |= is_congested ? ECN_BITS : 0;
	wire_store16(ip + 2, (uint16_t)(header_bytes + bytes));
	wire_store16(ip + 6, 0);
	wire_store16(ip + 10, 0);
	checksum = wire_sum_finish(wire_sum(0, ip, header_bytes));
	memcpy(ip + 10, &checksum, 2);
}

void wire_fragment_head(uint8_t *head, const uint8_t *frame, const struct packet *first, uint32_t bytes,
			bool is_congested)
{
	uint32_t head_bytes = wire_fragment_head_bytes(first);
	uint8_t *ip = head + first->link_bytes;

	memmove(head, frame, head_bytes);
	if (first->version == 4) {
		finish4(ip, head_bytes - first->link_bytes, bytes, is_congested);
		return;
	}
	ip[1] |= is_congested ? ECN_BITS << IP6_ECN_AT : 0;
	wire_store16(ip + 4, (uint16_t)bytes);
	ip[6] = IP_PROTOCOL_UDP;
}

uint32_t wire_fragment_head_again(uint8_t *to, const uint8_t *head, struct packet *first)
{
	uint32_t head_bytes = wire_fragment_head_bytes(first);
	uint8_t *ip = to + first->link_bytes, *fragment = to + head_bytes;

	memcpy(to, head, head_bytes);
	if (first->version == 4)
		return head_bytes;
	wire_store16(ip + 4, (uint16_t)(IP6_FRAGMENT_BYTES + first->fragment.bytes));
	ip[6] = IP_PROTOCOL_FRAGMENT;
	wire_store32(fragment, (uint32_t)IP_PROTOCOL_UDP << 24 | !first->fragment.is_last);
	wire_store32(fragment + 4, first->fragment.id);
	first->l4_offset = (uint16_t)head_bytes;
	first->text_offset = (uint16_t)(head_bytes + IP6_FRAGMENT_BYTES);
	first->frame_bytes = (uint16_t)(first->text_offset + first->fragment.bytes);
	return first->text_offset;
}
