/* shard_cookie.c - SYN cookies: who is answered by one, and whether it comes back. */
#include "shard/shard_cookie.h"
#include "shard/shard_half_open.h"

#include "tcp/tcp_mss.h"
#include "tcp/tcp_open.h"
#include "tcp/tcp_timestamps.h"

static void draw_key(struct quern_shard *shard, uint32_t slot)
{
	struct hash_secret fresh = {{random_next(&shard->cookie_random), random_next(&shard->cookie_random)}};

	tcp_cookie_new_key(&shard->cookie_keys, &fresh, slot);
}

void shard_cookie_begin(struct quern_shard *shard, const struct random *random)
{
	uint32_t slot = tcp_cookie_slot(shard->now_ns);

	shard->cookie_random = *random;
	/* The past has a secret as well: a known one would make cookies of the slot before. */
	draw_key(shard, slot);
	draw_key(shard, slot);
}

bool shard_cookie_is_due(const struct quern_shard *shard, const struct shard_service *listener)
{
	switch (listener->tcp.syn_cookies) {
	case QUERN_SYN_COOKIES_AUTO:
		return shard_half_open_is_full(shard, listener);
	case QUERN_SYN_COOKIES_ALWAYS:
		return true;
	case QUERN_SYN_COOKIES_NEVER:
		break;
	}
	return false;
}

bool shard_cookie_is_expected(const struct quern_shard *shard, const struct shard_service *listener)
{
	return listener->last_cookie && tcp_cookie_slot(shard->now_ns) + 1 - listener->last_cookie < TCP_COOKIE_AGES;
}

static struct tcp_cookie_syn syn_of(const struct quern_shard *shard, const struct packet *packet, uint32_t peer_iss)
{
	struct flow_key name = shard_ip6_secret_name(shard, packet);

	return (struct tcp_cookie_syn){name, peer_iss, tcp_isn(&shard->isn_secret, &name, 0)};
}

uint32_t shard_cookie_of(struct quern_shard *shard, const struct packet *packet)
{
	struct tcp_cookie_syn syn = syn_of(shard, packet, packet->tcp.seq);
	uint32_t slot = tcp_cookie_slot(shard->now_ns);

	if (tcp_cookie_key_is_old(&shard->cookie_keys, slot))
		draw_key(shard, slot);
	return tcp_cookie_make(&shard->cookie_keys, &syn,
			       tcp_mss_for(packet->tcp.mss, UINT16_MAX, packet->version == 6), slot);
}

void shard_cookie_send(struct quern_shard *shard, struct shard_frame *frame, struct shard_service *listener)
{
	const struct packet *packet = frame->packet;
	struct flow_key name = shard_ip6_secret_name(shard, packet);
	struct segment syn_ack;

	tcp_open_none(&packet->key, &packet->tcp, &listener->tcp, shard_cookie_of(shard, packet),
		      shard->now_ms + tcp_timestamps_offset(&shard->ts_secret, &name), &syn_ack);
	if (!shard_send_segment(shard, frame, &packet->key, &syn_ack, &listener->ip, NULL))
		return;
	listener->last_cookie = tcp_cookie_slot(shard->now_ns) + 1;
	counter_add(&shard->counters.cookies_sent, 1);
}

uint16_t shard_cookie_check(struct quern_shard *shard, const struct shard_service *listener,
			    const struct packet *packet)
{
	struct tcp_cookie_syn syn;
	uint16_t mss;

	/* A listener that has sent none answers at once. */
	if (!shard_cookie_is_expected(shard, listener) || packet->tcp.flags & TCP_SYN)
		return 0;
	syn = syn_of(shard, packet, packet->tcp.seq - 1);
	mss = tcp_cookie_check(&shard->cookie_keys, &syn, packet->tcp.ack - 1, tcp_cookie_slot(shard->now_ns));
	counter_add(&shard->counters.cookies_refused, mss == 0);
	return mss;
}
