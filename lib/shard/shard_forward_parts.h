/* shard_forward_parts.h - what the files of forwarding share: a group, its rules, and the ways to their targets. */
#ifndef SHARD_SHARD_FORWARD_PARTS_H
#define SHARD_SHARD_FORWARD_PARTS_H

#include "shard/shard_forward.h"
#include "shard/shard_parts.h"
#include "udp/udp_balance.h"
#include "udp/udp_limits.h"
#include "udp/udp_rules.h"
#include "udp/udp_session.h"
#include "wire/wire_udp.h"

/* Datagrams, and the bytes of their packets of IP, as they came. */
struct shard_tally {
	uint64_t datagrams, bytes;
};

static inline void shard_tally_add(struct shard_tally *tally, uint32_t bytes)
{
	counter_add(&tally->datagrams, 1);
	counter_add(&tally->bytes, bytes);
}

/* The way to a target: the shard of the port that leads to it, and where the next session's local end is looked for.
 * What a datagram touches is in the first line. Counts are the worker's; others read them by counter_read(). */
struct shard_way {
	_Alignas(64) struct wire_link link;
	bool is_known; /* `link` is good until known_ms, */
	uint32_t known_ms;
	uint8_t shard;                /* in the group */
	struct shard_tally forwarded; /* to the target */
	struct shard_tally returned;  /* and from it */
	struct quern_endpoint to;
	uint32_t next_local;
	uint16_t next_port;
	uint64_t opened;  /* sessions */
	uint64_t refused; /* datagrams that had no session, or no next hop */
};
static_assert(offsetof(struct shard_way, to) == 64, "one cache line for a datagram");

/* What is counted of a rule as a whole. */
struct shard_rule_counts {
	uint64_t opened;  /* by its clients: where all targets get copies, one each */
	uint64_t refused; /* datagrams that no session, target or next hop was found for */
};

/* A target that sees its clients' own addresses, and answers to them by way of us. */
struct shard_transit {
	struct quern_ip6 address; /* of IPv4 in the lowest 32 bits */
	uint16_t port;            /* 0: any */
	uint16_t rule;
	uint8_t shard; /* of the group, at which its answers come in */
};

/* Rules as a group has them. */
struct shard_rules {
	const struct udp_rules *set;
	struct udp_balance balance;
	struct shard_way *ways;           /* by first_target + number */
	struct shard_rule_counts *counts; /* by number of the rule */
	struct shard_checks *checks;      /* null where no target is checked */
	struct shard_transit *transits;
	uint32_t transit_count;
	struct shard_group *groups; /* that rules listen to */
	uint16_t group_count;
};

/* A change to other rules. What is behind the map is the worker's. */
struct shard_reload {
	struct shard_rules *rules;
	void *sources; /* for limits that had none; or null */
	struct udp_map map;
	bool is_taken;
	uint32_t next, end; /* records of sessions that are still to be looked at */
};

struct udp_fragments;
struct shard_group;
struct shard_groups;

/* Of a set, what a datagram of a session asks for. */
struct shard_view {
	const struct udp_rule *rules;
	struct shard_way *ways;
};

struct shard_forward {
	struct quern_shard *shards[SHARD_FORWARD_SHARDS];
	struct shard_view views[2];   /* by number: of `rules`, and of those before while they have sessions */
	struct shard_rules *rules;    /* null for none */
	struct shard_reload *offered; /* atomic: the control thread writes it, and the worker null when it is done */
	struct udp_pool pool;
	struct random random;
	struct udp_limits limits;
	struct udp_fragments *fragments;         /* null where none is put together */
	struct shard_groups *groups;             /* by shard */
	uint32_t barren_ms;                      /* when a local end was last looked for in vain */
	const struct shard_checks *checks_taken; /* whose bits are in the balance, */
	uint32_t generation_taken;               /* as they were then */
	uint32_t probed_tick;
	uint16_t check_port; /* as configured */
	uint16_t number;     /* likewise */
	uint16_t id_step;    /* from one identification of a shard to its next */
	bool is_prober;
	uint8_t shard_count;
};

static inline const struct udp_rule *shard_rule_of(const struct shard_forward *forward,
						   const struct udp_session *session)
{
	return &forward->views[session->set].rules[session->rule];
}

/* Whether an end of a session is of IPv6: what names it in a key may be an address of IPv4 in a frame. */
static inline bool shard_session_has_ip6(const struct udp_session *session)
{
	return flow_key_is_ip6(&session->inner) || flow_key_is_ip6(&session->outer);
}

/* A session is of that rule and target from now on. */
static inline void shard_session_join(struct udp_session *session, const struct udp_rule *rule, uint16_t target)
{
	session->rule = rule->number;
	session->target = target;
	session->set = rule->set;
	session->place = (uint16_t)(rule->first_target + target);
	session->flags &= (uint8_t)~UDP_SESSION_ANSWERS;
	session->flags |= rule->answers_refresh ? UDP_SESSION_ANSWERS : 0;
}

/* The way to a session's target. */
static inline struct shard_way *shard_session_way(const struct shard_forward *forward,
						  const struct udp_session *session)
{
	return &forward->views[session->set].ways[session->place];
}

static inline struct shard_way *shard_way_of(const struct shard_forward *forward, const struct udp_rule *rule,
					     uint16_t target)
{
	return &forward->views[rule->set].ways[rule->first_target + target];
}

/* The rule that has a datagram of this key, which came in at that shard; null for none. */
static inline const struct udp_rule *shard_rule_for(const struct shard_rules *rules, const struct quern_shard *shard,
						    const struct flow_key *key)
{
	return udp_rules_find(rules->set, shard->forward_port, key->local, key->local_port);
}

/* Both ends of a flow whose aliases are held, their addresses over IPv6 in `pair`. */
static inline struct wire_udp_ends shard_forward_ends(const struct quern_shard *shard, const struct flow_key *key,
						      struct ip6_pair *pair)
{
	if (!flow_key_is_ip6(key))
		return (struct wire_udp_ends){key, NULL};
	shard_ip6_pair(shard, NULL, key, pair);
	return (struct wire_udp_ends){key, pair};
}

/* A datagram goes to a target, or comes from one: so many bytes from its IP header on. */
static inline void shard_forward_count_out(struct shard_way *way, uint32_t bytes)
{
	shard_tally_add(&way->forwarded, bytes);
}

static inline void shard_forward_count_back(struct shard_way *way, uint32_t bytes)
{
	shard_tally_add(&way->returned, bytes);
}

/* The bytes that count of a datagram that was parsed. */
static inline uint32_t shard_forward_bytes_of(const struct packet *packet)
{
	return (uint32_t)(packet->frame_bytes - packet->link_bytes);
}

enum {
	SHARD_WAY_KNOWN_MS = 100,
	SHARD_CUT6_MTU = 1280 /* RFC 8200 5: who cuts must know the path, or send no more than every one takes */
};

/* Of a buffer on its way out: its datagram may be cut. Ports that cut datagrams themselves are given none. */
#define SHARD_MAY_BE_CUT RTE_MBUF_F_TX_UDP_SEG

/* The port vouches for a checksum that is not there: the frame never left this machine. */
static inline bool shard_forward_is_unfinished(const struct rte_mbuf *mbuf)
{
	return (mbuf->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_NONE;
}

/* Whether the link header of a way is as ARP or ND have said not long ago: asked for anew now and then, since each of
 * them wants to see that an entry is in use. */
static inline bool shard_way_is_fresh(const struct shard_way *way, uint32_t now_ms)
{
	return way->is_known && now_ms - way->known_ms <= SHARD_WAY_KNOWN_MS;
}

/* RFC 6864 4.3: the identification of the next datagram of IPv4 that a shard writes anew, or cuts. No two groups that
 * send from the same addresses have one alike. */
static inline uint16_t shard_forward_next_id(struct quern_shard *out)
{
	uint16_t id = out->forward_id;

	out->forward_id = (uint16_t)(id + out->forward->id_step);
	return id;
}

/* shard_forward.c */

/* The shard of a port that rules name; null where the group has none. */
struct quern_shard *shard_forward_at(const struct shard_forward *forward, uint16_t port);

/* shard_forward_input.c */

/* The link header of the way to a target, as ARP or ND know it; false while they do not. */
bool shard_forward_link(struct quern_shard *out, struct shard_way *way, const struct wire_link **link);

/* A datagram has no next hop towards that target: dropped and counted. */
void shard_forward_no_next_hop(struct quern_shard *shard, const struct udp_rule *rule, uint16_t target);

/* RFC 1812 5.3.1: false for what would leave with no time to live. It is dropped, and its sender hears of it. */
bool shard_forward_lives(struct quern_shard *shard, const struct shard_frame *frame);

/* Where a datagram is too long to leave in a version of IP, and must not be cut: the MTU that its sender has to be
 * told. 0 where it may leave. */
uint32_t shard_forward_narrows(const struct shard_frame *frame, const struct quern_shard *out, bool is_ip6);

/* The frame's own buffer, or a copy where others read it. It is no longer the frame's. Null, counted, with none left.
 */
struct rte_mbuf *shard_forward_take(struct quern_shard *out, struct shard_frame *frame);

/* Gives a datagram in a buffer whose headers are ours to write other ends, and sends it. */
void shard_forward_send(struct quern_shard *out, struct rte_mbuf *mbuf, const struct packet *packet,
			const struct wire_udp_ends *goes, struct wire_udp_sums sums, const struct wire_link *link);

/* Turns an ICMP error about a datagram that was passed on into one about the datagram as it had come, and sends it. */
void shard_forward_turn(struct quern_shard *shard, struct shard_frame *frame, struct quern_shard *out,
			const struct wire_udp_ends *came, const struct wire_link *link);

/* Sends a packet that is written, behind another link header than it came with. The buffer is no longer the caller's.
 */
void shard_forward_finish(struct quern_shard *out, struct rte_mbuf *mbuf, const struct packet *packet,
			  const struct wire_link *link);

/* shard_forward_translate.c */

/* Length of the IP packet that a datagram is in a version of IP, its own or the other; and what its sender has to be
 * told of an MTU of that version. */
uint32_t shard_translated_bytes(const struct packet *packet, bool is_ip6);
uint32_t shard_translated_mtu(const struct packet *packet, bool is_ip6, uint16_t mtu);

/* What shard_forward_send() does, with ends of the other version. */
void shard_translate_send(struct quern_shard *out, struct rte_mbuf *mbuf, const struct packet *came,
			  const struct wire_udp_ends *goes, struct wire_udp_sums sums, const struct wire_link *link);

/* Sends an ICMP error on to whoever has sent the datagram that it is about, as `came` in the other version. */
void shard_translate_error(struct quern_shard *out, const struct shard_frame *frame, const struct wire_udp_ends *came,
			   const struct wire_link *link);

/* shard_forward_copies.c */

/* A copy of a datagram whose headers are ours to write; of a long text by reference, where the port gathers. `mbuf`
 * stays as it is, and may be given back. Null, counted, with no buffer left. */
struct rte_mbuf *shard_forward_copy(struct quern_shard *out, struct rte_mbuf *mbuf, const struct packet *packet);

/* What is too long for some of those to whom it is copied: each is counted, and its sender told once, of the least MTU;
 * `least` begins as 0. */
bool shard_forward_copy_fits(struct quern_shard *shard, const struct shard_frame *frame, const struct quern_shard *out,
			     bool is_ip6, uint32_t *least);
void shard_forward_copies_end(struct quern_shard *shard, const struct shard_frame *frame, uint32_t least);

/* A datagram for all targets, by the first of its sessions. */
void shard_forward_copies(struct quern_shard *shard, struct shard_frame *frame, struct udp_session *first);

/* shard_forward_one_way.c */

/* A datagram by a rule that keeps no session: to a target, or a copy to each. */
void shard_forward_one_way(struct quern_shard *shard, struct shard_frame *frame, const struct udp_rule *rule);

/* shard_forward_transit.c */

/* Bytes of the targets that see their clients' addresses, and the list of them in as many. */
size_t shard_transit_bytes(const struct quern_forward_rule *rules, uint16_t count);
void shard_transit_build(struct shard_rules *rules, void *memory);

/* shard_forward_fragment.c */

/* Cuts a datagram that is written into fragments for the way out, and sends them behind that link header. The
 * buffer is no longer the caller's. */
void shard_forward_fragment(struct quern_shard *out, struct rte_mbuf *mbuf, uint32_t link_bytes,
			    const struct wire_link *link);

/* shard_forward_reload.c */

/* Takes rules that are offered, or goes on with sessions of those before; once a turn while something is offered. */
void shard_reload_go_on(struct shard_forward *forward, struct shard_reload *reload);

/* A session of the rules before is closed: it no longer counts for its rule and target, where those are still there. */
void shard_reload_uncount(struct shard_forward *forward, const struct udp_session *session);

/* The rule and target among the new ones of a session of the rules before; null and UDP_NO_TARGET where gone. */
const struct udp_rule *shard_reload_find(const struct shard_forward *forward, const struct udp_session *session,
					 uint16_t *target);

/* Gives a session of the rules before the numbers that its rule and target have now. Returns whether its timer was set
 * anew. */
bool shard_reload_renumber(struct shard_forward *forward, struct udp_session *session);

/* shard_forward_ring.c */

/* After a change of its rule, which still sends to all: targets that are gone leave a client's sessions, or all of them
 * end where none stays; the others get their new numbers. Returns how many were looked at. */
uint32_t shard_ring_sort_out(struct shard_forward *forward, struct udp_session *session, const struct udp_rule *rule);

/* Sessions towards all targets that are up, of a client that has none: the one that is counted for all in `first`. Who
 * finds no room for one more has those that there are. Returns why there is none. */
enum quern_drop shard_ring_make(struct quern_shard *shard, const struct shard_frame *frame, const struct udp_rule *rule,
				const struct flow_key *inner, struct udp_session **first);

/* A client's datagram: targets that came, or came up, get sessions as well. */
void shard_ring_fill(struct quern_shard *shard, const struct shard_frame *frame, struct udp_session *first);

/* shard_forward_client.c */

/* Whether who sends a datagram may be a client of a rule: no address of our own, nor of all of a network; and where
 * targets see their clients, no address that is good on one link alone, or a target's own. */
bool shard_client_may(const struct quern_shard *shard, const struct packet *packet, const struct udp_rule *rule);

/* shard_session.c */

/* What stays together by maglev: a client's address and port. The same for all workers and machines. */
uint64_t shard_client_hash(const struct wire_udp_ends *came);

/* The first and the last of a port's own addresses, as flow keys have them. */
uint32_t shard_first_local(const struct quern_shard *shard, bool is_ip6);
uint32_t shard_last_local(const struct quern_shard *shard, bool is_ip6);

/* Opens a session for a datagram that has none, by a rule that keeps some. Null, with the frame counted as dropped,
 * where that cannot be. */
struct udp_session *shard_session_open(struct quern_shard *shard, struct shard_frame *frame,
				       const struct udp_rule *rule);

/* A session, and the others of its client where there are some, were heard of. */
void shard_session_heard(const struct shard_forward *forward, struct udp_session *session, uint32_t now_ms);

/* Opens one session of a client towards a target: its record, with the inner key held once more, in the tables. Returns
 * why there is none, counted for the target. */
enum quern_drop shard_session_make(struct quern_shard *shard, const struct shard_frame *frame,
				   const struct udp_rule *rule, const struct flow_key *inner, uint16_t target,
				   uint8_t flags, struct udp_session **made);

/* shard_forward_recent.c: what shards remember of a session's flows */

/* It is no longer so: they are looked for in the table. */
void shard_session_forget(const struct shard_forward *forward, const struct udp_session *session);

/* The session knows when their datagrams were heard. */
void shard_session_recall(const struct shard_forward *forward, const struct udp_session *session);

/* A client's datagram came from this MAC address: there its answers go. */
void shard_session_came_from(const struct shard_forward *forward, struct udp_session *session, const uint8_t mac[6]);

/* shard_session.c, once more */

/* Takes one session out of the tables and gives it back; no other of its client leads to it any more. */
void shard_session_unmake(struct shard_forward *forward, struct udp_session *session);

/* Takes a session out of the tables and gives it back, and the others of its client with it. */
void shard_session_close(struct shard_forward *forward, struct udp_session *session);

#endif
