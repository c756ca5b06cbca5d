/* fuzz_fragments.c - any bytes as fragments that come one after the other. What lib/wire and lib/udp make of them is
 * held against a plain table: which byte of which datagram has come, and who brought it.
 *
 * A fragment takes six bytes: whose it is and what is marked, where it begins (in two), how long it is (in two), and
 * how much later it comes. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "fuzz/fuzz.h"
#include "support/raw_words.h"
#include "udp/udp_fragments.h"
#include "wire/wire_parse.h"

enum about { ABOUT_IP6 = 1, ABOUT_ID = 2, ABOUT_PORT = 4, ABOUT_LAST = 8, ABOUT_ECN = 48 };

enum {
	NAMES = 8,
	DATAGRAMS = 16,
	BYTES_OF_ONE = 6,
	OFFSETS = 1024,
	LENGTH_MAX = 1200,
	PLACES = OFFSETS * 8 + LENGTH_MAX,
	LATE_MS = 100,
	QUOTE_MAX = 1280,
	NOBODY = 0xffff,
	INPUT_MAX = 6000
};

/* What has come of a datagram. */
struct plain {
	bool is_begun, is_spoilt, has_end;
	uint32_t began_ms, end, frames, part_count;
	uint32_t ecn_seen[4];
	struct {
		uint32_t from, bytes;
	} parts[UDP_FRAGMENTS_PARTS];
	uint16_t brought[PLACES]; /* the number of the fragment that brought it */
};

/* A fragment as the input has it. */
struct said {
	uint16_t number;
	uint32_t name, from, bytes, ecn;
	bool is_ip6, is_last;
};

static uint8_t text_at(uint16_t number, uint32_t place)
{
	return (uint8_t)(number * 31u + place * 7u);
}

static struct said read_said(const uint8_t *at, uint16_t number)
{
	return (struct said){.number = number,
			     .name = at[0] & 7u,
			     .from = get16(at + 1) % OFFSETS * 8,
			     .bytes = get16(at + 3) % LENGTH_MAX,
			     .ecn = (at[0] & ABOUT_ECN) >> 4,
			     .is_ip6 = at[0] & ABOUT_IP6,
			     .is_last = at[0] & ABOUT_LAST};
}

/* Writes it as a packet without a link header, and returns its length. */
static uint32_t write_packet(uint8_t *ip, const struct said *said)
{
	uint32_t header = said->is_ip6 ? 48 : 20, id = said->name & ABOUT_ID ? 7 : 8;

	memset(ip, 0, header);
	if (said->is_ip6) {
		put32(ip, 6u << 28 | said->ecn << 20);
		put16(ip + 4, 8 + said->bytes);
		ip[6] = 44;
		ip[8] = ip[24] = 0x20;
		ip[40] = 17;
		put16(ip + 42, said->from | !said->is_last);
		put32(ip + 44, id);
	} else {
		ip[0] = 0x45;
		ip[1] = (uint8_t)said->ecn;
		put16(ip + 2, 20 + said->bytes);
		put16(ip + 4, id);
		put16(ip + 6, said->from / 8 | (said->is_last ? 0 : 0x2000));
		ip[9] = 17;
		ip[12] = ip[16] = 10;
		put16(ip + 10, ~ones_sum(0, ip, 20) & 0xffff);
	}
	for (uint32_t i = 0; i < said->bytes; i++)
		ip[header + i] = text_at(said->number, said->from + i);
	return header + said->bytes;
}

static void begin(struct plain *plain, uint32_t now_ms)
{
	memset(plain, 0, sizeof(*plain));
	memset(plain->brought, 0xff, sizeof(plain->brought));
	plain->is_begun = true;
	plain->began_ms = now_ms;
}

static bool is_there(const struct plain *plain, const struct said *said)
{
	for (uint32_t i = 0; i < plain->part_count; i++)
		if (plain->parts[i].from == said->from && plain->parts[i].bytes == said->bytes)
			return true;
	return false;
}

static bool fits(const struct plain *plain, const struct said *said)
{
	uint32_t behind = said->from + said->bytes;

	if (plain->part_count == UDP_FRAGMENTS_PARTS || (plain->has_end && (said->is_last || behind > plain->end)))
		return false;
	for (uint32_t place = 0; place < PLACES; place++)
		if (plain->brought[place] != NOBODY &&
		    ((place >= said->from && place < behind) || (said->is_last && place >= behind)))
			return false;
	return true;
}

static void keep(struct plain *plain, const struct said *said)
{
	plain->parts[plain->part_count].from = said->from;
	plain->parts[plain->part_count++].bytes = said->bytes;
	plain->ecn_seen[said->ecn]++;
	for (uint32_t i = 0; i < said->bytes; i++)
		plain->brought[said->from + i] = said->number;
	if (said->is_last) {
		plain->has_end = true;
		plain->end = said->from + said->bytes;
	}
}

static bool is_whole(const struct plain *plain)
{
	for (uint32_t place = 0; plain->has_end && place < plain->end; place++)
		if (plain->brought[place] == NOBODY)
			return false;
	return plain->has_end;
}

/* The frame that was put together is the datagram, each byte by who brought it first. */
static void expect_whole(struct udp_fragments *table, const struct plain *plain, const struct said *said,
			 uint32_t whole_bytes)
{
	uint32_t header = said->is_ip6 ? 40 : 20;
	uint8_t *ip = udp_fragments_whole(table);

	CHECK(whole_bytes == header + plain->end);
	for (uint32_t place = 0; place < plain->end; place++)
		CHECK(ip[header + place] == text_at(plain->brought[place], place));
	if (said->is_ip6) {
		CHECK(get16(ip + 4) == plain->end && ip[6] == 17);
		CHECK(!plain->ecn_seen[3] || (ip[1] & 0x30) == 0x30);
		return;
	}
	CHECK(get16(ip + 2) == whole_bytes && get16(ip + 6) == 0 && ones_sum(0, ip, 20) == 0xffff);
	CHECK(!plain->ecn_seen[3] || (ip[1] & 3) == 3);
}

static void expect_dropped(struct udp_fragments_result result, uint32_t frames)
{
	CHECK(result.drop == QUERN_DROP_IP_FRAGMENT_WRONG && result.frames == frames && result.whole_bytes == 0);
}

static void spoil(struct plain *plain, struct udp_fragments_result result)
{
	expect_dropped(result, plain->frames);
	plain->is_spoilt = true;
	plain->frames = 0;
}

/* Says a fragment that lib/wire has taken, and looks at what becomes of it. */
static void say(struct udp_fragments *table, struct plain *plain, const struct said *said, uint32_t now_ms,
		struct udp_fragments_result result)
{
	struct plain alone;

	if (said->from == 0 && said->is_last) {
		begin(&alone, now_ms);
		keep(&alone, said);
		expect_whole(table, &alone, said, result.whole_bytes);
		return;
	}
	if (!plain->is_begun)
		begin(plain, now_ms);
	if (plain->is_spoilt) {
		expect_dropped(result, 1);
		return;
	}
	plain->frames++;
	if (!is_there(plain, said)) {
		if (!fits(plain, said)) {
			spoil(plain, result);
			return;
		}
		keep(plain, said);
	}
	if (!is_whole(plain)) {
		CHECK(result.drop == QUERN_DROP_NONE && result.whole_bytes == 0);
	} else if (plain->ecn_seen[0] && plain->ecn_seen[3]) {
		spoil(plain, result);
	} else {
		expect_whole(table, plain, said, result.whole_bytes);
		plain->is_begun = false;
	}
}

/* What has had its time is given up, and no frame is lost twice or forgotten. */
static void expire(struct udp_fragments *table, struct plain *plains, uint32_t now_ms)
{
	uint32_t lost = 0, begun = 0;

	while (udp_fragments_are_late(table, now_ms)) {
		struct packet first;
		uint16_t port;
		const uint8_t *frame = udp_fragments_first(table, QUOTE_MAX, &first, &port);

		/* What an error would quote is a first fragment. */
		CHECK(!frame ||
		      (first.fragment.offset == 0 && first.frame_bytes == first.text_offset + first.fragment.bytes));
		lost += udp_fragments_give_up(table).frames;
	}
	for (uint32_t i = 0; i < NAMES; i++) {
		if (plains[i].is_begun && now_ms - plains[i].began_ms >= UDP_FRAGMENTS_MS) {
			lost -= plains[i].frames;
			plains[i].is_begun = false;
		}
		begun += plains[i].is_begun;
	}
	CHECK(lost == 0 && udp_fragments_used(table) == begun && udp_fragments_validate(table));
}

static void say_all(struct udp_fragments *table, struct plain *plains, const uint8_t *data, size_t size)
{
	const struct wire_expect expect = {.ip6 = true, .fragments = true};
	uint8_t frame[48 + LENGTH_MAX];
	uint32_t now_ms = 0xfffff000;

	for (size_t at = 0; at + BYTES_OF_ONE <= size; at += BYTES_OF_ONE) {
		struct said said = read_said(data + at, (uint16_t)(at / BYTES_OF_ONE));
		uint32_t bytes = write_packet(frame, &said);
		struct packet packet;

		now_ms += data[at + 5] * (uint32_t)LATE_MS;
		expire(table, plains, now_ms);
		if (!said.is_ip6 && said.from == 0 && said.is_last)
			continue;
		if (said.bytes == 0 || (!said.is_last && said.bytes % 8 != 0)) {
			CHECK(wire_parse(frame, bytes, &expect, &packet) == QUERN_DROP_IP_FRAGMENT_WRONG);
			continue;
		}
		CHECK(wire_parse(frame, bytes, &expect, &packet) == QUERN_DROP_NONE);
		CHECK(packet.kind == WIRE_FRAGMENT && udp_fragments_have_room(table));
		say(table, &plains[said.name], &said, now_ms,
		    udp_fragments_add(table, frame, &packet, said.name & ABOUT_PORT, now_ms));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t secret[2] = {1, 2};
	struct plain *plains;
	void *memory;

	if (size > INPUT_MAX)
		return 0;
	plains = calloc(NAMES, sizeof(*plains));
	memory = aligned_alloc(64, udp_fragments_bytes(DATAGRAMS));
	CHECK(plains != NULL && memory != NULL);
	memset(memory, 0, udp_fragments_bytes(DATAGRAMS));
	say_all(udp_fragments_open(memory, DATAGRAMS, secret), plains, data, size);
	free(memory);
	free(plains);
	return 0;
}
