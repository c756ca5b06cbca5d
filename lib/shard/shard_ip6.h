/* shard_ip6.h - connections over IPv6: the aliases in their keys, the addresses behind them, and neighbour discovery.
 */
#ifndef SHARD_SHARD_IP6_H
#define SHARD_SHARD_IP6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quern/counters.h>

#include "base/alias.h"
#include "neigh/neigh_nd.h"
#include "wire/wire_build.h"
#include "wire/wire_packet.h"

struct quern_conn_info;
struct quern_shard;
struct shard_config;
struct shard_frame;

/* What a shard has where its port speaks IPv6. */
struct shard_ip6 {
	bool is_spoken;
	struct alias_table aliases;
	struct neigh_nd neigh;
	struct hash_secret name_secret;
};

/* False for addresses that make no sense. */
bool shard_ip6_is_sane(const struct shard_config *config);

/* Bytes that it takes, 0 where IPv6 is not spoken; and its beginning in as many. */
size_t shard_ip6_bytes(const struct shard_config *config);
void shard_ip6_open(struct quern_shard *shard, void *memory);

/* Judges the addresses of a packet, and puts what stands for them into its key: 0 for a peer without an alias. Only
 * what is sent to one of our addresses is taken; of neighbour discovery, also what goes to their groups. */
enum quern_drop shard_ip6_name_packet(const struct quern_shard *shard, struct packet *packet);

/* A packet of this burst was looked up before another one of it gave its peer an alias, or another than it had: true
 * where its key may have changed. */
bool shard_ip6_name_again(const struct quern_shard *shard, struct packet *packet);

/* The key of a record that is about to be made for a frame, whose hash is set to that of the key. Over IPv6 it holds an
 * alias, to be let go by shard_ip6_let_go() once the record holds it, or was not made. False where there is none left.
 */
bool shard_ip6_key_for(struct quern_shard *shard, struct shard_frame *frame, struct flow_key *key);
void shard_ip6_let_go(struct quern_shard *shard, const struct flow_key *key);

/* What secrets are to be made of: the key, with a keyed hash of the addresses in place of aliases. A peer that comes
 * back with another alias has the same; and one without an alias is not taken for another without one. */
struct flow_key shard_ip6_secret_name(const struct quern_shard *shard, const struct packet *packet);

struct flow_key shard_ip6_secret_name_of(const struct quern_shard *shard, const struct flow_key *key);

/* The alias of an address that is ours; false for any other. */
bool shard_ip6_own_alias(const struct quern_shard *shard, struct quern_ip6 address, uint32_t *alias);

/* The address that such an alias stands for. */
struct quern_ip6 shard_ip6_own_address(const struct quern_shard *shard, uint32_t alias);

/* The addresses of a flow of IPv6, in `pair`: those of the frame that is answered, where there is one. */
void shard_ip6_pair(const struct quern_shard *shard, const struct shard_frame *frame, const struct flow_key *key,
		    struct ip6_pair *pair);

/* Writes the ends of a flow of either version, whose aliases must have a holder, as the application has them. */
void shard_ip6_ends(const struct quern_shard *shard, const struct flow_key *key, struct quern_conn_info *info);

/* Aliases and their holders agree with the records. For tests: O(capacity). */
bool shard_ip6_validate(const struct quern_shard *shard);

/* shard_nd.c */

/* A solicitation or advertisement. */
void shard_nd_input(struct quern_shard *shard, struct shard_frame *frame);

/* What shard_neigh_link() does, for IPv6. */
bool shard_nd_link(struct quern_shard *shard, struct quern_ip6 address, bool is_stranger, struct wire_link *link);

/* What quern_reachable() says of an address of IPv6. */
bool shard_nd_is_reachable(struct quern_shard *shard, struct quern_ip6 address);

#endif
