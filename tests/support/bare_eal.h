/* bare_eal.h - just enough of EAL for a test to have buffers: no hugepages, no device, nothing left behind. */
#ifndef SUPPORT_BARE_EAL_H
#define SUPPORT_BARE_EAL_H

#include <rte_mempool.h>

/* Starts EAL in this process, once, and removes its runtime folder. Fails the test where it cannot. */
void bare_eal_start(void);

/* A pool of `count` buffers for frames of at most 2,048 bytes. Fails the test where there is no memory. */
struct rte_mempool *bare_eal_pool(const char *name, unsigned int count);

#endif
