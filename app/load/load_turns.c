/* load_turns.c - a round of turns: at each the target that is furthest behind its share has it. */
#include "load/load_turns.h"

#include <errno.h>
#include <stdlib.h>

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
	while (b != 0) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

int load_turns_open(struct load_turns *turns, const uint16_t *weights, uint16_t count)
{
	int64_t behind[CLI_MAX_TARGETS] = {0};
	uint32_t divisor = 0, sum = 0;

	*turns = (struct load_turns){.count = 1};
	for (uint16_t i = 0; i < count; i++) {
		divisor = common_divisor(weights[i], divisor);
		sum += weights[i];
	}
	if (count < 2)
		return 0;
	turns->count = sum / divisor;
	turns->order = malloc(turns->count);
	if (!turns->order)
		return -ENOMEM;
	for (uint32_t turn = 0; turn < turns->count; turn++) {
		uint8_t chosen = 0;

		for (uint8_t i = 0; i < count; i++) {
			behind[i] += weights[i];
			if (behind[i] > behind[chosen])
				chosen = i;
		}
		behind[chosen] -= sum;
		turns->order[turn] = chosen;
	}
	return 0;
}

void load_turns_close(struct load_turns *turns)
{
	free(turns->order);
	*turns = (struct load_turns){.count = 1};
}
