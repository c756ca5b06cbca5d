/* shard.h - one end's whole stack behind a seam: frames and now in, frames and events out. No port, clock, thread or
 * global. What an application calls is in <quern/calls.h> and <quern/udp.h>; struct quern_shard is this module's. */
#ifndef SHARD_SHARD_H
#define SHARD_SHARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include <quern/calls.h>
#include <quern/engine.h>
#include <quern/observe.h>
#include <quern/udp.h>

#include "base/port_plan.h"

enum {
	SHARD_BURST = 64,           /* most frames in one call of shard_receive() */
	SHARD_OUT_MAX = 4096,       /* most frames that wait for shard_transmit() */
	SHARD_EXPIRE_MAX = 256,     /* most timers, and most TIME-WAIT records, that end in one turn */
	SHARD_RECORDS_MAX = 1 << 28 /* most connections, and most in TIME-WAIT */
};

#define SHARD_EVERYBODY UINT32_MAX

/* Zero in a field means its default, as in struct quern_shard_config. */
struct shard_config {
	uint16_t number; /* goes into handles */
	uint32_t max_connections;
	uint32_t max_half_open;
	uint32_t max_time_wait;
	uint32_t time_wait_ms;
	bool time_wait_reset;
	uint32_t max_udp_flows;  /* entries of forwarded sessions in the table: one for each end on this port */
	uint32_t max_flights;    /* connections that may have text queued, in flight or held; default 65,536 at most */
	uint32_t accept_backlog; /* connections that may wait for quern_accept(), in all; default 1,024 */

	bool ethernet; /* frames begin with an Ethernet header; else with the IP header */
	uint8_t mac[6];
	struct quern_range addresses;
	uint8_t prefix_length;
	uint32_t gateway;
	struct quern_port_ip6 ip6;
	uint16_t mtu;
	uint16_t vlan;
	bool tx_ip_checksum; /* the port fills in checksums of frames that ask for it */
	bool tx_l4_checksum;
	bool tx_multi_segs;      /* the port gathers a frame from several buffers */
	uint16_t tx_cut_buffers; /* of a frame that the port cuts into segments (TSO), at most; 0: it cuts none */
	bool rx_checksum;        /* the port's verdict in mbuf->ol_flags can be trusted where it gives one */

	uint64_t seed;            /* every secret and random draw comes from it */
	struct rte_mempool *pool; /* frames we send */
	uint16_t pool_shards;     /* how many share it; 0 means that it is ours alone */

	/* Where several shards share the port: which flows are whose. Null where every flow is ours. */
	const struct port_plan *plan;
	uint16_t queue; /* ours of the plan's */
};

/* Bytes of zeroed memory, aligned to 64, that a shard of this configuration needs; 0 for one that makes no sense. */
size_t shard_bytes(const struct shard_config *config);

/* Makes a shard in that memory, at time `now_ns`. Nothing has to be undone but giving the memory back; frames that wait
 * to be sent are freed by shard_close(). */
struct quern_shard *shard_open(const struct shard_config *config, void *memory, uint64_t now_ns);

/* Frees the frames that the shard still holds. */
void shard_close(struct quern_shard *shard);

/* Passes over one burst (at most SHARD_BURST); all frames are the shard's from here on. `now_ns` never goes back, and
 * is the time of the turn for everything that is called until the next shard_receive() or shard_expire(). */
void shard_receive(struct quern_shard *shard, struct rte_mbuf **mbufs, uint16_t count, uint64_t now_ns);

/* The same for frames that another shard of the port has received and its shard_foreign() has handed out. */
void shard_receive_moved(struct quern_shard *shard, struct rte_mbuf **mbufs, uint16_t count, uint64_t now_ns);

/* Fires timers that are due, at most SHARD_EXPIRE_MAX. Returns how many fired. */
uint32_t shard_expire(struct quern_shard *shard, uint64_t now_ns);

/* Turns what connections still owe into frames, and hands out at most `max`. Call until it returns less than `max`. */
uint16_t shard_transmit(struct quern_shard *shard, struct rte_mbuf **mbufs, uint16_t max);

/* A time at or before the next timer, or false where none is armed. */
bool shard_next_deadline(const struct quern_shard *shard, uint64_t *deadline_ns);

/* Hands out at most `max` frames that other shards of the port are to have: those of flows that they own, each with the
 * owner's queue in mbuf->hash.usr, and packets of ARP and ND that all should know of, with SHARD_EVERYBODY in it.
 * At most SHARD_BURST wait. */
uint16_t shard_foreign(struct quern_shard *shard, struct rte_mbuf **mbufs, uint16_t max);

/* The live counters; others than the shard's worker read them with counter_read(). */
const struct quern_counters *shard_counters(const struct quern_shard *shard);

/* Capacity, use and cost of records. */
void shard_memory(const struct quern_shard *shard, struct quern_shard_memory *memory);

/* Frames in line for the port: SHARD_OUT_MAX at most. */
uint32_t shard_waiting(const struct quern_shard *shard);

/* Counts frames that the port refused for good. */
void shard_count_refused(struct quern_shard *shard, uint32_t frames);

/* Counts frames that could not be moved, since the other shard's line was full. */
void shard_count_not_moved(struct quern_shard *shard, uint32_t frames);

/* How many SYNs have asked for a connection, whatever became of them; also those that are another shard's to take. */
uint64_t shard_syns(const struct quern_shard *shard);

/* Says whether more frames come than can be taken: then new connections are the first to wait, and SYNs that ask for
 * one are dropped before anything is looked up for them. */
void shard_set_behind(struct quern_shard *shard, bool is_behind);

/* Says that the shard had no core for a while: what quern_latest_gap() answers. */
void shard_set_gap(struct quern_shard *shard, struct quern_gap gap);

/* Says whether the port takes no more frames for now: what quern_congested() answers. */
void shard_set_congested(struct quern_shard *shard, bool congested);

/* The state that a flow is in, LISTEN for a listener's port, CLOSED where there is nothing. For tests and lists. */
enum quern_state shard_state_of(struct quern_shard *shard, const struct flow_key *key);

/* Connections in each state, by enum quern_state: O(capacity), for tests and the end of a run. */
void shard_count_states(const struct quern_shard *shard, uint32_t counts[QUERN_STATES_END]);

/* The next connections that `filter` (null for all) lets through, at most `max`: what quern_engine_conns() promises,
 * from any thread while the shard goes on. */
uint32_t shard_read_conns(const struct quern_shard *shard, struct quern_conn_cursor *cursor,
			  const struct quern_conn_filter *filter, struct quern_conn_info *rows, uint32_t max);

/* Connections in each state, from any thread while the shard goes on: what quern_engine_states() promises. */
void shard_read_states(const struct quern_shard *shard, uint32_t counts[QUERN_STATES_END]);

/* Table, wheel, rings, pools and counts agree with each other. For tests: O(capacity). */
bool shard_validate(struct quern_shard *shard);

#endif
