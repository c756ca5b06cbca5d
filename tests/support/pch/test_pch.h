/* test_pch.h - what most tests that need DPDK read, compiled once with -Dpch=true (lib/nic/pch). */
#ifndef TEST_PCH_H
#define TEST_PCH_H

/* Who calls what is experimental says so, and other builds hold it to that. */
#define ALLOW_EXPERIMENTAL_API
#include <criterion/criterion.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#endif
