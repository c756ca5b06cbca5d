/* payload.c - fixed numbers of bytes, sent and counted. */
#include "payload/payload.h"

enum { SENT_SHIFT = 16, TAKEN_MASK = 0xffff };

const uint8_t payload_zeros[PAYLOAD_MAX];

bool payload_send(struct quern_shard *shard, struct quern_conn conn, const uint8_t *text, uint32_t size)
{
	uint32_t *word = quern_conn_user(shard, conn), taken = 0;
	uint32_t sent = *word >> SENT_SHIFT;

	if (quern_conn_send(shard, conn, text + sent, size - sent, &taken) != 0)
		return false;
	*word += taken << SENT_SHIFT;
	return sent + taken == size;
}

bool payload_take(struct quern_shard *shard, struct quern_conn conn, uint32_t bytes, uint32_t size)
{
	uint32_t *word = quern_conn_user(shard, conn);
	uint32_t before = *word & TAKEN_MASK, room = TAKEN_MASK - before;

	/* A peer may send more than was asked for: beyond the half word it is taken without being counted. */
	*word += bytes < room ? bytes : room;
	return before < size && (*word & TAKEN_MASK) >= size;
}

bool payload_is_sending(struct quern_shard *shard, struct quern_conn conn, uint32_t size)
{
	uint32_t word = *quern_conn_user(shard, conn);

	return (word & TAKEN_MASK) >= size && word >> SENT_SHIFT < size;
}

uint32_t payload_taken(struct quern_shard *shard, struct quern_conn conn)
{
	return *quern_conn_user(shard, conn) & TAKEN_MASK;
}

void payload_begin_again(struct quern_shard *shard, struct quern_conn conn)
{
	*quern_conn_user(shard, conn) = 0;
}

uint32_t payload_send_pattern(struct quern_shard *shard, struct quern_conn conn, const struct payload_pattern *pattern,
			      uint32_t *at, uint32_t bytes)
{
	uint32_t sent = 0;

	while (sent < bytes) {
		uint32_t part = payload_pattern_piece(pattern, *at, bytes - sent), taken = 0;

		if (quern_conn_send(shard, conn, pattern->text + *at, part, &taken) != 0)
			break;
		payload_pattern_move(pattern, at, taken);
		sent += taken;
		if (taken < part)
			break;
	}
	return sent;
}

uint32_t payload_discard(struct quern_shard *shard, struct quern_conn conn, const void *data, uint32_t bytes, void *app)
{
	(void)shard;
	(void)conn;
	(void)data;
	(void)app;
	return bytes;
}
