/* shard_icmp.c - ICMP messages: errors meet the connection that they speak of, echo requests are answered, and so are
 * datagrams to nobody. */
#include "shard/shard_flight.h"
#include "shard/shard_forward.h"
#include "shard/shard_forward_check.h"
#include "shard/shard_icmp.h"

#include "tcp/tcp_icmp.h"
#include "wire/wire_error.h"

enum { ICMP_ECHO_REQUEST = 8, ICMP6_ECHO_REQUEST = 128, UNREACHABLES_AT_ONCE = 50 };

/* RFC 9293 SHLD-25. The application may end the connection meanwhile. */
static void tell(struct quern_shard *shard, struct tcp_conn *conn, const struct wire_icmp *icmp)
{
	const struct shard_service *service = shard_service_of(shard, conn);

	if (service->events.on_icmp)
		service->events.on_icmp(shard, shard_conn_handle(shard, conn), (enum quern_icmp)icmp->what,
					service->app);
}

/* What anybody may say of a connection, and what it comes to. Nothing is ever said in return. */
static void act_on(struct quern_shard *shard, struct tcp_conn *conn, const struct wire_icmp *icmp,
		   const struct tcp_icmp_verdict *verdict)
{
	switch ((enum tcp_icmp_action)verdict->action) {
	case TCP_ICMP_NOTHING:
		shard_drop(shard, (enum quern_drop)verdict->drop);
		break;
	case TCP_ICMP_NOTED:
		counter_add(&shard->counters.icmp_noted, 1);
		tell(shard, conn, icmp);
		break;
	case TCP_ICMP_ENDED:
		counter_add(&shard->counters.icmp_refused, 1);
		tell(shard, conn, icmp);
		shard_conn_end(shard, conn, QUERN_END_REFUSED, false);
		break;
	case TCP_ICMP_NARROWED:
		counter_add(&shard->counters.path_narrowed, 1);
		shard_tcp_owes(shard, conn);
		break;
	}
}

static void take_error(struct quern_shard *shard, struct shard_frame *frame, uint32_t ref)
{
	const struct wire_icmp *icmp = &frame->packet->icmp;
	struct tcp_icmp_verdict verdict;
	struct tcp_conn *conn;

	/* A datagram and a segment may have the same ends; of the two, only the segment is of a connection. */
	if (icmp->quoted != WIRE_TCP) {
		if (ref != 0 && icmp->error != WIRE_ERROR_QUENCH)
			shard_forward_error(shard, frame, ref);
		else if (icmp->error == WIRE_ERROR_QUENCH ||
			 (!shard_forward_probe_refused(shard, frame) && !shard_transit_input(shard, frame)))
			shard_drop(shard, QUERN_DROP_ICMP_IGNORED);
		return;
	}
	/* RFC 9293 MUST-55: discarded, whatever it quotes. */
	if (icmp->error == WIRE_ERROR_QUENCH) {
		shard_drop(shard, QUERN_DROP_ICMP_QUENCH);
		return;
	}
	if (table_ref_kind(ref) != TABLE_CONN) {
		shard_drop(shard, QUERN_DROP_ICMP_NO_CONNECTION);
		return;
	}
	conn = &shard->conns[table_ref_index(ref)];
	verdict = tcp_icmp_input(conn, shard_flight_tcp(shard_flight_of(shard, conn)), icmp, shard->now_ms);
	act_on(shard, conn, icmp, &verdict);
}

static void answer_echo(struct quern_shard *shard, struct shard_frame *frame)
{
	const struct packet *packet = frame->packet;
	struct rte_mbuf *mbuf = frame->mbuf;
	uint8_t *bytes;

	if (!shard_send_is_ours(mbuf)) {
		shard_drop(shard, QUERN_DROP_NO_MBUF);
		return;
	}
	bytes = rte_pktmbuf_mtod(mbuf, uint8_t *);
	if (shard->config.ethernet)
		wire_link_swap(bytes);
	wire_turn_echo(bytes, packet, shard->reply_options.ttl);
	mbuf->data_len = packet->frame_bytes;
	mbuf->pkt_len = packet->frame_bytes;
	mbuf->ol_flags = 0;
	counter_add(&shard->counters.echo_replies, 1);
	shard_send_frame(shard, mbuf);
	frame->mbuf = NULL;
}

void shard_icmp_input(struct quern_shard *shard, struct shard_frame *frame, uint32_t ref)
{
	const struct wire_icmp *icmp = &frame->packet->icmp;
	uint8_t echo_request = frame->packet->version == 6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO_REQUEST;

	if (icmp->error != WIRE_ERROR_NONE)
		take_error(shard, frame, ref);
	else if (icmp->type == echo_request)
		answer_echo(shard, frame);
	else if (!shard_forward_echoed(shard, frame))
		shard_drop(shard, QUERN_DROP_ICMP_IGNORED);
}

/* A token a millisecond, as many as UNREACHABLES_AT_ONCE of them kept: those of before `unreachable_ms` are spent. */
static bool take_token(struct quern_shard *shard)
{
	if (shard->now_ms - shard->unreachable_ms > UNREACHABLES_AT_ONCE)
		shard->unreachable_ms = shard->now_ms - UNREACHABLES_AT_ONCE;
	if (shard->unreachable_ms == shard->now_ms)
		return false;
	shard->unreachable_ms++;
	return true;
}

/* RFC 1812 4.3.2.4: an error about what we pass on between others is from an address of ours. */
static struct packet as_to_us(const struct quern_shard *shard, const struct packet *packet)
{
	struct packet told = *packet;

	if (shard_is_to_own(shard, packet))
		return told;
	if (packet->version == 6)
		told.ip6.local = shard->config.ip6.first;
	else
		told.key.local = shard->config.addresses.first;
	return told;
}

/* RFC 1122 3.2.2: what is sent to many, later fragments and errors draw no error. Fragments are dropped as such, and
 * errors are no datagrams: neither comes here. */
static void refuse(struct quern_shard *shard, const uint8_t *frame, const struct packet *packet,
		   struct wire_refusal refusal)
{
	uint32_t error_max = packet->version == 6 ? SHARD_ICMP_ERROR_MAX_IP6 : SHARD_ICMP_ERROR_MAX, bytes;
	const struct packet told = as_to_us(shard, packet);
	struct rte_mbuf *mbuf;

	if (packet->to_group)
		return;
	if (shard->pool_is_short || !take_token(shard)) {
		counter_add(&shard->counters.unreachables_throttled, 1);
		return;
	}
	refusal.most = RTE_MIN(shard->config.mtu, error_max);
	refusal.ttl = shard->reply_options.ttl;
	mbuf = shard_send_buffer(shard, WIRE_LINK_MAX + refusal.most);
	if (!mbuf)
		return;
	bytes = wire_build_error(rte_pktmbuf_mtod(mbuf, uint8_t *), frame, &told, &refusal);
	if (bytes == 0) {
		rte_pktmbuf_free(mbuf);
		return;
	}
	mbuf->data_len = (uint16_t)bytes;
	mbuf->pkt_len = bytes;
	counter_add(&shard->counters.unreachables_sent, 1);
	shard_send_frame(shard, mbuf);
}

void shard_icmp_refuse(struct quern_shard *shard, const struct shard_frame *frame, enum quern_icmp what, uint32_t mtu)
{
	refuse(shard, rte_pktmbuf_mtod(frame->mbuf, const uint8_t *), frame->packet,
	       (struct wire_refusal){.what = what, .mtu = mtu});
}

void shard_icmp_lost(struct quern_shard *shard, const uint8_t *first, const struct packet *packet)
{
	refuse(shard, first, packet, (struct wire_refusal){.what = QUERN_ICMP_TIME_EXCEEDED, .is_of_fragments = true});
}
