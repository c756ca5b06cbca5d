/* engine_heap.c - buffers and records in ordinary memory, where there are no hugepages and no device reads it.
 *
 * What EAL takes for itself is a file in memory, so that other processes could map it: the kernel gives and takes that
 * page by page, at several times the cost. This it may join to huge pages, and all of it is touched once while EAL
 * starts and mostly sleeps. */
#include "engine/engine_parts.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#define PAGE_2M ((size_t)2 << 20)
#define PAGE_4K ((size_t)4 << 10)

static const char heap_name[] = "quern";

/* Piece by piece: who maps something else, as EAL does with its drivers, waits for the end of one. A kernel before 5.14
 * has to be asked page by page. */
static void *touch(void *argument)
{
	const struct quern_engine *engine = argument;

	for (size_t piece = 0; piece < engine->memory.lent_bytes; piece += PAGE_2M) {
		uint8_t *memory = engine->heap.memory + piece;

		if (madvise(memory, PAGE_2M, MADV_POPULATE_WRITE) == 0)
			continue;
		for (size_t byte = 0; byte < PAGE_2M; byte += PAGE_4K)
			*(volatile uint8_t *)&memory[byte] = 0;
	}
	return NULL;
}

/* Without such a thread, what uses the memory touches it. */
static void start_touching(struct quern_engine *engine)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	engine->heap.is_touched_now = pthread_create(&engine->heap.toucher, NULL, touch, engine) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void end_touching(struct quern_engine *engine)
{
	if (engine->heap.is_touched_now)
		pthread_join(engine->heap.toucher, NULL);
	engine->heap.is_touched_now = false;
}

int engine_map_heap(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	struct engine_heap *heap = &engine->heap;
	size_t bytes = engine->memory.lent_bytes;

	heap->socket = -1;
	if (bytes == 0)
		return 0;
	heap->mapped_bytes = bytes + PAGE_2M;
	heap->mapped = mmap(NULL, heap->mapped_bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (heap->mapped == MAP_FAILED)
		return engine_fail(error, -ENOMEM, "no address space for %zu MiB of buffers: %s\n  Raise ulimit -v",
				   heap->mapped_bytes >> 20, strerror(errno));
	heap->memory = RTE_PTR_ALIGN_CEIL(heap->mapped, PAGE_2M);
	madvise(heap->memory, bytes, MADV_HUGEPAGE);
	start_touching(engine);
	return 0;
}

void engine_unmap_heap(struct quern_engine *engine)
{
	struct engine_heap *heap = &engine->heap;

	if (heap->memory == NULL)
		return;
	end_touching(engine);
	munmap(heap->mapped, heap->mapped_bytes);
	heap->memory = NULL;
}

/* Where all is software, a buffer's address for devices is its own. */
static int add_memory(const struct quern_engine *engine)
{
	size_t bytes = engine->memory.lent_bytes;
	size_t pages = bytes / PAGE_2M;
	rte_iova_t *addresses = malloc(pages * sizeof(*addresses));
	int code;

	if (addresses == NULL)
		return -ENOMEM;
	for (size_t page = 0; page < pages; page++)
		addresses[page] = (rte_iova_t)(uintptr_t)(engine->heap.memory + page * PAGE_2M);
	code = rte_malloc_heap_memory_add(heap_name, engine->heap.memory, bytes, addresses, (unsigned int)pages,
					  PAGE_2M);
	free(addresses);
	return code == 0 ? 0 : -rte_errno;
}

int engine_lend_heap(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	int code;

	if (engine->heap.memory == NULL)
		return 0;
	end_touching(engine);
	code = rte_malloc_heap_create(heap_name) == 0 ? add_memory(engine) : -rte_errno;
	if (code != 0)
		return engine_fail(error, code, "EAL does not take %llu MiB for buffers: %s",
				   (unsigned long long)(engine->memory.lent_bytes >> 20), strerror(-code));
	engine->heap.socket = rte_malloc_heap_get_socket(heap_name);
	return 0;
}

int engine_heap_socket(const struct quern_engine *engine, int node)
{
	return engine->heap.memory != NULL ? engine->heap.socket : node;
}
