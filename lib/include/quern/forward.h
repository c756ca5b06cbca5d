/* forward.h - rules of UDP forwarding: who listens, where datagrams go, what is kept of whom. Plain data. */
#ifndef QUERN_FORWARD_H
#define QUERN_FORWARD_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/address.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Limits of a rule set, and what 0 means in the fields of that name. */
enum {
	QUERN_FORWARD_RULES_MAX = 256,
	QUERN_FORWARD_TARGETS_MAX = 64, /* of a rule */
	QUERN_FORWARD_COPIES_MAX = 16,  /* targets of a rule that sends to all */
	QUERN_FORWARD_NAME_MAX = 63,    /* characters: letters, digits and . _ - */
	QUERN_FORWARD_WEIGHT_MAX = 256,
	QUERN_FORWARD_IDLE_MS = 300000, /* RFC 4787 REQ-5 */
	QUERN_FORWARD_IDLE_MS_MIN = 1000,
	QUERN_FORWARD_IDLE_MS_MAX = 86400000,
	QUERN_FORWARD_SLOW_START_MS_MAX = 3600000,
	QUERN_FORWARD_INTERVAL_MS = 2000,
	QUERN_FORWARD_INTERVAL_MS_MIN = 100,
	QUERN_FORWARD_INTERVAL_MS_MAX = 3600000,
	QUERN_FORWARD_RISE = 2,
	QUERN_FORWARD_FALL = 3,
	QUERN_FORWARD_PROBE_MAX = 512, /* bytes of a probe's datagram, and of the answer that is expected */
	QUERN_FORWARD_NO_TARGET = 0xffff
};

/* Which target a new session goes to; of a rule that keeps none, each datagram. */
#define QUERN_BALANCES(X)                                                                                  \
	X(MAGLEV, "maglev", "by a hash of the client: the same client, the same target")                   \
	X(ROUND_ROBIN, "roundrobin", "in turn, by weight")                                                 \
	X(LEAST_SESSIONS, "leastsessions", "where there are the fewest sessions, in proportion to weight") \
	X(ALL, "all", "every target gets a copy")

enum quern_balance {
#define X(name, key, text) QUERN_BALANCE_##name,
	QUERN_BALANCES(X)
#undef X
		QUERN_BALANCES_END
};

/* How it is found out whether a target is there. */
#define QUERN_PROBES(X)                                     \
	X(NONE, "none", "not at all: it is taken to be up") \
	X(ICMP, "icmp", "by an ICMP echo request")          \
	X(UDP, "udp", "by a datagram and its answer")

enum quern_probe {
#define X(name, key, text) QUERN_PROBE_##name,
	QUERN_PROBES(X)
#undef X
		QUERN_PROBES_END
};

/* The word of a rule file for each, "?" for a number that is none; and what it means. */
const char *quern_balance_name(enum quern_balance balance);
const char *quern_balance_text(enum quern_balance balance);
const char *quern_probe_name(enum quern_probe probe);
const char *quern_probe_text(enum quern_probe probe);

/* The health check of a rule, made of each of its targets. All zero: none. */
struct quern_forward_check {
	enum quern_probe probe;
	uint16_t port;        /* that probes by UDP go to; 0: the target's own */
	uint8_t rise;         /* probes answered in a row until a target is up; 0 means 2 */
	uint8_t fall;         /* probes unanswered in a row until it is down; 0 means 3 */
	uint32_t interval_ms; /* between probes, and how long an answer is waited for; 0 means 2000 */
	const void *request;  /* bytes of a probe by UDP; null where request_bytes is 0 */
	uint16_t request_bytes;
	uint16_t answer_bytes; /* 0: any answer is good */
	const void *answer;    /* the bytes that an answer must begin with */
};

struct quern_forward_target {
	struct quern_endpoint to; /* a host, or a group; port 0: the one that the datagram came to (keep_port) */
	uint16_t weight;          /* relative to the rule's other targets, 1 to 256; 0 means 1 */
};

/* A rule. Where several fit a datagram, the one that names its address wins over one that takes any, and then a port
 * over a range, and a range over any port. */
struct quern_forward_rule {
	const char *name;             /* unique; a reload keeps the sessions of a rule by its name */
	uint16_t port;                /* index of the engine's port that it listens on */
	struct quern_endpoint listen; /* no address: any of the port's own; a group is joined; port 0: any port */
	uint16_t last_port;           /* of a range that begins with listen.port; 0: that port alone */
	const struct quern_forward_target *targets;
	uint16_t target_count;
	enum quern_balance balance;
	bool keep_port;        /* datagrams go to the port that they came to; targets have none then */
	bool keep_source;      /* targets see the client's own address, and answer by way of us */
	bool one_way;          /* no answers come back, and no session is kept */
	bool translate;        /* between IPv4 and IPv6 */
	bool broadcast;        /* takes broadcast datagrams to its ports as well, and may have broadcast targets */
	bool answers_refresh;  /* answers keep a session, as the client's datagrams do (RFC 4787 REQ-6) */
	uint32_t idle_ms;      /* a session without datagrams for so long ends; 1 s to 24 h, 0 means 300,000 */
	uint32_t max_sessions; /* 0: none but the shard's */
	uint32_t max_sessions_per_source; /* of each client's address; 0: none */
	uint32_t slow_start_ms;           /* in which a target that came up gets its whole share; 0: at once */
	struct quern_forward_check check;
};

/* What an engine forwards. It refuses by -ENOTSUP keep_source for several workers where rules do not tell whose an
 * answer is. Each of its workers needs a shard on every port that rules name or lead to. Rules are copied; they and all
 * that they point to must be there while the engine is opened. */
struct quern_forward_config {
	const struct quern_forward_rule *rules;
	uint16_t rule_count;
	uint32_t max_sessions; /* all workers together; 0 means 131,072, or none where all rules are one way */
};

/* What is wrong with a rule. */
struct quern_forward_fault {
	uint16_t rule;    /* its place among the rules */
	uint16_t target;  /* its place among the rule's targets; QUERN_FORWARD_NO_TARGET where it is not about one */
	const char *key;  /* of the rule file: "name", "listen", "to", "balance", …, "check.interval" */
	char cause[256];  /* "rule 'dns': …" */
	char remedy[160]; /* what would help: "give …" */
};

/* Looks at rules as a set, and writes what is wrong, at most `max` faults, in the order of the rules. Returns how many
 * there are; 0 where the set is good. May be called with null and 0. */
uint32_t quern_forward_faults(const struct quern_forward_rule *rules, uint32_t count,
			      struct quern_forward_fault *faults, uint32_t max);

#ifdef __cplusplus
}
#endif

#endif
