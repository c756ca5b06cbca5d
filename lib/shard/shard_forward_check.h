/* shard_forward_check.h - a group's part in the checks of its targets. Inside lib/shard only. */
#ifndef SHARD_SHARD_FORWARD_CHECK_H
#define SHARD_SHARD_FORWARD_CHECK_H

#include <stdbool.h>

struct quern_shard;
struct shard_forward;
struct shard_frame;

/* Once a turn: sends the probes that are due, where this group is the one that does, and takes from the checks which
 * targets are up. */
void shard_forward_check(struct shard_forward *forward);

/* An ICMP message that is no error; a datagram that nobody knows; an error about a datagram that nobody has sent. True
 * where it is about a probe. */
bool shard_forward_echoed(struct quern_shard *shard, const struct shard_frame *frame);
bool shard_forward_answered(struct quern_shard *shard, const struct shard_frame *frame);
bool shard_forward_probe_refused(struct quern_shard *shard, const struct shard_frame *frame);

#endif
