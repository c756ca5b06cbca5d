/* tcp_mss.h - the effective send MSS (RFC 9293 3.7.1). */
#ifndef TCP_TCP_MSS_H
#define TCP_TCP_MSS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/least.h"

enum {
	TCP_MSS_UNSAID = 536,      /* MUST-15: what holds where the peer gave no option */
	TCP_MSS_UNSAID_IP6 = 1220, /* the same over IPv6: the least MTU less the fixed headers */
	TCP_MSS_LEAST = 48         /* a smaller offer costs more than it carries (CVE-2019-11479) */
};

/* What may be sent to a peer that offered `offered` (0 where it gave no option), when we can send `ours` ourselves. */
static inline uint16_t tcp_mss_for(uint16_t offered, uint16_t ours, bool is_ip6)
{
	uint16_t unsaid = is_ip6 ? TCP_MSS_UNSAID_IP6 : TCP_MSS_UNSAID;
	uint16_t mss = offered ? offered : unsaid;

	return (uint16_t)least(most(mss, TCP_MSS_LEAST), ours);
}

#endif
