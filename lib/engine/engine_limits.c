/* engine_limits.c - threads and files, tried before EAL needs them: where it gets none it ends the program. */
#include "engine/engine_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>

enum {
	THREADS_OF_EAL = 5, /* beside workers: interrupts, telemetry, drivers' own; and one that touches memory */
	FILES_OF_EAL = 24,
	FILES_A_WORKER = 4, /* two pipes */
	FILES_A_PORT = 8,
	FILES_A_QUEUE = 4,
	STACK_BYTES = 64 << 10
};
#define ADDRESSES_OF_EAL (UINT64_C(64) << 20)
#define PAGE_2M (UINT64_C(2) << 20)

/* Workers are not placed yet where only need is asked for; there are no more of them than shards. */
static uint32_t threads_of(const struct quern_engine *engine)
{
	return THREADS_OF_EAL + (engine->worker_count ? engine->worker_count : engine->config.shard_count);
}

uint64_t engine_limits_addresses(const struct quern_engine *engine)
{
	pthread_attr_t attributes;
	size_t stack_bytes = 8u << 20;

	if (pthread_getattr_default_np(&attributes) == 0) {
		pthread_attr_getstacksize(&attributes, &stack_bytes);
		pthread_attr_destroy(&attributes);
	}
	return ADDRESSES_OF_EAL + threads_of(engine) * (uint64_t)stack_bytes;
}

/* Each hugepage is a file of its own. */
static uint32_t files_of(const struct quern_engine *engine)
{
	uint64_t pages = engine->memory.huge ? engine->memory.need_bytes / PAGE_2M + 1 : 0;

	return (uint32_t)pages + FILES_OF_EAL + FILES_A_WORKER * engine->worker_count +
	       FILES_A_PORT * engine->config.port_count + FILES_A_QUEUE * engine->config.shard_count;
}

static void *wait_for_the_others(void *all_are_there)
{
	pthread_mutex_lock(all_are_there);
	pthread_mutex_unlock(all_are_there);
	return NULL;
}

/* How many of them there can be at once. */
static uint32_t threads_there_are(uint32_t wanted)
{
	pthread_mutex_t all_are_there = PTHREAD_MUTEX_INITIALIZER;
	pthread_t threads[THREADS_OF_EAL + QUERN_MAX_SHARDS];
	pthread_attr_t attributes;
	uint32_t count = 0;

	if (pthread_attr_init(&attributes) != 0)
		return 0;
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	pthread_mutex_lock(&all_are_there);
	while (count < wanted && pthread_create(&threads[count], &attributes, wait_for_the_others, &all_are_there) == 0)
		count++;
	pthread_mutex_unlock(&all_are_there);
	for (uint32_t i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	pthread_attr_destroy(&attributes);
	return count;
}

/* EAL takes as many as the hard limit lets it. */
static uint32_t files_there_are(uint32_t wanted)
{
	struct rlimit limit;
	uint32_t count = 0;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max == RLIM_INFINITY)
		return wanted;
	for (rlim_t file = 0; file < limit.rlim_max && count < wanted; file++)
		count += fcntl((int)file, F_GETFD) < 0;
	return count;
}

int engine_try_limits(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	uint32_t threads = threads_of(engine), files = files_of(engine);
	uint32_t found = threads_there_are(threads);

	if (found < threads)
		return engine_fail(error, -ENOMEM,
				   "not enough threads: %u needed, %u to be had\n"
				   "  Raise the limit, ulimit -u or the cgroup's pids.max, or name fewer cores",
				   threads, found);
	found = files_there_are(files);
	if (found < files)
		return engine_fail(error, -ENOMEM,
				   "not enough open files: %u needed, %u left by ulimit -n\n"
				   "  Raise it: sudo prlimit --pid $$ --nofile=%u%s",
				   files, found, files + 1024, engine->memory.huge ? "   or: --memory 4k" : "");
	return 0;
}
