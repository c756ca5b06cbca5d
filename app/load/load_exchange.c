/* load_exchange.c - nothing at all, and a number of bytes each way, once. HTTP has a file of its own, and so has text
 * of which more is asked. */
#include "load/load_exchange.h"

#include "payload/payload.h"

static bool say_nothing(struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	(void)client;
	(void)shard;
	(void)conn;
	return true;
}

static bool forget(struct load_client *client, struct quern_shard *shard, struct quern_conn conn, const void *text,
		   uint32_t bytes)
{
	(void)client;
	(void)shard;
	(void)conn;
	(void)text;
	(void)bytes;
	return false;
}

static void leave(struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	(void)client;
	(void)shard;
	(void)conn;
}

static void settle_nothing(struct load_client *client, uint32_t index)
{
	(void)client;
	(void)index;
}

static bool send_bytes(struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	payload_send(shard, conn, payload_zeros, client->service->payload_bytes);
	return false;
}

static bool take_bytes(struct load_client *client, struct quern_shard *shard, struct quern_conn conn, const void *text,
		       uint32_t bytes)
{
	(void)text;
	return payload_take(shard, conn, bytes, client->service->payload_bytes);
}

static void send_more_bytes(struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	payload_send(shard, conn, payload_zeros, client->service->payload_bytes);
}

static bool have_all_bytes_come(struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	return payload_taken(shard, conn) >= client->service->payload_bytes;
}

/* --close half: FIN goes behind the text, with it where that is possible. */
static bool send_bytes_and_end(struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	if (payload_send(shard, conn, payload_zeros, client->service->payload_bytes))
		quern_conn_shutdown(shard, conn);
	return false;
}

static void send_more_bytes_and_end(struct load_client *client, struct quern_shard *shard, struct quern_conn conn)
{
	send_bytes_and_end(client, shard, conn);
}

/* The FIN has been said: the rest is the peer's. */
static bool take_to_the_end(struct load_client *client, struct quern_shard *shard, struct quern_conn conn,
			    const void *text, uint32_t bytes)
{
	take_bytes(client, shard, conn, text, bytes);
	return false;
}

const struct load_exchange *load_exchange_of(const struct cli_service *service)
{
	static const struct load_exchange none = {.start = say_nothing,
						  .again = say_nothing,
						  .take = forget,
						  .room = leave,
						  .peer_closed = leave,
						  .ended = say_nothing,
						  .settle = settle_nothing},
					  bytes = {.start = send_bytes,
						   .again = say_nothing,
						   .take = take_bytes,
						   .room = send_more_bytes,
						   .peer_closed = leave,
						   .ended = have_all_bytes_come,
						   .settle = settle_nothing},
					  half = {.start = send_bytes_and_end,
						  .again = say_nothing,
						  .take = take_to_the_end,
						  .room = send_more_bytes_and_end,
						  .peer_closed = leave,
						  .ended = have_all_bytes_come,
						  .settle = settle_nothing};

	if (service->http.is_spoken)
		return &load_http_exchange;
	if (cli_payload_is_exchanged(service))
		return &load_text_exchange;
	if (service->payload == CLI_PAYLOAD_NONE)
		return &none;
	return service->close == CLI_CLOSE_HALF ? &half : &bytes;
}
