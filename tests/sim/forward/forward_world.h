/* forward_world.h - forwarding by seed: a group of shards, clients and targets as plain models, and what must be true
 * of all that goes in and comes out. docs/simulator.md. */
#ifndef SIM_FORWARD_FORWARD_WORLD_H
#define SIM_FORWARD_FORWARD_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/counters.h>
#include <quern/forward.h>

#include "base/random.h"
#include "shard/shard.h"
#include "shard/shard_forward.h"
#include "support/lab_datagram.h"

enum {
	FORWARD_PORTS = 3,
	FORWARD_RULES = 6,
	FORWARD_TARGETS = 4, /* of a rule */
	FORWARD_CLIENTS = 32,
	FORWARD_BURST = 32,
	FORWARD_SESSIONS = 256,
	FORWARD_ANSWERS = 512,
	FORWARD_ASKED = 64,
	FORWARD_SEEN = 1024,
	FORWARD_FRAME = 1700,
	FORWARD_LINK = 14,
	FORWARD_MS = 1000000 /* nanoseconds */
};

/* Port n has 10.n.0.1 and 10.n.0.2 of 10.n.0.0/16, and the same of 2001:db8:n::/48; port 0 leads to all else. Hosts
 * from 100 on are targets, from 200 on clients. */
struct forward_client {
	uint8_t port;
	struct quern_endpoint from, to;
	uint8_t mac[6];
};

/* What a seed draws. */
struct forward_plan {
	uint64_t seed;
	uint64_t start_ns;
	uint32_t steps;
	uint16_t port_count;
	uint16_t own; /* addresses of each port */
	uint16_t mtu;
	uint32_t max_sessions;
	bool ethernet;
	bool loses_asked; /* requests of ARP and ND are lost, or answered late */
	bool is_shared;   /* the ports have other workers too, with plans of who has what */
	bool is_thin;     /* and of the ports of a way, few are this worker's */
	bool gathers;
	struct port_plan plans[FORWARD_PORTS];
	uint16_t rule_count;
	struct quern_forward_rule rules[FORWARD_RULES];
	struct quern_forward_target targets[FORWARD_RULES][FORWARD_TARGETS];
	struct forward_client clients[FORWARD_CLIENTS];
};

/* Towards one target. */
struct forward_copy {
	bool is_known; /* a datagram of it was seen */
	uint8_t target;
	uint8_t port;
	struct quern_endpoint local, remote;
	uint32_t last_there, last_back; /* numbers of datagrams */
};

struct forward_session {
	uint8_t port;
	uint8_t rule;
	uint8_t copy_count;
	bool is_in_doubt;  /* new in this burst, and perhaps there was no port for it */
	bool is_by_source; /* counted for its source's limit */
	bool is_older;     /* than the rules: its target was chosen by those before */
	bool is_lacking;   /* of a rule for all: with its client's next datagrams it gets the targets that it has not */
	struct quern_endpoint client, listen;
	uint8_t mac[6];
	uint8_t mac_before[6]; /* when the burst began */
	uint64_t heard_ms;
	struct forward_copy copies[FORWARD_TARGETS];
};

/* A datagram of the burst at hand, and what must become of it. */
struct forward_message {
	struct lab_datagram datagram; /* as it is said */
	uint32_t number;
	uint8_t mac[6];
	bool has_options, is_padded, is_damaged;
	bool is_back;
	uint8_t copy; /* of an answer */
	struct forward_session *session;
	uint32_t wanted;   /* copies that ought to come out, a bit each; of an answer, bit 0 */
	uint32_t heard;    /* those that did */
	uint32_t refusals; /* ICMP errors that it draws, but for their limit */
	uint8_t to_mac[6]; /* of an answer: where its client was when it was said */
};

/* A port-unreachable of the burst at hand, about what a client has sent. */
struct forward_error {
	struct forward_session *session;
	uint8_t to_mac[6];
	bool is_heard;
};

/* What a target, or somebody else, will say. */
struct forward_answer {
	uint64_t due_ns;
	uint8_t port;
	bool is_error;
	struct quern_endpoint from, to;
	uint8_t quote[48];
	uint8_t quote_bytes;
};

struct forward_asked {
	uint64_t due_ns; /* 0: free */
	uint8_t port;
	uint8_t bytes;
	uint8_t frame[96];
};

/* What counters must have gone up by. */
struct forward_tally {
	uint64_t frames, drops[QUERN_DROPS_END], broken, moved, refusals, opened, ended;
};

/* What came out. */
struct forward_heard {
	uint64_t frames, forwarded, returned, passed, refused, asked;
};

/* By maglev a client comes to the same target always. */
struct forward_seen {
	bool is_used;
	uint8_t rule, target;
	struct quern_endpoint client;
};

struct forward_world {
	struct forward_plan plan;
	struct random random;
	uint64_t now_ns;
	struct quern_shard *shards[FORWARD_PORTS];
	void *memory[FORWARD_PORTS];
	struct shard_forward *group;
	void *group_memory, *rules_memory, *sources_memory;
	struct forward_session sessions[FORWARD_SESSIONS];
	uint32_t session_count;
	struct forward_message messages[FORWARD_BURST];
	uint32_t message_count;
	struct forward_error errors[FORWARD_BURST];
	uint32_t error_count;
	struct forward_answer answers[FORWARD_ANSWERS];
	uint32_t answer_count;
	struct forward_asked asked[FORWARD_ASKED];
	struct forward_seen seen[FORWARD_SEEN];
	uint32_t turns[FORWARD_RULES][FORWARD_TARGETS]; /* sessions that were opened towards each */
	bool is_uneven[FORWARD_RULES];                  /* and some found no port, after their target was chosen */
	struct forward_tally due;
	struct forward_heard heard;
	struct quern_counters before; /* of all shards, when the burst began */
	uint32_t last_number;
	uint64_t datagrams; /* said in all */
	char failure[256];
};

/* forward_plan.c */

/* True once in `n` times. */
bool forward_one_in(struct random *random, uint32_t n);

/* Addresses as above, of the version of `like`. */
struct quern_endpoint forward_host(uint16_t port, uint16_t host, uint16_t number, bool is_ip6);
bool forward_same_host(const struct quern_endpoint *a, const struct quern_endpoint *b);
bool forward_same(const struct quern_endpoint *a, const struct quern_endpoint *b);
void forward_mac(const struct quern_endpoint *host, uint8_t mac[6]);
void forward_port_mac(uint16_t port, uint8_t mac[6]);

/* The port that leads to a host, and whether a port has an address itself. */
uint8_t forward_port_towards(const struct forward_plan *plan, const struct quern_endpoint *host);
bool forward_is_own(const struct forward_plan *plan, uint16_t port, const struct quern_endpoint *end);

/* Whether what comes to a port is this worker's. */
bool forward_is_ours(const struct forward_plan *plan, uint16_t port, const struct quern_endpoint *source,
		     const struct quern_endpoint *dest);

/* Draws one more rule behind those that there are; true where it is good beside them. */
bool forward_plan_rule(struct forward_plan *plan, struct random *random);

/* A client with a port of its own that is this worker's. */
void forward_plan_client(const struct forward_plan *plan, struct random *random, struct forward_client *client);

void forward_plan_draw(struct forward_plan *plan, uint64_t seed);

/* forward_frame.c */

/* Writes a message as a frame, and notes the sum of its text as it was written; returns its length. */
uint32_t forward_frame_build(const struct forward_world *world, uint16_t port, struct forward_message *message,
			     uint8_t *frame);

/* Writes an error about what a target has heard; returns its length. */
uint32_t forward_frame_error(const struct forward_world *world, uint16_t port, const struct forward_answer *error,
			     uint8_t *frame);

/* An IPv4 packet without its options, all of its fragments put together; false while there is more to come, or with a
 * failure. */
bool forward_frame_whole(struct forward_world *world, uint8_t *packet, uint32_t *bytes);

/* The answer to a request of ARP or ND; 0 where the frame is none. */
uint32_t forward_frame_neighbour(const uint8_t *frame, uint32_t bytes, uint8_t *answer);

/* Both ends of the datagram that an ICMP error quotes; false where it is no error. */
bool forward_frame_quoted(const uint8_t *packet, uint32_t bytes, struct quern_endpoint *source,
			  struct quern_endpoint *dest);

/* forward_model.c */

/* The rule that takes what comes to an end at a port; less than 0 for none. */
int forward_find_rule(const struct forward_plan *plan, uint16_t port, const struct quern_endpoint *dest);

/* Looks for what a datagram meets, says what must become of it, and lets time and limits go on. */
void forward_expect(struct forward_world *world, uint16_t port, struct forward_message *message);
void forward_expect_error(struct forward_world *world, const struct forward_answer *error);

/* False where it depends on what was not seen yet whose answer this is. */
bool forward_is_clear(const struct forward_world *world, uint16_t port, const struct quern_endpoint *source);

/* The open session that has these ends at a port, by its client's or its target's side. */
struct forward_session *forward_find_client(struct forward_world *world, uint16_t port,
					    const struct quern_endpoint *client, const struct quern_endpoint *listen);
struct forward_session *forward_find_target(struct forward_world *world, uint16_t port,
					    const struct quern_endpoint *remote, const struct quern_endpoint *local,
					    uint8_t *copy);

/* A session was heard of now. */
void forward_refresh(struct forward_world *world, struct forward_session *session);

/* Sessions that are over by now end. */
void forward_end_idle(struct forward_world *world);

/* Records that the sessions have. */
uint32_t forward_records(const struct forward_world *world);

/* forward_hear.c */

/* A frame that came out of a port is as it must be. */
void forward_hear(struct forward_world *world, uint16_t port, const struct rte_mbuf *mbuf);

/* forward_settle.c */

/* After a burst: all came that must, and all is counted. */
void forward_settle(struct forward_world *world);

/* forward_change.c */

/* The neighbours of all targets are known from here on, unless they are slow to answer. */
void forward_meet(struct forward_world *world);

/* The group gets other rules, where it can be said of each session whether its target is one of them. */
void forward_reload(struct forward_world *world);

/* forward_act.c */

/* One burst, or one step of time. */
void forward_step(struct forward_world *world);

/* Frames in at a port, and what comes of them. */
void forward_say(struct forward_world *world, uint16_t port, struct rte_mbuf **mbufs, uint16_t count);

/* forward_life.c */

void forward_open(struct forward_world *world, uint64_t seed);
void forward_close(struct forward_world *world);
struct rte_mbuf *forward_mbuf(const uint8_t *frame, uint32_t bytes);
uint32_t forward_buffers(void);

/* Notes what is wrong, the first time. */
void forward_fail(struct forward_world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
