/* shard_parts.h - what the files of this module share: the shard itself, and its functions in the order of a packet. */
#ifndef SHARD_SHARD_PARTS_H
#define SHARD_SHARD_PARTS_H

#include <string.h>

#include "base/counter.h"
#include "base/random.h"
#include "neigh/neigh.h"
#include "shard/shard.h"
#include "shard/shard_ip6.h"
#include "shard/shard_pairs.h"
#include "shard/shard_queue.h"
#include "shard/shard_udp.h"
#include "table/table.h"
#include "tcp/tcp_cookie.h"
#include "tcp/tcp_flight.h"
#include "tcp/tcp_input.h"
#include "tcp/tcp_time_wait.h"
#include "tcp/tcp_timestamps.h"
#include "wheel/wheel.h"
#include "wire/wire_build.h"
#include "wire/wire_packet.h"
#include "wire/wire_parse.h"

enum {
	SHARD_SERVICES = 255, /* listeners, routes and their variants: shard_settings.c */
	SHARD_NO_SERVICE = 255,
	SHARD_QUEUED_MAX = 1024,  /* connections that may owe something until the end of the turn */
	SHARD_STARVED_MAX = 1024, /* connections in line for buffers; more of them are found by their flag */
	SHARD_PACED_MAX = 1024,   /* flights that may wait for their time; more of them are not paced */
	SHARD_FLIGHTS_MAX = 65536,
	SHARD_REASSEMBLIES_MAX = 8192, /* connections that may have text beyond a hole */
	SHARD_SCOREBOARDS_MAX = 8192,  /* connections that may know what their peer has beyond a hole */
	SHARD_NEIGHBOURS = 4096,
	SHARD_PORT_SLOTS = 256,
	SHARD_SCAN_MAX = 65536,                /* pairs looked at before an open fails: a millisecond or two */
	SHARD_OUT_SYNS = SHARD_OUT_MAX / 2,    /* frames in line for the port, beyond which SYNs wait */
	SHARD_OUT_TEXT = SHARD_OUT_MAX / 4 * 3 /* and beyond which text waits */
};

/* A listener or a route: what its connections have in common. conn->profile is its number. */
struct shard_service {
	struct tcp_profile tcp;
	struct wire_ip_options ip; /* how its packets are written */
	struct quern_events events;
	void *app;
	uint32_t half_open; /* of a listener */
	bool is_listener;
	uint8_t origin;         /* the service that this one is a variant of, or itself */
	uint8_t next_listener;  /* in the chain of its port's slot, or SHARD_NO_SERVICE */
	uint16_t local_port;    /* of a listener */
	uint32_t local_address; /* of a listener: of IPv4, an alias, or 0 for any of either version */
	uint32_t last_cookie;   /* of a listener: slot + 1 of the last cookie that it sent, 0 for none */
	struct shard_route route;
};

struct shard_waiting {
	uint8_t service;
	struct quern_conn conn;
};

/* A flight whose next segment waits for its time. */
struct shard_paced {
	uint64_t due_ns;
	uint32_t conn; /* its index */
};

/* What a connection has beside its line while it has text: numbers and buffers. */
struct shard_flight {
	union {
		struct tcp_flight tcp;
		uint32_t next_free; /* index + 1 */
	};
	struct shard_queue queue;
};
static_assert(sizeof(struct shard_flight) == 192, "three cache lines");

struct shard_forward;
struct shard_frame;
struct shard_reassembly;
struct shard_recent;
struct shard_scoreboard;

struct quern_shard {
	/* What every packet touches. */
	uint64_t now_ns;
	uint32_t tick;      /* ms, rounded down: what is due at or before it is due */
	uint32_t now_ms;    /* rounded up: a deadline that counts from it is never early */
	uint32_t isn_clock; /* 4 us */
	struct table table;
	struct tcp_conn *conns;
	struct tcp_conn *current;          /* the connection whose segment is being taken, or null */
	struct shard_frame *current_frame; /* and the frame that brought it */
	struct shard_flight *flights;
	struct shard_reassembly *reassemblies;
	struct shard_scoreboard *scoreboards;
	struct rte_mempool *pool;
	struct shard_forward *forward; /* the group that it forwards datagrams in, null for none */
	struct shard_recent *recent;   /* by place: shard_forward_recent.h */
	uint32_t out_head, out_tail;
	uint32_t dead_count;
	uint32_t queued_count;
	uint32_t insertions;            /* of this burst: a flow that was looked up as unknown may be known now */
	uint32_t first_free;            /* index + 1 */
	uint32_t first_free_flight;     /* index + 1 */
	uint32_t first_free_reassembly; /* index + 1 */
	uint32_t first_free_scoreboard; /* index + 1 */
	uint32_t conns_used;
	uint32_t half_open;
	struct wire_expect expect;
	struct wire_ip_options reply_options;
	struct tcp_time_wait_ring time_wait;
	struct wheel wheel;
	struct neigh neigh;
	struct shard_ip6 ip6;
	struct shard_udp udp;
	struct hash_secret isn_secret;
	struct hash_secret ts_secret; /* of tcp_timestamps_offset() */
	struct tcp_cookie_keys cookie_keys;
	struct random cookie_random; /* of later keys */
	struct shard_config config;
	struct quern_counters counters;
	struct shard_buffers buffers;
	uint32_t flights_used;
	uint32_t udp_flows; /* entries of sessions in the table */
	uint32_t lingering; /* connections that are over but for text which is still read */
	struct shard_waiting *waiting;
	uint32_t waiting_count;
	uint32_t starved_count;
	uint32_t starved_next;   /* record to look at for one that waits and is not in line */
	uint32_t starved_unseen; /* records to look at before all such have been found */
	uint32_t wakes_left;     /* of this turn: as many as buffers are to spare for */
	uint64_t releases;       /* pairs of routes that were given back, plus 1 */
	uint64_t syns_of_others; /* that were set aside */
	uint32_t unreachable_ms; /* tokens of ICMP unreachables are spent up to here */
	uint32_t foreign_count;
	uint32_t paced_count;
	uint32_t paced_next;    /* the one to look at next */
	uint16_t cut_segments;  /* of one that the port cuts, at most; 0 where it cuts none */
	bool glances;           /* its frames are looked at for datagrams of sessions first: bare Ethernet, no VLAN */
	uint16_t forward_id;    /* of the next datagram that it cuts */
	uint16_t forward_bytes; /* the longest frame that may leave it */
	uint16_t forward_port;  /* what the group's rules call this shard's port */
	uint8_t forward_number; /* in its group */
	bool hears_many;        /* some rule listens to a group at its port, or takes broadcasts */
	uint8_t recent_rests;   /* bursts that do without what is remembered */
	uint8_t service_count;
	bool congested;                      /* the port took less than there was */
	bool turn_is_new;                    /* nothing was looked at in this turn */
	bool is_behind;                      /* more frames come than the worker can take */
	bool pool_is_short;                  /* what is left is for control, and connections in progress */
	bool is_moved;                       /* the burst at hand comes from another shard of the port */
	uint8_t listeners[SHARD_PORT_SLOTS]; /* heads of chains, SHARD_NO_SERVICE where empty */
	uint32_t queued[SHARD_QUEUED_MAX];
	struct quern_gap gap; /* the latest */
	struct quern_conn starved[SHARD_STARVED_MAX];
	struct shard_paced paced[SHARD_PACED_MAX];
	struct rte_mbuf *dead[SHARD_BURST];
	struct rte_mbuf *foreign[SHARD_BURST];
	struct rte_mbuf *out[SHARD_OUT_MAX];
	struct shard_service services[SHARD_SERVICES];
};

/* A frame on its way through: `mbuf` is null once the frame has become an answer. */
struct shard_frame {
	struct rte_mbuf *mbuf;
	const struct packet *packet;
	uint64_t hash;
};

/* What is added to the time in a flow's timestamps; the same from a peer that comes back with another alias. */
static inline uint32_t shard_timestamps_offset(const struct quern_shard *shard, const struct flow_key *key)
{
	struct flow_key name;

	if (!flow_key_is_ip6(key))
		return tcp_timestamps_offset(&shard->ts_secret, key);
	name = shard_ip6_secret_name_of(shard, key);
	return tcp_timestamps_offset(&shard->ts_secret, &name);
}

/* shard_open.c */

/* Sets the time of this turn. */
void shard_set_time(struct quern_shard *shard, uint64_t now_ns);

/* shard_receive.c */

/* Sets a frame aside for the worker to move: to the shard of a queue, or to all. */
void shard_set_aside(struct quern_shard *shard, struct rte_mbuf *mbuf, uint32_t owner);

/* True for a frame of a flow of another shard, which is set aside for the worker to move: it is gone from `frame`. */
bool shard_is_foreign(struct quern_shard *shard, struct shard_frame *frame);

/* Counts a frame under its one reason. */
static inline void shard_drop(struct quern_shard *shard, enum quern_drop reason)
{
	counter_add(&shard->counters.drops[reason], 1);
}

/* shard_tcp.c */

/* A TCP segment and the reference that its flow has, 0 for none. */
void shard_tcp_input(struct quern_shard *shard, struct shard_frame *frame, uint32_t ref);

/* shard_time_wait.c */

/* A segment for a record in TIME-WAIT. */
void shard_time_wait_input(struct quern_shard *shard, struct shard_frame *frame, uint32_t slot);

/* The connection's state is TIME-WAIT: tells the application, leaves a record in the ring, frees the line. */
void shard_time_wait_enter(struct quern_shard *shard, struct tcp_conn *conn);

/* Takes out the records that are due, at most `max`; returns how many. */
uint32_t shard_time_wait_expire(struct quern_shard *shard, uint32_t max);

/* A reopened connection came to nothing: its old record is in the table again, and true; false where it is gone. */
bool shard_time_wait_unpark(struct quern_shard *shard, struct tcp_conn *conn, uint64_t hash);

/* The reopened connection is established: the old record goes. */
void shard_time_wait_forget(struct quern_shard *shard, struct tcp_conn *conn);

/* shard_conn.c */

/* A free record with key, profile and generation set, in the table; null with none left, or the table full. */
struct tcp_conn *shard_conn_new(struct quern_shard *shard, const struct flow_key *key, uint64_t hash, uint8_t service);

/* A free record for a flow whose entry in the table was `old` so far; null with none left. */
struct tcp_conn *shard_conn_new_over(struct quern_shard *shard, const struct flow_key *key, uint64_t hash,
				     uint8_t service, uint32_t old);

/* Frees the record of a connection that has left the table. */
void shard_conn_free(struct quern_shard *shard, struct tcp_conn *conn);

/* Tells the application (but not of a passive open that never was established), and removes the connection. */
void shard_conn_end(struct quern_shard *shard, struct tcp_conn *conn, enum quern_end how, bool half_open);

/* RST to the peer where RFC 9293 3.10.5 says so, and the connection is gone: ABORTED. */
void shard_conn_abort(struct quern_shard *shard, struct tcp_conn *conn);

/* The same where text that was acknowledged is lost: the peer is told in every state (RFC 9293 SHLD-3). */
void shard_conn_abort_unread(struct quern_shard *shard, struct tcp_conn *conn);

/* The connection has left the table. Tells the application, and frees the line; or, where text is held that the
 * application may still read, both wait for that. */
void shard_conn_finish(struct quern_shard *shard, struct tcp_conn *conn, enum quern_end how);

/* All that a lingering connection held has been read, or nobody wants it. */
void shard_conn_linger_end(struct quern_shard *shard, struct tcp_conn *conn);

/* The record of a handle: also while its end is being told; not after its end; or as long as text can be read. Null
 * where it is stale or another shard's. */
struct tcp_conn *shard_conn_record(struct quern_shard *shard, struct quern_conn handle);
struct tcp_conn *shard_conn_alive(struct quern_shard *shard, struct quern_conn handle);
struct tcp_conn *shard_conn_readable(struct quern_shard *shard, struct quern_conn handle);

/* The handle of a connection. */
struct quern_conn shard_conn_handle(const struct quern_shard *shard, const struct tcp_conn *conn);

/* The record's index. */
static inline uint32_t shard_conn_index(const struct quern_shard *shard, const struct tcp_conn *conn)
{
	return (uint32_t)(conn - shard->conns);
}

static inline struct shard_service *shard_service_of(struct quern_shard *shard, const struct tcp_conn *conn)
{
	return &shard->services[conn->profile];
}

/* shard_text.c */

/* Text was acknowledged: tells an application that waits for room, where there is enough. */
void shard_text_room(struct quern_shard *shard, struct tcp_conn *conn);

/* shard_calls.c */

/* Of the connection in a record: the id of struct quern_conn_info. */
uint64_t shard_conn_id(uint32_t index, const struct tcp_conn *conn);

/* Describes a connection and its flight, null at rest; also copies of them. Its ends are left to
 * shard_ip6_ends(). */
void shard_conn_describe(const struct tcp_conn *conn, const struct shard_flight *flight, struct quern_conn_info *info);

/* shard_route.c */

/* The listener for a flow, or null. */
struct shard_service *shard_listener_find(struct quern_shard *shard, uint32_t address, uint16_t port);

/* The listener that quern_listen() has made for exactly this, or null. */
struct shard_service *shard_listener_at(struct quern_shard *shard, const struct quern_endpoint *local);

/* Checks source and target, and fills in what stands for them. 0, or what quern_route_add() says of them; the target of
 * one over IPv6 is the caller's to give up. */
int shard_route_name(struct quern_shard *shard, const struct quern_source *source, const struct quern_endpoint *target,
		     struct shard_route *route);

/* What stands for a local address in keys: itself, its alias, or 0 for any. 0, -EINVAL or -EADDRNOTAVAIL. */
int shard_route_name_local(const struct quern_shard *shard, const struct quern_endpoint *local, uint32_t *name);

/* True for an address of IPv4 that is one host's: no group, and not the network's broadcast address. */
bool shard_names_one_host(const struct quern_shard *shard, uint32_t address);

/* A pair of a route is free again. */
static inline void shard_route_release(struct quern_shard *shard, uint8_t service)
{
	struct shard_service *origin = &shard->services[shard->services[service].origin];

	origin->route.in_use -= !origin->is_listener;
	shard->releases += !origin->is_listener;
}

/* Whether a packet goes to an address of the port's own, or comes from one. */
static inline bool shard_is_to_own(const struct quern_shard *shard, const struct packet *packet)
{
	return packet->version == 6 ? neigh_nd_is_own(&shard->ip6.neigh, packet->ip6.local)
				    : neigh_is_own(&shard->neigh, packet->key.local);
}

static inline bool shard_is_from_own(const struct quern_shard *shard, const struct packet *packet)
{
	return packet->version == 6 ? neigh_nd_is_own(&shard->ip6.neigh, packet->ip6.remote)
				    : neigh_is_own(&shard->neigh, packet->key.remote);
}

/* shard_neigh.c */

/* An ARP packet. Where other shards of the port should know of it, its frame is set aside for them. */
void shard_neigh_input(struct quern_shard *shard, struct shard_frame *frame);

/* The link header of the way to an address; false, with the request sent where one is due, while it is not known. A
 * stranger is one that has not proved yet that the address is its own. */
bool shard_neigh_link(struct quern_shard *shard, uint32_t address, bool is_stranger, struct wire_link *link);

/* shard_tcp_output.c */

/* Sends all that a connection owes, the first of it in `frame` where that is not null, and arms its timer.
 * `acknowledged` says that something has left its flight. */
void shard_tcp_output(struct quern_shard *shard, struct tcp_conn *conn, struct shard_frame *frame, bool acknowledged);

/* The connection owes something: sent at the end of this turn, or of its own segment. */
void shard_tcp_owes(struct quern_shard *shard, struct tcp_conn *conn);

/* shard_send.c */

/* Sends a segment of a flow, in `frame` where that is there and ours to reuse; its text, where it has any, is in
 * `queue`. False where there was no buffer for it; what is lost further on is lost as on the wire. */
bool shard_send_segment(struct quern_shard *shard, struct shard_frame *frame, const struct flow_key *key,
			const struct segment *segment, const struct wire_ip_options *options,
			const struct shard_queue *queue);

/* Sends the RST that answers a segment, or nothing where it was one. */
void shard_send_reset_for(struct quern_shard *shard, struct shard_frame *frame);

/* A turned-round link header of the frame that came in, for an answer in a buffer of its own. */
void shard_send_link_back(const struct shard_frame *frame, struct wire_link *link);

/* shard_frame.c */

/* Puts a finished frame in line that has come to its end: where it begins is free again, or the frame is dropped. */
void shard_send_frame_at_end(struct quern_shard *shard, struct rte_mbuf *mbuf);

/* The link header of IP packets from a shard to a MAC address: none where its port has no Ethernet. */
void shard_link_to(const struct quern_shard *shard, const uint8_t mac[6], bool is_ip6, struct wire_link *link);

/* Puts a finished frame in line. */
static inline void shard_send_frame(struct quern_shard *shard, struct rte_mbuf *mbuf)
{
	if (shard->out_tail == SHARD_OUT_MAX) {
		shard_send_frame_at_end(shard, mbuf);
		return;
	}
	shard->out[shard->out_tail++] = mbuf;
	counter_add(&shard->counters.tx_packets, 1);
	counter_add(&shard->counters.tx_bytes, mbuf->pkt_len);
}

/* A buffer of `bytes` bytes to fill, or null, counted. */
struct rte_mbuf *shard_send_buffer(struct quern_shard *shard, uint32_t bytes);

/* True for a buffer that nobody else reads or will free. */
static inline bool shard_send_is_ours(const struct rte_mbuf *mbuf)
{
	return RTE_MBUF_DIRECT(mbuf) && rte_mbuf_refcnt_read(mbuf) == 1 && mbuf->nb_segs == 1;
}

#endif
