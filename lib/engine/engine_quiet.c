/* engine_quiet.c - RFC 9293 3.4.3: silence after a start that may follow a crash. */
#include "engine/engine_parts.h"

#include <errno.h>
#include <time.h>

#include <rte_cycles.h>

int engine_keep_quiet(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
	uint64_t quiet_ns = (uint64_t)engine->config.quiet_ms * 1000000;

	/* No worker turns yet, so nobody can send. The clock has run since there are shards. */
	while (worker_clock_ns(&engine->clock, rte_rdtsc()) < quiet_ns) {
		if (engine->config.gives_up != NULL && engine->config.gives_up())
			return engine_fail(error, -EINTR, "stopped within the quiet time of %u ms",
					   (unsigned int)engine->config.quiet_ms);
		nanosleep(&pause, NULL);
		nic_keeper_tend(&engine->keeper);
	}
	return 0;
}
