/* raw_frame.c - TCP over IP for tests: byte by byte, as the RFCs draw the headers. */
#include "support/raw_frame.h"

#include <stdio.h>
#include <string.h>

#include "support/raw_ip6.h"
#include "support/raw_words.h"

enum { IP_BYTES = 20, TCP_BYTES = 20 };

/* Over the pseudo-header and the segment: 0 where the checksum in it is right. */
static uint32_t tcp_checksum(const uint8_t *ip, const uint8_t *tcp, uint32_t tcp_bytes)
{
	uint8_t pseudo[40] = {0};

	if (ip[0] >> 4 == 6) {
		raw_ip6_pseudo(ip, 6, tcp_bytes, pseudo);
	} else {
		memcpy(pseudo, ip + 12, 8);
		pseudo[9] = 6;
		put16(pseudo + 10, tcp_bytes);
	}
	return ~ones_sum(ones_sum(0, pseudo, sizeof(pseudo)), tcp, tcp_bytes) & 0xffff;
}

uint8_t raw_text_byte(uint32_t place)
{
	return (uint8_t)('a' + (place + place / 26) % 26);
}

/* FNV-1a, a byte at a time. */
static uint32_t sum_byte(uint32_t sum, uint8_t byte)
{
	return (sum ^ byte) * 16777619U;
}

uint32_t raw_bytes_sum(const uint8_t *bytes, uint32_t count)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < count; i++)
		sum = sum_byte(sum, bytes[i]);
	return sum;
}

uint32_t raw_text_sum(uint32_t from, uint32_t bytes)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < bytes; i++)
		sum = sum_byte(sum, raw_text_byte(from + i));
	return sum;
}

static void put_options(uint8_t *at, const struct raw_segment *segment)
{
	uint32_t bytes = 0;

	if (segment->mss != 0) {
		at[0] = 2;
		at[1] = 4;
		put16(at + 2, segment->mss);
		bytes = 4;
	}
	memcpy(at + bytes, segment->options, segment->option_bytes);
}

void raw_add_timestamps(struct raw_segment *segment, uint32_t tsval, uint32_t tsecr)
{
	uint8_t *at = segment->options + segment->option_bytes;

	memcpy(at, (const uint8_t[]){1, 1, 8, 10}, 4);
	put32(at + 4, tsval);
	put32(at + 8, tsecr);
	segment->option_bytes = (uint8_t)(segment->option_bytes + 12);
}

static void put_ip4(uint8_t *frame, const struct raw_segment *segment, uint32_t bytes)
{
	memset(frame, 0, IP_BYTES);
	frame[0] = 0x45;
	put16(frame + 2, IP_BYTES + bytes);
	put16(frame + 6, segment->fragment);
	frame[8] = 64;
	frame[9] = 6;
	put32(frame + 12, segment->source);
	put32(frame + 16, segment->dest);
	put16(frame + 10, ~ones_sum(0, frame, IP_BYTES) & 0xffff);
}

uint32_t raw_build(uint8_t *frame, const struct raw_segment *segment)
{
	uint32_t option_bytes = (segment->mss ? 4u : 0u) + segment->option_bytes;
	uint32_t header_bytes = TCP_BYTES + (option_bytes + 3) / 4 * 4, bytes = header_bytes + segment->text_bytes;
	uint32_t ip_bytes = IP_BYTES;
	uint8_t *tcp;

	if (raw_is_ip6())
		ip_bytes = raw_ip6_put(frame, segment, bytes);
	else
		put_ip4(frame, segment, bytes);
	tcp = frame + ip_bytes;
	memset(tcp, 0, header_bytes);
	put_options(tcp + TCP_BYTES, segment);
	put16(tcp, segment->source_port);
	put16(tcp + 2, segment->dest_port);
	put32(tcp + 4, segment->seq);
	put32(tcp + 8, segment->ack);
	tcp[12] = (uint8_t)((header_bytes / 4) << 4 | (segment->reserved & 0x0f));
	tcp[13] = segment->flags;
	put16(tcp + 14, segment->window);
	put16(tcp + 18, segment->urgent);
	for (uint32_t i = 0; i < segment->text_bytes; i++)
		tcp[header_bytes + i] = raw_text_byte(segment->text_from + i);
	put16(tcp + 16, tcp_checksum(frame, tcp, bytes) ^ segment->wrong_checksum);
	return ip_bytes + bytes;
}

static const char *read_sacks(const uint8_t *option, struct raw_segment *segment)
{
	if (option[1] < 10 || option[1] > 34 || option[1] % 8 != 2)
		return "SACK of a wrong length";
	segment->sack_count = (uint8_t)(option[1] / 8);
	for (int i = 0; i < segment->sack_count; i++) {
		segment->sacks[i][0] = get32(option + 2 + 8 * i);
		segment->sacks[i][1] = get32(option + 6 + 8 * i);
	}
	return NULL;
}

static const char *read_option(const uint8_t *option, struct raw_segment *segment)
{
	bool is_syn = segment->flags & SYN;

	switch (option[0]) {
	case 2:
		if (segment->mss != 0 || option[1] != 4 || !is_syn)
			return "an MSS that should not be there";
		segment->mss = (uint16_t)get16(option + 2);
		return segment->mss == 0 ? "MSS 0" : NULL;
	case 3:
		if (segment->has_scale || option[1] != 3 || !is_syn || option[2] > 14)
			return "a window scale that should not be there";
		segment->has_scale = true;
		segment->scale = option[2];
		return NULL;
	case 4:
		if (segment->sack_permitted || option[1] != 2 || !is_syn)
			return "SACK permitted where it should not be";
		segment->sack_permitted = true;
		return NULL;
	case 5:
		return segment->sack_count || is_syn ? "SACK where it should not be" : read_sacks(option, segment);
	case 8:
		if (segment->has_timestamps || option[1] != 10 || segment->flags & RST)
			return "timestamps that should not be there";
		segment->has_timestamps = true;
		segment->tsval = get32(option + 2);
		segment->tsecr = get32(option + 6);
		return NULL;
	default:
		return "an option that is not known";
	}
}

static const char *read_options(const uint8_t *at, uint32_t bytes, struct raw_segment *segment)
{
	uint32_t i = 0;

	while (i < bytes && at[i] != 0) {
		const char *wrong = NULL;

		if (at[i] == 1) {
			i++;
			continue;
		}
		if (i + 2 > bytes || at[i + 1] < 2 || i + at[i + 1] > bytes)
			return "an option that is cut off";
		wrong = read_option(at + i, segment);
		if (wrong)
			return wrong;
		i += at[i + 1];
	}
	for (; i < bytes; i++) {
		if (at[i] != 0)
			return "padding that is not zero (MUST-69)";
	}
	return NULL;
}

static const char *read_tcp(const uint8_t *ip, const uint8_t *tcp, uint32_t bytes, struct raw_segment *segment)
{
	uint32_t header_bytes;

	if (bytes < TCP_BYTES)
		return "shorter than a TCP header";
	header_bytes = (uint32_t)(tcp[12] >> 4) * 4;
	if (header_bytes < TCP_BYTES || header_bytes > bytes)
		return "data offset";
	if (tcp_checksum(ip, tcp, bytes) != 0)
		return "TCP checksum";
	if ((tcp[12] & 0x0f) != 0 || (tcp[13] & 0xc0) != 0)
		return "reserved bits, CWR or ECE set";
	segment->source_port = (uint16_t)get16(tcp);
	segment->dest_port = (uint16_t)get16(tcp + 2);
	segment->seq = get32(tcp + 4);
	segment->ack = get32(tcp + 8);
	segment->flags = tcp[13];
	segment->window = (uint16_t)get16(tcp + 14);
	segment->urgent = (uint16_t)get16(tcp + 18);
	segment->text_bytes = bytes - header_bytes;
	for (uint32_t i = header_bytes; i < bytes; i++)
		segment->text_sum = sum_byte(segment->text_sum, tcp[i]);
	return read_options(tcp + TCP_BYTES, header_bytes - TCP_BYTES, segment);
}

static const char *read_ip4(const uint8_t *frame, uint32_t bytes, struct raw_segment *segment)
{
	if (bytes < IP_BYTES || frame[0] != 0x45)
		return "not IPv4 with a header of 20 bytes";
	if (get16(frame + 2) != bytes)
		return "IPv4 total length";
	if ((get16(frame + 6) & 0xbfff) != 0)
		return "a fragment";
	if (frame[9] != 6)
		return "not TCP";
	if (frame[8] == 0)
		return "TTL 0";
	if ((~ones_sum(0, frame, IP_BYTES) & 0xffff) != 0)
		return "IPv4 checksum";
	segment->tos = frame[1];
	segment->ttl = frame[8];
	segment->source = get32(frame + 12);
	segment->dest = get32(frame + 16);
	return NULL;
}

const char *raw_read(const uint8_t *frame, uint32_t bytes, struct raw_segment *segment)
{
	uint32_t ip_bytes = raw_ip_bytes();
	const char *wrong;

	memset(segment, 0, sizeof(*segment));
	wrong = raw_is_ip6() ? raw_ip6_read(frame, bytes, segment) : read_ip4(frame, bytes, segment);
	return wrong ? wrong : read_tcp(frame, frame + ip_bytes, bytes - ip_bytes, segment);
}

const char *raw_flags_text(uint8_t flags)
{
	static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};
	static char texts[4][32];
	static unsigned int turn;
	char *text = texts[turn++ % 4];

	text[0] = '\0';
	for (unsigned int bit = 0; bit < 6; bit++) {
		if ((flags & (1U << bit)) == 0)
			continue;
		if (text[0] != '\0')
			strcat(text, ",");
		strcat(text, names[bit]);
	}
	return text[0] != '\0' ? text : "none";
}
