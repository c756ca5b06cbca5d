/* diff_shard.h - plays a script against a shard, on a virtual clock. */
#ifndef DIFFERENTIAL_DIFF_SHARD_H
#define DIFFERENTIAL_DIFF_SHARD_H

#include "differential/diff_view.h"

/* Plays one script against a fresh shard. `number` is the script's among those that Linux plays at the same time. */
void diff_shard_play(const struct diff_script *script, struct diff_trace *trace, uint32_t number);

#endif
