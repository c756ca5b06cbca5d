/* wire_dissect.c - a captured frame becomes a segment for people to look at. Where wire_parse() drops, this explains:
 * it takes frames for others, cut ones, and wrong checksums. */
#include <quern/dissect.h>

#include <string.h>

#include "wire/wire_checksum.h"
#include "wire/wire_options.h"
#include "wire/wire_plain.h"
#include "wire/wire_words.h"

enum {
	COOKED_BYTES = 16,
	COOKED_2_BYTES = 20,
	NEXT_HOP_BY_HOP = 0,
	NEXT_ROUTING = 43,
	NEXT_FRAGMENT = 44,
	NEXT_AUTHENTICATION = 51,
	NEXT_DESTINATION = 60,
	EXTENSIONS_MAX = 16,
	EXTENSION_BYTES = 8,
	KIND_END = 0,
	KIND_NOP = 1,
	KIND_TIMESTAMPS = 8
};

/* What is left of a frame: from `at` on, `captured` bytes of which are there, of `bytes` on the wire. */
struct rest {
	const uint8_t *at;
	uint32_t captured;
	uint32_t bytes;
};

/* Goes on by `bytes`; false where fewer were captured. */
static bool pass(struct rest *rest, uint32_t bytes)
{
	if (rest->captured < bytes || rest->bytes < bytes)
		return false;
	rest->at += bytes;
	rest->captured -= bytes;
	rest->bytes -= bytes;
	return true;
}

/* What comes behind the present header ends after `bytes`: all else is padding. */
static void end_after(struct rest *rest, uint32_t bytes)
{
	rest->bytes = bytes;
	if (rest->captured > bytes)
		rest->captured = bytes;
}

/* Passes over the header of the link and its tags, and says what type comes behind it. */
static enum quern_dissection read_link(struct rest *rest, enum quern_link link, uint16_t *type, uint16_t *vlan)
{
	static const struct {
		uint32_t bytes;
		uint32_t type_at;
	} heads[] = {[QUERN_LINK_ETHERNET] = {ETHER_BYTES, 12},
		     [QUERN_LINK_IP] = {0, 0},
		     [QUERN_LINK_COOKED] = {COOKED_BYTES, 14},
		     [QUERN_LINK_COOKED_2] = {COOKED_2_BYTES, 0}};
	const uint8_t *head = rest->at;
	bool is_tagged = false;

	if (!pass(rest, heads[link].bytes))
		return QUERN_DISSECTED_CUT;
	if (link == QUERN_LINK_IP)
		*type = rest->captured > 0 && rest->at[0] >> 4 == 6 ? ETHER_IPV6 : ETHER_IPV4;
	else
		*type = wire_load16(head + heads[link].type_at);
	while (*type == ETHER_VLAN || *type == ETHER_QINQ) {
		const uint8_t *tag = rest->at;

		if (!pass(rest, ETHER_TAG_BYTES))
			return QUERN_DISSECTED_CUT;
		if (!is_tagged)
			*vlan = wire_load16(tag) & 0x0fff;
		is_tagged = true;
		*type = wire_load16(tag + 2);
	}
	return QUERN_DISSECTED_SEGMENT;
}

/* Reads the header of IPv4, and the sum of its part of the pseudo-header. */
static enum quern_dissection read_ip4(struct rest *rest, struct quern_segment *segment, uint64_t *sum)
{
	const uint8_t *ip = rest->at;
	uint32_t header_bytes, total_bytes;

	if (rest->captured < IP_BYTES)
		return QUERN_DISSECTED_CUT;
	header_bytes = (uint32_t)(ip[0] & 15) * 4;
	total_bytes = wire_load16(ip + 2);
	/* Frames that a port is still to cut are longer than the field can say: Linux writes 0. */
	if (total_bytes == 0)
		total_bytes = rest->bytes;
	if (ip[0] >> 4 != 4 || header_bytes < IP_BYTES || total_bytes < header_bytes || total_bytes > rest->bytes)
		return QUERN_DISSECTED_MALFORMED_IP;
	if (wire_load16(ip + 6) & IP_MORE_OR_OFFSET)
		return QUERN_DISSECTED_FRAGMENT;
	if (ip[9] != IP_PROTOCOL_TCP)
		return QUERN_DISSECTED_NO_TCP;
	end_after(rest, total_bytes);
	if (!pass(rest, header_bytes))
		return QUERN_DISSECTED_CUT;
	segment->source.address = wire_load32(ip + 12);
	segment->dest.address = wire_load32(ip + 16);
	segment->ttl = ip[8];
	*sum = wire_sum(0, ip + 12, 8);
	return QUERN_DISSECTED_SEGMENT;
}

/* Passes over what stands between the header of IPv6 and that of TCP. */
static enum quern_dissection skip_extensions(struct rest *rest, uint8_t next)
{
	for (int count = 0; next != IP_PROTOCOL_TCP; count++) {
		const uint8_t *header = rest->at;
		uint32_t bytes;

		if (next != NEXT_HOP_BY_HOP && next != NEXT_ROUTING && next != NEXT_FRAGMENT &&
		    next != NEXT_AUTHENTICATION && next != NEXT_DESTINATION)
			return QUERN_DISSECTED_NO_TCP;
		if (count == EXTENSIONS_MAX)
			return QUERN_DISSECTED_MALFORMED_IP;
		if (rest->captured < EXTENSION_BYTES)
			return QUERN_DISSECTED_CUT;
		bytes = next == NEXT_AUTHENTICATION ? (header[1] + 2u) * 4 : (header[1] + 1u) * EXTENSION_BYTES;
		/* RFC 6946: a fragment may be all of its packet. */
		if (next == NEXT_FRAGMENT) {
			bytes = EXTENSION_BYTES;
			if (wire_load16(header + 2) & 0xfff9)
				return QUERN_DISSECTED_FRAGMENT;
		}
		if (!pass(rest, bytes))
			return rest->bytes < bytes ? QUERN_DISSECTED_MALFORMED_IP : QUERN_DISSECTED_CUT;
		next = header[0];
	}
	return QUERN_DISSECTED_SEGMENT;
}

static enum quern_dissection read_ip6(struct rest *rest, struct quern_segment *segment, uint64_t *sum)
{
	const uint8_t *ip = rest->at;
	uint32_t payload_bytes;

	if (rest->captured < IP6_BYTES)
		return QUERN_DISSECTED_CUT;
	payload_bytes = wire_load16(ip + 4);
	/* RFC 2675 3: the length stands elsewhere, and Linux does so for frames that a port is still to cut. */
	if (payload_bytes == 0)
		payload_bytes = rest->bytes - IP6_BYTES;
	if (ip[0] >> 4 != 6 || payload_bytes > rest->bytes - IP6_BYTES)
		return QUERN_DISSECTED_MALFORMED_IP;
	end_after(rest, IP6_BYTES + payload_bytes);
	pass(rest, IP6_BYTES);
	segment->source.ip6 = wire_load_ip6(ip + 8);
	segment->dest.ip6 = wire_load_ip6(ip + 24);
	segment->ttl = ip[7];
	*sum = wire_sum(0, ip + 8, 32);
	return skip_extensions(rest, ip[6]);
}

static enum quern_checksum judge_checksum(const struct rest *rest, uint64_t sum)
{
	bool is_whole = rest->captured >= rest->bytes && rest->bytes <= UINT16_MAX;
	uint16_t stored;

	memcpy(&stored, rest->at + 16, sizeof(stored));
	sum += (uint64_t)__builtin_bswap16((uint16_t)rest->bytes) + (IP_PROTOCOL_TCP << 8);
	/* One that is right may look like an unfinished one by chance. */
	if (is_whole && wire_sum_finish(wire_sum(sum, rest->at, rest->bytes)) == 0)
		return QUERN_CHECKSUM_RIGHT;
	if (stored == wire_fold(sum))
		return QUERN_CHECKSUM_UNFINISHED;
	return is_whole ? QUERN_CHECKSUM_WRONG : QUERN_CHECKSUM_UNKNOWN;
}

/* Options that wire_options_read() has no field for. A turn of the loop is at least one byte on. */
static void name_unknown(const uint8_t *at, const uint8_t *end, struct quern_segment *segment)
{
	while (at < end && *at != KIND_END) {
		if (*at == KIND_NOP) {
			at++;
			continue;
		}
		if (end - at < 2 || at[1] < 2 || at[1] > end - at) {
			segment->options_end_early = true;
			return;
		}
		if ((*at < 2 || *at > 5) && *at != KIND_TIMESTAMPS && segment->unknown_count < QUERN_OPTIONS_UNKNOWN)
			segment->unknown[segment->unknown_count++] = *at;
		at += at[1];
	}
}

static void read_options(const uint8_t *at, const uint8_t *end, struct quern_segment *segment)
{
	struct segment read = {.flags = segment->flags & TCP_FLAGS};

	wire_options_read(at, end, &read);
	name_unknown(at, end, segment);
	segment->mss = read.mss;
	segment->sack_permitted = (read.options & SEGMENT_SACK_PERMITTED) != 0;
	segment->has_scale = (read.options & SEGMENT_SCALE) != 0;
	segment->has_timestamps = (read.options & SEGMENT_TIMESTAMPS) != 0;
	if (segment->has_scale)
		segment->scale = read.scale;
	if (segment->has_timestamps) {
		segment->tsval = read.tsval;
		segment->tsecr = read.tsecr;
	}
	segment->sack_count = read.sack_count;
	for (uint8_t i = 0; i < read.sack_count; i++)
		segment->sacks[i] = (struct quern_sack){read.sacks[i].left, read.sacks[i].right};
}

static enum quern_dissection read_tcp(const struct rest *rest, uint64_t sum, struct quern_segment *segment)
{
	const uint8_t *tcp = rest->at;
	uint32_t there;

	if (rest->bytes < TCP_BYTES)
		return QUERN_DISSECTED_MALFORMED_TCP;
	if (rest->captured < TCP_BYTES)
		return QUERN_DISSECTED_CUT;
	segment->header_bytes = (uint32_t)(tcp[12] >> 4) * 4;
	if (segment->header_bytes < TCP_BYTES || segment->header_bytes > rest->bytes)
		return QUERN_DISSECTED_MALFORMED_TCP;
	segment->source.port = wire_load16(tcp);
	segment->dest.port = wire_load16(tcp + 2);
	segment->seq = wire_load32(tcp + 4);
	segment->ack = wire_load32(tcp + 8);
	segment->flags = wire_load16(tcp + 12) & 0x1ff;
	segment->window = wire_load16(tcp + 14);
	segment->urgent = wire_load16(tcp + 18);
	segment->text_bytes = rest->bytes - segment->header_bytes;
	segment->checksum = judge_checksum(rest, sum);
	there = rest->captured < segment->header_bytes ? rest->captured : segment->header_bytes;
	segment->options_end_early = there < segment->header_bytes;
	read_options(tcp + TCP_BYTES, tcp + there, segment);
	return QUERN_DISSECTED_SEGMENT;
}

enum quern_dissection quern_dissect(const uint8_t *frame, uint32_t bytes, uint32_t wire_bytes, enum quern_link link,
				    struct quern_segment *segment)
{
	struct rest rest = {frame, bytes < wire_bytes ? bytes : wire_bytes, wire_bytes};
	struct quern_segment read = {0};
	enum quern_dissection found;
	uint16_t type = 0;
	uint64_t sum = 0;

	found = read_link(&rest, link, &type, &read.vlan);
	if (found != QUERN_DISSECTED_SEGMENT)
		return found;
	if (type == ETHER_IPV4)
		found = read_ip4(&rest, &read, &sum);
	else if (type == ETHER_IPV6)
		found = read_ip6(&rest, &read, &sum);
	else
		found = QUERN_DISSECTED_NO_IP;
	if (found == QUERN_DISSECTED_SEGMENT)
		found = read_tcp(&rest, sum, &read);
	if (found == QUERN_DISSECTED_SEGMENT)
		*segment = read;
	return found;
}

const char *quern_dissection_text(enum quern_dissection dissection)
{
	static const char *const texts[QUERN_DISSECTIONS_END] = {
#define X(name, text) [QUERN_DISSECTED_##name] = text,
		QUERN_DISSECTIONS(X)
#undef X
	};

	return dissection < QUERN_DISSECTIONS_END && texts[dissection] ? texts[dissection] : "?";
}
