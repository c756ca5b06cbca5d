/* nic_keeper.h - the control thread's part in ports whose driver connects and disconnects by itself: memif.
 *
 * net_memif takes its rings away on EAL's thread of interrupts, whether or not somebody is within a burst, and a client
 * that has lost its server does not look for it again. So that thread stands still while gates are open. When its
 * sockets have news, gates are closed, it does what has come up, and a port without a peer is started anew. */
#ifndef NIC_NIC_KEEPER_H
#define NIC_NIC_KEEPER_H

#include <semaphore.h>

#include "nic/nic.h"

struct rte_intr_handle;

enum { NIC_KEEPER_SOCKETS = 32 };

struct nic_keeper {
	struct nic *nics;
	uint16_t count;
	struct rte_intr_handle *handle; /* null where there is nothing to keep */
	int call_fd;                    /* EAL's thread comes when this is readable */
	sem_t has_come;                 /* and stands still */
	sem_t may_go;
	bool stands_still;
	uint16_t looks;
	uint16_t socket_count; /* of the ports, while EAL's thread does not hear them */
	int sockets[NIC_KEEPER_SOCKETS];
};

/* Begins to keep those of `count` ports that need it, all started. 0 or -errno with nothing left behind. */
int nic_keeper_start(struct nic_keeper *keeper, struct nic *nics, uint16_t count);

/* Looks after the ports; to be called every 100 ms or so by one thread, which may wait for workers within a burst. */
void nic_keeper_tend(struct nic_keeper *keeper);

/* Sleeps for at most `wait_ms`, until `wake_fd` is readable or a port had news and has been looked after. */
void nic_keeper_sleep(struct nic_keeper *keeper, int wake_fd, int wait_ms);

/* Before the ports are closed, when no worker polls any more: takes the names of their sockets away, lets in who was on
 * his way, and keeps EAL's thread still. It would else meet what the driver has freed without a word to it. */
void nic_keeper_halt(struct nic_keeper *keeper);

/* Ends it, once the ports are closed. */
void nic_keeper_stop(struct nic_keeper *keeper);

#endif
