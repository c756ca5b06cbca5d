/* shard_group.h - datagrams to many: the groups that rules listen to and send to, and broadcasts. A port hears what the
 * rules name; routers and switches on its link are told of it by IGMP and MLD. */
#ifndef SHARD_SHARD_GROUP_H
#define SHARD_SHARD_GROUP_H

#include "neigh/neigh_groups.h"
#include "shard/shard_forward_parts.h"

/* The groups of a shard's port, as those on its link are told of them. */
struct shard_groups {
	struct neigh_groups ip4;
	struct neigh_groups ip6;
};

/* A group that some rule of a set listens to. */
struct shard_group {
	struct quern_ip6 address; /* of IPv4 in the lowest 32 bits */
	uint32_t name;            /* what flow keys have for it */
	uint16_t port;            /* what rules call the port */
};

/* Begins without groups. */
void shard_groups_init(struct shard_groups *groups);

/* What flow keys have for a group that a rule listens to at a shard's port; the set notes it. 0, or -EADDRNOTAVAIL
 * where the port does not speak that version of IP. */
int shard_group_add(struct shard_rules *rules, const struct quern_shard *shard, const struct quern_endpoint *listen,
		    uint32_t *name);

/* The rules are others: from now on each port hears what those name. */
void shard_groups_follow(struct shard_forward *forward);

/* Judges a packet that is not to one of our addresses alone: whether a rule hears it, or it asks for groups. Its key
 * gets what stands for its ends; of a broadcast for a rule with sessions, the rule's own address. */
enum quern_drop shard_group_judge(const struct quern_shard *shard, const uint8_t *frame, struct packet *packet);

/* Makes a datagram to many that was judged to be one to an own address such a one. False, counted, with no buffer for
 * that. */
bool shard_group_readdress(struct quern_shard *shard, struct shard_frame *frame);

/* What rules know the destination of a datagram by. */
uint32_t shard_group_listen(const struct quern_shard *shard, const struct packet *packet);

/* A query. */
void shard_group_input(struct quern_shard *shard, const struct shard_frame *frame);

/* Sends the reports that are due, and returns how many; and when the next is, false where none is to come. */
uint32_t shard_group_expire(struct quern_shard *shard);
bool shard_group_next(const struct quern_shard *shard, uint32_t *tick);

/* shard_group_way.c */

enum { SHARD_NO_WAY = 255 };

/* True for a target that is many: a group, or all of a network. */
bool shard_group_is_target(const struct shard_forward *forward, const struct quern_endpoint *to);

/* The shard by whose port such a target is reached by a rule of a port: that of the network whose broadcast address it
 * is; else, of the ports that speak its version of IP, the one that is not the rule's, or the rule's own where there is
 * no other. SHARD_NO_WAY where there are several others, or none at all. */
uint8_t shard_group_towards(const struct shard_forward *forward, uint16_t port, const struct quern_endpoint *to);

/* The link header of the way to such a target; false for a target that is one host. */
bool shard_group_link(const struct quern_shard *out, const struct quern_endpoint *to, struct wire_link *link);

#endif
