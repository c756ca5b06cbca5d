/* raw_icmp.c - ICMP errors for tests: byte by byte, as RFC 792 and RFC 4443 draw them. */
#include "support/raw_icmp.h"

#include <string.h>

#include "support/raw_words.h"

enum { IP_BYTES = 20, ICMP_AT = 20, QUOTE_AT = 28, ICMP_HEADER = 8, NEXT_TCP = 6, NEXT_ICMP6 = 58 };

/* 0 over data with its right checksum. */
static uint32_t checksum(const uint8_t *bytes, uint32_t count)
{
	return ~ones_sum(0, bytes, count) & 0xffff;
}

struct raw_icmp raw_icmp_about(const struct script *script, uint8_t type, uint8_t code, uint32_t seq,
			       uint32_t text_bytes)
{
	const struct raw_segment segment = {.source = script->local,
					    .dest = script->remote,
					    .source_port = script->local_port,
					    .dest_port = script->remote_port,
					    .seq = script->iss + seq,
					    .flags = ACK,
					    .fragment = 0x4000,
					    .text_bytes = text_bytes};
	struct raw_icmp icmp = {.source = RAW_ROUTER,
				.dest = script->local,
				.type = type,
				.code = code,
				.quote_bytes = raw_quote_bytes()};
	uint8_t frame[RAW_FRAME_MAX];

	raw_build(frame, &segment);
	memcpy(icmp.quote, frame, icmp.quote_bytes);
	return icmp;
}

uint32_t raw_quote_bytes(void)
{
	return raw_ip_bytes() + 8;
}

uint32_t raw_quote_max(void)
{
	return raw_is_ip6() ? RAW_QUOTE_MAX : 548;
}

/* What RFC 4443 has for a type and code of RFC 792. */
static void put_type6(uint8_t *at, uint8_t type, uint8_t code)
{
	static const uint8_t unreachables[][2] = {{1, 0}, {1, 3}, {4, 1}, {1, 4}, {2, 0}, {1, 7}, {1, 0},
						  {1, 3}, {1, 2}, {1, 1}, {1, 1}, {1, 0}, {1, 3}};

	at[0] = type;
	at[1] = code;
	if (type == 3)
		memcpy(at, code < 13 ? unreachables[code] : (const uint8_t[2]){1, 1}, 2);
	else if (type == 11)
		at[0] = 3;
	else if (type == 12)
		at[0] = 4;
	else if (type == 4)
		at[0] = 127; /* an error that nobody knows: there is no source quench */
}

static uint32_t build6(uint8_t *frame, const struct raw_icmp *icmp)
{
	const struct raw_segment between = {.source = icmp->source, .dest = icmp->dest};
	uint32_t bytes = ICMP_HEADER + icmp->quote_bytes;
	uint8_t *message = frame + raw_ip6_put(frame, &between, bytes);

	put_type6(message, icmp->type, icmp->code);
	put32(message + 4, icmp->mtu);
	memcpy(message + ICMP_HEADER, icmp->quote, icmp->quote_bytes);
	raw_ip6_seal(frame, RAW_IP6_BYTES + bytes, NEXT_ICMP6, 2);
	return RAW_IP6_BYTES + bytes;
}

uint32_t raw_icmp_build(uint8_t frame[RAW_ICMP_MAX], const struct raw_icmp *icmp)
{
	uint32_t bytes = QUOTE_AT + icmp->quote_bytes;

	if (raw_is_ip6())
		return build6(frame, icmp);
	memset(frame, 0, QUOTE_AT);
	frame[0] = 0x45;
	put16(frame + 2, bytes);
	frame[8] = 250;
	frame[9] = 1;
	put32(frame + 12, icmp->source);
	put32(frame + 16, icmp->dest);
	put16(frame + 10, checksum(frame, IP_BYTES));
	frame[ICMP_AT] = icmp->type;
	frame[ICMP_AT + 1] = icmp->code;
	put16(frame + ICMP_AT + 6, icmp->mtu);
	memcpy(frame + QUOTE_AT, icmp->quote, icmp->quote_bytes);
	put16(frame + ICMP_AT + 2, checksum(frame + ICMP_AT, bytes - ICMP_AT));
	return bytes;
}

/* A port unreachable is all that we send of errors. */
static const char *read6(const uint8_t *frame, uint32_t bytes, struct raw_icmp *icmp)
{
	const uint8_t *message = frame + RAW_IP6_BYTES;
	uint8_t again[RAW_ICMP_MAX];
	struct raw_segment header;
	const char *wrong;

	if (bytes < RAW_IP6_BYTES + ICMP_HEADER || bytes > RAW_ICMP_MAX || frame[6] != NEXT_ICMP6)
		return "no ICMPv6 behind an IPv6 header";
	memcpy(again, frame, bytes);
	raw_ip6_seal(again, bytes, NEXT_ICMP6, 2);
	if (memcmp(again, frame, bytes) != 0)
		return "the checksum of ICMPv6";
	again[6] = NEXT_TCP;
	wrong = raw_ip6_read(again, bytes, &header);
	if (wrong)
		return wrong;
	if (get32(message + 4) != 0 || message[0] != 1 || message[1] != 4)
		return "no port unreachable";
	*icmp = (struct raw_icmp){.source = header.source,
				  .dest = header.dest,
				  .type = 3,
				  .code = 3,
				  .quote_bytes = bytes - RAW_IP6_BYTES - ICMP_HEADER};
	memcpy(icmp->quote, message + ICMP_HEADER, icmp->quote_bytes);
	return NULL;
}

const char *raw_icmp_read(const uint8_t *frame, uint32_t bytes, struct raw_icmp *icmp)
{
	if (raw_is_ip6())
		return read6(frame, bytes, icmp);
	if (bytes < QUOTE_AT || frame[0] != 0x45 || frame[9] != 1)
		return "no ICMP behind an IPv4 header of 20 bytes";
	if (get16(frame + 2) != bytes || bytes > RAW_ICMP_MAX)
		return "its length";
	if (checksum(frame, IP_BYTES) != 0)
		return "the checksum of the IP header";
	if (checksum(frame + ICMP_AT, bytes - ICMP_AT) != 0)
		return "the checksum of ICMP";
	if (get32(frame + ICMP_AT + 4) != 0)
		return "the unused word is not zero";
	*icmp = (struct raw_icmp){.source = get32(frame + 12),
				  .dest = get32(frame + 16),
				  .type = frame[ICMP_AT],
				  .code = frame[ICMP_AT + 1],
				  .quote_bytes = bytes - QUOTE_AT};
	memcpy(icmp->quote, frame + QUOTE_AT, icmp->quote_bytes);
	return NULL;
}

void raw_icmp_inject(struct driver *driver, const struct raw_icmp *icmp)
{
	uint8_t frame[RAW_ICMP_MAX];

	driver_inject_bytes(driver, frame, raw_icmp_build(frame, icmp));
}
