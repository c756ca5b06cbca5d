/* shard_udp.h - datagrams of an application: its sockets, and which of them hears what. Inside lib/shard only. */
#ifndef SHARD_SHARD_UDP_H
#define SHARD_SHARD_UDP_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/udp.h>

#include "shard/shard_pairs.h"

struct quern_shard;
struct shard_frame;

/* What a datagram must be to, and of a source from. Addresses are of IPv4, or aliases. */
struct shard_udp_scope {
	uint32_t first_address, last_address; /* 0 and UINT32_MAX for any */
	uint16_t first_port, last_port;
	uint32_t remote; /* of a source its target; else 0, as the port */
	uint16_t remote_port;
	uint16_t socket;
};

struct shard_udp_socket {
	struct quern_udp_events events;
	void *app;
	uint32_t generation;
	bool is_open;
	bool is_source;
	struct shard_udp_scope scope;
	struct shard_route route; /* of a source: its pairs */
};

struct shard_udp {
	/* Of the open sockets, those that take less first: whoever finds one that fits has the one that is meant. */
	struct shard_udp_scope scopes[QUERN_UDP_SOCKETS];
	uint32_t count;
	struct shard_frame *current; /* whose datagram is being told, or null */
	struct shard_udp_socket sockets[QUERN_UDP_SOCKETS];
};

/* A datagram, and the reference that its flow has, 0 for none: to whoever is meant, or the sender hears that nobody is.
 */
void shard_udp_input(struct quern_shard *shard, struct shard_frame *frame, uint32_t ref);

/* The open socket of a handle, or null. */
struct shard_udp_socket *shard_udp_socket_of(struct quern_shard *shard, struct quern_udp_socket handle);

/* How many sockets hold the alias of a peer. For tests. */
uint32_t shard_udp_aliases(const struct quern_shard *shard);

#endif
