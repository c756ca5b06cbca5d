/* tcp_sequence.h - the first check on a segment (RFC 9293 table 6). */
#ifndef TCP_TCP_SEQUENCE_H
#define TCP_TCP_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/seq.h"
#include "wire/wire_packet.h"

/* True where the first or the last octet of a segment lies in the receive window, or an empty one stands at its edge.
 */
static inline bool tcp_sequence_is_acceptable(const struct segment *segment, uint32_t rcv_nxt, uint32_t window)
{
	uint32_t length = segment_length(segment);

	if (length == 0)
		return segment->seq == rcv_nxt || seq_in_window(segment->seq, rcv_nxt, window);
	return seq_in_window(segment->seq, rcv_nxt, window) ||
	       seq_in_window(segment->seq + length - 1, rcv_nxt, window);
}

#endif
