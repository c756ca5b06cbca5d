/* shard_driver.c - one shard on a virtual clock. */
#include "support/shard_driver.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "shard/shard_parts.h"
#include "support/bare_eal.h"
#include "support/raw_port.h"

enum { NS_PER_MS = 1000000, ETHER_BYTES = 14 };

unsigned int driver_pool_buffers = 1023;
const uint8_t driver_mac[6] = {2, 0, 0, 0, 0, 1}, driver_peer_mac[6] = {2, 0, 0, 0, 0, 9};

static void act(struct quern_shard *shard, struct quern_conn conn, enum driver_habit habit)
{
	switch (habit) {
	case HABIT_WAIT:
		return;
	case HABIT_CLOSE:
		cr_assert_eq(quern_conn_close(shard, conn), 0);
		return;
	case HABIT_SHUTDOWN:
		cr_assert_eq(quern_conn_shutdown(shard, conn), 0);
		return;
	case HABIT_ABORT:
		cr_assert_eq(quern_conn_abort(shard, conn), 0);
		return;
	}
}

static void note_bytes(struct driver *driver, enum driver_what what, enum quern_end how, uint32_t bytes,
		       struct quern_conn conn)
{
	if (driver->told_next == driver->told_count)
		driver->told_next = driver->told_count = 0;
	cr_assert_lt(driver->told_count, DRIVER_TOLD_MAX);
	driver->told[driver->told_count++] = (struct driver_told){what, how, bytes, conn, driver_now_ms(driver)};
	driver->last = conn;
}

static void note(struct driver *driver, enum driver_what what, enum quern_end how, struct quern_conn conn)
{
	note_bytes(driver, what, how, 0, conn);
}

uint32_t driver_send(struct driver *driver, struct quern_conn conn, uint32_t bytes)
{
	uint32_t from = driver->reader.sent, taken = 0;
	uint8_t *text = malloc(bytes + 1);
	int result;

	cr_assert_not_null(text);
	for (uint32_t i = 0; i < bytes; i++)
		text[i] = raw_text_byte(from + i);
	result = quern_conn_send(driver->shard, conn, text, bytes, &taken);
	free(text);
	cr_assert_eq(result, 0, "quern_conn_send() says %d", result);
	cr_assert_leq(taken, bytes);
	driver->reader.sent += taken;
	return taken;
}

static void on_established(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct driver *driver = app;

	note(driver, TOLD_ESTABLISHED, QUERN_END_NONE, conn);
	if (driver->reader.greets)
		driver_send(driver, conn, driver->reader.greets);
	act(shard, conn, driver->on_established);
}

static void on_peer_closed(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct driver *driver = app;

	note(driver, TOLD_PEER_CLOSED, QUERN_END_NONE, conn);
	act(shard, conn, driver->on_peer_closed);
}

static void on_icmp(struct quern_shard *shard, struct quern_conn conn, enum quern_icmp what, void *app)
{
	struct driver *driver = app;

	if (driver->hears_icmp)
		note_bytes(driver, TOLD_ICMP, QUERN_END_NONE, what, conn);
	act(shard, conn, driver->on_icmp);
}

static void on_unanswered(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)shard;
	note(app, TOLD_UNANSWERED, QUERN_END_NONE, conn);
}

static void on_ended(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	(void)shard;
	note(app, TOLD_ENDED, how, conn);
}

static uint32_t on_data(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	struct driver *driver = app;
	struct driver_reader *reader = &driver->reader;
	uint32_t taken = RTE_MIN(bytes, reader->appetite);
	const uint8_t *at = text;

	if (!reader->reads)
		return bytes;
	cr_assert_gt(bytes, 0);
	for (uint32_t i = 0; i < bytes; i++)
		cr_assert_eq(at[i], raw_text_byte(reader->received + i), "byte %u of the stream is not what was sent",
			     reader->received + i);
	if (taken == 0)
		return 0;
	note_bytes(driver, TOLD_TEXT, QUERN_END_NONE, taken, conn);
	reader->received += taken;
	reader->appetite -= taken;
	if (reader->answers)
		driver_send(driver, conn, reader->answers);
	act(shard, conn, reader->on_text);
	if (reader->closes_at && reader->received == reader->closes_at)
		cr_assert_eq(quern_conn_close(shard, conn), 0);
	return taken;
}

static void on_writable(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct driver *driver = app;

	(void)shard;
	if (driver->reader.reads)
		note(driver, TOLD_WRITABLE, QUERN_END_NONE, conn);
}

static void on_urgent(struct quern_shard *shard, struct quern_conn conn, uint32_t bytes, void *app)
{
	struct driver *driver = app;

	(void)shard;
	if (driver->reader.reads)
		note_bytes(driver, TOLD_URGENT, QUERN_END_NONE, bytes, conn);
}

const struct quern_events driver_events = {.on_established = on_established,
					   .on_data = on_data,
					   .on_writable = on_writable,
					   .on_urgent = on_urgent,
					   .on_peer_closed = on_peer_closed,
					   .on_icmp = on_icmp,
					   .on_unanswered = on_unanswered,
					   .on_ended = on_ended};

static struct shard_config with_defaults(const struct shard_config *config, struct rte_mempool *pool)
{
	struct shard_config filled = {0};

	if (config != NULL)
		filled = *config;
	if (filled.max_connections == 0)
		filled.max_connections = 64;
	if (filled.max_time_wait == 0)
		filled.max_time_wait = 64;
	if (filled.addresses.first == 0)
		filled.addresses = (struct quern_range){.first = DRIVER_LOCAL, .last = DRIVER_LOCAL_LAST};
	if (filled.prefix_length == 0)
		filled.prefix_length = 15;
	if (filled.mtu == 0)
		filled.mtu = 1500;
	if (filled.seed == 0)
		filled.seed = 1;
	if (filled.pool == NULL)
		filled.pool = pool;
	if (raw_port_cuts() && filled.tx_cut_buffers == 0) {
		filled.tx_multi_segs = filled.tx_l4_checksum = true;
		filled.tx_cut_buffers = RAW_PORT_BUFFERS;
	}
	memcpy(filled.mac, driver_mac, sizeof(filled.mac));
	if (!quern_ip6_is_set(&filled.ip6.first))
		filled.ip6 = raw_port_ip6(filled.addresses.first, filled.addresses.last, filled.gateway,
					  filled.prefix_length);
	return filled;
}

void driver_open_at(struct driver *driver, const struct shard_config *config, uint64_t start_ms)
{
	static struct rte_mempool *in_pool, *out_pool;
	struct shard_config filled;
	size_t bytes;

	if (in_pool == NULL) {
		bare_eal_start();
		in_pool = bare_eal_pool("in", driver_pool_buffers);
		out_pool = bare_eal_pool("out", driver_pool_buffers);
	}
	memset(driver, 0, sizeof(*driver));
	filled = with_defaults(config, out_pool);
	driver->in_pool = in_pool;
	driver->out_pool = filled.pool;
	driver->link_bytes = filled.ethernet ? ETHER_BYTES : 0;
	driver->is_hardware = filled.tx_l4_checksum;
	driver->now_ns = start_ms * NS_PER_MS;
	bytes = shard_bytes(&filled);
	cr_assert_gt(bytes, 0, "shard_bytes() refuses the configuration");
	driver->memory = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
	cr_assert_not_null(driver->memory);
	memset(driver->memory, 0, bytes);
	driver->shard = shard_open(&filled, driver->memory, driver->now_ns);
	cr_assert_not_null(driver->shard);
}

void driver_open(struct driver *driver, const struct shard_config *config)
{
	driver_open_at(driver, config, 1000000);
}

void driver_close(struct driver *driver)
{
	cr_assert(shard_validate(driver->shard), "the shard does not agree with itself");
	shard_close(driver->shard);
	free(driver->memory);
	cr_assert_eq(rte_mempool_in_use_count(driver->in_pool), 0, "a received frame was not given back");
	cr_assert_eq(rte_mempool_in_use_count(driver->out_pool), 0, "a frame to send was not given back");
}

static struct rte_mbuf *to_mbuf(struct driver *driver, const uint8_t *frame, uint32_t bytes)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(driver->in_pool);

	cr_assert_not_null(mbuf);
	if (driver->link_bytes) {
		uint8_t *link = (uint8_t *)rte_pktmbuf_append(mbuf, ETHER_BYTES);

		memcpy(link, driver_mac, 6);
		memcpy(link + 6, driver_peer_mac, 6);
		memcpy(link + 12, frame[0] >> 4 == 6 ? "\x86\xdd" : "\x08", 2);
	}
	memcpy(rte_pktmbuf_append(mbuf, (uint16_t)bytes), frame, bytes);
	return mbuf;
}

void driver_inject_burst(struct driver *driver, const struct raw_segment *segments, uint16_t count)
{
	struct rte_mbuf *mbufs[SHARD_BURST];
	uint8_t frame[RAW_FRAME_MAX];

	cr_assert_leq(count, SHARD_BURST);
	for (uint16_t i = 0; i < count; i++)
		mbufs[i] = to_mbuf(driver, frame, raw_build(frame, &segments[i]));
	shard_receive(driver->shard, mbufs, count, driver->now_ns);
	driver_collect(driver);
}

void driver_inject_bytes(struct driver *driver, const uint8_t *frame, uint32_t bytes)
{
	struct rte_mbuf *mbuf = to_mbuf(driver, frame, bytes);

	shard_receive(driver->shard, &mbuf, 1, driver->now_ns);
	driver_collect(driver);
}

void driver_inject(struct driver *driver, const struct raw_segment *segment)
{
	uint8_t frame[RAW_FRAME_MAX];

	driver_inject_bytes(driver, frame, raw_build(frame, segment));
}

/* Solicitations and advertisements of IPv6 are ICMPv6 of the types 135 and 136. */
static bool is_arp_or_nd(const struct driver *driver, const struct rte_mbuf *mbuf)
{
	const uint8_t *frame = rte_pktmbuf_mtod(mbuf, const uint8_t *);

	if (!driver->link_bytes)
		return false;
	if (memcmp(frame + 12, "\x86\xdd", 2) == 0)
		return frame[20] == 58 && (frame[54] == 135 || frame[54] == 136);
	return memcmp(frame + 12, "\x08\x06", 2) == 0;
}

static void hear(struct driver *driver, struct rte_mbuf *mbuf)
{
	struct driver_heard *heard;
	const char *wrong;

	if (is_arp_or_nd(driver, mbuf)) {
		driver->arp_heard++;
		rte_pktmbuf_free(mbuf);
		return;
	}
	if (driver->heard_next == driver->heard_count)
		driver->heard_next = driver->heard_count = 0;
	heard = &driver->heard[driver->heard_count];
	cr_assert_lt(driver->heard_count, DRIVER_HEARD_MAX);
	cr_assert_eq(mbuf->nb_segs, 1);
	wrong = raw_read(rte_pktmbuf_mtod_offset(mbuf, const uint8_t *, driver->link_bytes),
			 rte_pktmbuf_data_len(mbuf) - driver->link_bytes, &heard->segment);
	cr_assert_null(wrong, "a frame that was sent is wrong: %s", wrong);
	heard->at_ms = driver_now_ms(driver);
	driver->heard_count++;
	rte_pktmbuf_free(mbuf);
}

/* What the port makes of a frame. */
static void hear_port(struct driver *driver, struct rte_mbuf *mbuf)
{
	struct rte_mbuf *frames[RAW_PORT_FRAMES];
	unsigned int count = raw_port_send(mbuf, driver->in_pool, frames);

	for (unsigned int i = 0; i < count; i++)
		hear(driver, frames[i]);
}

void driver_collect(struct driver *driver)
{
	struct rte_mbuf *mbufs[SHARD_BURST];
	uint16_t count;

	do {
		count = shard_transmit(driver->shard, mbufs, SHARD_BURST);
		for (uint16_t i = 0; i < count; i++)
			if (driver->is_hardware)
				hear_port(driver, mbufs[i]);
			else
				hear(driver, mbufs[i]);
	} while (count == SHARD_BURST);
}

void driver_advance(struct driver *driver, uint64_t ms)
{
	uint64_t end_ns = driver->now_ns + ms * NS_PER_MS;
	uint64_t deadline_ns;

	while (driver->now_ns < end_ns) {
		uint64_t next_ns = end_ns;

		/* A deadline may be early, for a lazy timer: never less than a tick onwards. */
		if (shard_next_deadline(driver->shard, &deadline_ns) && deadline_ns < end_ns)
			next_ns = RTE_MAX(deadline_ns, driver->now_ns + NS_PER_MS);
		driver->now_ns = RTE_MIN(next_ns, end_ns);
		shard_expire(driver->shard, driver->now_ns);
		driver_collect(driver);
	}
}

uint64_t driver_now_ms(const struct driver *driver)
{
	return driver->now_ns / NS_PER_MS;
}

const struct driver_heard *driver_next_heard(struct driver *driver)
{
	return driver->heard_next < driver->heard_count ? &driver->heard[driver->heard_next++] : NULL;
}

const struct driver_told *driver_next_told(struct driver *driver)
{
	return driver->told_next < driver->told_count ? &driver->told[driver->told_next++] : NULL;
}

enum quern_state driver_state_of(struct quern_shard *shard, uint32_t local, uint32_t remote, uint16_t local_port,
				 uint16_t remote_port)
{
	struct flow_key key = {local, remote, local_port, remote_port};

	if (raw_is_ip6()) {
		key.remote = alias_find(&shard->ip6.aliases, raw_ip6(remote));
		cr_assert(shard_ip6_own_alias(shard, raw_ip6(local), &key.local));
	}
	return shard_state_of(shard, &key);
}

void driver_listen(struct driver *driver, uint16_t port, const struct quern_tcp_options *options)
{
	const struct quern_endpoint local = raw_endpoint(DRIVER_LOCAL, port);
	int result;

	result = quern_listen(driver->shard, &local, options, &driver_events, driver);
	cr_assert_eq(result, 0, "quern_listen() says %d", result);
}

const struct quern_counters *driver_counters(const struct driver *driver)
{
	return shard_counters(driver->shard);
}
