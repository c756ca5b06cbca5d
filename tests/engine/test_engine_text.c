/* test_engine_text.c - text over a cable in segments as large as the MTU allows, tagged and untagged. */
#include <string.h>

#include <criterion/criterion.h>

#include "engine/cable_engine.h"
#include "support/raw_ip6.h"

enum { TEXT_BYTES = 1 << 20, PIECE = 32768, PORT = 80, TCP_IP = 40 };

static const uint32_t server_address = 0xC6120101; /* as cable_engine.c has it */

/* One connection: the client sends TEXT_BYTES and closes; the server looks at each. */
struct stream {
	struct cable_engine cable;
	uint64_t sent;
	uint64_t received; /* relaxed; the control thread reads it */
	bool is_wrong;
	bool is_over; /* relaxed */
};

static uint8_t byte_at(uint64_t place)
{
	return (uint8_t)(place * 7 + (place >> 11));
}

static void send_more(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct stream *stream = app;
	uint32_t bytes = 0;
	uint32_t taken = 0;

	while (stream->sent < TEXT_BYTES && taken == bytes) {
		uint8_t piece[PIECE];

		bytes = TEXT_BYTES - stream->sent < PIECE ? (uint32_t)(TEXT_BYTES - stream->sent) : PIECE;
		for (uint32_t place = 0; place < bytes; place++)
			piece[place] = byte_at(stream->sent + place);
		stream->is_wrong |= quern_conn_send(shard, conn, piece, bytes, &taken) != 0;
		stream->sent += taken;
	}
	if (stream->sent == TEXT_BYTES)
		stream->is_wrong |= quern_conn_close(shard, conn) != 0;
}

static uint32_t look(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	struct stream *stream = app;
	const uint8_t *byte = text;

	(void)shard;
	(void)conn;
	for (uint32_t place = 0; place < bytes; place++)
		stream->is_wrong |= byte[place] != byte_at(stream->received + place);
	__atomic_store_n(&stream->received, stream->received + bytes, __ATOMIC_RELAXED);
	return bytes;
}

static void close_too(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	quern_conn_close(shard, conn);
}

static void end(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	struct stream *stream = app;

	(void)shard;
	(void)conn;
	stream->is_wrong |= how != QUERN_END_CLOSED;
	__atomic_store_n(&stream->is_over, true, __ATOMIC_RELAXED);
}

static const struct quern_events client_events = {
	.on_established = send_more, .on_writable = send_more, .on_ended = end};
static const struct quern_events server_events = {.on_data = look, .on_peer_closed = close_too};

static int listen_here(struct quern_shard *shard, void *app)
{
	const struct quern_endpoint local = raw_endpoint(server_address, PORT);
	const struct quern_tcp_options options = {0};

	return quern_listen(shard, &local, &options, &server_events, app);
}

static int add_route(struct quern_shard *shard, void *app)
{
	struct stream *stream = app;
	const struct quern_range *ours = &stream->cable.config.ports[0].addresses;
	const struct quern_source source = {.addresses = raw_range(ours->first, ours->last)};
	const struct quern_endpoint target = raw_endpoint(server_address, PORT);
	const struct quern_tcp_options options = {0};

	return quern_route_add(shard, &source, &target, &options, &client_events, app, &stream->cable.client.route);
}

static bool open_once(struct quern_shard *shard, void *app)
{
	const struct quern_endpoint target = raw_endpoint(server_address, PORT);
	struct stream *stream = app;
	struct quern_conn conn;

	if (stream->cable.client.opened > 0 || !quern_reachable(shard, &target) ||
	    quern_connect(shard, stream->cable.client.route, &conn) != 0)
		return false;
	stream->cable.client.opened = 1;
	return true;
}

static bool rest(struct quern_shard *shard, void *app)
{
	(void)shard;
	(void)app;
	return false;
}

static void tick(struct quern_engine *engine, void *app)
{
	struct stream *stream = app;

	if (__atomic_load_n(&stream->is_over, __ATOMIC_RELAXED) || ++stream->cable.ticks >= stream->cable.ticks_max)
		quern_engine_stop(engine);
}

static void move_text(uint16_t mtu, uint16_t vlan)
{
	static struct stream stream;
	struct quern_counters counters;
	struct quern_engine *engine;
	char error[QUERN_ERROR_TEXT] = "";

	memset(&stream, 0, sizeof(stream));
	cable_engine_prepare(&stream.cable, 1, cable_engine_core(0), cable_engine_core(1));
	for (int port = 0; port < 2; port++) {
		stream.cable.config.ports[port].mtu = mtu;
		stream.cable.config.ports[port].vlan = vlan;
		stream.cable.config.shards[port].app = &stream;
	}
	stream.cable.config.shards[0].on_start = add_route;
	stream.cable.config.shards[0].on_turn = open_once;
	stream.cable.config.shards[1].on_start = listen_here;
	stream.cable.config.shards[1].on_turn = rest;
	cr_assert_eq(quern_engine_open(&stream.cable.config, &engine, error), 0, "%s", error);
	cr_assert_eq(quern_engine_run(engine, tick, &stream, error), 0, "%s", error);
	quern_engine_counters(engine, 0, &counters);
	cr_assert_eq(stream.received, TEXT_BYTES);
	cr_assert_not(stream.is_wrong);
	/* Nearly all segments are full: those that are not end a piece, or carry no text. */
	cr_assert_geq(counters.tx_packets, (uint64_t)TEXT_BYTES / (mtu - TCP_IP));
	cr_assert_leq(counters.tx_packets, 2 * TEXT_BYTES / (uint64_t)(mtu - TCP_IP) + 100);
	cr_assert_geq(counters.tx_bytes, TEXT_BYTES + counters.tx_packets * (vlan != 0 ? 18 : 14));
	quern_engine_close(engine);
}

Test(engine_text, passes_in_segments_of_the_ordinary_mtu)
{
	move_text(1500, 0);
}

Test(engine_text, passes_in_segments_of_a_jumbo_mtu)
{
	move_text(9000, 0);
}

Test(engine_text, passes_in_tagged_frames)
{
	move_text(1500, 5);
}

Test(engine_text, passes_in_tagged_jumbo_frames)
{
	move_text(9000, 4094);
}
