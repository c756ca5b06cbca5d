/* udp_fragments_parts.h - what the files of the table of fragments share: a datagram in the making, and who is where.
 */
#ifndef UDP_UDP_FRAGMENTS_PARTS_H
#define UDP_UDP_FRAGMENTS_PARTS_H

#include <assert.h>

#include "base/hash.h"
#include "udp/udp_fragments.h"
#include "wire/wire_fragment.h"

enum { UDP_FRAGMENTS_PAGES_OF_ONE = (UDP_WHOLE_MAX + UDP_FRAGMENTS_PAGE - 1) / UDP_FRAGMENTS_PAGE };

/* RFC 791 2.3, RFC 8200 4.5: what the parts of a datagram have in common. It is hashed, and has no padding. */
struct udp_whole_name {
	struct ip6_pair pair; /* of IPv4, the addresses in the low words */
	uint32_t id;
	uint16_t port;
	uint16_t version;
};
static_assert(sizeof(struct udp_whole_name) == 40, "no padding");

struct udp_whole_part {
	uint16_t from, bytes;
};

struct udp_whole {
	struct udp_whole_name name;
	uint32_t began_ms;
	uint32_t have;             /* bytes that have come */
	uint32_t end;              /* bytes of the whole, once the last part has come; else 0 */
	uint32_t frames;           /* that are held; of a datagram that is spoilt, none */
	uint32_t next;             /* index + 1: in the list of its bucket, or of those that are free */
	uint32_t older, newer;     /* index + 1 */
	struct packet first;       /* the packet of the first part, once it has come */
	uint8_t part_count;        /* parts, in the order in which they came, */
	uint8_t ecn;               /* and what they say of congestion, a bit for each value */
	bool has_first, is_spoilt; /* spoilt: nothing comes of it, nor of what follows */
	uint16_t pages[UDP_FRAGMENTS_PAGES_OF_ONE]; /* number + 1 */
	struct udp_whole_part parts[UDP_FRAGMENTS_PARTS];
	uint8_t head[WIRE_FRAGMENT_HEAD_MAX]; /* link and IP header of the first part */
};

struct udp_fragments {
	struct hash_secret secret;
	struct udp_whole *wholes;
	uint32_t *buckets; /* index + 1 */
	uint8_t *pages;
	uint16_t *free_pages;
	uint8_t *joined;
	uint32_t capacity, used;
	uint32_t free, oldest, newest; /* index + 1 */
	uint32_t bucket_mask;
	uint32_t page_count, free_page_count;
};

/* The datagram of that name; null where nothing of it has come. */
struct udp_whole *udp_whole_find(const struct udp_fragments *fragments, const struct udp_whole_name *name);

/* Begins a datagram; there must be a free one. */
struct udp_whole *udp_whole_begin(struct udp_fragments *fragments, const struct udp_whole_name *name, uint32_t now_ms);

/* Takes a datagram out of the table, and gives its pages back. */
void udp_whole_end(struct udp_fragments *fragments, struct udp_whole *whole);

/* Gives back the pages alone. */
void udp_whole_empty(struct udp_fragments *fragments, struct udp_whole *whole);

/* Writes bytes to a place of a datagram, for which there must be pages. */
void udp_whole_write(struct udp_fragments *fragments, struct udp_whole *whole, uint32_t from, const uint8_t *bytes,
		     uint32_t count);

/* Reads a datagram of which all bytes are there. */
void udp_whole_read(const struct udp_fragments *fragments, const struct udp_whole *whole, uint8_t *to);

#endif
