/* shard_open.c - one block of memory becomes a shard. */
#include "shard/shard_cookie.h"
#include "shard/shard_flight.h"
#include "shard/shard_forward_recent.h"
#include "shard/shard_reassembly.h"
#include "shard/shard_scoreboard.h"

#include <string.h>

#include "base/check.h"
#include "base/least.h"
#include "base/line.h"

enum {
	DEFAULT_RECORDS = 131072,
	DEFAULT_BACKLOG = 1024,
	DEFAULT_TIME_WAIT_MS = 60000,
	DEFAULT_MTU = 1500,
	LEAST_MTU = 68 /* RFC 791 */
};

/* The parts of the block, in order; each begins on a line of its own. */
struct layout {
	size_t conns, time_waits, table, neighbours, waiting, flights, reassemblies, scoreboards, recent, ip6, end;
};

static struct shard_config with_defaults(const struct shard_config *given)
{
	struct shard_config config = *given;

	config.max_connections = config.max_connections ? config.max_connections : DEFAULT_RECORDS;
	/* The other half is for those whose handshake is done, and for cookies that come back during a flood of SYNs.
	 */
	config.max_half_open =
		config.max_half_open ? config.max_half_open : config.max_connections - config.max_connections / 2;
	config.max_time_wait = config.max_time_wait ? config.max_time_wait : DEFAULT_RECORDS;
	config.time_wait_ms = config.time_wait_ms ? config.time_wait_ms : DEFAULT_TIME_WAIT_MS;
	if (config.max_flights == 0)
		config.max_flights = SHARD_FLIGHTS_MAX;
	if (config.max_flights > config.max_connections)
		config.max_flights = config.max_connections;
	config.accept_backlog = config.accept_backlog ? config.accept_backlog : DEFAULT_BACKLOG;
	config.mtu = config.mtu ? config.mtu : DEFAULT_MTU;
	return config;
}

static uint32_t reassemblies_of(const struct shard_config *config)
{
	return least(config->max_flights, SHARD_REASSEMBLIES_MAX);
}

static uint32_t scoreboards_of(const struct shard_config *config)
{
	return least(config->max_flights, SHARD_SCOREBOARDS_MAX);
}

static uint32_t table_entries(const struct shard_config *config)
{
	return config->max_connections + config->max_time_wait + config->max_udp_flows;
}

static struct layout lay_out(const struct shard_config *config)
{
	struct layout at;

	at.conns = base_line_up(sizeof(struct quern_shard));
	at.time_waits = at.conns + (size_t)config->max_connections * sizeof(struct tcp_conn);
	at.table = base_line_up(at.time_waits + (size_t)config->max_time_wait * sizeof(struct tcp_time_wait));
	at.neighbours = at.table + table_bytes(table_entries(config));
	at.waiting = base_line_up(at.neighbours + neigh_bytes(SHARD_NEIGHBOURS));
	at.flights = base_line_up(at.waiting + config->accept_backlog * sizeof(struct shard_waiting));
	at.reassemblies = at.flights + (size_t)config->max_flights * sizeof(struct shard_flight);
	at.scoreboards = base_line_up(at.reassemblies + reassemblies_of(config) * sizeof(struct shard_reassembly));
	at.recent = base_line_up(at.scoreboards + scoreboards_of(config) * sizeof(struct shard_scoreboard));
	at.ip6 = at.recent + (config->max_udp_flows ? SHARD_RECENT * sizeof(struct shard_recent) : 0);
	at.end = base_line_up(at.ip6 + shard_ip6_bytes(config));
	return at;
}

size_t shard_bytes(const struct shard_config *given)
{
	struct shard_config config = with_defaults(given);

	if (config.max_connections > SHARD_RECORDS_MAX || config.max_time_wait > SHARD_RECORDS_MAX ||
	    config.max_udp_flows > SHARD_RECORDS_MAX || config.mtu < LEAST_MTU || config.time_wait_ms > INT32_MAX ||
	    config.addresses.first > config.addresses.last || config.addresses.last >= ALIAS_OWN_FIRST ||
	    config.prefix_length > 32 || !shard_ip6_is_sane(&config))
		return 0;
	return lay_out(&config).end;
}

void shard_set_time(struct quern_shard *shard, uint64_t now_ns)
{
	shard->now_ns = now_ns;
	shard->tick = (uint32_t)(now_ns / 1000000);
	shard->now_ms = (uint32_t)((now_ns + 999999) / 1000000);
	shard->isn_clock = (uint32_t)(now_ns / 4000);
	shard->turn_is_new = true;
}

/* Secrets of the table, of ISNs and of timestamps are drawn apart, so that one tells nothing of another. */
static void draw_secrets(struct quern_shard *shard, struct hash_secret *table_secret)
{
	struct random random;

	random_seed(&random, shard->config.seed);
	for (int i = 0; i < 2; i++) {
		table_secret->words[i] = random_next(&random);
		shard->isn_secret.words[i] = random_next(&random);
	}
	for (int i = 0; i < 2; i++)
		shard->ts_secret.words[i] = random_next(&random);
	shard_cookie_begin(shard, &random);
}

static void link_free_records(struct quern_shard *shard)
{
	for (uint32_t i = 0; i < shard->config.max_connections; i++)
		shard->conns[i].user = i + 1 < shard->config.max_connections ? i + 2 : 0;
	shard->first_free = 1;
	for (uint32_t i = 0; i < shard->config.max_flights; i++)
		shard->flights[i].next_free = i + 1 < shard->config.max_flights ? i + 2 : 0;
	shard->first_free_flight = 1;
	for (uint32_t i = 0; i < reassemblies_of(&shard->config); i++)
		shard->reassemblies[i].next_free = i + 1 < reassemblies_of(&shard->config) ? i + 2 : 0;
	shard->first_free_reassembly = 1;
	for (uint32_t i = 0; i < scoreboards_of(&shard->config); i++)
		shard->scoreboards[i].next_free = i + 1 < scoreboards_of(&shard->config) ? i + 2 : 0;
	shard->first_free_scoreboard = 1;
}

/* A header, the text, and one buffer more since it begins within one. The reserve of buffers has room for two, so that
 * what goes while it is untouched finds them. */
static uint16_t cut_segments_of(const struct shard_config *config, const struct shard_buffers *buffers)
{
	uint32_t most = buffers->limit / 8;

	if (!config->tx_multi_segs || !config->tx_l4_checksum)
		return 0;
	if (most > config->tx_cut_buffers)
		most = config->tx_cut_buffers;
	return (uint16_t)(most > 3 ? most - 2 : 0);
}

static void open_network(struct quern_shard *shard, void *neighbours)
{
	const struct shard_config *config = &shard->config;
	struct quern_prefix network = {.address = config->addresses.first, .length = config->prefix_length};

	neigh_init(&shard->neigh, neighbours, SHARD_NEIGHBOURS, &config->addresses, &network, config->gateway,
		   config->mac);
	shard->expect = (struct wire_expect){.ethernet = config->ethernet, .vlan = config->vlan};
	memcpy(shard->expect.mac, config->mac, sizeof(config->mac));
	shard->reply_options = (struct wire_ip_options){.ttl = 64,
							.offload_ip_checksum = config->tx_ip_checksum,
							.offload_l4_checksum = config->tx_l4_checksum};
}

struct quern_shard *shard_open(const struct shard_config *given, void *memory, uint64_t now_ns)
{
	struct quern_shard *shard = memory;
	struct hash_secret table_secret;
	struct layout at;
	char *block = memory;

	CHECK(((uintptr_t)memory & (LINE_BYTES - 1)) == 0);
	shard->config = with_defaults(given);
	at = lay_out(&shard->config);
	shard_set_time(shard, now_ns);
	draw_secrets(shard, &table_secret);
	shard->pool = shard->config.pool;
	shard->conns = (struct tcp_conn *)(block + at.conns);
	shard->flights = (struct shard_flight *)(block + at.flights);
	shard->reassemblies = (struct shard_reassembly *)(block + at.reassemblies);
	shard->scoreboards = (struct shard_scoreboard *)(block + at.scoreboards);
	shard->recent = (struct shard_recent *)(block + at.recent);
	/* Half of our buffers are for frames on their way. */
	shard->buffers = shard_queue_buffers(
		shard->pool, shard->pool->size / 2 / (shard->config.pool_shards ? shard->config.pool_shards : 1u));
	shard->cut_segments = cut_segments_of(&shard->config, &shard->buffers);
	shard->waiting = (struct shard_waiting *)(block + at.waiting);
	memset(shard->listeners, SHARD_NO_SERVICE, sizeof(shard->listeners));
	link_free_records(shard);
	shard->releases = 1;
	tcp_time_wait_init(&shard->time_wait, (struct tcp_time_wait *)(block + at.time_waits),
			   shard->config.max_time_wait, shard->config.time_wait_ms);
	table_init(&shard->table, block + at.table, table_entries(&shard->config), &table_secret);
	shard->table.records[TABLE_CONN] = (struct table_records){shard->conns, sizeof(struct tcp_conn)};
	shard->table.records[TABLE_TIME_WAIT] =
		(struct table_records){shard->time_wait.records, sizeof(struct tcp_time_wait)};
	wheel_init(&shard->wheel, &shard->conns[0].timer, 6, shard->tick);
	open_network(shard, block + at.neighbours);
	shard_ip6_open(shard, block + at.ip6);
	return shard;
}

void shard_close(struct quern_shard *shard)
{
	rte_pktmbuf_free_bulk(shard->out + shard->out_head, shard->out_tail - shard->out_head);
	rte_pktmbuf_free_bulk(shard->foreign, shard->foreign_count);
	for (uint32_t i = 0; i < shard->config.max_connections; i++)
		if (shard_flight_of(shard, &shard->conns[i]))
			shard_flight_end(shard, &shard->conns[i]);
	shard->out_head = shard->out_tail = shard->foreign_count = 0;
}

const struct quern_counters *shard_counters(const struct quern_shard *shard)
{
	return &shard->counters;
}

/* The table serves both kinds of record, so its bytes are shared out by entry. */
void shard_memory(const struct quern_shard *shard, struct quern_shard_memory *memory)
{
	const struct shard_config *config = &shard->config;
	struct layout at = lay_out(config);
	double entry = (double)(at.neighbours - at.table) / (double)shard->table.capacity;
	double wheel = (double)sizeof(shard->wheel) / (double)config->max_connections;

	*memory = (struct quern_shard_memory){
		.connections = config->max_connections,
		.time_waits = config->max_time_wait,
		.connections_used = counter_level_read(&shard->conns_used),
		.time_waits_used = counter_level_read(&shard->time_wait.live),
		.table_capacity = shard->table.capacity,
		.table_used = counter_level_read(&shard->table.used),
		.reserved_bytes = at.neighbours - at.conns + sizeof(shard->wheel),
		.bytes_established = (double)sizeof(struct tcp_conn) + entry + wheel,
		.bytes_time_wait = (double)sizeof(struct tcp_time_wait) + entry,
		.bytes_half_open = (double)sizeof(struct tcp_conn) + entry + wheel,
		.timers = counter_level_read(&shard->wheel.linked),
		.timer_lag_ms = counter_level_read(&shard->wheel.lag),
	};
}
