/* shard_icmp.c - ICMP messages: echo requests are answered. */
#include "shard/shard_icmp.h"

void shard_icmp_input(struct quern_shard *shard, struct shard_frame *frame)
{
	const struct packet *packet = frame->packet;
	struct rte_mbuf *mbuf = frame->mbuf;
	uint8_t *bytes;

	if (packet->icmp.type != 8) {
		shard_drop(shard, QUERN_DROP_ICMP_IGNORED);
		return;
	}
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
