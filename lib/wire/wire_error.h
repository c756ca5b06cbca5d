/* wire_error.h - ICMP errors that we send: about datagrams of others, and on behalf of whoever complains of a datagram
 * that was passed on. */
#ifndef WIRE_WIRE_ERROR_H
#define WIRE_WIRE_ERROR_H

#include <stdint.h>

#include <quern/conn.h>

#include "wire/wire_packet.h"
#include "wire/wire_udp.h"

/* Why a datagram goes no further. */
struct wire_refusal {
	enum quern_icmp what; /* NET, HOST, PORT, TOO_BIG, PROHIBITED or TIME_EXCEEDED */
	uint32_t mtu;         /* with TOO_BIG: of the way on */
	uint32_t most; /* bytes that the error's IP packet may have: 576 at most (RFC 1812 4.3.2.3), 1280 over IPv6 */
	uint8_t ttl;
	bool is_of_fragments; /* with TIME_EXCEEDED: others did not come in time */
};

/* Writes an ICMP error about the datagram of a received frame, as it came: to whoever has sent it, from where it went
 * to, by the way that it came, with as much of it behind as there is room for. Returns the frame's length; 0, and
 * nothing is written, where there is none for the datagram's headers (RFC 1122 3.2.2, RFC 4443 3.1). Who may not be
 * told at all is the caller's business: groups, and what came by one. */
uint32_t wire_build_error(uint8_t *to, const uint8_t *frame, const struct packet *packet,
			  const struct wire_refusal *refusal);

/* Turns an ICMP error about a datagram that was passed on (packet->icmp.quoted is WIRE_UDP) into one about the datagram
 * as it had come, in place: from `came`'s local end, where its sender had sent it, to its sender, `came`'s remote end
 * (RFC 5508 REQ-4 and 5). Addresses, ports and both checksums of the quote are as they were, as far as the quote goes;
 * type, code and what else stands there stay. `came` is of the same version of IP as the error. The link header is left
 * alone, and the frame's new length is packet->frame_bytes. */
void wire_error_turn(uint8_t *frame, const struct packet *packet, const struct wire_udp_ends *came, uint8_t ttl);

/* The same into the other version of IP, of which `came` is: as an IP packet of at most `most` bytes (see struct
 * wire_refusal) behind a link header of packet->link_bytes at `to`, which is not written, since its type changes. Type
 * and code are those of RFC 7915 4.2 and 5.2, an MTU is that of the sender's own packets and never below what IPv6
 * promises; of the quoted header, what the other version does not know is as we write it ourselves. Returns the frame's
 * length; 0 where there is no word for it, or too little room. */
uint32_t wire_error_turn46(uint8_t *to, const uint8_t *frame, const struct packet *packet,
			   const struct wire_udp_ends *came, uint32_t most, uint8_t ttl);

#endif
