/* fuzz_plain_l4.c - the second reader of what IP carries, and what the first has made of it. */
#include "fuzz/fuzz_plain.h"

#include "base/check.h"
#include "support/raw_words.h"

enum { UDP = 8, TCP = 20, FLAGS = 0x3f };

static struct quern_ip6 ip6_at(const uint8_t *at)
{
	return (struct quern_ip6){(uint64_t)get32(at) << 32 | get32(at + 4),
				  (uint64_t)get32(at + 8) << 32 | get32(at + 12)};
}

static bool is_land(const struct plain_frame *frame)
{
	const uint8_t *ip = frame->bytes + frame->l3, *tcp = frame->bytes + frame->l4;

	if (get16(tcp) != get16(tcp + 2))
		return false;
	return frame->version == 6 ? ip6_equal(ip6_at(ip + 8), ip6_at(ip + 24)) : get32(ip + 12) == get32(ip + 16);
}

static bool judge_tcp(const struct plain_frame *frame, const struct wire_expect *expect)
{
	const uint8_t *tcp = frame->bytes + frame->l4;
	uint32_t bytes = frame->end - frame->l4, header;

	if (bytes < TCP)
		return false;
	header = (tcp[12] >> 4) * 4u;
	if (header < TCP || header > bytes)
		return false;
	if (!expect->l4_checksum_good && !fuzz_plain_sum_is_right(fuzz_plain_pseudo_sum(frame, bytes), tcp, bytes))
		return false;
	return get16(tcp) != 0 && get16(tcp + 2) != 0 && !is_land(frame);
}

static bool judge_udp(const struct plain_frame *frame, const struct wire_expect *expect)
{
	const uint8_t *udp = frame->bytes + frame->l4;
	uint32_t bytes = frame->end - frame->l4, length;

	if (bytes < UDP)
		return false;
	length = get16(udp + 4);
	if (length < UDP || length > bytes)
		return false;
	if (get16(udp + 6) == 0)
		return frame->version == 4;
	return expect->l4_checksum_good || fuzz_plain_sum_is_right(fuzz_plain_pseudo_sum(frame, length), udp, length);
}

static void compare_addresses(const struct plain_frame *frame, const struct packet *packet)
{
	const uint8_t *ip = frame->bytes + frame->l3;

	if (frame->version == 4) {
		CHECK(packet->key.remote == get32(ip + 12) && packet->key.local == get32(ip + 16));
		CHECK(packet->ttl == ip[8]);
		return;
	}
	CHECK(packet->key.remote == 0 && packet->key.local == 0);
	CHECK(ip6_equal(packet->ip6.remote, ip6_at(ip + 8)) && ip6_equal(packet->ip6.local, ip6_at(ip + 24)));
	CHECK(packet->ttl == ip[7]);
}

static void compare_tcp(const struct plain_frame *frame, const struct packet *packet)
{
	const uint8_t *tcp = frame->bytes + frame->l4;
	uint32_t header = (tcp[12] >> 4) * 4u;
	struct segment options = fuzz_plain_options(tcp + TCP, header - TCP, tcp[13]);

	CHECK(packet->kind == WIRE_TCP);
	compare_addresses(frame, packet);
	CHECK(packet->key.remote_port == get16(tcp) && packet->key.local_port == get16(tcp + 2));
	CHECK(packet->text_offset == frame->l4 + header && packet->frame_bytes == frame->end);
	CHECK(packet->tcp.seq == get32(tcp + 4) && packet->tcp.ack == get32(tcp + 8));
	CHECK(packet->tcp.flags == (tcp[13] & FLAGS) && packet->tcp.wnd == get16(tcp + 14));
	CHECK(packet->tcp.urgent == get16(tcp + 18));
	CHECK(packet->tcp.text_bytes == frame->end - frame->l4 - header);
	fuzz_plain_same_options(&packet->tcp, &options);
}

static void compare_udp(const struct plain_frame *frame, const struct packet *packet)
{
	const uint8_t *udp = frame->bytes + frame->l4;

	CHECK(packet->kind == WIRE_UDP);
	compare_addresses(frame, packet);
	CHECK(packet->key.remote_port == get16(udp) && packet->key.local_port == get16(udp + 2));
	CHECK(packet->text_offset == frame->l4 + UDP && packet->frame_bytes == frame->l4 + get16(udp + 4));
}

static void compare_arp(const struct plain_frame *frame, const struct packet *packet)
{
	const uint8_t *arp = frame->bytes + frame->l3;

	CHECK(packet->kind == WIRE_ARP && packet->version == 4);
	CHECK(packet->arp.operation == get16(arp + 6));
	CHECK(packet->arp.sender == get32(arp + 14) && packet->arp.target == get32(arp + 24));
	CHECK(memcmp(packet->arp.sender_mac, arp + 8, 6) == 0);
	CHECK(packet->frame_bytes == frame->end && packet->text_offset == frame->end);
}

static bool judge_l4(const struct plain_frame *frame, const struct wire_expect *expect, const struct packet *packet)
{
	switch (frame->protocol) {
	case PLAIN_TCP:
		if (packet)
			compare_tcp(frame, packet);
		return judge_tcp(frame, expect);
	case PLAIN_UDP:
		if (packet)
			compare_udp(frame, packet);
		return judge_udp(frame, expect);
	case PLAIN_ICMP:
	case PLAIN_ICMP6:
		return (frame->protocol == PLAIN_ICMP6) == (frame->version == 6) &&
		       fuzz_plain_judge_icmp(frame, expect, packet);
	case PLAIN_IGMP:
		return frame->version == 4 && expect->groups && fuzz_plain_judge_igmp(frame, packet);
	case PLAIN_ARP:
		if (packet)
			compare_arp(frame, packet);
		return true;
	default:
		return false;
	}
}

bool fuzz_plain_judge(const uint8_t *bytes, uint32_t count, const struct wire_expect *expect,
		      const struct packet *packet)
{
	struct plain_frame frame;

	if (!fuzz_plain_read(bytes, count, expect, &frame))
		return false;
	if (packet) {
		CHECK(packet->link_bytes == frame.l3 && packet->l4_offset == frame.l4);
		CHECK(packet->frame_bytes <= count && packet->text_offset <= packet->frame_bytes);
		CHECK(packet->to_group == (expect->ethernet && bytes[0] & 1));
		CHECK(frame.version == 0 || packet->version == frame.version);
	}
	return judge_l4(&frame, expect, packet);
}

bool fuzz_plain_agree(const uint8_t *bytes, uint32_t count, const struct wire_expect *expect, struct packet *packet)
{
	bool is_taken = wire_parse(bytes, count, expect, packet) == QUERN_DROP_NONE;

	CHECK(is_taken == fuzz_plain_judge(bytes, count, expect, NULL));
	if (is_taken)
		fuzz_plain_judge(bytes, count, expect, packet);
	return is_taken;
}
