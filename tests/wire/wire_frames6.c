/* wire_frames6.c - makes IPv6 frames by the book. */
#include "wire_frames6.h"

#include <string.h>

const uint8_t FRAME6_ADDRESSES[32] = {0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9,
				      0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
const struct ip6_pair FRAME6_PAIR = {{0x20010db800000000, 1}, {0x20010db800010000, 9}};

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

void frame6_fix_checksum(struct frame *frame, uint8_t protocol)
{
	uint8_t *ip = frame->bytes + frame->l3, *l4 = frame->bytes + frame->l4;
	uint32_t bytes = 40 + ((uint32_t)ip[4] << 8 | ip[5]) - (frame->l4 - frame->l3);
	uint32_t at = protocol == 6 ? 16 : protocol == 17 ? 6 : 2;
	uint32_t pseudo = (uint16_t)~frame_checksum(bytes + protocol, ip + 8, 32);

	put16(l4 + at, 0);
	put16(l4 + at, frame_checksum(pseudo, l4, bytes));
}

static uint32_t put_l4(uint8_t *l4, const struct frame6_plan *plan)
{
	static const uint8_t tcp[20] = {0x9c, 0x40, 0,    80, 1,    2,    3, 4, 0xa0, 0xb0,
					0xc0, 0xd0, 0x50, 0,  0x12, 0x34, 0, 0, 0,    0};
	static const uint8_t echo[8] = {128, 0, 0, 0, 0x11, 0x22, 0, 1};

	if (plan->l4) {
		memcpy(l4, plan->l4, plan->l4_bytes);
		return plan->l4_bytes;
	}
	memcpy(l4, plan->protocol == 58 ? echo : tcp, 8);
	if (plan->protocol == 17)
		put16(l4 + 4, 8 + plan->text_bytes);
	if (plan->protocol != 6)
		return 8;
	memcpy(l4, tcp, 20);
	l4[13] = plan->flags;
	return 20;
}

void frame6_make(struct frame *frame, const struct frame6_plan *plan)
{
	uint8_t *ip;
	uint32_t text;

	memset(frame, 0, sizeof *frame);
	frame->l3 = plan->no_ethernet ? 0 : 14;
	frame->l4 = frame->l3 + 40 + plan->extension_bytes;
	memcpy(frame->bytes, FRAME_OUR_MAC, 6);
	memcpy(frame->bytes + 6, FRAME_PEER_MAC, 6);
	put16(frame->bytes + 12, 0x86dd);
	ip = frame->bytes + frame->l3;
	text = frame->l4 + put_l4(frame->bytes + frame->l4, plan);
	memset(ip, 0, 8);
	ip[0] = 0x60;
	put16(ip + 4, text + plan->text_bytes - frame->l3 - 40);
	ip[6] = plan->extension_bytes ? plan->next : plan->protocol;
	ip[7] = plan->hops ? plan->hops : 64;
	memcpy(ip + 8, FRAME6_ADDRESSES, 32);
	if (plan->extension_bytes)
		memcpy(ip + 40, plan->extensions, plan->extension_bytes);
	for (uint32_t i = 0; i < plan->text_bytes; i++)
		frame->bytes[text + i] = (uint8_t)(i * 7 + 1);
	frame->length = text + plan->text_bytes + plan->padding;
	frame6_fix_checksum(frame, plan->protocol);
}

void frame6_make_seed(struct frame *frame, struct wire_expect *expect, int seed)
{
	static const uint8_t syn[24] = {0x9c, 0x40, 0,    80,   1, 2, 3, 4, 0, 0, 0, 0,
					0x60, 2,    0x12, 0x34, 0, 0, 0, 0, 2, 4, 5, 0xa0};
	/* Router alert and padding; then options of the destination, of which one is not known and may be passed over.
	 */
	static const uint8_t both[16] = {60, 0, 5, 2, 0, 0, 1, 0, 6, 0, 0x1e, 2, 7, 7, 0, 0};
	static const uint8_t routed[8] = {6, 0, 3, 0};
	static const uint8_t solicits[32] = {135, 0, 0, 0, 0, 0, 0, 0, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0,
					     0,   0, 0, 0, 0, 0, 0, 1, 1,    1, 2,    0,    0, 0, 0, 2};
	static const uint8_t advertises[32] = {136, 0, 0, 0, 0x60, 0, 0, 0, 0x20, 1, 0x0d, 0xb8, 0, 1, 0, 0,
					       0,   0, 0, 0, 0,    0, 0, 9, 2,    1, 2,    0,    0, 0, 0, 2};
	static const uint8_t too_big[56] = {2, 0,  0,    0, 0,    0,    5,    0,    0x60, 0,    0, 0, 1, 0,
					    6, 64, 0x20, 1, 0x0d, 0xb8, 0,    0,    0,    0,    0, 0, 0, 0,
					    0, 0,  0,    1, 0x20, 1,    0x0d, 0xb8, 0,    1,    0, 0, 0, 0,
					    0, 0,  0,    0, 0,    9,    0,    80,   0x9c, 0x40, 1, 2, 3, 4};
	const struct frame6_plan plans[FRAME6_SEEDS] = {
		{.protocol = 6, .flags = TCP_ACK},
		{.protocol = 6, .l4 = syn, .l4_bytes = sizeof syn},
		{.protocol = 6, .flags = TCP_ACK, .text_bytes = 101},
		{.protocol = 6, .flags = TCP_FIN | TCP_ACK, .next = 0, .extensions = both, .extension_bytes = 16},
		{.protocol = 6, .flags = TCP_RST, .next = 43, .extensions = routed, .extension_bytes = 8},
		{.protocol = 6, .flags = TCP_ACK, .no_ethernet = true, .text_bytes = 3},
		{.protocol = 17, .text_bytes = 33},
		{.protocol = 58, .text_bytes = 56},
		{.protocol = 58, .hops = 255, .l4 = solicits, .l4_bytes = sizeof solicits},
		{.protocol = 58, .hops = 255, .l4 = advertises, .l4_bytes = sizeof advertises},
		{.protocol = 58, .l4 = too_big, .l4_bytes = sizeof too_big},
	};

	*expect = (struct wire_expect){.ethernet = !plans[seed].no_ethernet, .ip6 = true};
	memcpy(expect->mac, FRAME_OUR_MAC, 6);
	frame6_make(frame, &plans[seed]);
}

enum quern_drop frame6_parse(const struct frame *frame, struct packet *packet)
{
	struct wire_expect expect = {.ethernet = true, .ip6 = true};

	memcpy(expect.mac, FRAME_OUR_MAC, 6);
	return frame_parse_exact(frame->bytes, frame->length, &expect, packet);
}
