/* tcp_negotiate.h - what the peer's SYN and our settings allow: MSS, windows, SACK, timestamps. */
#ifndef TCP_TCP_NEGOTIATE_H
#define TCP_TCP_NEGOTIATE_H

#include "tcp/tcp_conn.h"
#include "tcp/tcp_mss.h"
#include "wire/wire_packet.h"

/* The window of a SYN is not scaled (RFC 7323 2.2). In units that are, it is rounded down, but not to a window that is
 * shut. */
static inline uint16_t tcp_window_of_syn(const struct tcp_conn *conn, const struct segment *syn)
{
	uint16_t window = (uint16_t)(syn->wnd >> conn->snd_scale);

	return syn->wnd > 0 && window == 0 ? 1 : window;
}

/* RFC 7323 2.3 and 3.2, RFC 2018 2: an option counts where both SYNs have it. */
static inline void tcp_negotiate(struct tcp_conn *conn, const struct segment *syn, const struct tcp_profile *profile)
{
	conn->mss = tcp_mss_for(syn->mss, tcp_profile_mss(profile, &conn->key), flow_key_is_ip6(&conn->key));
	conn->is_scaled = profile->offers_scale && syn->options & SEGMENT_SCALE;
	conn->sack_permitted = profile->offers_sack && syn->options & SEGMENT_SACK_PERMITTED;
	conn->has_timestamps = profile->offers_timestamps && syn->options & SEGMENT_TIMESTAMPS;
	conn->ts_recent = conn->has_timestamps ? syn->tsval : 0;
	conn->ts_is_void = false;
	conn->ack_lags = true;
	conn->snd_scale = (conn->is_scaled ? syn->scale : 0u) & 15;
	conn->snd_wnd = conn->max_wnd = tcp_window_of_syn(conn, syn);
}

#endif
