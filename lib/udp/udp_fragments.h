/* udp_fragments.h - datagrams that come in parts, until they are whole: bounded in datagrams, bytes, parts and time, in
 * memory of the caller's. What is held are bytes, and no buffer of a port. */
#ifndef UDP_UDP_FRAGMENTS_H
#define UDP_UDP_FRAGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/wire_packet.h"

enum {
	UDP_FRAGMENTS_MS = 15000,  /* in which all parts have to come (RFC 791 3.2) */
	UDP_FRAGMENTS_PARTS = 64,  /* of a datagram: 65,535 bytes over links of 1,044 and more */
	UDP_FRAGMENTS_PAGE = 2048, /* bytes are held by the page, */
	UDP_FRAGMENTS_PAGES = 4,   /* for each datagram so many on average, */
	UDP_FRAGMENTS_LEAST = 8,   /* and at least so many datagrams, */
	UDP_FRAGMENTS_MOST = 8192, /* and at most so many */
	UDP_WHOLE_MAX = 65535      /* bytes of a frame that is put together, its headers included */
};

struct udp_fragments;

/* What has become of a fragment. */
struct udp_fragments_result {
	uint32_t whole_bytes; /* its datagram is whole: a frame of so many bytes at udp_fragments_whole() */
	uint32_t frames;      /* how many are dropped by `drop`, this one among them; else 0 */
	uint8_t drop;         /* enum quern_drop; NONE where it was taken */
};

/* A datagram that was given up: the port that its fragments came by, and how many they were. */
struct udp_fragments_loss {
	uint32_t frames;
	uint16_t port;
};

/* Bytes of zeroed memory, aligned to 64, for so many datagrams at once; 0 for a number that is out of bounds. */
size_t udp_fragments_bytes(uint32_t datagrams);

/* Begins empty in that memory. */
struct udp_fragments *udp_fragments_open(void *memory, uint32_t datagrams, const uint64_t secret[2]);

/* Takes a fragment of kind WIRE_FRAGMENT that came in by `port`. There must be room for it. Parts may come in any
 * order, and twice; where two of them overlap otherwise nothing comes of the datagram, nor of what follows of it (RFC
 * 5722). */
struct udp_fragments_result udp_fragments_add(struct udp_fragments *fragments, const uint8_t *frame,
					      const struct packet *packet, uint16_t port, uint32_t now_ms);

/* Whether there is room for any fragment; else the oldest datagram has to go. */
bool udp_fragments_have_room(const struct udp_fragments *fragments);

/* True where the oldest datagram has had its time. */
bool udp_fragments_are_late(const struct udp_fragments *fragments, uint32_t now_ms);

/* The time at which the oldest datagram has had its time; false where there is none. */
bool udp_fragments_next(const struct udp_fragments *fragments, uint32_t *late_ms);

/* The first fragment of the oldest datagram as it came, as far as `most` bytes of its text: with its packet, which says
 * how long it was, and its port. Good as long as udp_fragments_whole(). Null where it has not come, or nothing comes of
 * the datagram.
 */
const uint8_t *udp_fragments_first(struct udp_fragments *fragments, uint32_t most, struct packet *packet,
				   uint16_t *port);

/* Gives the oldest datagram up; there must be one. */
struct udp_fragments_loss udp_fragments_give_up(struct udp_fragments *fragments);

/* The frame that was put together last, with the link header of its first part and no trace of having been cut. Good
 * until the next one is. UDP_WHOLE_MAX bytes, which may be used for other frames meanwhile. */
uint8_t *udp_fragments_whole(struct udp_fragments *fragments);

/* Datagrams of which some parts have come. */
uint32_t udp_fragments_used(const struct udp_fragments *fragments);

/* Lists, pages and parts agree. For tests. */
bool udp_fragments_validate(const struct udp_fragments *fragments);

#endif
