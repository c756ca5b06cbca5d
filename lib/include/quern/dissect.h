/* dissect.h - a frame of a capture as a TCP segment. Pure: no port, clock or engine. */
#ifndef QUERN_DISSECT_H
#define QUERN_DISSECT_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/address.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a frame begins. */
enum quern_link {
	QUERN_LINK_ETHERNET, /* with any number of VLAN tags */
	QUERN_LINK_IP,       /* with the header of IPv4 or IPv6 */
	QUERN_LINK_COOKED,   /* as Linux captures of all interfaces: LINKTYPE_LINUX_SLL */
	QUERN_LINK_COOKED_2  /* LINKTYPE_LINUX_SLL2 */
};

/* What a frame is; all but the first say why it is no segment. */
#define QUERN_DISSECTIONS(X)                                    \
	X(SEGMENT, "a TCP segment")                             \
	X(NO_IP, "no IP")                                       \
	X(NO_TCP, "IP, but no TCP")                             \
	X(FRAGMENT, "a fragment of an IP packet")               \
	X(CUT, "captured too short for its headers")            \
	X(MALFORMED_IP, "an IP header that contradicts itself") \
	X(MALFORMED_TCP, "a TCP header longer or shorter than can be")

enum quern_dissection {
#define X(name, text) QUERN_DISSECTED_##name,
	QUERN_DISSECTIONS(X)
#undef X
		QUERN_DISSECTIONS_END
};

/* What the checksum of a segment says. Where a port makes them, captures of what is sent hold unfinished ones. */
enum quern_checksum {
	QUERN_CHECKSUM_UNKNOWN, /* not all that it is over was captured */
	QUERN_CHECKSUM_RIGHT,
	QUERN_CHECKSUM_UNFINISHED, /* of the pseudo-header alone: the port was to make it */
	QUERN_CHECKSUM_WRONG
};

/* As they lie in octets 12 and 13 of a TCP header. */
enum quern_flag {
	QUERN_FIN = 0x01,
	QUERN_SYN = 0x02,
	QUERN_RST = 0x04,
	QUERN_PSH = 0x08,
	QUERN_ACK = 0x10,
	QUERN_URG = 0x20,
	QUERN_ECE = 0x40,
	QUERN_CWR = 0x80,
	QUERN_AE = 0x100
};

enum { QUERN_SACKS = 4, QUERN_OPTIONS_UNKNOWN = 4 };

/* Octets from `left` on, up to the one before `right` (RFC 2018 3). */
struct quern_sack {
	uint32_t left;
	uint32_t right;
};

/* A TCP segment without its text; numbers as they were on the wire, in host byte order. */
struct quern_segment {
	struct quern_endpoint source;
	struct quern_endpoint dest;
	uint32_t seq;
	uint32_t ack;          /* means something with QUERN_ACK only */
	uint32_t text_bytes;   /* as the IP header has it, captured or not */
	uint32_t header_bytes; /* of TCP, with options */
	uint16_t flags;        /* enum quern_flag, ored */
	uint16_t window;       /* unscaled */
	uint16_t urgent;
	uint16_t vlan; /* id of the outermost tag, 0 for none */
	uint8_t ttl;
	enum quern_checksum checksum;

	/* Options, the first of each kind; MSS, scale and SACK permitted count in a SYN only, SACK blocks elsewhere. */
	bool options_end_early; /* cut by the capture, or of an illegal length */
	bool sack_permitted;
	bool has_scale;
	bool has_timestamps;
	uint8_t scale; /* 14 at most (RFC 7323 2.3) */
	uint16_t mss;  /* 0 for none */
	uint32_t tsval;
	uint32_t tsecr;
	uint8_t sack_count;
	struct quern_sack sacks[QUERN_SACKS];
	uint8_t unknown_count; /* kinds of options that none of the fields above has, the first few */
	uint8_t unknown[QUERN_OPTIONS_UNKNOWN];
};

/* Reads a frame that was `wire_bytes` long, of which the first `bytes` were captured, as a segment. Nothing beyond
 * `bytes` is read, whatever the frame says of itself. Returns QUERN_DISSECTED_SEGMENT and the segment, or why it is
 * none and `segment` untouched. A wrong checksum is no reason. */
enum quern_dissection quern_dissect(const uint8_t *frame, uint32_t bytes, uint32_t wire_bytes, enum quern_link link,
				    struct quern_segment *segment);

/* "a TCP segment", "no IP", ... */
const char *quern_dissection_text(enum quern_dissection dissection);

#ifdef __cplusplus
}
#endif

#endif
