/* raw_udp.c - datagrams for tests: byte by byte, as RFC 768 draws them. */
#include "support/raw_udp.h"

#include <string.h>

#include <criterion/criterion.h>

#include "support/raw_words.h"

enum { IP_BYTES = 20, UDP_BYTES = 8, NEXT_UDP = 17, NEXT_TCP = 6, IP_NOP = 1 };

/* Sums pseudo-header and datagram, whatever stands in the place of the checksum: 0 where it is a right one. */
static uint32_t sum_of(const uint8_t *ip, uint32_t header_bytes, uint32_t bytes)
{
	uint8_t pseudo[40];
	uint32_t pseudo_bytes = 12;

	if (raw_is_ip6()) {
		raw_ip6_pseudo(ip, NEXT_UDP, bytes, pseudo);
		pseudo_bytes = 40;
	} else {
		memcpy(pseudo, ip + 12, 8);
		put16(pseudo + 8, NEXT_UDP);
		put16(pseudo + 10, bytes);
	}
	return ~ones_sum(ones_sum(0, pseudo, pseudo_bytes), ip + header_bytes, bytes) & 0xffff;
}

static uint32_t put_header(uint8_t *ip, const struct raw_datagram *datagram, uint32_t bytes)
{
	const struct raw_segment between = {.source = datagram->source, .dest = datagram->dest};
	uint32_t header_bytes = IP_BYTES + (uint32_t)datagram->option_bytes;

	if (raw_is_ip6()) {
		header_bytes = raw_ip6_put(ip, &between, bytes);
		ip[6] = NEXT_UDP;
		return header_bytes;
	}
	memset(ip, 0, IP_BYTES);
	memset(ip + IP_BYTES, IP_NOP, datagram->option_bytes);
	ip[0] = (uint8_t)(0x40 | header_bytes / 4);
	put16(ip + 2, header_bytes + bytes);
	ip[8] = 63;
	ip[9] = NEXT_UDP;
	put32(ip + 12, datagram->source);
	put32(ip + 16, datagram->dest);
	put16(ip + 10, ~ones_sum(0, ip, header_bytes) & 0xffff);
	return header_bytes;
}

uint32_t raw_udp_build(uint8_t frame[RAW_UDP_MAX], const struct raw_datagram *datagram)
{
	uint32_t bytes = UDP_BYTES + datagram->text_bytes, header_bytes = put_header(frame, datagram, bytes), sum;
	uint8_t *udp = frame + header_bytes;

	put16(udp, datagram->source_port);
	put16(udp + 2, datagram->dest_port);
	put16(udp + 4, bytes);
	put16(udp + 6, 0);
	memcpy(udp + UDP_BYTES, datagram->text, datagram->text_bytes);
	sum = sum_of(frame, header_bytes, bytes);
	sum = sum != 0 ? sum : 0xffff;
	if (datagram->sum != RAW_UDP_NONE)
		put16(udp + 6, datagram->sum == RAW_UDP_WRONG ? sum ^ 0x0100 : sum);
	return header_bytes + bytes;
}

static const char *read_header(const uint8_t *ip, uint32_t bytes, struct raw_datagram *datagram)
{
	uint8_t copy[RAW_UDP_MAX];
	struct raw_segment header;
	const char *wrong;

	if (raw_is_ip6()) {
		memcpy(copy, ip, bytes);
		copy[6] = NEXT_TCP;
		wrong = raw_ip6_read(copy, bytes, &header);
		*datagram = (struct raw_datagram){.source = header.source, .dest = header.dest, .ttl = header.ttl};
		return wrong;
	}
	*datagram = (struct raw_datagram){.source = get32(ip + 12), .dest = get32(ip + 16), .ttl = ip[8]};
	if (ip[0] != 0x45 || get16(ip + 2) != bytes)
		return "not IPv4 without options, or its length";
	if (get16(ip + 6) != 0x4000)
		return "a fragment, or one that may be fragmented";
	return ones_sum(0, ip, IP_BYTES) == 0xffff ? NULL : "the checksum of the IP header";
}

const char *raw_udp_read(const uint8_t *frame, uint32_t bytes, struct raw_datagram *datagram)
{
	uint32_t header_bytes = raw_ip_bytes();
	const uint8_t *udp = frame + header_bytes;
	const char *wrong;

	if (bytes < header_bytes + UDP_BYTES || bytes > RAW_UDP_MAX || frame[raw_is_ip6() ? 6 : 9] != NEXT_UDP)
		return "no UDP behind an IP header";
	wrong = read_header(frame, bytes, datagram);
	if (wrong)
		return wrong;
	if (get16(udp + 4) != bytes - header_bytes)
		return "the length of UDP";
	datagram->checksum = (uint16_t)get16(udp + 6);
	if (datagram->checksum == 0)
		return "no checksum";
	if (sum_of(frame, header_bytes, bytes - header_bytes) != 0)
		return "the checksum of UDP";
	datagram->source_port = (uint16_t)get16(udp);
	datagram->dest_port = (uint16_t)get16(udp + 2);
	datagram->text_bytes = bytes - header_bytes - UDP_BYTES;
	memcpy(datagram->text, udp + UDP_BYTES, datagram->text_bytes);
	return NULL;
}

uint32_t raw_udp_collect(struct driver *driver, struct raw_datagram *out, uint32_t room)
{
	struct rte_mbuf *mbufs[SHARD_BURST];
	uint32_t heard = 0;
	uint16_t count;

	do {
		count = shard_transmit(driver->shard, mbufs, SHARD_BURST);
		for (uint16_t i = 0; i < count; i++) {
			const char *wrong;

			cr_assert_lt(heard, room, "more datagrams than were expected");
			wrong = raw_udp_read(rte_pktmbuf_mtod_offset(mbufs[i], const uint8_t *, driver->link_bytes),
					     mbufs[i]->data_len - driver->link_bytes, &out[heard++]);
			cr_assert_null(wrong, "what is sent is wrong: %s", wrong);
			rte_pktmbuf_free(mbufs[i]);
		}
	} while (count == SHARD_BURST);
	return heard;
}

uint32_t raw_udp_inject(struct driver *driver, const struct raw_datagram *datagram, struct raw_datagram *out,
			uint32_t room)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(driver->in_pool);
	uint8_t frame[RAW_UDP_MAX];
	uint32_t bytes = raw_udp_build(frame, datagram);

	cr_assert_not_null(mbuf);
	if (driver->link_bytes) {
		uint8_t *link = (uint8_t *)rte_pktmbuf_append(mbuf, 14);

		memcpy(link, driver_mac, 6);
		memcpy(link + 6, driver_peer_mac, 6);
		put16(link + 12, raw_is_ip6() ? 0x86dd : 0x0800);
	}
	memcpy(rte_pktmbuf_append(mbuf, (uint16_t)bytes), frame, bytes);
	shard_receive(driver->shard, &mbuf, 1, driver->now_ns);
	return raw_udp_collect(driver, out, room);
}
