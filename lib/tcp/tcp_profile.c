/* tcp_profile.c - settings with their defaults filled in. */
#include "tcp/tcp_conn.h"

#include <errno.h>

#include "base/least.h"
#include "tcp/tcp_mss.h"

enum {
	HEADERS = 40, /* RFC 9293 MUST-16: MSS is MTU less the fixed IP and TCP headers, whatever options come */
	HEADERS_IP6 = 60,
	DEFAULT_TTL = 64,
	DEFAULT_WINDOW = 65535,
	WINDOW_MAX = 1 << 30, /* RFC 7323 2.3 */
	DEFAULT_SEND_QUEUE = 65536
};

static uint32_t given_or(uint32_t given, uint32_t fallback)
{
	return given ? given : fallback;
}

int tcp_profile_make(struct tcp_profile *profile, const struct quern_tcp_options *options, uint16_t mtu)
{
	/* A deadline is less than 2^31 ms away, or it seems to have passed. */
	if (options->mss > mtu - HEADERS || (options->mss && options->mss < TCP_MSS_LEAST) || options->dscp > 63 ||
	    options->keepalive_idle_ms > INT32_MAX || options->keepalive_interval_ms > INT32_MAX ||
	    options->fin_wait_2_ms > INT32_MAX || options->send_queue > INT32_MAX ||
	    options->receive_window > WINDOW_MAX || options->syn_cookies > QUERN_SYN_COOKIES_NEVER ||
	    !tcp_congestion_control(options->congestion))
		return -EINVAL;
	*profile = (struct tcp_profile){
		.mss = (uint16_t)given_or(options->mss, mtu - HEADERS),
		.mss_ip6 = (uint16_t)least(given_or(options->mss, mtu), (uint32_t)mtu - HEADERS_IP6),
		.receive_window = given_or(options->receive_window, DEFAULT_WINDOW),
		.send_queue = given_or(options->send_queue, DEFAULT_SEND_QUEUE),
		.congestion = tcp_congestion_control(options->congestion),
		.offers_scale = !options->no_window_scale,
		.offers_sack = !options->no_sack,
		.nagle = options->nagle,
		.offers_timestamps = !options->no_timestamps,
		.paces = !options->no_pacing,
		.ttl = (uint8_t)given_or(options->ttl, DEFAULT_TTL),
		.tos = (uint8_t)(options->dscp << 2),
		.keepalive = options->keepalive,
		.keepalive_probes = (uint8_t)given_or(options->keepalive_probes, 10),
		.keepalive_idle_ms = given_or(options->keepalive_idle_ms, 7200000),
		.keepalive_interval_ms = given_or(options->keepalive_interval_ms, 75000),
		.connect_timeout_ms = given_or(options->connect_timeout_ms, 180000),
		.user_timeout_ms = given_or(options->user_timeout_ms, 120000),
		.has_user_timeout = options->user_timeout_ms != 0,
		.fin_wait_2_ms = given_or(options->fin_wait_2_ms, 60000),
		.syn_cookies = options->syn_cookies,
		.max_half_open = given_or(options->max_half_open, UINT32_MAX),
	};
	while (profile->receive_window >> profile->scale > UINT16_MAX)
		profile->scale++;
	return 0;
}
