/* shard_tcp_output.c - what a connection owes becomes segments, and its timer is armed for them. */
#include "shard/shard_parts.h"

#include "tcp/tcp_output.h"
#include "tcp/tcp_timer.h"

void shard_tcp_owes(struct quern_shard *shard, struct tcp_conn *conn)
{
	/* Its own segment is being taken: what is owed goes out with the answer. */
	if (conn == shard->current || conn->flags & TCP_QUEUED)
		return;
	if (shard->queued_count == SHARD_QUEUED_MAX) {
		shard_tcp_output(shard, conn, NULL, false);
		return;
	}
	conn->flags |= TCP_QUEUED;
	shard->queued[shard->queued_count++] = shard_conn_index(shard, conn);
}

void shard_tcp_output(struct quern_shard *shard, struct tcp_conn *conn, struct shard_frame *frame, bool acknowledged)
{
	const struct tcp_profile *profile = &shard_service_of(shard, conn)->tcp;
	struct wire_ip_options options = shard_send_options(shard, profile);
	struct segment segment;
	bool in_flight = false;

	while (tcp_output(conn, profile, &segment)) {
		/* RFC 6298 5.1: a timer that runs is left alone, so that repeats of a peer's SYN do not keep us
		 * waiting. */
		in_flight |= segment.flags & TCP_FIN || (segment.flags & TCP_SYN && conn->timer.due == WHEEL_NEVER);
		shard_send_segment(shard, frame, &conn->key, &segment, &options);
	}
	if (in_flight || (acknowledged && conn->flags & TCP_IN_FLIGHT))
		tcp_timer_on_sent(conn, &shard->wheel, profile, shard->now_ms);
	else if (acknowledged)
		tcp_timer_on_rest(conn, &shard->wheel, profile, shard->now_ms);
}
