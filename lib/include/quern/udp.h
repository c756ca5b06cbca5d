/* udp.h - datagrams of an application: sockets on the shard that its callback names, and sources of a generator. */
#ifndef QUERN_UDP_H
#define QUERN_UDP_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/address.h>
#include <quern/calls.h>

#ifdef __cplusplus
extern "C" {
#endif

struct quern_shard;

enum { QUERN_UDP_SOCKETS = 64 }; /* of a shard, sources included */

/* Names one socket of one shard. A stale handle is noticed by its generation; calls with it return -ENOENT. */
struct quern_udp_socket {
	uint16_t index;
	uint16_t shard;
	uint32_t generation;
};

/* Text from one end to another, both of one version of IP. */
struct quern_datagram {
	struct quern_endpoint local; /* to be sent: no address, or port 0, are the socket's own first ones */
	struct quern_endpoint remote;
	const void *text;
	uint32_t bytes;
	bool to_group; /* received: it was sent to more than us, and is not to be answered to all who may have asked */
};

/* Called on the shard's worker; must not block. `app` is what the socket was given. Members may be null. */
struct quern_udp_events {
	/* A datagram whose checksum is right, or which came without one over IPv4. It is good during this call. */
	void (*on_datagram)(struct quern_shard *shard, struct quern_udp_socket socket,
			    const struct quern_datagram *datagram, void *app);
};

/* Takes datagrams to `local`, and to the ports behind it up to `last_port`, 0 for the one alone; no address means any
 * of the shard's own, of either version. Of several sockets that a datagram fits, one of an address goes before one of
 * any, and among those, one of fewer ports. Each shard of a port may bind the same, and hears what comes in at it.
 * 0, -EADDRINUSE (the same addresses and ports), -EADDRNOTAVAIL, -ENOSPC or -EINVAL. */
int quern_udp_bind(struct quern_shard *shard, const struct quern_endpoint *local, uint16_t last_port,
		   const struct quern_udp_events *events, void *app, struct quern_udp_socket *socket);

/* Binds what a generator sends from: the pairs of `source`, an address and a port each, that are numbered in turn by
 * quern_udp_source_next(). It hears what `target` sends to them and nothing else, and on the shard that asked: of the
 * pairs, those are its own whose answers the port brings to it. 0, -EINVAL (also for a broadcast or multicast target),
 * -EADDRNOTAVAIL (an address that is not the shard's), -EADDRINUSE or -ENOSPC. */
int quern_udp_source(struct quern_shard *shard, const struct quern_source *source, const struct quern_endpoint *target,
		     const struct quern_udp_events *events, void *app, struct quern_udp_socket *socket);

/* The next pair of a source that is this shard's; the first one is drawn (RFC 8085 5.1). After the last it begins anew.
 * 0, -ENOENT, -EINVAL (no source), or -EADDRNOTAVAIL where no pair's answers come back to this shard. */
int quern_udp_source_next(struct quern_shard *shard, struct quern_udp_socket socket, struct quern_endpoint *local);

/* How many pairs of a source are this shard's; 0 for what is none. */
uint64_t quern_udp_source_pairs(struct quern_shard *shard, struct quern_udp_socket socket);

/* Sends one datagram from a socket, with a checksum, in one packet: it leaves at the end of this turn. Its text is
 * copied. 0, -ENOENT, -EINVAL (the remote end is no host or port, or the local one is not the socket's), -EMSGSIZE
 * (longer than the port's MTU lets through), -EAGAIN (the MAC address of the way is not known yet, and is asked for),
 * or -ENOBUFS (no buffer, or no place in the line to the port: this turn takes no more). */
int quern_udp_send(struct quern_shard *shard, struct quern_udp_socket socket, const struct quern_datagram *datagram);

/* Within on_datagram, once: sends the first `bytes` of its text back to where it came from, by the way that it came, in
 * its own buffer where that is ours. The datagram means nothing afterwards. 0, -ENOENT (none is at hand, or it was
 * answered), -EINVAL (more than came, or it was sent to a group), -EMSGSIZE (it came in fragments) or -ENOBUFS. */
int quern_udp_answer(struct quern_shard *shard, uint32_t bytes);

/* Takes no more datagrams. 0 or -ENOENT. */
int quern_udp_close(struct quern_shard *shard, struct quern_udp_socket socket);

#ifdef __cplusplus
}
#endif

#endif
