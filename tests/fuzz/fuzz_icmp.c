/* fuzz_icmp.c - any bytes as an ICMP error of either version of IP, about a segment of a connection or nearly so: read
 * twice, and taken by a connection in each state that may have one.
 *
 * Bytes: what there is (enum about); the connection's state; type, code and the four bytes behind the checksum; how
 * much is quoted; where SEG.SEQ stands, in two; and what is different about the quote, XORed into it. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/least.h"
#include "base/seq.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_plain.h"
#include "support/raw_words.h"
#include "tcp/tcp_icmp.h"
#include "tcp/tcp_open.h"
#include "tcp/tcp_output.h"

enum about { ABOUT_IP6 = 1, ABOUT_TEXT = 2, ABOUT_FROM_NXT = 4, ABOUT_MORE_QUEUED = 8, ABOUT_OPTIONS = 16 };

enum {
	HEAD = 11,
	ICMP = 8,
	IP4 = 20,
	IP6 = 40,
	QUOTE_MAX = 255,
	NOW_MS = 100000,
	TEXT_BYTES = 9000,
	SEGMENTS_MAX = 400,
	HOPS = 64
};

#define ISS UINT32_C(0xfffff000)

struct talk {
	struct tcp_profile profile;
	struct tcp_conn conn;
	struct tcp_flight flight;
	bool has_flight;
};

static struct tcp_flight *flight_of(struct talk *talk)
{
	return talk->has_flight ? &talk->flight : NULL;
}

/* Says what is owed, in segments of at most one MSS. */
static void say_all(struct talk *talk)
{
	struct segment segment;
	int count = 0;

	while (tcp_output(&talk->conn, flight_of(talk), NULL, &talk->profile, NOW_MS, &segment)) {
		CHECK(segment.text_bytes <= tcp_smss(&talk->conn));
		CHECK(++count < SEGMENTS_MAX);
	}
}

static void begin_flight(struct talk *talk, uint8_t about)
{
	tcp_flight_begin(&talk->conn, &talk->flight, &talk->profile, NOW_MS);
	talk->has_flight = true;
	talk->conn.snd_end += TEXT_BYTES;
	if (about & ABOUT_MORE_QUEUED)
		talk->conn.snd_end += 10 * TEXT_BYTES;
}

/* A connection of our side's in one of the states that an error can meet, with all said that it can say. */
static struct talk talk_in(enum quern_state state, uint8_t about)
{
	const struct quern_tcp_options options = {.no_timestamps = !(about & ABOUT_OPTIONS)};
	const struct segment syn = {.seq = 1, .wnd = UINT16_MAX, .flags = TCP_SYN, .mss = 1460};
	struct talk talk = {.conn = {.key = {0xc6120001, 0xc6130009, 80, 40000}}};

	if (about & ABOUT_IP6)
		talk.conn.key = (struct flow_key){0xf0000000, 0xf8000000, 80, 40000};
	CHECK(tcp_profile_make(&talk.profile, &options, 1500) == 0);
	if (state == QUERN_SYN_SENT)
		tcp_open_active(&talk.conn, &talk.profile, ISS, NOW_MS);
	else
		tcp_open_from_syn(&talk.conn, &syn, &talk.profile, ISS, NOW_MS);
	say_all(&talk);
	if (state > QUERN_SYN_RCVD) {
		talk.conn.state = state & 0xfU;
		talk.conn.flags = 0;
	}
	if (about & ABOUT_TEXT && state != QUERN_SYN_RCVD)
		begin_flight(&talk, about);
	say_all(&talk);
	return talk;
}

/* Our side's segment, as far as an error quotes it. */
static void put_quote(uint8_t *quote, const struct talk *talk, uint32_t seq)
{
	uint32_t header = flow_key_is_ip6(&talk->conn.key) ? IP6 : IP4;

	memset(quote, 0, QUOTE_MAX);
	if (header == IP6) {
		quote[0] = 0x60;
		put16(quote + 4, 20 + 1400);
		quote[6] = PLAIN_TCP;
		quote[7] = HOPS;
		memcpy(quote + 8, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
		memcpy(quote + 24, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2", 16);
	} else {
		quote[0] = 0x45;
		put16(quote + 2, 40 + 1400);
		quote[9] = PLAIN_TCP;
		put32(quote + 12, talk->conn.key.local);
		put32(quote + 16, talk->conn.key.remote);
	}
	put16(quote + header, talk->conn.key.local_port);
	put16(quote + header + 2, talk->conn.key.remote_port);
	put32(quote + header + 4, seq);
	quote[header + 12] = 0x50;
	quote[header + 13] = TCP_ACK;
}

static void put_header(uint8_t *ip, bool is_ip6, uint32_t bytes)
{
	memset(ip, 0, is_ip6 ? IP6 : IP4);
	if (is_ip6) {
		ip[0] = 0x60;
		put16(ip + 4, bytes);
		ip[6] = PLAIN_ICMP6;
		ip[7] = HOPS;
		memcpy(ip + 8, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\3", 16);
		memcpy(ip + 24, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
		return;
	}
	ip[0] = 0x45;
	put16(ip + 2, IP4 + bytes);
	ip[8] = HOPS;
	ip[9] = PLAIN_ICMP;
	put32(ip + 12, 0xc0000201);
	put32(ip + 16, 0xc6120001);
}

/* The message in memory of exactly its size; false where it is dropped. */
static bool read_message(const uint8_t *data, size_t size, const struct talk *talk, struct packet *packet)
{
	bool is_ip6 = data[0] & ABOUT_IP6, is_taken;
	uint32_t una = tcp_snd_una(&talk->conn, talk->has_flight ? &talk->flight : NULL);
	uint32_t nxt = tcp_snd_nxt(&talk->conn, talk->has_flight ? &talk->flight : NULL);
	uint32_t base = data[0] & ABOUT_FROM_NXT ? nxt : una, seq = base + (get16(data + 9) ^ 0x8000) - 0x8000;
	uint32_t header = is_ip6 ? IP6 : IP4, quoted = data[8], bytes = header + ICMP + quoted;
	struct wire_expect expect = {.ip6 = true};
	uint8_t quote[QUOTE_MAX], *frame = malloc(bytes);

	CHECK(frame != NULL);
	put_quote(quote, talk, seq);
	for (size_t i = 0; HEAD + i < size && i < QUOTE_MAX; i++)
		quote[i] ^= data[HEAD + i];
	put_header(frame, is_ip6, ICMP + quoted);
	memcpy(frame + header, data + 2, 2);
	memset(frame + header + 2, 0, 2);
	memcpy(frame + header + 4, data + 4, 4);
	memcpy(frame + header + ICMP, quote, quoted);
	fuzz_plain_fix(frame, bytes, &expect);
	is_taken = fuzz_plain_agree(frame, bytes, &expect, packet);
	free(frame);
	return is_taken && packet->kind == WIRE_ICMP && packet->icmp.quoted == WIRE_TCP;
}

/* Nothing but these is ever changed by an error. */
static void check_kept(const struct talk *before, const struct talk *after)
{
	struct tcp_conn conn = after->conn;
	struct tcp_flight flight = after->flight;

	conn.mss = before->conn.mss;
	conn.state = before->conn.state;
	flight.next = before->flight.next;
	flight.narrow_slot = before->flight.narrow_slot;
	flight.flags |= before->flight.flags & TCP_FLIGHT_AGAIN;
	if (after->conn.state != QUERN_CLOSED)
		CHECK(memcmp(&conn, &before->conn, sizeof(conn)) == 0);
	CHECK(memcmp(&flight, &before->flight, sizeof(flight)) == 0);
}

static void check_narrowed(const struct talk *before, struct talk *after, const struct wire_icmp *icmp)
{
	bool is_ip6 = flow_key_is_ip6(&before->conn.key);
	uint32_t una = before->flight.snd_una;

	CHECK(icmp->error == WIRE_ERROR_TOO_BIG && before->has_flight);
	CHECK(after->conn.mss < before->conn.mss && after->conn.mss >= (is_ip6 ? 1280 - 60 : 552 - 40));
	CHECK(after->flight.next == una && seq_in_window(icmp->seq, una, before->flight.snd_nxt - una));
	say_all(after);
	CHECK(after->flight.snd_una == una && seq_before_eq(before->flight.snd_nxt, after->flight.snd_nxt));
}

/* RFC 5461, RFC 5927: an error ends nothing but an open that has no answer yet, and no text of a segment grows. */
static void give(struct talk *talk, const struct wire_icmp *icmp)
{
	struct talk before = *talk;
	struct tcp_icmp_verdict verdict = tcp_icmp_input(&talk->conn, flight_of(talk), icmp, NOW_MS);
	bool is_half_open = before.conn.state == QUERN_SYN_RCVD, is_open = before.conn.state == QUERN_SYN_SENT;
	uint32_t una = tcp_snd_una(&before.conn, flight_of(&before)),
		 nxt = tcp_snd_nxt(&before.conn, flight_of(&before));
	bool is_in_flight = icmp->seq - una < nxt - una;

	check_kept(&before, talk);
	CHECK((verdict.action == TCP_ICMP_NOTHING) == (verdict.drop != QUERN_DROP_NONE));
	CHECK((talk->conn.state != before.conn.state) == (verdict.action == TCP_ICMP_ENDED));
	if (verdict.action != TCP_ICMP_NOTHING)
		CHECK(is_in_flight && !is_half_open);
	if (verdict.action == TCP_ICMP_ENDED)
		CHECK(is_open && talk->conn.state == QUERN_CLOSED &&
		      (icmp->error == WIRE_ERROR_HARD || icmp->error == WIRE_ERROR_TOO_BIG));
	if (is_open && is_in_flight && icmp->error == WIRE_ERROR_HARD)
		CHECK(verdict.action == TCP_ICMP_ENDED);
	if (verdict.action == TCP_ICMP_NARROWED)
		check_narrowed(&before, talk, icmp);
	else
		CHECK(talk->conn.mss == before.conn.mss);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum quern_state states[] = {QUERN_SYN_SENT,   QUERN_SYN_RCVD,   QUERN_ESTABLISHED,
						  QUERN_FIN_WAIT_1, QUERN_FIN_WAIT_2, QUERN_CLOSE_WAIT,
						  QUERN_CLOSING,    QUERN_LAST_ACK};
	struct packet packet;
	struct talk talk;
	uint16_t mss;

	if (size < HEAD || size > HEAD + QUOTE_MAX)
		return 0;
	talk = talk_in(states[data[1] % (sizeof(states) / sizeof(*states))], data[0]);
	if (!read_message(data, size, &talk, &packet))
		return 0;
	give(&talk, &packet.icmp);
	/* Whoever says it again at once is not heard, and the end of a connection is for good. */
	mss = talk.conn.mss;
	if (talk.conn.state != QUERN_CLOSED)
		give(&talk, &packet.icmp);
	CHECK(talk.conn.mss == mss);
	return 0;
}
