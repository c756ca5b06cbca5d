/* worker_mail.h - lines between the shards of one port, which may run on different cores: frames that one shard has
 * received for another, and frames to send of shards that have no queue of their own. */
#ifndef WORKER_WORKER_MAIL_H
#define WORKER_WORKER_MAIL_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "nic/nic.h"
#include "shard/shard.h"

enum { WORKER_PLACES_MAX = NIC_QUEUES_MAX, WORKER_MAIL_BURST = 32 };

/* Each line has one writer and one reader. A place is a shard's number among those of the port, and its queue's. */
struct worker_mail {
	uint16_t places;
	bool has_one_queue;                                           /* place 0 receives and sends for all */
	struct rte_ring *moved[WORKER_PLACES_MAX][WORKER_PLACES_MAX]; /* from, to */
	struct rte_ring *sent[WORKER_PLACES_MAX];                     /* to place 0 */
};

/* Bytes of EAL's memory that the lines of a port with `places` shards take, at most. */
size_t worker_mail_bytes(uint16_t places);

/* Makes the lines; `port` is for their names. 0 or -ENOMEM with nothing left behind. */
int worker_mail_open(struct worker_mail *mail, uint16_t port, uint16_t places, bool has_one_queue);

/* Frees the lines and what waits in them. */
void worker_mail_close(struct worker_mail *mail);

/* Moves what the shard at `place` has set aside to those whose it is. */
void worker_mail_move(struct worker_mail *mail, uint16_t place, struct quern_shard *shard);

/* Takes at most WORKER_MAIL_BURST frames that others have moved to `place`. */
uint16_t worker_mail_take(struct worker_mail *mail, uint16_t place, struct rte_mbuf **mbufs);

/* Puts frames of `place` in line for place 0 to send; those past the returned number are still the caller's. */
uint16_t worker_mail_send(struct worker_mail *mail, uint16_t place, struct rte_mbuf **mbufs, uint16_t count);

/* Takes at most `max` frames that others want to be sent, from one of them after the other; `next` remembers whose turn
 * it is. */
uint16_t worker_mail_collect(struct worker_mail *mail, uint16_t *next, struct rte_mbuf **mbufs, uint16_t max);

#endif
