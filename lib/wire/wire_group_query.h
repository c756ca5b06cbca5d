/* wire_group_query.h - who asks which groups are wanted: IGMP (RFC 1112, 2236, 3376) and MLD (RFC 2710, 3810). Inside
 * lib/wire only: others have it from wire_parse(). */
#ifndef WIRE_WIRE_GROUP_QUERY_H
#define WIRE_WIRE_GROUP_QUERY_H

#include <stdint.h>

#include "wire/wire_packet.h"

enum { MLD_QUERY = 130 };

/* Reads an IGMP message of `bytes` bytes, of a packet whose TTL is known, into packet->group. Returns QUERN_DROP_NONE,
 * or why it is dropped: QUERN_DROP_IP_PROTOCOL where it is no query, QUERN_DROP_GROUP_MALFORMED where it comes from
 * beyond the link, is of none of the lengths that RFC 3376 7.1 knows, asks for what is no group, or has a wrong
 * checksum. */
enum quern_drop wire_group_parse_igmp(const uint8_t *message, uint32_t bytes, struct packet *packet);

/* The same of an MLD query, of at least ICMP_BYTES bytes and with a right checksum, behind the headers of `ip`. RFC
 * 3810 6.2 drops also what lacks a router alert, or whose source is not link-local. */
enum quern_drop wire_group_parse_mld(const uint8_t *ip, const uint8_t *message, uint32_t bytes, struct packet *packet);

#endif
