/* tcp_open.c - segments that meet no connection, and the connections that some of them make. */
#include "tcp/tcp_open.h"

#include "base/seq.h"
#include "tcp/tcp_mss.h"
#include "tcp/tcp_negotiate.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_transition.h"

uint32_t tcp_isn(const struct hash_secret *secret, const struct flow_key *key, uint32_t clock)
{
	return clock + (uint32_t)hash_sip(secret, key, sizeof(*key));
}

enum tcp_listen_verdict tcp_listen_input(const struct segment *segment)
{
	if (segment->flags & TCP_RST)
		return TCP_LISTEN_DROP;
	if (segment->flags & TCP_ACK)
		return TCP_LISTEN_ACK;
	/* SYN with FIN is nothing that anybody opens with; the others have no business in LISTEN. */
	if ((segment->flags & (TCP_SYN | TCP_FIN)) != TCP_SYN)
		return TCP_LISTEN_DROP;
	return TCP_LISTEN_OPEN;
}

void tcp_open_from_syn(struct tcp_conn *conn, const struct segment *segment, const struct tcp_profile *profile,
		       uint32_t iss, uint32_t now_ms)
{
	conn->snd_end = iss;
	conn->rcv_nxt = segment->seq + 1;
	conn->heard_ms = now_ms;
	conn->ssthresh = 0;
	tcp_negotiate(conn, segment, profile);
	conn->backoff = 0;
	conn->flags = TCP_PASSIVE;
	tcp_transition(conn, TCP_EVENT_PASSIVE_OPEN);
	tcp_transition(conn, TCP_EVENT_RCV_SYN);
}

/* RFC 4987 3.6: what a timestamp of ours carries in its low bits, and the peer's brings back, while its SYN is not
 * remembered. Nobody vouches for them, nor needs to: they tell of the peer's own options. */
enum {
	CARRIED_SCALE = 15,     /* the shift; this where there is none */
	CARRIED_SACK = 1 << 4,  /* SACK permitted */
	CARRIED = (1 << 5) - 1, /* 32 ms of the clock */
};

/* A timestamp that carries the options of a SYN, at most `tsval`. */
static uint32_t carry(const struct segment *syn, uint32_t tsval)
{
	uint32_t carried = (syn->options & SEGMENT_SCALE ? (uint32_t)syn->scale : CARRIED_SCALE) |
			   (syn->options & SEGMENT_SACK_PERMITTED ? CARRIED_SACK : 0u);
	uint32_t carrier = (tsval & ~(uint32_t)CARRIED) | carried;

	return seq_before(tsval, carrier) ? carrier - CARRIED - 1 : carrier;
}

/* The options that a SYN had, by the timestamp that its SYN+ACK carried. */
static void unpack(uint32_t carrier, struct segment *syn)
{
	uint32_t scale = carrier & CARRIED_SCALE;

	if (scale != CARRIED_SCALE) {
		syn->options |= SEGMENT_SCALE;
		syn->scale = (uint8_t)scale;
	}
	if (carrier & CARRIED_SACK)
		syn->options |= SEGMENT_SACK_PERMITTED;
}

uint8_t tcp_open_carries(const struct segment *syn, const struct tcp_profile *profile)
{
	return syn->options & SEGMENT_TIMESTAMPS && profile->offers_timestamps ? syn->options : 0;
}

void tcp_open_none(const struct flow_key *key, const struct segment *syn, const struct tcp_profile *profile,
		   uint32_t iss, uint32_t tsval, struct segment *syn_ack)
{
	const struct segment remembered = {.seq = syn->seq,
					   .wnd = syn->wnd,
					   .tsval = syn->tsval,
					   .mss = syn->mss,
					   .flags = TCP_SYN,
					   .options = tcp_open_carries(syn, profile),
					   .scale = syn->scale};
	struct tcp_conn conn = {.key = *key, .state = QUERN_NO_STATE};

	tcp_open_from_syn(&conn, &remembered, profile, iss, 0);
	tcp_output(&conn, NULL, NULL, profile, 0, syn_ack);
	syn_ack->tsval = carry(&remembered, tsval);
}

void tcp_open_from_cookie(struct tcp_conn *conn, const struct segment *ack, uint16_t mss,
			  const struct tcp_profile *profile, uint32_t now_ms)
{
	struct segment remembered = {.seq = ack->seq - 1, .wnd = ack->wnd, .mss = mss, .flags = TCP_SYN};

	if (ack->options & SEGMENT_TIMESTAMPS && profile->offers_timestamps) {
		remembered.options = SEGMENT_TIMESTAMPS;
		remembered.tsval = ack->tsval;
		unpack(ack->tsecr, &remembered);
	}

	tcp_open_from_syn(conn, &remembered, profile, ack->ack - 1, now_ms);
	conn->flags &= (uint16_t)~TCP_OWES_SYN;
	conn->ack_lags = false;
	/* Nobody knows when the SYN+ACK went out. */
	conn->flags |= TCP_UNTIMED;
}

void tcp_open_active(struct tcp_conn *conn, const struct tcp_profile *profile, uint32_t iss, uint32_t now_ms)
{
	conn->snd_end = iss;
	conn->rcv_nxt = 0;
	conn->heard_ms = now_ms;
	conn->mss = tcp_mss_for(0, tcp_profile_mss(profile, &conn->key), flow_key_is_ip6(&conn->key));
	conn->snd_wnd = conn->max_wnd = 0;
	conn->snd_scale = 0;
	conn->ssthresh = 0;
	conn->is_scaled = profile->offers_scale;
	conn->sack_permitted = profile->offers_sack;
	conn->has_timestamps = profile->offers_timestamps;
	conn->ts_recent = 0;
	conn->ack_lags = false;
	conn->backoff = 0;
	conn->flags = 0;
	tcp_transition(conn, TCP_EVENT_ACTIVE_OPEN);
}

bool tcp_reset_for(const struct segment *segment, struct segment *reset)
{
	if (segment->flags & TCP_RST)
		return false;
	if (segment->flags & TCP_ACK)
		*reset = (struct segment){.seq = segment->ack, .flags = TCP_RST};
	else
		*reset = (struct segment){.ack = segment->seq + segment_length(segment), .flags = TCP_RST | TCP_ACK};
	return true;
}
