/* lab_error.h - ICMP errors as routers and hosts write them, byte by byte. */
#ifndef SUPPORT_LAB_ERROR_H
#define SUPPORT_LAB_ERROR_H

#include "support/forward_lab.h"

/* Writes an ICMP error of these type, code and word behind the checksum, which quotes all of a packet that came out,
 * from whoever that was for. Returns its length. */
uint32_t lab_error_about(uint8_t *error, const struct lab_packet *packet, const uint8_t word[2], uint32_t rest);

/* Checks lengths and checksums of an ICMP error that came out, of either version, and gives what it quotes. */
const uint8_t *lab_error_quote(const struct lab_packet *error, const uint8_t word[2]);

#endif
