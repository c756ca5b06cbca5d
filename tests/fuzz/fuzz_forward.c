/* fuzz_forward.c - any bytes as a frame that is passed on. What lib/wire makes of a datagram, of an error about one,
 * and of a refusal is read by a reader of the tests' own, which verifies all checksums, and nothing else of it may
 * change.
 *
 * The first byte says what the port is, as fuzz_frame.c has it, and the second what becomes of the frame. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_plain.h"
#include "support/raw_words.h"
#include "wire/wire_error.h"
#include "wire/wire_udp46.h"

enum port { PORT_ETHERNET = 1, PORT_IP6 = 2, PORT_VLAN = 4, PORT_IP_GOOD = 8, PORT_GROUPS = 64 };

enum { VLAN = 7, FRAME_MAX = 1600, TTL = 61 };

static const uint8_t our_mac[6] = {2, 0, 0, 0, 0, 1};
static const struct flow_key goes_key = {0xc6120001, 0xc6130007, 40001, 53};
static const struct ip6_pair goes_pair = {{0x20010db800000000, 1}, {0x20010db800010000, 7}};

/* A frame in a block of exactly its size and what may be written before it. */
struct block {
	uint8_t *start;
	uint8_t *frame;
	uint32_t bytes;
};

static struct block block_of(const uint8_t *frame, uint32_t bytes, uint32_t headroom)
{
	struct block block = {malloc(headroom + bytes), NULL, bytes};

	CHECK(block.start != NULL);
	block.frame = block.start + headroom;
	memcpy(block.frame, frame, bytes);
	return block;
}

/* What goes out is taken by whoever it is for, who verifies all of it. */
static void expect_good(const uint8_t *frame, uint32_t bytes, const struct wire_expect *ours, struct packet *packet)
{
	struct wire_expect expect = *ours;
	uint8_t *copy = malloc(bytes);

	CHECK(copy != NULL);
	memcpy(copy, frame, bytes);
	expect.ip_checksum_good = expect.l4_checksum_good = false;
	if (expect.ethernet)
		memcpy(expect.mac, copy, sizeof(expect.mac));
	CHECK(fuzz_plain_agree(copy, bytes, &expect, packet));
	free(copy);
}

static struct wire_udp_ends ends_in(int version)
{
	return (struct wire_udp_ends){&goes_key, version == 6 ? &goes_pair : NULL};
}

static void expect_ends(const struct packet *packet, const struct packet *came)
{
	CHECK(packet->kind == WIRE_UDP && packet->ttl == came->ttl - 1);
	CHECK(packet->key.local_port == goes_key.remote_port && packet->key.remote_port == goes_key.local_port);
	CHECK(packet->frame_bytes - packet->text_offset == came->frame_bytes - came->text_offset);
	if (packet->version == 6)
		CHECK(ip6_equal(packet->ip6.local, goes_pair.remote) && ip6_equal(packet->ip6.remote, goes_pair.local));
	else
		CHECK(packet->key.local == goes_key.remote && packet->key.remote == goes_key.local);
}

/* There, and back again: all but TTL and checksums is as it was, and those are right. */
static void rewrite(const uint8_t *frame, uint32_t bytes, const struct packet *came, const struct wire_expect *expect)
{
	struct block block = block_of(frame, bytes, 0);
	struct wire_udp_ends goes = ends_in(came->version), back;
	struct packet packet, again;
	struct flow_key key = {came->key.remote, came->key.local, came->key.remote_port, came->key.local_port};
	struct ip6_pair pair = {came->ip6.remote, came->ip6.local};

	wire_udp_rewrite(block.frame, came, &goes);
	expect_good(block.frame, came->frame_bytes, expect, &packet);
	expect_ends(&packet, came);
	CHECK(memcmp(block.frame + came->text_offset, frame + came->text_offset, bytes - came->text_offset) == 0);
	back = (struct wire_udp_ends){&key, came->version == 6 ? &pair : NULL};
	if (packet.ttl > 1) {
		wire_udp_rewrite(block.frame, &packet, &back);
		expect_good(block.frame, came->frame_bytes, expect, &again);
		CHECK(flow_key_equal(&again.key, &came->key) && again.ttl == came->ttl - 2);
		CHECK(memcmp(block.frame + came->l4_offset, frame + came->l4_offset, 6) == 0);
		CHECK(get16(block.frame + came->l4_offset + 6) == get16(frame + came->l4_offset + 6));
	}
	free(block.start);
}

/* Into the other version of IP; a frame without a link header, since the old one is of another type. */
static void translate(const uint8_t *frame, uint32_t bytes, struct packet packet)
{
	const struct wire_expect expect = {.ip6 = true};
	struct block block = block_of(frame, bytes, WIRE_UDP46_HEADROOM);
	struct wire_udp_ends from = wire_udp_ends_of(&packet), goes = ends_in(packet.version == 6 ? 4 : 6);
	struct wire_udp_sums sums = wire_udp_sums(&from, &goes);
	uint32_t ip_bytes = wire_udp46_bytes(&packet);
	struct packet came = packet, read;
	uint8_t *made = packet.version == 4 ? wire_udp46_to6(block.frame, &packet, &goes, sums)
					    : wire_udp46_to4(block.frame, &packet, &goes, sums, 7);

	CHECK((uint32_t)(packet.frame_bytes - packet.link_bytes) == ip_bytes);
	expect_good(made + packet.link_bytes, ip_bytes, &expect, &read);
	expect_ends(&read, &came);
	CHECK(flow_key_equal(&read.key, &packet.key) && read.version == packet.version);
	CHECK(memcmp(made + packet.text_offset, frame + came.text_offset, came.frame_bytes - came.text_offset) == 0);
	free(block.start);
}

/* Its sender is told, within so much room, and hears of nothing but its own datagram. */
static void refuse(const uint8_t *frame, const struct packet *came, const struct wire_expect *expect, uint8_t choice)
{
	static const enum quern_icmp whats[] = {QUERN_ICMP_NET,     QUERN_ICMP_HOST,       QUERN_ICMP_PORT,
						QUERN_ICMP_TOO_BIG, QUERN_ICMP_PROHIBITED, QUERN_ICMP_TIME_EXCEEDED};
	const struct wire_refusal refusal = {
		.what = whats[choice % 6], .mtu = 1280, .most = 64u + choice * 4u, .ttl = TTL};
	uint8_t *made = malloc(came->link_bytes + refusal.most);
	uint32_t bytes;
	struct packet packet;

	CHECK(made != NULL);
	bytes = wire_build_error(made, frame, came, &refusal);
	/* From a group, or to a port of 0, it would be dropped by whoever it is for: nobody says that. */
	if (bytes > 0 && came->key.local_port != 0 && came->key.remote_port != 0 && !came->to_group &&
	    (came->version == 6
		     ? ip6_names_a_host(came->ip6.local)
		     : came->key.local >> 24 != 0 && came->key.local >> 24 != 127 && came->key.local >> 24 < 224)) {
		expect_good(made, bytes, expect, &packet);
		CHECK(packet.kind == WIRE_ICMP && packet.icmp.quoted == WIRE_UDP && packet.icmp.what == refusal.what);
		CHECK(packet.key.local_port == came->key.remote_port && packet.key.remote_port == came->key.local_port);
		CHECK(packet.icmp.mtu == (refusal.what == QUERN_ICMP_TOO_BIG ? 1280 : 0) && packet.ttl == TTL);
	}
	free(made);
}

/* An error about a datagram that was passed on, for whoever had sent that. */
static void turn(const uint8_t *frame, uint32_t bytes, const struct packet *came, const struct wire_expect *expect)
{
	struct block block = block_of(frame, bytes, 0);
	struct wire_udp_ends ends = ends_in(came->version);
	struct packet packet;

	wire_error_turn(block.frame, came, &ends, TTL);
	expect_good(block.frame, came->frame_bytes, expect, &packet);
	CHECK(packet.icmp.quoted == WIRE_UDP && packet.icmp.type == came->icmp.type && packet.ttl == TTL);
	CHECK(packet.icmp.quoted_l4 == came->icmp.quoted_l4 && packet.icmp.mtu == came->icmp.mtu);
	CHECK(packet.key.local_port == goes_key.remote_port && packet.key.remote_port == goes_key.local_port);
	free(block.start);
}

/* The same for a sender that speaks the other version, within so much room. */
static void turn_version(const uint8_t *frame, const struct packet *came, uint8_t choice)
{
	const struct wire_expect expect = {.ip6 = true};
	struct wire_udp_ends ends = ends_in(came->version == 6 ? 4 : 6);
	uint32_t most = 56u + choice * 4u, bytes;
	uint8_t *made = malloc(came->link_bytes + most);
	struct packet packet;

	CHECK(made != NULL);
	bytes = wire_error_turn46(made, frame, came, &ends, most, TTL);
	if (bytes > 0) {
		expect_good(made + came->link_bytes, bytes - came->link_bytes, &expect, &packet);
		CHECK(packet.version != came->version && packet.icmp.quoted == WIRE_UDP && packet.ttl == TTL);
		CHECK(packet.key.local_port == goes_key.remote_port && packet.key.remote_port == goes_key.local_port);
		CHECK(packet.icmp.error == WIRE_ERROR_TOO_BIG || packet.icmp.mtu == 0);
	}
	free(made);
}

static void pass_on(const uint8_t *frame, uint32_t bytes, const struct wire_expect *expect, uint8_t choice)
{
	struct packet packet;

	if (!fuzz_plain_agree(frame, bytes, expect, &packet))
		return;
	if (packet.kind == WIRE_ICMP && packet.icmp.quoted == WIRE_UDP) {
		turn(frame, bytes, &packet, expect);
		turn_version(frame, &packet, choice);
	}
	if (packet.kind != WIRE_UDP)
		return;
	refuse(frame, &packet, expect, choice);
	if (packet.ttl > 1) {
		rewrite(frame, bytes, &packet, expect);
		translate(frame, bytes, packet);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_expect expect;
	struct block block;

	if (size < 3 || size > FRAME_MAX)
		return 0;
	expect = (struct wire_expect){.ethernet = data[0] & PORT_ETHERNET,
				      .ip6 = data[0] & PORT_IP6,
				      .groups = data[0] & PORT_GROUPS,
				      .ip_checksum_good = data[0] & PORT_IP_GOOD,
				      .vlan = data[0] & PORT_VLAN && data[0] & PORT_ETHERNET ? VLAN : 0};
	memcpy(expect.mac, our_mac, sizeof(our_mac));
	block = block_of(data + 2, (uint32_t)size - 2, 0);
	if (expect.ethernet && block.bytes >= 6)
		memcpy(block.frame, our_mac, sizeof(our_mac));
	fuzz_plain_fix(block.frame, block.bytes, &expect);
	pass_on(block.frame, block.bytes, &expect, data[1]);
	free(block.start);
	return 0;
}
