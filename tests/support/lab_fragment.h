/* lab_fragment.h - packets cut into fragments, and put together again, by code that shares nothing with lib/. */
#ifndef SUPPORT_LAB_FRAGMENT_H
#define SUPPORT_LAB_FRAGMENT_H

#include "support/forward_lab.h"

enum { LAB_WHOLE_MAX = 65535 + 40 };

/* Bytes of the header of a packet without options: 20 or 40. */
uint32_t lab_header_bytes(const uint8_t *packet);

/* Writes the fragment of a packet of either version that holds `bytes` bytes of what is behind its header, from a place
 * on. Returns its length. */
uint32_t lab_fragment(uint8_t *to, const uint8_t *packet, uint32_t packet_bytes, uint32_t from, uint32_t bytes,
		      uint32_t id);

/* A datagram in fragments of `each` bytes in at a port, one after the other, or the last first. */
void lab_say_cut(struct lab *lab, uint16_t port, const struct lab_datagram *datagram, uint32_t each, uint32_t id,
		 bool backwards);

/* Reads the fragments that have come out of a port, in order, none longer than the MTU, and puts them together. Returns
 * how many they were. */
uint32_t lab_join(struct lab *lab, uint16_t port, uint32_t mtu, uint8_t whole[LAB_WHOLE_MAX]);

/* The same of a datagram that went in at another port: the same text, a hop less, in so many fragments. */
struct lab_datagram lab_hear_joined(struct lab *lab, uint16_t port, uint32_t mtu, const struct lab_datagram *said,
				    uint32_t count);

#endif
