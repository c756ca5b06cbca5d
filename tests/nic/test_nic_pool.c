/* test_nic_pool.c - a port's buffers lie where its driver looks for them. */
#include <stdint.h>
#include <stdio.h>

#include <criterion/criterion.h>

#include <rte_errno.h>
#include <rte_mbuf.h>

#include "nic/nic.h"
#include "nic/nic_kinds.h"
#include "support/bare_eal.h"

enum { MBUFS = 4095, CACHE = 256 };

static struct rte_mempool *make(const char *device, enum nic_kind kind, uint32_t count)
{
	struct nic nic = {.config = {.device = device, .mtu = 1500, .queues = 1}, .kind = kind};

	bare_eal_start();
	return nic_make_pool(&nic, "test", count, CACHE, SOCKET_ID_ANY);
}

static void note_end(struct rte_mempool *pool, void *furthest, void *object, unsigned int number)
{
	uintptr_t end = (uintptr_t)object + pool->elt_size + pool->trailer_size;

	(void)number;
	if (end > *(uintptr_t *)furthest)
		*(uintptr_t *)furthest = end;
}

/* net_af_xdp gives the kernel this much memory from the pool's beginning on, and a frame past it is lost. */
static uintptr_t af_xdp_end(const struct rte_mempool *pool)
{
	const struct rte_mempool_memhdr *first = STAILQ_FIRST(&pool->mem_list);

	return (uintptr_t)first->addr +
	       (uintptr_t)pool->populated_size * rte_mempool_calc_obj_size(pool->elt_size, pool->flags, NULL);
}

Test(nic_pool, af_xdp_has_every_buffer_in_what_the_kernel_is_given)
{
	struct rte_mempool *pool = make("af_xdp:eth1", NIC_KIND_AF_XDP, MBUFS);
	uintptr_t furthest = 0;

	cr_assert_not_null(pool);
	cr_assert_eq(pool->nb_mem_chunks, 1);
	cr_assert_eq(rte_mempool_obj_iter(pool, note_end, &furthest), MBUFS);
	cr_assert_leq(furthest, af_xdp_end(pool));
	cr_assert_leq(rte_mempool_calc_obj_size(pool->elt_size, pool->flags, NULL), 4096, "the kernel takes no more");
	rte_mempool_free(pool);
}

Test(nic_pool, buffers_hold_a_frame_and_are_ready_for_use)
{
	static const struct {
		const char *device;
		enum nic_kind kind;
	} ports[] = {{"af_xdp:eth1", NIC_KIND_AF_XDP}, {"cable", NIC_KIND_CABLE}};

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		struct rte_mempool *pool = make(ports[i].device, ports[i].kind, MBUFS);
		struct rte_mbuf *mbuf;

		cr_assert_not_null(pool, "%s", ports[i].device);
		cr_assert_eq(rte_mempool_avail_count(pool), MBUFS);
		mbuf = rte_pktmbuf_alloc(pool);
		cr_assert_not_null(mbuf);
		cr_assert_not_null(rte_pktmbuf_append(mbuf, 1518), "%s", ports[i].device);
		rte_pktmbuf_free(mbuf);
		cr_assert_eq(rte_mempool_avail_count(pool), MBUFS);
		rte_mempool_free(pool);
	}
}

Test(nic_pool, too_many_buffers_are_no_pool)
{
	cr_assert_null(make("af_xdp:eth1", NIC_KIND_AF_XDP, 64 << 20));
	cr_assert_neq(rte_errno, 0);
	cr_assert_null(rte_mempool_lookup("test"));
}
