/* wire_group.h - which groups we want, said to routers and switches: IGMP (RFC 3376, 2236, 1112) and MLD (RFC 3810,
 * 2710). */
#ifndef WIRE_WIRE_GROUP_H
#define WIRE_WIRE_GROUP_H

#include <stdint.h>

#include "wire/wire_build.h"

/* What is said of a group, of whose sources none is ever refused: record types of RFC 3376 4.2.12 and RFC 3810 5.2.12.
 */
enum wire_group_word {
	WIRE_GROUP_WANTED = 2, /* in answer to a query: we listen to all sources but none (MODE_IS_EXCLUDE) */
	WIRE_GROUP_LEFT = 3,   /* from now on we listen to none (CHANGE_TO_INCLUDE_MODE) */
	WIRE_GROUP_JOINED = 4  /* from now on we listen to all but none (CHANGE_TO_EXCLUDE_MODE) */
};

struct wire_group_record {
	struct quern_ip6 group; /* of IPv4 in the lowest 32 bits */
	enum wire_group_word word;
};

/* A report; one of an older version, for a router that speaks no newer one, has one record. */
struct wire_group_report {
	const struct wire_group_record *records;
	uint32_t count;  /* 1 to WIRE_GROUP_RECORDS_MAX */
	uint8_t version; /* of IGMP, 1 to 3, or of MLD, 1 or 2 */
};

enum {
	WIRE_GROUP_RECORDS_MAX = 64,
	WIRE_IGMP_FRAME_MAX = WIRE_LINK_MAX + 24 + 8 + 8 * WIRE_GROUP_RECORDS_MAX,
	WIRE_MLD_FRAME_MAX = WIRE_LINK_MAX + 48 + 8 + 20 * WIRE_GROUP_RECORDS_MAX
};

/* The MAC address of a group of IPv4 (RFC 1112 6.4); wire_group_mac() has that of one of IPv6. */
void wire_group_mac4(uint32_t group, uint8_t mac[6]);

/* The link-local address that a MAC address makes (RFC 4291 appendix A): of MLD's messages, the source. */
struct quern_ip6 wire_link_local(const uint8_t mac[6]);

/* Write a report from `source` behind the link header, whose destination becomes that of the report, with TTL 1 and the
 * router alert option. The source of MLD is link-local, or :: where there is none yet (RFC 3810 5.2.13). Return the
 * frame's length, at least 60 behind an Ethernet header; 0 where that version has no word for it: version 1 of IGMP
 * does not say that a group was left. */
uint32_t wire_build_igmp(uint8_t *frame, const struct wire_link *link, uint32_t source,
			 const struct wire_group_report *report);
uint32_t wire_build_mld(uint8_t *frame, const struct wire_link *link, struct quern_ip6 source,
			const struct wire_group_report *report);

#endif
