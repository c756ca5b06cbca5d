/* nic_burst.c - frames in and out of one queue. */
#include "nic/nic.h"

#include <rte_ethdev.h>

#include "nic/nic_capture.h"
#include "nic/nic_impair.h"
#include "nic/nic_kinds.h"
#include "nic/nic_spread.h"

/* More than a frame takes, with all that it makes us do: through a ring, and by way of the kernel or of a file. */
enum { RING_NS = 500, CALL_NS = 5000 };

struct nic_queue nic_queue_of(struct nic *nic, uint16_t queue)
{
	bool is_slow = nic_kind_rows[nic->kind].is_slow || nic->captures[queue] != NULL;

	return (struct nic_queue){.port = nic->port,
				  .queue = queue,
				  .sender_waits = nic->kind == NIC_KIND_CABLE,
				  .backs_up = nic->kind == NIC_KIND_CABLE || nic->kind == NIC_KIND_MEMIF,
				  .spread = nic->spread.plan != NULL ? &nic->spread : NULL,
				  .gate = nic->is_kept ? &nic->gates[queue] : NULL,
				  .impair = nic->impairs[queue],
				  .capture = nic->captures[queue],
				  .most_ns = is_slow ? CALL_NS : RING_NS,
				  .cuts = nic->tx_cut_buffers > 0};
}

/* Either this thread sees the gate closed, or the keeper sees it inside: both write before they look. */
static bool enter(struct nic_gate *gate)
{
	__atomic_store_n(&gate->is_inside, true, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&gate->is_closed, __ATOMIC_SEQ_CST))
		return true;
	__atomic_store_n(&gate->is_inside, false, __ATOMIC_RELEASE);
	return false;
}

static void leave(struct nic_gate *gate)
{
	__atomic_store_n(&gate->is_inside, false, __ATOMIC_RELEASE);
}

void nic_tell_time(struct nic_queue queue, uint64_t now_ns)
{
	if (queue.capture != NULL)
		__atomic_store_n(&queue.capture->now_ns, now_ns, __ATOMIC_RELEASE);
	if (queue.impair != NULL)
		nic_impair_begin_turn(queue, now_ns);
}

uint16_t nic_receive(struct nic_queue queue, struct rte_mbuf **mbufs, uint16_t count)
{
	uint16_t received;

	if (nic_detours(queue))
		return queue.capture != NULL ? nic_capture_receive(queue, mbufs, count)
					     : nic_impair_receive(queue, mbufs, count);
	if (queue.gate == NULL)
		return rte_eth_rx_burst(queue.port, queue.queue, mbufs, count);
	if (!enter(queue.gate))
		return 0;
	received = rte_eth_rx_burst(queue.port, queue.queue, mbufs, count);
	leave(queue.gate);
	return received;
}

uint16_t nic_transmit(struct nic_queue queue, struct rte_mbuf **mbufs, uint16_t count)
{
	uint16_t sent;

	if (nic_detours(queue))
		return queue.capture != NULL ? nic_capture_transmit(queue, mbufs, count)
					     : nic_impair_transmit(queue, mbufs, count);
	if (queue.spread != NULL)
		return nic_cable_transmit(queue.spread, mbufs, count);
	/* Each driver wants something else in the checksum of what it cuts, and puts it there. */
	if (queue.cuts)
		count = rte_eth_tx_prepare(queue.port, queue.queue, mbufs, count);
	if (queue.gate == NULL)
		return rte_eth_tx_burst(queue.port, queue.queue, mbufs, count);
	if (count == 0 || !enter(queue.gate))
		return 0;
	sent = rte_eth_tx_burst(queue.port, queue.queue, mbufs, count);
	leave(queue.gate);
	return sent;
}
