/* tcp_cookie.c - SYN cookies as arithmetic: slot, MAC and MSS in 32 bits. */
#include "tcp/tcp_cookie.h"

#include <assert.h>

#include "base/seq.h"
#include "tcp/tcp_mss.h"

enum {
	MAC_MASK = (1 << TCP_COOKIE_MAC_BITS) - 1,
	/* Between two cookies that are good. Were it 1, whoever has a few octets of a connection that is gone would
	 * make it anew by any ACK, its numbers shifted by as many, and take what it then says for more of the same
	 * text. */
	MSS_STEP = 1 << (TCP_COOKIE_MAC_BITS - 3)
};
static_assert(MSS_STEP * TCP_COOKIE_MSSES == MAC_MASK + 1, "they are as far apart as there is room");

/* The least that is sent at all, what holds where nothing was said, the least of IPv6, tunnels, IPv6 and IPv4 over
 * Ethernet, and over jumbo frames. */
static const uint16_t mss_table[TCP_COOKIE_MSSES] = {TCP_MSS_LEAST, TCP_MSS_UNSAID, 1220, 1360, 1400, 1440, 1460, 8960};

static uint32_t mss_number(uint16_t mss)
{
	uint32_t number = TCP_COOKIE_MSSES - 1;

	while (number > 0 && mss_table[number] > mss)
		number--;
	return number;
}

/* A cookie of an earlier slot was made with the secret of that time. */
static uint32_t mac(const struct tcp_cookie_keys *keys, const struct tcp_cookie_syn *syn, uint32_t slot)
{
	const struct {
		struct flow_key key;
		uint32_t peer_iss;
		uint32_t slot;
	} said = {syn->key, syn->peer_iss, slot};
	const struct hash_secret *secret = seq_before(slot, keys->present_since) ? &keys->past : &keys->present;

	static_assert(sizeof(said) == 20, "no padding");
	return (uint32_t)hash_sip(secret, &said, sizeof(said));
}

bool tcp_cookie_key_is_old(const struct tcp_cookie_keys *keys, uint32_t slot)
{
	return slot - keys->present_since >= TCP_COOKIE_KEY_SLOTS;
}

void tcp_cookie_new_key(struct tcp_cookie_keys *keys, const struct hash_secret *fresh, uint32_t slot)
{
	keys->past = keys->present;
	keys->present = *fresh;
	keys->present_since = slot;
}

uint32_t tcp_cookie_make(const struct tcp_cookie_keys *keys, const struct tcp_cookie_syn *syn, uint16_t mss,
			 uint32_t slot)
{
	return syn->isn_origin + (slot << TCP_COOKIE_MAC_BITS) +
	       ((mac(keys, syn, slot) + mss_number(mss) * MSS_STEP) & MAC_MASK);
}

uint16_t tcp_cookie_check(const struct tcp_cookie_keys *keys, const struct tcp_cookie_syn *syn, uint32_t iss,
			  uint32_t slot)
{
	uint32_t since_origin = iss - syn->isn_origin;
	uint32_t age = (slot - (since_origin >> TCP_COOKIE_MAC_BITS)) & 0xff, number;

	if (age >= TCP_COOKIE_AGES)
		return 0;
	number = (since_origin - mac(keys, syn, slot - age)) & MAC_MASK;
	return number % MSS_STEP == 0 ? mss_table[number / MSS_STEP] : 0;
}
