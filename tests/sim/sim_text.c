/* sim_text.c - the characters of ends, and what they say: each byte by its place in a stream of its own. */
#include "base/random.h"
#include "sim/sim_app.h"
#include "sim/sim_world.h"

enum { WORD = 8 };

void sim_app_draw_character(struct sim_world *world, struct sim_end *end)
{
	static const uint32_t sizes[] = {0, 0, 1, 10, 100, 1000, 3000, 3000, 8000, 8000, 20000, 50000};
	static const uint32_t sips[] = {0, 0, 0, 0, 10, 100, 1000, 5000};
	struct random random;

	random_seed(&random, sim_seed_mix(world->plan->seed, 5000 + 2 * end->number + !end->is_active));
	end->finish = (enum sim_finish)random_below(&random, SIM_FINISHES);
	/* The opposite of what most do: few abort. */
	if (end->finish == SIM_FINISH_ABORT && random_below(&random, 2))
		end->finish = SIM_FINISH_CLOSE;
	end->to_send = sizes[random_below(&random, sizeof(sizes) / sizeof(sizes[0]))];
	if (end->to_send > 1)
		end->to_send += random_below(&random, end->to_send);
	end->sip = sips[random_below(&random, sizeof(sips) / sizeof(sips[0]))];
	end->pause_ms = 1 + random_below(&random, 400);
	end->quirk = random_below(&random, 3) ? SIM_QUIRKS : (enum sim_quirk)random_below(&random, SIM_QUIRKS);
	end->quirk_at = random_below(&random, 4000);
	end->is_early = random_below(&random, 4) == 0;
	if (!world->is_healed)
		return;
	/* Begun once faults were over. */
	end->sip = 0;
	end->wake_ns = world->now_ns;
}

static uint64_t word_at(uint64_t seed, uint32_t stream, uint32_t number)
{
	return sim_seed_mix(seed, (uint64_t)stream << 40 | number);
}

/* What an open says, and what is said to it, whoever says it: a cookie that comes back twice makes two who do. */
static uint32_t stream_of(const struct sim_world *world, const struct sim_end *end)
{
	return end->is_active ? 2 * ((uint32_t)(end - world->ends) + 1) : 2 * end->peer + 1;
}

uint32_t sim_app_given(const struct sim_world *world, const struct sim_end *end)
{
	uint32_t stream = stream_of(world, end), most = 0;

	for (uint32_t i = 0; i < world->end_count; i++)
		if (stream_of(world, &world->ends[i]) == stream && world->ends[i].sent > most)
			most = world->ends[i].sent;
	return most;
}

void sim_app_text(const struct sim_world *world, const struct sim_end *end, uint8_t *text, uint32_t bytes)
{
	uint32_t stream = stream_of(world, end), place = end->sent;

	for (uint32_t i = 0; i < bytes; i++, place++)
		text[i] = (uint8_t)(word_at(world->plan->seed, stream, place / WORD) >> place % WORD * 8);
}

uint32_t sim_app_matches(const struct sim_world *world, const struct sim_end *end, uint32_t place, const uint8_t *text,
			 uint32_t bytes)
{
	uint32_t stream = stream_of(world, end);
	uint64_t seed = world->plan->seed, word = word_at(seed, stream, place / WORD);

	for (uint32_t i = 0; i < bytes; i++, place++) {
		if (place % WORD == 0)
			word = word_at(seed, stream, place / WORD);
		if (text[i] != (uint8_t)(word >> place % WORD * 8))
			return i;
	}
	return bytes;
}
