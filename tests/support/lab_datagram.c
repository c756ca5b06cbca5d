/* lab_datagram.c - datagrams byte by byte, as RFC 768, 791 and 8200 draw their headers. */
#include "support/lab_datagram.h"

#include <string.h>

#include "support/raw_frame.h"
#include "support/raw_words.h"

enum { IP4_BYTES = 20, IP6_BYTES = 40, UDP_BYTES = 8, PROTOCOL_UDP = 17 };

static void put_ip6(uint8_t *at, const struct quern_ip6 *address)
{
	put32(at, (uint32_t)(address->high >> 32));
	put32(at + 4, (uint32_t)address->high);
	put32(at + 8, (uint32_t)(address->low >> 32));
	put32(at + 12, (uint32_t)address->low);
}

static struct quern_ip6 get_ip6(const uint8_t *at)
{
	return (struct quern_ip6){(uint64_t)get32(at) << 32 | get32(at + 4),
				  (uint64_t)get32(at + 8) << 32 | get32(at + 12)};
}

static uint32_t put_header4(uint8_t *ip, const struct lab_datagram *datagram, uint32_t udp_bytes)
{
	memset(ip, 0, IP4_BYTES);
	ip[0] = 0x45;
	put16(ip + 2, IP4_BYTES + udp_bytes);
	put16(ip + 4, datagram->id);
	put16(ip + 6, datagram->fragment);
	ip[8] = datagram->ttl ? datagram->ttl : LAB_TTL;
	ip[9] = PROTOCOL_UDP;
	put32(ip + 12, datagram->source.address);
	put32(ip + 16, datagram->dest.address);
	put16(ip + 10, ~ones_sum(0, ip, IP4_BYTES) & 0xffff);
	return IP4_BYTES;
}

static uint32_t put_header6(uint8_t *ip, const struct lab_datagram *datagram, uint32_t udp_bytes)
{
	put32(ip, 6u << 28);
	put16(ip + 4, udp_bytes);
	ip[6] = PROTOCOL_UDP;
	ip[7] = datagram->ttl ? datagram->ttl : LAB_TTL;
	put_ip6(ip + 8, &datagram->source.ip6);
	put_ip6(ip + 24, &datagram->dest.ip6);
	return IP6_BYTES;
}

/* The sum over pseudo header and datagram, its own field included. */
static uint32_t sum_of(const uint8_t *ip, uint32_t ip_bytes, uint32_t udp_bytes)
{
	uint32_t addresses = ip_bytes == IP4_BYTES ? 12 : 8;
	uint32_t sum = ones_sum(PROTOCOL_UDP + udp_bytes, ip + addresses, ip_bytes == IP4_BYTES ? 8 : 32);

	return ones_sum(sum, ip + ip_bytes, udp_bytes);
}

uint32_t lab_datagram_build(uint8_t *frame, const struct lab_datagram *datagram)
{
	uint32_t udp_bytes = UDP_BYTES + datagram->text_bytes, ip_bytes, sum;
	uint8_t *udp;

	ip_bytes = quern_ip6_is_set(&datagram->dest.ip6) ? put_header6(frame, datagram, udp_bytes)
							 : put_header4(frame, datagram, udp_bytes);
	udp = frame + ip_bytes;
	put16(udp, datagram->source.port);
	put16(udp + 2, datagram->dest.port);
	put16(udp + 4, udp_bytes);
	put16(udp + 6, 0);
	for (uint32_t i = 0; i < datagram->text_bytes; i++)
		udp[UDP_BYTES + i] = raw_text_byte(datagram->text_from + i);
	if (datagram->no_checksum)
		return ip_bytes + udp_bytes;
	sum = ~sum_of(frame, ip_bytes, udp_bytes) & 0xffff;
	sum = sum ? sum : 0xffff;
	put16(udp + 6, datagram->wrong_checksum ? sum ^ 0x0100 : sum);
	return ip_bytes + udp_bytes;
}

static const char *read_header4(const uint8_t *ip, uint32_t bytes, struct lab_datagram *datagram)
{
	if (bytes < IP4_BYTES + UDP_BYTES || ip[0] != 0x45 || get16(ip + 2) != bytes)
		return "IPv4 length";
	if (ones_sum(0, ip, IP4_BYTES) != 0xffff)
		return "IPv4 checksum";
	if (ip[9] != PROTOCOL_UDP)
		return "protocol";
	datagram->id = (uint16_t)get16(ip + 4);
	datagram->fragment = (uint16_t)get16(ip + 6);
	datagram->ttl = ip[8];
	datagram->source.address = get32(ip + 12);
	datagram->dest.address = get32(ip + 16);
	return NULL;
}

static const char *read_header6(const uint8_t *ip, uint32_t bytes, struct lab_datagram *datagram)
{
	if (bytes < IP6_BYTES + UDP_BYTES || get16(ip + 4) != bytes - IP6_BYTES)
		return "IPv6 length";
	if (ip[6] != PROTOCOL_UDP)
		return "next header";
	datagram->ttl = ip[7];
	datagram->source.ip6 = get_ip6(ip + 8);
	datagram->dest.ip6 = get_ip6(ip + 24);
	return NULL;
}

const char *lab_datagram_read(const uint8_t *frame, uint32_t bytes, struct lab_datagram *datagram)
{
	bool is_ip6 = bytes > 0 && frame[0] >> 4 == 6;
	uint32_t ip_bytes = is_ip6 ? IP6_BYTES : IP4_BYTES;
	const uint8_t *udp = frame + ip_bytes;
	const char *fault;

	memset(datagram, 0, sizeof(*datagram));
	fault = is_ip6 ? read_header6(frame, bytes, datagram) : read_header4(frame, bytes, datagram);
	if (fault)
		return fault;
	if (get16(udp + 4) != bytes - ip_bytes)
		return "UDP length";
	datagram->no_checksum = get16(udp + 6) == 0;
	if (is_ip6 && datagram->no_checksum)
		return "no UDP checksum over IPv6";
	datagram->source.port = (uint16_t)get16(udp);
	datagram->dest.port = (uint16_t)get16(udp + 2);
	datagram->text_bytes = bytes - ip_bytes - UDP_BYTES;
	datagram->text_sum = raw_bytes_sum(udp + UDP_BYTES, datagram->text_bytes);
	if (!datagram->no_checksum && sum_of(frame, ip_bytes, bytes - ip_bytes) != 0xffff)
		return "UDP checksum";
	return NULL;
}

bool lab_mac_of_many(const uint8_t *packet, uint8_t mac[6])
{
	uint32_t dest = get32(packet + 16);

	if (packet[0] >> 4 == 6) {
		put16(mac, 0x3333);
		memcpy(mac + 2, packet + 36, 4);
		return packet[24] == 0xff;
	}
	if (dest >> 28 == 14) {
		put32(mac, 0x01005e00 | (dest >> 16 & 0x7f));
		put16(mac + 4, dest);
		return true;
	}
	memset(mac, 0xff, 6);
	return (dest & 0xffff) == 0xffff;
}
