/* raw_icmp.c - ICMP errors for tests: byte by byte, as RFC 792 draws them. */
#include "support/raw_icmp.h"

#include <string.h>

#include "support/raw_words.h"

enum { IP_BYTES = 20, ICMP_AT = 20, QUOTE_AT = 28 };

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
				.quote_bytes = RAW_QUOTE_BYTES};
	uint8_t frame[RAW_FRAME_MAX];

	raw_build(frame, &segment);
	memcpy(icmp.quote, frame, RAW_QUOTE_BYTES);
	return icmp;
}

uint32_t raw_icmp_build(uint8_t frame[RAW_ICMP_MAX], const struct raw_icmp *icmp)
{
	uint32_t bytes = QUOTE_AT + icmp->quote_bytes;

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

const char *raw_icmp_read(const uint8_t *frame, uint32_t bytes, struct raw_icmp *icmp)
{
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
