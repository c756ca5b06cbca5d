/* payload_stamp.c - stamps to bytes and back. Numbers are big-endian. */
#include "payload/payload_stamp.h"

#include <string.h>

enum { MAGIC = 0x5155, TIME_BYTES = 6, FILL = 'q' };

/* magic 2, kind 1, run 2, flow 3, sequence 4, time 6 */
static const uint8_t widths[] = {2, 1, 2, 3, 4, TIME_BYTES};

void payload_stamp_fill(uint8_t *text, uint32_t bytes)
{
	if (bytes > PAYLOAD_STAMP_BYTES)
		memset(text + PAYLOAD_STAMP_BYTES, FILL, bytes - PAYLOAD_STAMP_BYTES);
}

void payload_stamp_write(uint8_t text[PAYLOAD_STAMP_BYTES], const struct payload_stamp *stamp)
{
	const uint64_t values[] = {MAGIC,       (uint64_t)stamp->kind, stamp->run,
				   stamp->flow, stamp->sequence,       stamp->sent_ns};
	uint8_t *at = text;

	for (unsigned int i = 0; i < sizeof(widths); i++)
		for (unsigned int byte = widths[i]; byte-- > 0;)
			*at++ = (uint8_t)(values[i] >> 8 * byte);
}

bool payload_stamp_read(const uint8_t *text, uint32_t bytes, struct payload_stamp *stamp)
{
	uint64_t values[sizeof(widths)] = {0};
	const uint8_t *at = text;
	uint8_t changed = 0;

	if (bytes < PAYLOAD_STAMP_BYTES)
		return false;
	for (unsigned int i = 0; i < sizeof(widths); i++)
		for (unsigned int byte = 0; byte < widths[i]; byte++)
			values[i] = values[i] << 8 | *at++;
	if (values[0] != MAGIC || values[1] < PAYLOAD_STAMP_MEASURED || values[1] > PAYLOAD_STAMP_END)
		return false;
	for (uint32_t i = PAYLOAD_STAMP_BYTES; i < bytes; i++)
		changed |= text[i] ^ FILL;
	*stamp = (struct payload_stamp){(enum payload_stamp_kind)values[1], (uint16_t)values[2], (uint32_t)values[3],
					(uint32_t)values[4], values[5]};
	return changed == 0;
}

uint64_t payload_stamp_age(const struct payload_stamp *stamp, uint64_t now_ns)
{
	return (now_ns - stamp->sent_ns) & ((UINT64_C(1) << 8 * TIME_BYTES) - 1);
}
