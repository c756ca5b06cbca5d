/* nic_pool.c - the buffers that a port receives into, laid out as its driver assumes. */
#include "nic/nic.h"

#include <rte_errno.h>
#include <rte_mbuf_pool_ops.h>

#include "nic/nic_kinds.h"

/* A pool in one piece whose objects lie one behind the other, across page ends as well: by their virtual addresses, so
 * only where no hardware reads them. An ordinary one begins anew at each page. */
static struct rte_mempool *make_gapless(const char *name, uint32_t count, uint32_t cache, uint16_t data_room,
					int socket)
{
	struct rte_mempool *pool =
		rte_mempool_create_empty(name, count, (uint32_t)sizeof(struct rte_mbuf) + data_room, cache,
					 sizeof(struct rte_pktmbuf_pool_private), socket, RTE_MEMPOOL_F_NO_IOVA_CONTIG);
	struct rte_pktmbuf_pool_private shape = {.mbuf_data_room_size = data_room};
	int code;

	if (pool == NULL)
		return NULL;
	code = rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL);
	if (code == 0) {
		rte_pktmbuf_pool_init(pool, &shape);
		code = rte_mempool_populate_default(pool);
	}
	if (code == (int)count && pool->nb_mem_chunks == 1) {
		rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
		return pool;
	}
	rte_mempool_free(pool);
	rte_errno = code < 0 ? -code : ENOMEM;
	return NULL;
}

struct rte_mempool *nic_make_pool(const struct nic *nic, const char *name, uint32_t count, uint32_t cache, int socket)
{
	uint16_t data_room = (uint16_t)(nic_buffer_bytes(&nic->config) + RTE_PKTMBUF_HEADROOM);

	if (nic_kind_rows[nic->kind].pool_is_gapless)
		return make_gapless(name, count, cache, data_room, socket);
	return rte_pktmbuf_pool_create(name, count, cache, 0, data_room, socket);
}
