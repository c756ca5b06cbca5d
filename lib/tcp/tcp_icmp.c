/* tcp_icmp.c - ICMP errors, of which anybody may forge one: what they say is heeded as little as they can do harm. */
#include "tcp/tcp_icmp.h"

#include "base/least.h"
#include "base/seq.h"
#include "tcp/tcp_transition.h"

enum { SLOT_MS = 500 };

static struct tcp_icmp_verdict dropped(enum quern_drop why)
{
	return (struct tcp_icmp_verdict){.action = TCP_ICMP_NOTHING, .drop = (uint8_t)why};
}

/* A half-open connection is a peer's claim: it has nobody to tell, and its SYN+ACK has a timer. */
static bool is_half_open(const struct tcp_conn *conn)
{
	return conn->state == QUERN_SYN_RCVD && conn->flags & TCP_PASSIVE;
}

/* RFC 5927 4.1: what is quoted must be in flight. That asks whoever forges it to know the numbers. */
static bool is_in_flight(const struct tcp_conn *conn, const struct tcp_flight *flight, uint32_t seq)
{
	uint32_t una = tcp_snd_una(conn, flight);

	return seq_in_window(seq, una, tcp_snd_nxt(conn, flight) - una);
}

uint32_t tcp_icmp_mtu(const struct wire_icmp *icmp)
{
	static const uint16_t plateaus[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, TCP_MTU_LEAST};
	uint32_t mtu = icmp->mtu;

	for (unsigned int i = 0; mtu == 0 && i < sizeof(plateaus) / sizeof(*plateaus); i++)
		if (plateaus[i] < icmp->quoted_bytes)
			mtu = plateaus[i];
	return most(mtu, TCP_MTU_LEAST);
}

/* What segments of a connection may hold by what the error says. */
static uint32_t mss_by(const struct tcp_conn *conn, const struct wire_icmp *icmp)
{
	return flow_key_is_ip6(&conn->key) ? icmp->mtu - TCP_IP6_HEADERS : tcp_icmp_mtu(icmp) - TCP_IP4_HEADERS;
}

/* RFC 8201 4: no link of IPv6 is as narrow, so whoever says so is not to be believed. */
static bool is_too_narrow(const struct tcp_conn *conn, const struct wire_icmp *icmp)
{
	return icmp->error == WIRE_ERROR_TOO_BIG && flow_key_is_ip6(&conn->key) && icmp->mtu < TCP_MTU_LEAST_IP6;
}

/* One lowering in each half second of the clock, so that a forger who knows the numbers makes us repeat ourselves no
 * more often. An honest error that comes too soon is made again by what is sent again. */
static bool may_narrow_now(struct tcp_flight *flight, uint32_t now_ms)
{
	uint8_t slot = (uint8_t)(now_ms / SLOT_MS % 255 + 1);

	if (flight->narrow_slot == slot)
		return false;
	flight->narrow_slot = slot;
	return true;
}

/* RFC 1191 3 and 6.5, RFC 5927 7.2: never up, for text alone, and without a word to congestion control: nothing was
 * lost for want of room. Whatever is in flight goes again; segments that fitted are few, and cost a duplicate. */
static struct tcp_icmp_verdict narrow(struct tcp_conn *conn, struct tcp_flight *flight, const struct wire_icmp *icmp,
				      uint32_t now_ms)
{
	uint32_t mss = mss_by(conn, icmp);

	/* SYN and FIN fit every link. */
	bool is_text = flight && !(conn->flags & TCP_SYN_IN_FLIGHT) && seq_before(icmp->seq, tcp_text_end(conn));

	if (!is_text || mss >= conn->mss || !may_narrow_now(flight, now_ms))
		return dropped(QUERN_DROP_ICMP_TOO_BIG);
	conn->mss = (uint16_t)mss;
	flight->next = flight->snd_una;
	/* That is the segment which a recovery would have sent beside it. */
	flight->flags &= (uint16_t)~TCP_FLIGHT_AGAIN;
	return (struct tcp_icmp_verdict){.action = TCP_ICMP_NARROWED};
}

/* RFC 9293 SHLD-26 before anything is synchronized; a SYN fits every link, so that too big is as hard as the others. */
static struct tcp_icmp_verdict end_or_note(struct tcp_conn *conn)
{
	if (conn->state != QUERN_SYN_SENT)
		return (struct tcp_icmp_verdict){.action = TCP_ICMP_NOTED};
	tcp_transition(conn, TCP_EVENT_ABORT);
	return (struct tcp_icmp_verdict){.action = TCP_ICMP_ENDED};
}

struct tcp_icmp_verdict tcp_icmp_input(struct tcp_conn *conn, struct tcp_flight *flight, const struct wire_icmp *icmp,
				       uint32_t now_ms)
{
	if (is_half_open(conn))
		return dropped(QUERN_DROP_ICMP_NO_CONNECTION);
	if (!is_in_flight(conn, flight, icmp->seq))
		return dropped(QUERN_DROP_ICMP_SEQUENCE);
	if (is_too_narrow(conn, icmp))
		return dropped(QUERN_DROP_ICMP_TOO_BIG);
	switch ((enum wire_error)icmp->error) {
	case WIRE_ERROR_HARD:
		return end_or_note(conn);
	case WIRE_ERROR_TOO_BIG:
		return conn->state == QUERN_SYN_SENT ? end_or_note(conn) : narrow(conn, flight, icmp, now_ms);
	case WIRE_ERROR_SOFT:
	case WIRE_ERROR_QUENCH:
	case WIRE_ERROR_NONE:
		break;
	}
	return (struct tcp_icmp_verdict){.action = TCP_ICMP_NOTED};
}
