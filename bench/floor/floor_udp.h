/* floor_udp.h - what no forwarder of datagrams can leave out: a burst received, addresses swapped, sums patched, and
 * the burst sent. Nothing is verified, looked up, counted or timed. `quern forward` is judged as a ratio to it. */
#ifndef FLOOR_FLOOR_UDP_H
#define FLOOR_FLOOR_UDP_H

#include <stdint.h>

#include <rte_ring.h>

/* Takes a burst from `rx`, sends each datagram to IPv4 address `target` instead, in network byte order, and puts the
 * burst into `tx`, which has room for it. Returns how many there were. */
uint32_t floor_udp_turn(struct rte_ring *rx, struct rte_ring *tx, uint32_t target);

#endif
