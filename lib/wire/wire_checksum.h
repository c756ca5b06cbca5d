/* wire_checksum.h - the Internet checksum (RFC 1071). */
#ifndef WIRE_WIRE_CHECKSUM_H
#define WIRE_WIRE_CHECKSUM_H

#include <stdint.h>

/* Adds `bytes` bytes to a running sum, in network byte order as they lie; begin with 0. An odd last byte counts as the
 * high half of a word, so only the last piece may be odd. */
uint64_t wire_sum(uint64_t sum, const void *data, uint32_t bytes);

/* Folds a running sum to 16 bits and complements it: ready to be stored with memcpy. Over data that holds a right
 * checksum the result is 0. */
uint16_t wire_sum_finish(uint64_t sum);

#endif
