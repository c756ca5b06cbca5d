/* shard_pairs.h - the source addresses and ports of a route, one after the other. Inside lib/shard only. */
#ifndef SHARD_SHARD_PAIRS_H
#define SHARD_SHARD_PAIRS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/flow_key.h"
#include "base/random.h"

struct quern_shard;

/* Where the next active open of a route looks first. Addresses are of IPv4, or aliases. */
struct shard_route {
	uint32_t first_address, last_address;
	uint32_t target;
	uint16_t first_port, last_port;
	uint16_t target_port;
	uint64_t pairs;  /* size of the space, as far as answers come back to us */
	uint64_t in_use; /* connections and TIME-WAIT records that hold a pair */
	uint64_t barren; /* shard->releases when a whole scan found nothing: until one more, none is worth while */
	uint32_t next_address;
	uint16_t next_port;  /* where flows have owners: the first port of the entry */
	uint16_t next_entry; /* and the rest of where that stands */
	uint32_t next_number;
};

/* Counts the pairs of a route whose source and target are set, and draws where to begin. */
void shard_pairs_begin(const struct quern_shard *shard, struct shard_route *route, struct random *random);

/* The next pair in turn; false where no answer would come back to us. */
bool shard_pairs_next(const struct quern_shard *shard, struct shard_route *route, struct flow_key *key);

/* Loads the bucket of a pair that will be taken soon: opens come in batches, and their buckets lie anywhere. */
void shard_pairs_prefetch(const struct quern_shard *shard, const struct shard_route *route);

#endif
