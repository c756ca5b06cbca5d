/* wire_udp.c - datagrams that are passed on. Sums here are of words as they lie in the frame: they need no turning. */
#include "wire/wire_udp.h"

#include <string.h>

#include "base/check.h"
#include "wire/wire_change.h"
#include "wire/wire_checksum.h"
#include "wire/wire_ip6.h"
#include "wire/wire_words.h"

bool wire_udp_may_be_fragmented(const uint8_t *frame, const struct packet *packet)
{
	return packet->version == 4 && (wire_load16(frame + packet->link_bytes + 6) & IP_DONT_FRAGMENT) == 0;
}

static uint64_t sum_of_addresses(const struct wire_udp_ends *ends)
{
	return ends->pair ? wire_sum_pair(ends->pair) : (uint64_t)ends->key->local + ends->key->remote;
}

static uint64_t sum_of_ports(const struct flow_key *key)
{
	return (uint64_t)key->local_port + key->remote_port;
}

/* Sums of values become what is added to a word as it lies. */
static uint16_t change_of(uint64_t before, uint64_t after)
{
	return __builtin_bswap16(wire_fold((uint16_t)~wire_fold(before) + (uint64_t)wire_fold(after)));
}

struct wire_udp_sums wire_udp_sums(const struct wire_udp_ends *came, const struct wire_udp_ends *goes)
{
	uint64_t before = sum_of_addresses(came), after = sum_of_addresses(goes);

	return (struct wire_udp_sums){
		.ip = change_of(before, after),
		.udp = change_of(before + sum_of_ports(came->key), after + sum_of_ports(goes->key))};
}

static inline uint32_t ports_of(const struct flow_key *goes)
{
	return (uint32_t)goes->local_port << 16 | goes->remote_port;
}

/* The length of an IP packet with more in it than its datagram. */
static __attribute__((noinline)) void cut4(uint8_t *ip, uint16_t bytes)
{
	uint16_t checksum = wire_sum_after(wire_load16(ip + 10), wire_load16(ip + 2), bytes);

	wire_store16(ip + 2, bytes);
	wire_store16(ip + 10, checksum);
}

void wire_udp_rewrite4(uint8_t *frame, const struct packet *packet, const struct flow_key *goes,
		       struct wire_udp_sums sums)
{
	uint8_t *ip = frame + packet->link_bytes;
	uint16_t bytes = (uint16_t)(packet->frame_bytes - packet->link_bytes);

	CHECK(packet->ttl > 1);
	if (wire_load16(ip + 2) != bytes)
		cut4(ip, bytes);
	wire_change_checksum(ip + 10, wire_change_of_hop(sums.ip));
	ip[8]--;
	wire_store32(ip + 12, goes->local);
	wire_store32(ip + 16, goes->remote);
	wire_change_udp(frame + packet->l4_offset, ports_of(goes), sums.udp);
}

void wire_udp_rewrite6(uint8_t *frame, const struct packet *packet, const struct wire_udp_ends *goes,
		       struct wire_udp_sums sums)
{
	uint8_t *ip = frame + packet->link_bytes;

	CHECK(packet->ttl > 1);
	wire_store16(ip + 4, (uint16_t)(packet->frame_bytes - packet->link_bytes - IP6_BYTES));
	ip[7]--;
	wire_store_ip6(ip + 8, goes->pair->local);
	wire_store_ip6(ip + 24, goes->pair->remote);
	wire_change_udp(frame + packet->l4_offset, ports_of(goes->key), sums.udp);
}

void wire_udp_rewrite(uint8_t *frame, const struct packet *packet, const struct wire_udp_ends *goes)
{
	const struct wire_udp_ends came = wire_udp_ends_of(packet);
	struct wire_udp_sums sums = wire_udp_sums(&came, goes);

	CHECK((goes->pair != NULL) == (packet->version == 6));
	if (packet->version == 6)
		wire_udp_rewrite6(frame, packet, goes, sums);
	else
		wire_udp_rewrite4(frame, packet, goes->key, sums);
}

void wire_udp_readdress4(uint8_t *frame, const struct packet *packet)
{
	uint8_t *ip = frame + packet->link_bytes, *udp = frame + packet->l4_offset;
	uint16_t change = change_of(wire_load32(ip + 16), packet->key.local);

	wire_change_checksum(ip + 10, change);
	wire_store32(ip + 16, packet->key.local);
	wire_change_udp(udp, wire_load32(udp), change);
}

bool wire_udp_finish(uint8_t *frame, const struct packet *packet, bool offload)
{
	const uint8_t *ip = frame + packet->link_bytes;
	uint8_t *udp = frame + packet->l4_offset;
	uint32_t bytes = (uint32_t)(packet->frame_bytes - packet->l4_offset);
	uint64_t sum = packet->version == 6 ? wire_sum(0, ip + 8, 32) : wire_sum(0, ip + 12, 8);
	uint16_t checksum;

	if (packet->version == 4 && wire_load16(udp + 6) == 0)
		return false;
	sum += (uint64_t)__builtin_bswap16((uint16_t)bytes) + (IP_PROTOCOL_UDP << 8);
	if (offload) {
		checksum = wire_fold(sum);
	} else {
		wire_store16(udp + 6, 0);
		checksum = wire_sum_finish(wire_sum(sum, udp, bytes));
		checksum = checksum != 0 ? checksum : UINT16_MAX;
	}
	memcpy(udp + 6, &checksum, 2);
	return offload;
}
