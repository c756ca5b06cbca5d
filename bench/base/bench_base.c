/* bench_base.c - what hashes, random numbers and the histogram cost. */
#include <quern/histogram.h>

#include "base/hash.h"
#include "base/port_plan.h"
#include "base/random.h"
#include "support/bench.h"

static const struct hash_secret SECRET = {{0x0123456789abcdef, 0xfedcba9876543210}};

enum { KEYS = 1024 };

static struct flow_key keys[KEYS];

static uint64_t hash_flow_run(void *state, uint64_t iterations)
{
	uint64_t work = 0;

	(void)state;
	for (uint64_t i = 0; i < iterations; i++)
		work += hash_flow(&SECRET, &keys[i % KEYS]);
	return work;
}

static uint64_t hash_sip_run(void *state, uint64_t iterations)
{
	uint64_t work = 0;

	(void)state;
	for (uint64_t i = 0; i < iterations; i++)
		work += hash_sip(&SECRET, &keys[i % KEYS], sizeof keys[0]);
	return work;
}

static uint64_t plan_run(void *state, uint64_t iterations)
{
	const struct port_plan *plan = state;
	uint64_t work = 0;

	for (uint64_t i = 0; i < iterations; i++)
		work += port_plan_queue(plan, &keys[i % KEYS]);
	return work;
}

static uint64_t random_run(void *state, uint64_t iterations)
{
	struct random *random = state;
	uint64_t work = 0;

	for (uint64_t i = 0; i < iterations; i++)
		work += random_next(random);
	return work;
}

/* Values around 20 us with a long tail, as latencies in nanoseconds lie. */
static uint64_t record_run(void *state, uint64_t iterations)
{
	struct quern_histogram *histogram = state;

	for (uint64_t i = 0; i < iterations; i++)
		quern_histogram_record(histogram, 15000 + (i * 2654435761u >> 7) % 8192);
	return histogram->sum;
}

int main(int argc, char **argv)
{
	static struct random random;
	static struct quern_histogram histogram;
	static struct port_plan plan = {.entries = 128};
	struct bench benches[] = {
		{"base/hash_flow", hash_flow_run, NULL},
		{"base/hash_sip/12", hash_sip_run, NULL},
		{"base/port_plan_queue", plan_run, &plan},
		{"base/random_next", random_run, &random},
		{"base/histogram_record", record_run, &histogram},
	};

	random_seed(&random, 1);
	for (uint32_t i = 0; i < PORT_PLAN_KEY_BYTES; i++)
		plan.key[i] = (uint8_t)random_next(&random);
	port_plan_share(&plan, 4);
	port_plan_prepare(&plan);
	for (uint32_t i = 0; i < KEYS; i++)
		keys[i] = (struct flow_key){.local = 0xc6120001,
					    .remote = 0xc6130001,
					    .local_port = 80,
					    .remote_port = (uint16_t)(1024 + i)};
	quern_histogram_reset(&histogram);
	return bench_main(argc, argv, benches, sizeof benches / sizeof benches[0]);
}
