/* lab_hosts.c - hosts of RFC 826 and RFC 4861, a frame at a time. */
#include "support/lab_hosts.h"

#include <string.h>

#include "support/forward_lab.h"
#include "support/raw_words.h"

enum {
	ETHER_BYTES = 14,
	ARP_BYTES = 28,
	IP6_BYTES = 40,
	ADVERTISEMENT_BYTES = 32,
	ETHER_ARP = 0x0806,
	ETHER_IP6 = 0x86dd,
	ICMP6 = 58,
	SOLICITATION = 135,
	ADVERTISEMENT = 136,
	HOPS = 255
};

static void mac_of(uint32_t address, uint8_t mac[6])
{
	mac[0] = 2;
	mac[1] = 1;
	put32(mac + 2, address);
}

/* The address of IPv4 that the host of one of IPv6 has. */
static uint32_t address_of6(const uint8_t *address)
{
	return LAB_ADDRESS(get16(address + 4), get16(address + 14));
}

void lab_mac_of_source(const uint8_t *packet, uint8_t mac[6])
{
	mac_of(packet[0] >> 4 == 6 ? address_of6(packet + 8) : get32(packet + 12), mac);
}

void lab_mac_of_dest(const uint8_t *packet, uint8_t mac[6])
{
	mac_of(packet[0] >> 4 == 6 ? address_of6(packet + 24) : get32(packet + 16), mac);
}

bool lab_is_of_neighbours(const uint8_t *frame, uint32_t bytes)
{
	const uint8_t *ip = frame + ETHER_BYTES;

	if (get16(frame + 12) == ETHER_ARP)
		return true;
	return get16(frame + 12) == ETHER_IP6 && bytes > ETHER_BYTES + IP6_BYTES && ip[6] == ICMP6 &&
	       (ip[IP6_BYTES] == SOLICITATION || ip[IP6_BYTES] == ADVERTISEMENT);
}

static uint32_t answer_arp(const uint8_t *request, uint8_t *reply)
{
	if (request[21] != 1)
		return 0;
	memcpy(reply, request + 6, 6);
	memcpy(reply + 12, request + 12, 8);
	reply[20] = 0;
	reply[21] = 2;
	mac_of(get32(request + 38), reply + 22);
	memcpy(reply + 6, reply + 22, 6);
	memcpy(reply + 28, request + 38, 4);
	memcpy(reply + 32, request + 22, 10);
	return ETHER_BYTES + ARP_BYTES;
}

/* RFC 4861 4.4: solicited, and what is known goes for it; with the MAC address behind. */
static uint32_t answer_solicitation(const uint8_t *request, uint8_t *reply)
{
	const uint8_t *asked = request + ETHER_BYTES, *target = asked + IP6_BYTES + 8;
	uint8_t *ip = reply + ETHER_BYTES, *icmp = ip + IP6_BYTES;

	if (asked[IP6_BYTES] != SOLICITATION)
		return 0;
	memset(reply, 0, LAB_ANSWER_MAX);
	memcpy(reply, request + 6, 6);
	mac_of(address_of6(target), reply + 6);
	put16(reply + 12, ETHER_IP6);
	ip[0] = 0x60;
	put16(ip + 4, ADVERTISEMENT_BYTES);
	ip[6] = ICMP6;
	ip[7] = HOPS;
	memcpy(ip + 8, target, 16);
	memcpy(ip + 24, asked + 8, 16);
	icmp[0] = ADVERTISEMENT;
	icmp[4] = 0x60;
	memcpy(icmp + 8, target, 16);
	icmp[24] = 2;
	icmp[25] = 1;
	memcpy(icmp + 26, reply + 6, 6);
	put16(icmp + 2,
	      ~ones_sum(ones_sum(ICMP6 + ADVERTISEMENT_BYTES, ip + 8, 32), icmp, ADVERTISEMENT_BYTES) & 0xffff);
	return ETHER_BYTES + IP6_BYTES + ADVERTISEMENT_BYTES;
}

uint32_t lab_answer(const uint8_t *request, uint8_t reply[LAB_ANSWER_MAX])
{
	return get16(request + 12) == ETHER_ARP ? answer_arp(request, reply) : answer_solicitation(request, reply);
}
