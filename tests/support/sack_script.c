/* sack_script.c - scripts where the peer tells what it has. */
#include "support/sack_script.h"

#include <string.h>

enum { WINDOW = 60000, KIND_SACK = 5 };

struct script sack_established(struct driver *driver)
{
	static const uint8_t options[] = {4, 2, 1, 1};
	const struct quern_tcp_options settings = {.mss = SEGMENT, .congestion = QUERN_CONGESTION_NEWRENO};
	struct script script = script_reader(driver, &settings);
	struct raw_segment syn;

	script.window = WINDOW;
	script.mss = SEGMENT;
	syn = script_segment(&script, SYN, 0, 0);
	syn.option_bytes = sizeof options;
	memcpy(syn.options, options, sizeof options);
	driver_inject(driver, &syn);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	return script;
}

void hear_segments(struct script *script, uint32_t from, uint32_t to)
{
	for (uint32_t number = from; number <= to; number++)
		hear_text(script, ACK, 1 + SEGMENT * number, 1, SEGMENT);
	hear_nothing(script);
}

void hear_last_segments(struct script *script, uint32_t from, uint32_t to)
{
	for (uint32_t number = from; number < to; number++)
		hear_text(script, ACK, 1 + SEGMENT * number, 1, SEGMENT);
	hear_text(script, PSH | ACK, 1 + SEGMENT * to, 1, SEGMENT);
	hear_nothing(script);
}

void acknowledge(struct script *script, uint32_t number)
{
	say(script, ACK, 1, 1 + SEGMENT * number);
}

static void put(struct raw_segment *segment, uint32_t number)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		segment->options[segment->option_bytes++] = (uint8_t)(number >> shift);
}

void sack_octets(struct script *script, uint32_t ack, uint8_t count, const uint32_t blocks[][2])
{
	struct raw_segment segment = script_segment(script, ACK, 1, ack);
	const uint8_t head[] = {1, 1, KIND_SACK, (uint8_t)(2 + 8 * count)};

	memcpy(segment.options, head, sizeof head);
	segment.option_bytes = sizeof head;
	for (uint8_t i = 0; i < count; i++) {
		put(&segment, script->iss + blocks[i][0]);
		put(&segment, script->iss + blocks[i][1]);
	}
	driver_inject(script->driver, &segment);
}

void sack(struct script *script, uint32_t ack, uint32_t left, uint32_t right)
{
	sack_octets(script, 1 + SEGMENT * ack, 1, (const uint32_t[][2]){{1 + SEGMENT * left, 1 + SEGMENT * right}});
}
