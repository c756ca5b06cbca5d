/* impair_model.c - the model of a bad line, one function a fault, in the order in which a frame meets them. */
#include "base/impair_model.h"

#include <string.h>

#include "base/check.h"

enum {
	PART_BITS = 20,   /* of a nanosecond */
	WANDER_BITS = 16, /* steps of a span */
	SPAN_JITTERS = 4  /* a span is at least as long: the delay falls by half of the time that passes, at most */
};

static bool is_share(uint32_t share)
{
	return share <= QUERN_IMPAIR_WHOLE;
}

const char *quern_impair_fault(const struct quern_impair *impair)
{
	if (!is_share(impair->loss_share) || !is_share(impair->dup_share) || !is_share(impair->reorder_share) ||
	    !is_share(impair->corrupt_share))
		return "a share is more than 100%; give 0% to 100%";
	if (impair->delay_ns > QUERN_IMPAIR_DELAY_MAX || impair->gap_ns > QUERN_IMPAIR_DELAY_MAX ||
	    impair->queue_ns > QUERN_IMPAIR_DELAY_MAX)
		return "a time is longer than 10s; give a shorter one";
	if (impair->jitter_ns > impair->delay_ns)
		return "jitter is more than delay, and no frame comes before it was sent; raise delay, or lower jitter";
	if (impair->rate != 0 && (impair->rate < QUERN_IMPAIR_RATE_MIN || impair->rate > QUERN_IMPAIR_RATE_MAX))
		return "rate is not within 1k to 1000G bits a second; give one that is";
	if (impair->queue_ns != 0 && impair->rate == 0)
		return "queue has no rate to wait for; add rate, or leave it out";
	if (impair->gap_ns != 0 && impair->reorder_share == 0)
		return "gap is how much later a reordered frame comes; add reorder, or leave it out";
	if (impair->burst > QUERN_IMPAIR_BURST_MAX)
		return "burst is more than 10000 frames; give fewer";
	if (impair->burst != 0 && impair->loss_share == 0)
		return "burst is how many frames are lost together; add loss, or leave it out";
	/* Between two bursts one frame passes at least. */
	if (impair->burst != 0 &&
	    (uint64_t)impair->loss_share * (impair->burst + 1u) > (uint64_t)QUERN_IMPAIR_WHOLE * impair->burst)
		return "so much loss does not come in bursts so short: at most burst / (burst + 1); raise burst, or "
		       "lower loss";
	return NULL;
}

bool impair_is_asked(const struct quern_impair *config)
{
	return config->loss_share != 0 || config->dup_share != 0 || config->rate != 0 || config->delay_ns != 0 ||
	       config->reorder_share != 0 || config->corrupt_share != 0;
}

static bool draw(struct impair *impair, uint32_t share)
{
	return share != 0 && random_below(&impair->random, QUERN_IMPAIR_WHOLE) < share;
}

/* Even between delay - jitter and delay + jitter; 24 bits, so that the product has room. */
static uint64_t draw_delay(struct impair *impair)
{
	const struct quern_impair *config = &impair->config;

	return config->delay_ns - config->jitter_ns +
	       ((random_next(&impair->random) >> 40) * (2 * config->jitter_ns) >> 24);
}

void impair_open(struct impair *impair, const struct quern_impair *config, uint64_t seed, uint32_t spared_bytes)
{
	CHECK(quern_impair_fault(config) == NULL);
	memset(impair, 0, sizeof(*impair));
	impair->config = *config;
	impair->spared_bytes = spared_bytes;
	random_seed(&impair->random, seed);
	if (config->gap_ns == 0)
		impair->config.gap_ns = QUERN_IMPAIR_GAP;
	if (config->queue_ns == 0)
		impair->config.queue_ns = QUERN_IMPAIR_QUEUE;
	if (config->burst != 0) {
		impair->burst_ends = QUERN_IMPAIR_WHOLE / config->burst;
		impair->burst_begins = (uint32_t)((uint64_t)config->loss_share * impair->burst_ends /
						  (QUERN_IMPAIR_WHOLE - config->loss_share));
	}
	if (config->rate != 0)
		impair->byte_cost = (UINT64_C(8000000000) << PART_BITS) / config->rate;
	while (UINT64_C(1) << impair->span_bits < SPAN_JITTERS * config->jitter_ns || impair->span_bits < WANDER_BITS)
		impair->span_bits++;
	impair->span_first_ns = draw_delay(impair);
	impair->span_last_ns = draw_delay(impair);
}

/* Gilbert's two states: in one all frames pass, in the other none does. Each is left with its share, so the mean length
 * of a burst is 1 / burst_ends, and the share of frames in bursts is begins / (begins + ends). */
static bool is_lost(struct impair *impair)
{
	if (impair->config.burst == 0)
		return draw(impair, impair->config.loss_share);
	if (draw(impair, impair->in_burst ? impair->burst_ends : impair->burst_begins))
		impair->in_burst = !impair->in_burst;
	return impair->in_burst;
}

/* Puts the frame in line for its turn at the rate, and says when its last bit has gone; false where the wait before its
 * first bit would be too long. */
static bool takes_its_turn(struct impair *impair, uint32_t bytes, uint64_t now_ns, uint64_t *gone_ns)
{
	uint64_t cost;

	*gone_ns = now_ns;
	if (impair->config.rate == 0)
		return true;
	if (impair->free_at_ns < now_ns) {
		impair->free_at_ns = now_ns;
		impair->free_at_part = 0;
	}
	if (impair->free_at_ns - now_ns > impair->config.queue_ns)
		return false;
	cost = bytes * impair->byte_cost + impair->free_at_part;
	impair->free_at_ns += cost >> PART_BITS;
	impair->free_at_part = (uint32_t)(cost & ((UINT64_C(1) << PART_BITS) - 1));
	*gone_ns = impair->free_at_ns + (impair->free_at_part != 0);
	return true;
}

/* The delay goes in a straight line from one draw to the next. After a silence of a span or more it begins anew: then
 * frames before it are too long ago to be overtaken. */
static uint64_t delay_at(struct impair *impair, uint64_t at_ns)
{
	uint64_t span_ns = UINT64_C(1) << impair->span_bits;
	uint64_t passed_ns = at_ns - impair->span_at_ns;
	int64_t rise_ns;

	if (impair->config.jitter_ns == 0)
		return impair->config.delay_ns;
	if (passed_ns >= 2 * span_ns) {
		impair->span_at_ns = at_ns;
		impair->span_first_ns = draw_delay(impair);
		impair->span_last_ns = draw_delay(impair);
		return impair->span_first_ns;
	}
	if (passed_ns >= span_ns) {
		impair->span_at_ns += span_ns;
		impair->span_first_ns = impair->span_last_ns;
		impair->span_last_ns = draw_delay(impair);
		passed_ns -= span_ns;
	}
	rise_ns = (int64_t)(impair->span_last_ns - impair->span_first_ns);
	return (uint64_t)((int64_t)impair->span_first_ns +
			  rise_ns * (int64_t)(passed_ns >> (impair->span_bits - WANDER_BITS)) / (1 << WANDER_BITS));
}

/* One copy goes on; false where the queue is full. */
static bool send(struct impair *impair, uint32_t bytes, uint64_t now_ns, struct impair_copy *copy)
{
	uint64_t gone_ns;

	if (!takes_its_turn(impair, bytes, now_ns, &gone_ns))
		return false;
	copy->due_ns = gone_ns + delay_at(impair, gone_ns);
	/* The delay falls in small steps. */
	if (copy->due_ns < impair->latest_ns)
		copy->due_ns = impair->latest_ns;
	impair->latest_ns = copy->due_ns;
	if (draw(impair, impair->config.reorder_share))
		copy->due_ns += impair->config.gap_ns;
	if (bytes <= impair->spared_bytes || !draw(impair, impair->config.corrupt_share))
		return true;
	copy->is_corrupt = true;
	copy->bit = 8 * impair->spared_bytes + random_below(&impair->random, 8 * (bytes - impair->spared_bytes));
	return true;
}

void impair_frame(struct impair *impair, uint32_t bytes, uint64_t now_ns, struct impair_fate *fate)
{
	memset(fate, 0, sizeof(*fate));
	if (is_lost(impair))
		return;
	if (!send(impair, bytes, now_ns, &fate->copy[0])) {
		fate->queue_was_full = true;
		return;
	}
	fate->copies = 1;
	if (draw(impair, impair->config.dup_share) && send(impair, bytes, now_ns, &fate->copy[1]))
		fate->copies = 2;
}
