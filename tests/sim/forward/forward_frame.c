/* forward_frame.c - frames, written and read by code that shares nothing with lib/wire. */
#include "sim/forward/forward_world.h"

#include <string.h>

#include "support/raw_frame.h"
#include "support/raw_words.h"

enum { IP4 = 20, IP6 = 40, UDP = 8, ICMP_HEADER = 8, OPTIONS = 4, NOP = 1, PADDING = 14, ARP = 28, MORE = 0x2000 };
enum { ETHER_IP4 = 0x0800, ETHER_IP6 = 0x86dd, ETHER_ARP = 0x0806, NEXT_ICMP6 = 58, SOLICITED = 135, ADVERTISED = 136 };

static uint32_t put_link(const struct forward_world *world, uint16_t port, const uint8_t mac[6], bool is_ip6,
			 uint8_t *frame)
{
	if (!world->plan.ethernet)
		return 0;
	forward_port_mac(port, frame);
	memcpy(frame + 6, mac, 6);
	put16(frame + 12, is_ip6 ? ETHER_IP6 : ETHER_IP4);
	return FORWARD_LINK;
}

static void sum_header(uint8_t *ip, uint32_t header_bytes)
{
	put16(ip + 10, 0);
	put16(ip + 10, ~ones_sum(0, ip, header_bytes) & 0xffff);
}

static uint32_t add_options(uint8_t *ip, uint32_t bytes)
{
	memmove(ip + IP4 + OPTIONS, ip + IP4, bytes - IP4);
	memset(ip + IP4, NOP, OPTIONS);
	ip[0] = 0x46;
	put16(ip + 2, bytes + OPTIONS);
	sum_header(ip, IP4 + OPTIONS);
	return bytes + OPTIONS;
}

uint32_t forward_frame_build(const struct forward_world *world, uint16_t port, struct forward_message *message,
			     uint8_t *frame)
{
	struct lab_datagram *datagram = &message->datagram;
	bool is_ip6 = quern_ip6_is_set(&datagram->dest.ip6);
	uint32_t link = put_link(world, port, message->mac, is_ip6, frame);
	uint32_t bytes = lab_datagram_build(frame + link, datagram);
	uint8_t *text = frame + link + bytes - datagram->text_bytes;

	if (datagram->ttl == 0)
		datagram->ttl = LAB_TTL;
	if (message->is_damaged)
		text[datagram->text_bytes - 1] ^= 0x20;
	datagram->text_sum = raw_bytes_sum(text, datagram->text_bytes);
	if (message->has_options)
		bytes = add_options(frame + link, bytes);
	if (message->is_padded) {
		memset(frame + link + bytes, 0xee, PADDING);
		bytes += PADDING;
	}
	return link + bytes;
}

static uint32_t build_error4(const struct forward_answer *error, uint8_t *ip)
{
	uint32_t bytes = IP4 + ICMP_HEADER + error->quote_bytes;

	memset(ip, 0, IP4 + ICMP_HEADER);
	ip[0] = 0x45;
	put16(ip + 2, bytes);
	ip[8] = LAB_TTL;
	ip[9] = 1;
	put32(ip + 12, error->from.address);
	put32(ip + 16, error->to.address);
	sum_header(ip, IP4);
	ip[IP4] = 3;
	ip[IP4 + 1] = 3;
	memcpy(ip + IP4 + ICMP_HEADER, error->quote, error->quote_bytes);
	put16(ip + IP4 + 2, ~ones_sum(0, ip + IP4, bytes - IP4) & 0xffff);
	return bytes;
}

/* RFC 8200 8.1. */
static void sum_icmp6(uint8_t *ip, uint32_t bytes)
{
	put16(ip + IP6 + 2, 0);
	put16(ip + IP6 + 2, ~ones_sum(ones_sum(NEXT_ICMP6 + bytes - IP6, ip + 8, 32), ip + IP6, bytes - IP6) & 0xffff);
}

static uint32_t build_error6(const struct forward_answer *error, uint8_t *ip)
{
	uint32_t bytes = IP6 + ICMP_HEADER + error->quote_bytes;

	memset(ip, 0, IP6 + ICMP_HEADER);
	put32(ip, 6u << 28);
	put16(ip + 4, bytes - IP6);
	ip[6] = NEXT_ICMP6;
	ip[7] = LAB_TTL;
	/* The ends of what is quoted, the other way round. */
	memcpy(ip + 8, error->quote + 24, 16);
	memcpy(ip + 24, error->quote + 8, 16);
	ip[IP6] = 1;
	ip[IP6 + 1] = 4;
	memcpy(ip + IP6 + ICMP_HEADER, error->quote, error->quote_bytes);
	sum_icmp6(ip, bytes);
	return bytes;
}

uint32_t forward_frame_error(const struct forward_world *world, uint16_t port, const struct forward_answer *error,
			     uint8_t *frame)
{
	bool is_ip6 = quern_ip6_is_set(&error->from.ip6);
	uint8_t mac[6];
	uint32_t link;

	forward_mac(&error->from, mac);
	link = put_link(world, port, mac, is_ip6, frame);
	return link + (is_ip6 ? build_error6(error, frame + link) : build_error4(error, frame + link));
}

/* RFC 791 3.2, where all fragments come one behind the other. */
static bool put_together(struct forward_world *world, uint8_t *packet, uint32_t *bytes, uint32_t option_bytes)
{
	static uint8_t whole[FORWARD_FRAME];
	static uint32_t have, options;
	uint32_t word = get16(packet + 6), offset = (word & 0x1fff) * 8, text = *bytes - IP4;

	if (offset == 0) {
		memcpy(whole, packet, IP4);
		have = 0;
		options = option_bytes;
	}
	if (offset != have || IP4 + offset + text > sizeof(whole) || get16(whole + 4) != get16(packet + 4)) {
		forward_fail(world, "a fragment at %u, behind %u bytes", offset, have);
		return false;
	}
	memcpy(whole + IP4 + offset, packet + IP4, text);
	have = offset + text;
	if (word & MORE)
		return false;
	if (IP4 + options + have <= world->plan.mtu)
		forward_fail(world, "%u bytes were cut that fit", IP4 + have);
	memcpy(packet, whole, IP4 + have);
	put16(packet + 2, IP4 + have);
	put16(packet + 6, 0);
	sum_header(packet, IP4);
	*bytes = IP4 + have;
	return true;
}

bool forward_frame_whole(struct forward_world *world, uint8_t *packet, uint32_t *bytes)
{
	uint32_t header_bytes = (packet[0] & 15u) * 4;

	if (packet[0] >> 4 != 4)
		return true;
	if (header_bytes < IP4 || header_bytes > *bytes || get16(packet + 2) != *bytes ||
	    ones_sum(0, packet, header_bytes) != 0xffff) {
		forward_fail(world, "an IPv4 header is wrong");
		return false;
	}
	if (header_bytes > IP4) {
		memmove(packet + IP4, packet + header_bytes, *bytes - header_bytes);
		*bytes -= header_bytes - IP4;
		packet[0] = 0x45;
		put16(packet + 2, *bytes);
		sum_header(packet, IP4);
	}
	return (get16(packet + 6) & 0x3fff) == 0 || put_together(world, packet, bytes, header_bytes - IP4);
}

static uint32_t answer_arp(const uint8_t *frame, uint8_t *answer)
{
	const struct quern_endpoint host = {.address = get32(frame + 38)};

	if (get16(frame + 20) != 1)
		return 0;
	memcpy(answer, frame, FORWARD_LINK + ARP);
	memcpy(answer, frame + 6, 6);
	put16(answer + 20, 2);
	forward_mac(&host, answer + 22);
	memcpy(answer + 6, answer + 22, 6);
	put32(answer + 28, host.address);
	memcpy(answer + 32, frame + 22, 10);
	return FORWARD_LINK + ARP;
}

/* RFC 4861 4.4, with the target's link-layer address. */
static uint32_t answer_nd(const uint8_t *frame, uint8_t *answer)
{
	const uint8_t *asked = frame + FORWARD_LINK + IP6 + ICMP_HEADER;
	struct quern_endpoint host = {.ip6 = {(uint64_t)get32(asked) << 32 | get32(asked + 4),
					      (uint64_t)get32(asked + 8) << 32 | get32(asked + 12)}};
	uint8_t *ip = answer + FORWARD_LINK, *said = ip + IP6;

	memset(answer, 0, FORWARD_LINK + IP6 + 32);
	memcpy(answer, frame + 6, 6);
	forward_mac(&host, answer + 6);
	put16(answer + 12, ETHER_IP6);
	put32(ip, 6u << 28);
	put16(ip + 4, 32);
	ip[6] = NEXT_ICMP6;
	ip[7] = 255;
	memcpy(ip + 8, asked, 16);
	memcpy(ip + 24, frame + FORWARD_LINK + 8, 16);
	said[0] = ADVERTISED;
	said[4] = 0x60;
	memcpy(said + 8, asked, 16);
	said[24] = 2;
	said[25] = 1;
	memcpy(said + 26, answer + 6, 6);
	sum_icmp6(ip, IP6 + 32);
	return FORWARD_LINK + IP6 + 32;
}

uint32_t forward_frame_neighbour(const uint8_t *frame, uint32_t bytes, uint8_t *answer)
{
	if (bytes >= FORWARD_LINK + ARP && get16(frame + 12) == ETHER_ARP)
		return answer_arp(frame, answer);
	if (bytes >= FORWARD_LINK + IP6 + 24 && get16(frame + 12) == ETHER_IP6 && frame[20] == NEXT_ICMP6 &&
	    frame[54] == SOLICITED)
		return answer_nd(frame, answer);
	return 0;
}

static struct quern_endpoint end_at(const uint8_t *address, const uint8_t *port, bool is_ip6)
{
	struct quern_endpoint end = {.port = (uint16_t)get16(port)};

	if (is_ip6)
		end.ip6 = (struct quern_ip6){(uint64_t)get32(address) << 32 | get32(address + 4),
					     (uint64_t)get32(address + 8) << 32 | get32(address + 12)};
	else
		end.address = get32(address);
	return end;
}

bool forward_frame_quoted(const uint8_t *packet, uint32_t bytes, struct quern_endpoint *source,
			  struct quern_endpoint *dest)
{
	bool is_ip6 = packet[0] >> 4 == 6;
	uint32_t header = is_ip6 ? IP6 : IP4, at;
	const uint8_t *quote = packet + header + ICMP_HEADER;

	if (packet[is_ip6 ? 6 : 9] != (is_ip6 ? NEXT_ICMP6 : 1) || bytes < header + ICMP_HEADER + header + UDP)
		return false;
	at = is_ip6 ? IP6 : (quote[0] & 15u) * 4;
	*source = end_at(quote + (is_ip6 ? 8 : 12), quote + at, is_ip6);
	*dest = end_at(quote + (is_ip6 ? 24 : 16), quote + at + 2, is_ip6);
	return true;
}
