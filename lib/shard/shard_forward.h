/* shard_forward.h - datagrams forwarded between the ports of one worker: its shards are a group, which has the
 * sessions, the rules and their limits. Once it runs, all calls are made on that worker. */
#ifndef SHARD_SHARD_FORWARD_H
#define SHARD_SHARD_FORWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quern/forward.h>

struct packet;
struct quern_forward_stats;
struct quern_shard;
struct rte_mbuf;
struct shard_checks;
struct shard_forward;
struct shard_frame;
struct shard_reload;
struct shard_rules;

enum {
	SHARD_FORWARD_SHARDS = 16,      /* of a group */
	SHARD_SESSIONS_MAX = 1 << 28,   /* of a group */
	SHARD_SESSIONS_DEFAULT = 131072 /* where max_sessions is 0 */
};

struct shard_forward_config {
	uint32_t max_sessions; /* 0 means SHARD_SESSIONS_DEFAULT */
	uint32_t fragmented;   /* datagrams that may wait for fragments; 0: none is put together */
	bool counts_sources;   /* some rule limits the sessions of a source */
	uint64_t seed;         /* every secret and random draw comes from it */
	bool is_prober;        /* it probes targets for all groups that share their rules' checks */
	uint16_t check_port;   /* the first of SHARD_CHECK_PORTS local ports that no session has; 0 for none */
	uint16_t number;       /* this group's, of those that send from the same addresses, */
	uint16_t groups;       /* and how many these are; 0 means 1 */
};

/* Bytes of zeroed memory, aligned to 64, that a group needs; 0 for a configuration that makes no sense. */
size_t shard_forward_bytes(const struct shard_forward_config *config);

/* Begins a group without shards and rules in that memory. */
struct shard_forward *shard_forward_open(const struct shard_forward_config *config, void *memory, uint64_t now_ns);

/* Takes a shard into a group, before its first frame and the group's first rules. `port` is what rules call its port.
 */
void shard_forward_join(struct shard_forward *forward, struct quern_shard *shard, uint16_t port);

/* Whether both forward datagrams, and to each other: they are of one group, which may be of one shard. */
bool shard_is_beside(const struct quern_shard *shard, const struct quern_shard *other);

/* Bytes of zeroed memory, aligned to 64, for rules of a group. */
size_t shard_rules_bytes(const struct quern_forward_rule *rules, uint16_t count);

/* Prepares rules, in which quern_forward_faults() finds none, for a group whose shards are all in it, in `memory`.
 * 0, -ENODEV or -EADDRNOTAVAIL where the group has no such port or address, or -ENETUNREACH where a target is on the
 * network of none of its ports, and none has a gateway. */
int shard_rules_build(void *memory, const struct shard_forward *forward, const struct quern_forward_rule *rules,
		      uint16_t count);

/* Gives rules their checks, made of the same rules, before they are a group's. */
void shard_rules_check(struct shard_rules *rules, struct shard_checks *checks);

/* Rules that were prepared are the group's, before its first turn: sessions know rules by their numbers. */
void shard_forward_use(struct shard_forward *forward, struct shard_rules *rules);

/* Other rules for a group that runs: all that the control thread does about them, while nothing that it has offered
 * before is still being taken. Bytes of zeroed memory, aligned to 64, for the change to these rules. */
size_t shard_reload_bytes(const struct shard_forward *forward, const struct quern_forward_rule *rules, uint16_t count);

/* And of another block, which is the group's as long as it lives; 0 where none is needed. */
size_t shard_reload_sources_bytes(const struct shard_forward *forward, const struct quern_forward_rule *rules,
				  uint16_t count);

/* Prepares the change in `memory`, as shard_rules_build() does, which see. */
int shard_reload_build(void *memory, const struct shard_forward *forward, const struct quern_forward_rule *rules,
		       uint16_t count, void *sources);

/* Gives the new rules their checks, as shard_rules_check() does. */
void shard_reload_check(struct shard_reload *reload, struct shard_checks *checks);

/* The worker takes the change at its next turn: new sessions go by the new rules from then on. Sessions whose rule, by
 * its name, and target are still there go on, so many a turn; the others end, and their next datagram begins anew. */
void shard_forward_offer(struct shard_forward *forward, struct shard_reload *reload);

/* True where no session is left of the rules before those that were offered last, whose memory may go. */
bool shard_forward_is_settled(const struct shard_forward *forward);

/* Passes on what in a burst is an ordinary datagram of a session. Returns how many frames are left, in `mbufs`, for
 * all to be done with them that is done with frames. */
uint16_t shard_forward_burst(struct quern_shard *shard, struct rte_mbuf **mbufs, uint16_t count);

/* A datagram of a session, by the reference that its flow has. */
void shard_forward_input(struct quern_shard *shard, struct shard_frame *frame, uint32_t ref);

/* An ICMP error about a datagram that a session has passed on, by the reference that its flow has: its sender hears
 * of it (RFC 5508 REQ-4). */
void shard_forward_error(struct quern_shard *shard, struct shard_frame *frame, uint32_t ref);

/* Whether a packet to an address that is not ours may belong to a client whose address targets see: it comes from such
 * a target at this port, or quotes a datagram to one. */
bool shard_transit_may(const struct quern_shard *shard, const struct packet *packet);

/* The queue of the worker that has the session of such a packet, if there is one; false for any other packet. */
bool shard_transit_owner(const struct quern_shard *shard, const struct packet *packet, uint16_t *owner);

/* Such a packet without a session here: moved to the worker whose it is, or passed on where its rule keeps none, or
 * dropped. False for any other packet. */
bool shard_transit_input(struct quern_shard *shard, struct shard_frame *frame);

/* Whether a rule alone tells from a target's answer where the client had sent its datagram: it listens at one address,
 * and at one port or at those that its targets have. */
bool shard_transit_is_plain(const struct quern_forward_rule *rule);

/* A datagram that nobody knows. False where no rule has it, and the frame is as it was. */
bool shard_forward_first(struct quern_shard *shard, struct shard_frame *frame);

/* Ends sessions that have been idle for long enough; by the first shard of the group once a turn. Returns how many. */
uint32_t shard_forward_expire(struct shard_forward *forward);

/* Tells those on the port's link that it listens to no groups any more, before its last shard_transmit(); nothing where
 * it forwards nothing. */
void shard_forward_leave(struct quern_shard *shard);

/* A time at or before the next session's end, or false where there is none. */
bool shard_forward_next(const struct shard_forward *forward, uint32_t *tick);

/* Sessions that are open; also from other threads. */
uint32_t shard_forward_sessions(const struct shard_forward *forward);

/* The rule of that number, as it was given; null past the last. Until other rules are the group's. */
const struct quern_forward_rule *shard_forward_rule(const struct shard_forward *forward, uint16_t rule);

/* Adds what was counted of a rule, or of one of its targets, where that is not QUERN_FORWARD_NO_TARGET, to `stats`;
 * from any thread. False where there is none such. */
bool shard_forward_add_stats(const struct shard_forward *forward, uint16_t rule, uint16_t target,
			     struct quern_forward_stats *stats);

/* How many aliases of peers the sessions hold at a shard. For tests: O(capacity). */
uint64_t shard_forward_aliases(const struct quern_shard *shard);

/* Sessions, limits and the entries of tables agree. For tests: O(capacity). */
bool shard_forward_validate(const struct shard_forward *forward);

#endif
