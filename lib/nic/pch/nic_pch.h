/* nic_pch.h - DPDK's headers that most files of the library read, compiled once with -Dpch=true. A file includes what
 * it needs all the same: other builds would find it missing. */
#ifndef NIC_PCH_H
#define NIC_PCH_H

/* Who calls what is experimental says so, and other builds hold it to that. */
#define ALLOW_EXPERIMENTAL_API
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#endif
