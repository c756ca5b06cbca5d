/* shard_icmp.h - ICMP messages in and out. Inside lib/shard only. */
#ifndef SHARD_SHARD_ICMP_H
#define SHARD_SHARD_ICMP_H

#include "shard/shard_parts.h"

/* The longest IP packet that an error is, of each version: RFC 1812 4.3.2.3, RFC 4443 2.4 (c). */
enum { SHARD_ICMP_ERROR_MAX = 576, SHARD_ICMP_ERROR_MAX_IP6 = 1280 };

/* An ICMP message, and the reference that the flow which it quotes has, 0 for none. */
void shard_icmp_input(struct quern_shard *shard, struct shard_frame *frame, uint32_t ref);

/* A datagram that goes no further: its sender is told why, once a millisecond in the long run. `mtu` is that of the way
 * on, where it is too big for it. */
void shard_icmp_refuse(struct quern_shard *shard, const struct shard_frame *frame, enum quern_icmp what, uint32_t mtu);

/* The same of one whose first fragment has come, and others have not in time (RFC 792, RFC 8200 4.5); there are as many
 * bytes at `first` as an error quotes. */
void shard_icmp_lost(struct quern_shard *shard, const uint8_t *first, const struct packet *packet);

#endif
