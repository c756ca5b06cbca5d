/* wire_packet.h - a frame as a value. Host byte order; lengths and offsets in bytes. */
#ifndef WIRE_WIRE_PACKET_H
#define WIRE_WIRE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <quern/counters.h>

#include "base/flow_key.h"
#include "base/ip6.h"

enum wire_kind {
	WIRE_TCP = 1,
	WIRE_UDP,
	WIRE_ICMP, /* of either version of IP */
	WIRE_ARP,
	WIRE_ND,
	WIRE_GROUP,   /* a query of IGMP or MLD */
	WIRE_FRAGMENT /* a part of a datagram */
};

enum { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_PSH = 0x08, TCP_ACK = 0x10, TCP_URG = 0x20 };

/* Options of a segment that have no value, or none that says whether they are there. */
enum segment_option {
	SEGMENT_SACK_PERMITTED = 1 << 0, /* RFC 2018 2 */
	SEGMENT_SCALE = 1 << 1,          /* RFC 7323 2.2: `scale` holds the shift */
	SEGMENT_TIMESTAMPS = 1 << 2      /* RFC 7323 3.2: `tsval` and `tsecr` */
};

enum {
	SEGMENT_SACKS = 4,
	SEGMENT_SACKS_BESIDE_TIMESTAMPS = 3, /* there is no room for more (RFC 7323 3.2) */
	SEGMENT_TIMESTAMP_BYTES = 12,
	SEGMENT_TIMESTAMPS_ALONE = SEGMENT_TIMESTAMPS << 16, /* of segment_offer() */
	SEGMENT_SYN_OPTIONS = SEGMENT_SACK_PERMITTED | SEGMENT_SCALE | SEGMENT_TIMESTAMPS,
	SEGMENT_SYN_OPTION_BYTES = 20 /* MSS and all of these: they share words */
};

/* A block of RFC 2018: octets from `left` on, up to the one before `right`. */
struct segment_sack {
	uint32_t left;
	uint32_t right;
};

/* A TCP segment without its text. `mss` is 0 where the option is absent. */
struct segment {
	uint32_t seq;
	uint32_t ack;
	uint32_t text_bytes;
	uint16_t wnd;
	uint16_t urgent;
	uint8_t flags;
	uint8_t scale;
	uint16_t mss;       /* these three in one word: see segment_offer() */
	uint8_t options;    /* enum segment_option */
	uint8_t sack_count; /* of blocks in `sacks`; those beyond hold nothing */
	uint16_t cut_bytes; /* into segments of so much text the port cuts this one; 0 where it is one */
	uint32_t tsval;
	uint32_t tsecr;
	struct segment_sack sacks[SEGMENT_SACKS];
};

/* Which options a segment has, at a glance: 0 for none, SEGMENT_TIMESTAMPS_ALONE for what most have. */
static inline uint32_t segment_offer(const struct segment *segment)
{
	uint32_t word;

	memcpy(&word, (const char *)segment + offsetof(struct segment, mss), sizeof(word));
	return word;
}

/* True where MSS and all that a SYN can offer is there, and nothing else. */
static inline bool segment_offers_all(const struct segment *segment)
{
	return segment->mss != 0 && segment_offer(segment) >> 16 == SEGMENT_SYN_OPTIONS;
}

/* Bytes of the options that a segment is built with, padding included. */
static inline uint32_t segment_option_bytes(const struct segment *segment)
{
	if (segment_offer(segment) == 0)
		return 0;
	if (segment_offer(segment) == SEGMENT_TIMESTAMPS_ALONE)
		return SEGMENT_TIMESTAMP_BYTES;
	if (segment_offers_all(segment))
		return SEGMENT_SYN_OPTION_BYTES;
	return (segment->mss ? 4u : 0) + (segment->options & SEGMENT_SACK_PERMITTED ? 4u : 0) +
	       (segment->options & SEGMENT_SCALE ? 4u : 0) +
	       (segment->options & SEGMENT_TIMESTAMPS ? SEGMENT_TIMESTAMP_BYTES : 0u) +
	       (segment->sack_count ? 4u + 8u * segment->sack_count : 0);
}

/* RFC 9293's SEG.LEN: text, SYN and FIN. */
static inline uint32_t segment_length(const struct segment *segment)
{
	return segment->text_bytes + !!(segment->flags & TCP_SYN) + !!(segment->flags & TCP_FIN);
}

struct wire_arp {
	uint16_t operation; /* 1 request, 2 reply */
	uint8_t sender_mac[6];
	uint32_t sender;
	uint32_t target;
};

/* What an ICMP error says of the packet that it quotes, in the words of RFC 1122 4.2.3.9; the same for all versions of
 * IP. */
enum wire_error {
	WIRE_ERROR_NONE,    /* it is no error */
	WIRE_ERROR_SOFT,    /* it did not arrive, and the next one may */
	WIRE_ERROR_HARD,    /* the peer's host has no such protocol or port */
	WIRE_ERROR_TOO_BIG, /* it did not fit, and may not be fragmented */
	WIRE_ERROR_QUENCH   /* too many of them: RFC 6633, nothing that anybody heeds */
};

/* An ICMP message; all but type and code with an error only. */
struct wire_icmp {
	uint32_t seq;          /* SEG.SEQ of a segment that is quoted */
	uint32_t mtu;          /* with WIRE_ERROR_TOO_BIG: of the link that is too narrow, 0 where that is not said */
	uint16_t quoted_bytes; /* length of the packet that is quoted, its headers included, as it says itself */
	uint16_t quoted_l4;    /* where its TCP or UDP header begins, from the start of the quote */
	uint8_t quoted;        /* enum wire_kind of it: WIRE_TCP or WIRE_UDP, to whose flows the packet's key belongs */
	uint8_t type;
	uint8_t code;
	uint8_t error; /* enum wire_error */
	uint8_t what;  /* enum quern_icmp, with an error other than WIRE_ERROR_QUENCH */
};

/* RFC 4861 4.3 and 4.4: a neighbour solicitation or advertisement. */
struct wire_nd {
	struct quern_ip6 target;
	bool is_advertisement;
	bool is_solicited; /* of an advertisement: it answers somebody's question */
	bool is_override;  /* and another MAC address that is known goes for this one */
	bool has_mac;
	uint8_t mac[6]; /* of the sender of a solicitation, of the target of an advertisement */
};

/* A query: who is on the link tells which groups it wants, within a time that it draws. */
struct wire_group {
	struct quern_ip6 group; /* the one that is asked for, of IPv4 in the lowest 32 bits; 0 for all */
	uint32_t response_ms;   /* the longest time that an answer may take */
	uint8_t version;        /* of IGMP, 1 to 3, or of MLD, 1 or 2: of whoever asks */
	bool has_sources;       /* it asks for some sources only */
};

/* A part of a datagram: its bytes lie from packet.text_offset to packet.frame_bytes. Of the first one, what lies before
 * packet.l4_offset is the header of the whole. */
struct wire_fragment {
	uint32_t id;     /* what all parts of a datagram have in common, beside their addresses */
	uint32_t offset; /* of its bytes from the UDP header on */
	uint16_t bytes;
	uint8_t ecn;  /* RFC 3168 5 */
	bool is_last; /* no other one lies behind it */
};

/* One parsed frame. `key` is seen from our side: local is the destination; or, of an ICMP error, the source of the
 * packet that is quoted, which is the same address. */
struct packet {
	struct flow_key key;
	uint8_t kind; /* enum wire_kind */
	uint8_t ttl;
	uint16_t link_bytes;  /* Ethernet header with its tags: where layer 3 begins */
	uint16_t l4_offset;   /* from the start of the frame */
	uint16_t text_offset; /* TCP, UDP and fragments: where the payload begins */
	uint16_t frame_bytes; /* without Ethernet padding: up to the end of the IP packet, or of its UDP datagram */
	bool to_group;        /* the frame was sent to a broadcast or multicast MAC address */
	uint8_t version;      /* of IP: 4 or 6; 4 for ARP */
	union {
		struct segment tcp;
		struct wire_arp arp;
		struct wire_icmp icmp;
		struct wire_nd nd;
		struct wire_group group;
		struct wire_fragment fragment;
	};
	struct ip6_pair ip6; /* of version 6, where the key holds ports alone; with other versions nothing */
};

#endif
