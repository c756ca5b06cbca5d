/* tcp_cookie.h - SYN cookies (RFC 4987 3.6): an ISS that remembers what a half-open connection would have to.
 *
 * A cookie is the ISN that its flow would have had at the beginning of a slot of time, plus 24 bits. So cookies lie on
 * the same clock as all ISNs (RFC 6528), less than a slot away from it, and tell in which slot they were made. The 24
 * bits are a MAC of flow, peer's ISN and slot, to which a multiple of 2^21 is added, by the MSS. Of the 2^32 numbers an
 * ACK may bring, TCP_COOKIE_AGES * TCP_COOKIE_MSSES are good for a flow: one in 2^28. So nothing but the MSS finds
 * room: what else a SYN offers, its connection goes without, unless a timestamp that comes back carries it. */
#ifndef TCP_TCP_COOKIE_H
#define TCP_TCP_COOKIE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/flow_key.h"
#include "base/hash.h"

enum {
	TCP_COOKIE_MAC_BITS = 24,  /* and of the clock of 4 us that are a slot: 67 s */
	TCP_COOKIE_AGES = 2,       /* slots whose cookies are good, the present one included: for 67 s at least */
	TCP_COOKIE_MSSES = 8,      /* that a cookie can tell apart */
	TCP_COOKIE_KEY_SLOTS = 16, /* a secret makes cookies for so many slots: 18 minutes */
};

/* The secrets of cookies: the one that makes them, and the one before it, whose cookies may still come back. */
struct tcp_cookie_keys {
	struct hash_secret present, past;
	uint32_t present_since; /* slot */
};

/* A SYN, as far as its last ACK tells of it once more. */
struct tcp_cookie_syn {
	struct flow_key key;
	uint32_t peer_iss;
	uint32_t isn_origin; /* tcp_isn() of the flow at clock 0 */
};

/* The slot of a time. */
static inline uint32_t tcp_cookie_slot(uint64_t now_ns)
{
	return (uint32_t)(now_ns / 4000 >> TCP_COOKIE_MAC_BITS);
}

/* True where the secret has made cookies for long enough, and tcp_cookie_new_key() is due before the next one. */
bool tcp_cookie_key_is_old(const struct tcp_cookie_keys *keys, uint32_t slot);

/* From `slot` on, in which no cookie was made yet, `fresh` makes them. Those of the secret so far stay good for their
 * time; keys that have had no secret at all need two. */
void tcp_cookie_new_key(struct tcp_cookie_keys *keys, const struct hash_secret *fresh, uint32_t slot);

/* The ISS that answers a SYN. `mss` is what the peer takes, 48 at least (tcp_mss_for()). */
uint32_t tcp_cookie_make(const struct tcp_cookie_keys *keys, const struct tcp_cookie_syn *syn, uint16_t mss,
			 uint32_t slot);

/* The MSS that a cookie remembers: the largest of the table that was not above the peer's; 0 for an ISS that was not
 * made of this SYN, or too long ago. */
uint16_t tcp_cookie_check(const struct tcp_cookie_keys *keys, const struct tcp_cookie_syn *syn, uint32_t iss,
			  uint32_t slot);

#endif
