/* wire_frames.c - makes frames by the book. */
#include "wire_frames.h"

#include <stdlib.h>
#include <string.h>

const uint8_t FRAME_OUR_MAC[6] = {2, 0, 0, 0, 0, 1};
const uint8_t FRAME_PEER_MAC[6] = {2, 0, 0, 0, 0, 2};

static const uint8_t ADDRESSES[8] = {198, 19, 0, 9, 198, 18, 0, 1};

uint16_t frame_checksum(uint32_t start, const uint8_t *data, uint32_t bytes)
{
	uint32_t sum = start;

	for (uint32_t i = 0; i < bytes; i++) {
		sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t put_ethernet(uint8_t *at, uint32_t tags, uint32_t type)
{
	memcpy(at, FRAME_OUR_MAC, 6);
	memcpy(at + 6, FRAME_PEER_MAC, 6);
	at += 12;
	for (uint32_t i = 0; i < tags; i++, at += 4) {
		put16(at, i + 1 < tags ? 0x88a8 : 0x8100);
		put16(at + 2, i == 0 ? 0x6007 : 0x6000);
	}
	put16(at, type);
	return 14 + 4 * tags;
}

void frame_fix_checksums(struct frame *frame)
{
	uint8_t *ip = frame->bytes + frame->l3;
	uint8_t *l4 = frame->bytes + frame->l4;
	uint32_t l4_bytes = ((uint32_t)ip[2] << 8 | ip[3]) - (frame->l4 - frame->l3);
	uint32_t at = ip[9] == 6 ? 16 : ip[9] == 17 ? 6 : 2;
	uint32_t pseudo = ip[9] == 1 ? 0 : (uint16_t)~frame_checksum(l4_bytes + ip[9], ip + 12, 8);

	put16(ip + 10, 0);
	put16(ip + 10, frame_checksum(0, ip, frame->l4 - frame->l3));
	put16(l4 + at, 0);
	put16(l4 + at, frame_checksum(pseudo, l4, l4_bytes));
}

static uint32_t put_l4(uint8_t *l4, const struct frame_plan *plan)
{
	static const uint8_t tcp[20] = {0x9c, 0x40, 0,    80, 1,    2,    3, 4, 0xa0, 0xb0,
					0xc0, 0xd0, 0x50, 0,  0x12, 0x34, 0, 0, 0,    0};
	static const uint8_t echo[8] = {8, 0, 0, 0, 0x11, 0x22, 0, 1};

	if (plan->protocol == 6) {
		memcpy(l4, tcp, 20);
		l4[12] = (uint8_t)((20 + plan->tcp_options_bytes) * 4);
		l4[13] = plan->flags;
		if (plan->tcp_options_bytes != 0)
			memcpy(l4 + 20, plan->tcp_options, plan->tcp_options_bytes);
		return 20 + plan->tcp_options_bytes;
	}
	if (plan->protocol == 17) {
		memcpy(l4, tcp, 4);
		put16(l4 + 4, 8 + plan->text_bytes);
		return 8;
	}
	memcpy(l4, echo, 8);
	return 8;
}

void frame_make(struct frame *frame, const struct frame_plan *plan)
{
	memset(frame, 0, sizeof *frame);
	frame->l3 = plan->no_ethernet ? 0 : put_ethernet(frame->bytes, plan->tags, 0x0800);
	frame->l4 = frame->l3 + 20 + plan->ip_options_bytes;
	uint8_t *ip = frame->bytes + frame->l3;
	uint32_t text = frame->l4 + put_l4(frame->bytes + frame->l4, plan);

	ip[0] = (uint8_t)(0x45 + plan->ip_options_bytes / 4);
	put16(ip + 2, text + plan->text_bytes - frame->l3);
	put16(ip + 6, 0x4000);
	ip[8] = 63;
	ip[9] = plan->protocol;
	memcpy(ip + 12, ADDRESSES, 8);
	if (plan->ip_options_bytes != 0)
		memcpy(ip + 20, plan->ip_options, plan->ip_options_bytes);
	for (uint32_t i = 0; i < plan->text_bytes; i++)
		frame->bytes[text + i] = (uint8_t)(i * 7 + 1);
	frame->length = text + plan->text_bytes + plan->padding;
	frame_fix_checksums(frame);
}

void frame_make_arp(struct frame *frame)
{
	static const uint8_t head[8] = {0, 1, 8, 0, 6, 4, 0, 1};

	memset(frame, 0, sizeof *frame);
	frame->l3 = frame->l4 = put_ethernet(frame->bytes, 0, 0x0806);
	memset(frame->bytes, 0xff, 6);
	memcpy(frame->bytes + 14, head, 8);
	memcpy(frame->bytes + 22, FRAME_PEER_MAC, 6);
	memcpy(frame->bytes + 28, ADDRESSES, 4);
	memcpy(frame->bytes + 38, ADDRESSES + 4, 4);
	frame->length = 60;
}

void frame_make_seed(struct frame *frame, struct wire_expect *expect, int seed)
{
	static const uint8_t mss[] = {2, 4, 0x05, 0xb4};
	static const uint8_t linux_syn[] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7};
	static const uint8_t record_route[] = {7, 7, 4, 0, 0, 0, 0, 0};
	const struct frame_plan plans[FRAME_SEEDS - 1] = {
		{.protocol = 6, .flags = TCP_ACK},
		{.protocol = 6, .flags = TCP_SYN, .tcp_options = mss, .tcp_options_bytes = 4},
		{.protocol = 6, .flags = TCP_SYN, .tcp_options = linux_syn, .tcp_options_bytes = 20},
		{.protocol = 6, .flags = TCP_ACK, .text_bytes = 101},
		{.protocol = 6, .flags = TCP_ACK, .ip_options = record_route, .ip_options_bytes = 8},
		{.protocol = 6, .flags = TCP_FIN | TCP_ACK, .tags = 1},
		{.protocol = 6, .flags = TCP_RST, .tags = 2, .text_bytes = 3},
		{.protocol = 6, .flags = TCP_ACK, .no_ethernet = true},
		{.protocol = 17, .text_bytes = 33},
		{.protocol = 1, .text_bytes = 56},
		{.protocol = 1, .text_bytes = 7, .ip_options = record_route, .ip_options_bytes = 8},
	};

	*expect = (struct wire_expect){.ethernet = true};
	memcpy(expect->mac, FRAME_OUR_MAC, 6);
	if (seed == FRAME_SEEDS - 1) {
		frame_make_arp(frame);
		return;
	}
	frame_make(frame, &plans[seed]);
	expect->ethernet = !plans[seed].no_ethernet;
	expect->vlan = plans[seed].tags != 0 ? 7 : 0;
}

enum quern_drop frame_parse_exact(const uint8_t *bytes, uint32_t length, const struct wire_expect *expect,
				  struct packet *packet)
{
	uint8_t *copy = malloc(length);

	memcpy(copy, bytes, length);
	enum quern_drop drop = wire_parse(copy, length, expect, packet);

	free(copy);
	return drop;
}

enum quern_drop frame_parse(const struct frame *frame, struct packet *packet)
{
	struct wire_expect expect = {.ethernet = true};

	memcpy(expect.mac, FRAME_OUR_MAC, 6);
	return frame_parse_exact(frame->bytes, frame->length, &expect, packet);
}
