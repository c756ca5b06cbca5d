/* udp_faults.h - the list of faults while rules are looked at: who finds one tells it here. */
#ifndef UDP_UDP_FAULTS_H
#define UDP_UDP_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/forward.h>

#define UDP_SCOPE_REMEDY "give one of scope 2 or more, e.g. in ff02::/16 or ff05::/16"

enum { UDP_LISTEN_TEXT = QUERN_ENDPOINT_TEXT + 8, UDP_NAME_TEXT = QUERN_FORWARD_NAME_MAX + 3 };

/* The rules that are looked at, and what was found. */
struct udp_faults {
	const struct quern_forward_rule *rules;
	uint32_t count;
	struct quern_forward_fault *faults; /* the first `max` */
	uint32_t max;
	uint32_t found;
	uint32_t ids[QUERN_FORWARD_RULES_MAX]; /* of their names */
};

/* Tells a fault of a rule, or of its target; the cause begins with the rule's name. */
void udp_faults_tell(struct udp_faults *faults, uint32_t rule, uint32_t target, const char *key, const char *remedy,
		     const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Writes what a rule is called: its name in quotes, or its place from 1. Returns the text. */
char *udp_faults_name(const struct udp_faults *faults, uint32_t rule, char text[UDP_NAME_TEXT]);

/* Looks at where a rule listens, and at the rules before it. */
void udp_faults_of_listen(struct udp_faults *faults, uint32_t rule);

/* Looks at the targets of a rule. */
void udp_faults_of_targets(struct udp_faults *faults, uint32_t rule);

/* True where a rule has such a target, or can have: counts and pointers go together. */
bool udp_faults_has_targets(const struct quern_forward_rule *rule);

/* Addresses that no host has: of 240.0.0.0/4, which stand for IPv6 here, loopback, and mapped ones. */
bool udp_faults_is_nobodys(const struct quern_endpoint *endpoint);

/* The address that is everybody's of a network. */
bool udp_faults_is_broadcast(const struct quern_endpoint *endpoint);

/* True where neither version has an address. */
bool udp_faults_is_any(const struct quern_endpoint *endpoint);

/* Writes an endpoint as "10.2.0.1:20000-29999", with "*" for any address or port. Returns the text. */
char *udp_faults_write(const struct quern_endpoint *endpoint, uint16_t last_port, char text[UDP_LISTEN_TEXT]);

#endif
