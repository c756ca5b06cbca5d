/* fuzz_plain.c - the second reader, up to what IP carries. */
#include "fuzz/fuzz_plain.h"

#include <string.h>

#include "support/raw_words.h"

enum {
	ETHER = 14,
	TAG = 4,
	ARP = 28,
	IP4 = 20,
	IP6 = 40,
	TYPE_IP4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_IP6 = 0x86dd,
	TYPE_TAG = 0x8100,
	TYPE_OUTER_TAG = 0x88a8,
	HOP_BY_HOP = 0,
	ROUTING = 43,
	FRAGMENT = 44,
	DESTINATION = 60,
	EXTENSIONS_MAX = 4,
	EXTENSION_BYTES_MAX = 256
};

bool fuzz_plain_sum_is_right(uint32_t sum, const uint8_t *at, uint32_t bytes)
{
	return ones_sum(sum, at, bytes) == 0xffff;
}

uint32_t fuzz_plain_pseudo_sum(const struct plain_frame *frame, uint32_t bytes)
{
	const uint8_t *ip = frame->bytes + frame->l3;
	uint32_t addresses = frame->version == 6 ? ones_sum(0, ip + 8, 32) : ones_sum(0, ip + 12, 8);

	return addresses + frame->protocol + bytes;
}

static bool is_tag(uint32_t type)
{
	return type == TYPE_TAG || type == TYPE_OUTER_TAG;
}

static bool read_ethernet(const uint8_t *at, uint32_t count, const struct wire_expect *expect,
			  struct plain_frame *frame, uint32_t *type)
{
	uint32_t ids[2] = {0, 0};
	int tags = 0;

	if (count < ETHER)
		return false;
	*type = get16(at + 12);
	for (frame->l3 = ETHER; is_tag(*type) && tags < 2; tags++) {
		if (count < frame->l3 + TAG)
			return false;
		ids[tags] = get16(at + frame->l3) & 0xfff;
		*type = get16(at + frame->l3 + 2);
		frame->l3 += TAG;
	}
	if (at[6] & 1 || (!(at[0] & 1) && memcmp(at, expect->mac, 6) != 0))
		return false;
	return ids[0] == expect->vlan && ids[1] == 0;
}

/* RFC 791: loose and strict source routes have 131 and 137; what is malformed ends the options. */
static bool has_source_route(const uint8_t *at, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes && at[i] != 0;) {
		if (at[i] == 1) {
			i++;
			continue;
		}
		if (i + 2 > bytes || at[i + 1] < 2 || i + at[i + 1] > bytes)
			return false;
		if (at[i] == 131 || at[i] == 137)
			return true;
		i += at[i + 1];
	}
	return false;
}

static bool read_ip4(const uint8_t *ip, uint32_t count, const struct wire_expect *expect, struct plain_frame *frame)
{
	uint32_t header, total;

	if (count < IP4 || ip[0] >> 4 != 4)
		return false;
	header = (ip[0] & 15) * 4u;
	total = get16(ip + 2);
	if (header < IP4 || header > count || total < header || total > count)
		return false;
	frame->version = 4;
	frame->l4 = frame->l3 + header;
	frame->end = frame->l3 + total;
	frame->protocol = ip[9];
	if (!expect->ip_checksum_good && !fuzz_plain_sum_is_right(0, ip, header))
		return false;
	if (ip[12] == 127 || ip[12] >= 224)
		return false;
	if (ip[12] == 0 && !(expect->groups && ip[9] == PLAIN_IGMP && get32(ip + 12) == 0))
		return false;
	return !has_source_route(ip + IP4, header - IP4) && (get16(ip + 6) & 0x3fff) == 0;
}

/* ::1, groups, and IPv4 in disguise; :: is let through here. */
static bool is_bad_source(const uint8_t *at)
{
	static const uint8_t loopback[16] = {[15] = 1}, disguise[12] = {[10] = 255, [11] = 255};

	return at[0] == 255 || memcmp(at, loopback, 16) == 0 || memcmp(at, disguise, 12) == 0;
}

static bool has_no_source(const uint8_t *at)
{
	static const uint8_t none[16];

	return memcmp(at, none, 16) == 0;
}

static bool may_skip_options(const uint8_t *at, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes;) {
		if (at[i] == 0) {
			i++;
			continue;
		}
		if (i + 2 > bytes || i + 2u + at[i + 1] > bytes || at[i] >> 6 != 0)
			return false;
		i += 2u + at[i + 1];
	}
	return true;
}

static bool is_extension(uint32_t next)
{
	return next == HOP_BY_HOP || next == ROUTING || next == FRAGMENT || next == DESTINATION;
}

static bool may_skip(uint32_t kind, const uint8_t *header, uint32_t bytes)
{
	if (kind == ROUTING)
		return header[2] != 0 && header[3] == 0;
	return kind != FRAGMENT && may_skip_options(header + 2, bytes - 2);
}

bool fuzz_plain_skip_ip6(const uint8_t *ip, uint32_t end, uint32_t *at, uint32_t *next)
{
	for (uint32_t seen = 0; is_extension(*next); seen++) {
		uint32_t bytes, kind = *next;

		if (seen == EXTENSIONS_MAX || end - *at < 8 || (kind == HOP_BY_HOP && seen > 0))
			return false;
		bytes = 8u + 8u * ip[*at + 1];
		if (*at + bytes > end || *at + bytes > IP6 + EXTENSION_BYTES_MAX || !may_skip(kind, ip + *at, bytes))
			return false;
		*next = ip[*at];
		*at += bytes;
	}
	return true;
}

static bool read_ip6(const uint8_t *ip, uint32_t count, struct plain_frame *frame)
{
	uint32_t next, at = IP6, end;

	if (count < IP6 || ip[0] >> 4 != 6)
		return false;
	end = IP6 + get16(ip + 4);
	next = ip[6];
	if (end > count || !fuzz_plain_skip_ip6(ip, end, &at, &next))
		return false;
	frame->version = 6;
	frame->l4 = frame->l3 + at;
	frame->end = frame->l3 + end;
	frame->protocol = next;
	return !is_bad_source(ip + 8) && (!has_no_source(ip + 8) || next == PLAIN_ICMP6);
}

static bool read_arp(const uint8_t *arp, uint32_t count, struct plain_frame *frame)
{
	static const uint8_t kind[6] = {0, 1, 8, 0, 6, 4};

	if (count < ARP)
		return false;
	frame->protocol = PLAIN_ARP;
	frame->l4 = frame->l3;
	frame->end = frame->l3 + ARP;
	return memcmp(arp, kind, 6) == 0 && arp[6] == 0 && (arp[7] == 1 || arp[7] == 2) && !(arp[8] & 1);
}

bool fuzz_plain_read(const uint8_t *bytes, uint32_t count, const struct wire_expect *expect, struct plain_frame *frame)
{
	uint32_t type = TYPE_IP4;
	bool is_good = true;

	*frame = (struct plain_frame){.bytes = bytes};
	if (expect->ethernet) {
		is_good = read_ethernet(bytes, count, expect, frame, &type);
		if (frame->l3 == 0 || frame->l3 > count)
			return false;
	} else if (expect->ip6 && count > 0 && bytes[0] >> 4 == 6) {
		type = TYPE_IP6;
	}
	if (type == TYPE_IP4)
		return read_ip4(bytes + frame->l3, count - frame->l3, expect, frame) && is_good;
	if (type == TYPE_ARP)
		return read_arp(bytes + frame->l3, count - frame->l3, frame) && is_good;
	return type == TYPE_IP6 && expect->ip6 && read_ip6(bytes + frame->l3, count - frame->l3, frame) && is_good;
}

/* Where the checksum of a protocol lies in its header; 0 for one that has none here. */
static uint32_t checksum_at(uint32_t protocol)
{
	switch (protocol) {
	case PLAIN_TCP:
		return 16;
	case PLAIN_UDP:
		return 6;
	case PLAIN_ICMP:
	case PLAIN_IGMP:
	case PLAIN_ICMP6:
		return 2;
	default:
		return 0;
	}
}

static void fix_l4(uint8_t *bytes, const struct plain_frame *frame)
{
	uint32_t at = checksum_at(frame->protocol), count = frame->end - frame->l4, sum;
	uint8_t *l4 = bytes + frame->l4;

	if (frame->protocol == PLAIN_UDP && count >= 8 && get16(l4 + 4) < count)
		count = get16(l4 + 4);
	if (at == 0 || count < at + 2)
		return;
	put16(l4 + at, 0);
	sum = frame->protocol == PLAIN_ICMP || frame->protocol == PLAIN_IGMP ? 0 : fuzz_plain_pseudo_sum(frame, count);
	sum = ~ones_sum(sum, l4, count) & 0xffff;
	put16(l4 + at, sum == 0 && frame->protocol == PLAIN_UDP ? 0xffff : sum);
}

void fuzz_plain_fix(uint8_t *bytes, uint32_t count, const struct wire_expect *expect)
{
	struct plain_frame frame;
	uint8_t *ip;

	fuzz_plain_read(bytes, count, expect, &frame);
	ip = bytes + frame.l3;
	if (frame.version == 4) {
		put16(ip + 10, 0);
		put16(ip + 10, ~ones_sum(0, ip, frame.l4 - frame.l3) & 0xffff);
	}
	if (frame.version != 0)
		fix_l4(bytes, &frame);
}
