/* engine_shards.c - ports, buffers and shards: configured, placed on the port's NUMA node, taken away again. */
#include "engine/engine_parts.h"

#include <errno.h>
#include <numa.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <rte_cycles.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "base/random.h"

uint16_t engine_shards_on(const struct quern_engine *engine, uint16_t port)
{
	uint16_t count = 0;

	for (uint16_t number = 0; number < engine->config.shard_count; number++) {
		if (engine->config.shards[number].port == port)
			count++;
	}
	return count;
}

/* One for each shard, or one for all. */
static uint16_t wanted_queues(const struct quern_engine *engine, uint16_t port)
{
	uint16_t most = engine->config.ports[port].queues, shards = engine_shards_on(engine, port);

	return most == 0 || shards <= most ? shards : 1;
}

/* How many queues the other end of a cable has. */
static uint16_t far_queues(const struct quern_engine *engine, uint16_t port)
{
	const struct quern_port_config *ports = engine->config.ports;

	for (uint16_t other = 0; other < engine->config.port_count; other++) {
		if (other != port && strcmp(ports[port].device, "cable") == 0 &&
		    strcmp(ports[other].device, "cable") == 0)
			return wanted_queues(engine, other);
	}
	return 0;
}

int engine_draw_seed(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	uint64_t *seed = &engine->config.seed;

	if (*seed == 0 && getrandom(seed, sizeof(*seed), 0) != (ssize_t)sizeof(*seed))
		return engine_fail(error, -errno, "no seed from the system: %s\n  Give one: --seed N", strerror(errno));
	return 0;
}

struct nic_config engine_nic_config(const struct quern_engine *engine, uint16_t port)
{
	const struct quern_port_config *config = &engine->config.ports[port];
	struct nic_config nic = {
		.device = config->device,
		.number = port,
		.mtu = config->mtu != 0 ? config->mtu : 1500,
		.queues = wanted_queues(engine, port),
		.far_queues = far_queues(engine, port),
		.seed = engine->config.seed,
		.addresses = {config->addresses.first, config->addresses.last, config->ip6.first, config->ip6.last},
		.hears_groups =
			!ip6_is_unspecified(config->ip6.first) || engine_hears_groups(&engine->config.forward, port),
	};

	memcpy(nic.impair, config->impair, sizeof(nic.impair));
	return nic;
}

struct shard_config engine_shard_config(const struct quern_engine *engine, uint16_t number)
{
	const struct quern_shard_config *config = &engine->config.shards[number];
	const struct quern_port_config *port = &engine->config.ports[config->port];

	return (struct shard_config){
		.number = number,
		.max_connections = config->max_connections,
		.max_half_open = config->max_half_open,
		.max_time_wait = config->max_time_wait,
		.time_wait_ms = config->time_wait_ms,
		.time_wait_reset = config->time_wait_reset,
		.max_udp_flows = engine_udp_flows(engine, config->port),
		.ethernet = true,
		.addresses = port->addresses,
		.prefix_length = port->prefix_length,
		.gateway = port->gateway,
		.ip6 = port->ip6,
		.mtu = port->mtu,
		.vlan = port->vlan,
	};
}

/* A driver's own words, where it has said any. */
static void add_what_was_said(char error[QUERN_ERROR_TEXT])
{
	char line[256];
	size_t used = strlen(error);

	engine_log_last(line, sizeof(line));
	snprintf(error + used, QUERN_ERROR_TEXT - used, "%s%s", line[0] != '\0' ? "\n  It said: " : "", line);
}

int engine_attach_ports(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	struct nic *cable = NULL;

	for (uint16_t port = 0; port < engine->config.port_count; port++) {
		struct nic_config config = engine_nic_config(engine, port);
		struct nic *nic = &engine->nics[port];
		int code = nic_attach(nic, &config, cable, error);

		if (code != 0) {
			add_what_was_said(error);
			engine_close_ports(engine);
			return code;
		}
		if (nic->kind == NIC_KIND_CABLE)
			cable = nic;
		engine->nics_attached++;
	}
	return 0;
}

void engine_close_ports(struct quern_engine *engine)
{
	int saved[2];

	if (engine->nics_attached == 0)
		return;
	if (!engine->config.verbose)
		engine_log_silence(saved);
	while (engine->nics_attached > 0)
		nic_close(&engine->nics[--engine->nics_attached]);
	if (!engine->config.verbose)
		engine_log_speak(saved);
}

/* Memory follows the port; where the port is nowhere in particular, as in software, the core. */
static int home_node(const struct quern_engine *engine, uint16_t number)
{
	int socket = engine->nics[engine->config.shards[number].port].socket;

	if (socket == SOCKET_ID_ANY && numa_available() >= 0)
		socket = numa_node_of_cpu(engine->config.shards[number].core);
	return socket;
}

static int home_socket(const struct quern_engine *engine, uint16_t number)
{
	return engine_heap_socket(engine, home_node(engine, number));
}

static int memory_failed(const struct quern_engine *engine, uint16_t number, const char *what,
			 char error[QUERN_ERROR_TEXT])
{
	return engine_fail(error, -ENOMEM,
			   "shard %u (%s): no memory for its %s on NUMA node %d; all need %llu MiB of %s pages\n  %s",
			   number, engine->shards[number].role, what, home_node(engine, number),
			   (unsigned long long)(engine->memory.need_bytes >> 20), engine->memory.pages,
			   engine->memory.huge
				   ? "Reserve more there: /sys/devices/system/node/node*/hugepages   or: --memory 4k"
				   : "Lower --max-connections, --max-time-wait or the number of cores");
}

/* Shards that share one queue share its buffers: net_af_xdp copies frames from other pools than its own. */
static uint16_t shards_of_pool(const struct quern_engine *engine, uint16_t number)
{
	uint16_t port = engine->config.shards[number].port;

	return engine->nics[port].queues == 1 ? engine_shards_on(engine, port) : 1;
}

static struct rte_mempool *make_pool(struct quern_engine *engine, uint16_t number)
{
	uint16_t port = engine->config.shards[number].port;
	uint32_t mbufs = shards_of_pool(engine, number) * (ENGINE_POOL_MBUFS + 1u) - 1;
	char name[RTE_MEMPOOL_NAMESIZE];

	for (uint16_t other = 0; other < number && shards_of_pool(engine, number) > 1; other++) {
		if (engine->config.shards[other].port == port)
			return engine->shards[other].pool;
	}
	engine->shards[number].owns_pool = true;
	snprintf(name, sizeof(name), "shard%u", number);
	return nic_make_pool(&engine->nics[port], name, mbufs, ENGINE_POOL_CACHE, home_socket(engine, number));
}

/* Where the port's first shard is, as for its buffers. */
static int open_bad_lines(struct quern_engine *engine, uint16_t port, char error[QUERN_ERROR_TEXT])
{
	uint16_t number = 0;

	while (engine->config.shards[number].port != port)
		number++;
	if (nic_impair_open(&engine->nics[port], ENGINE_POOL_MBUFS, ENGINE_POOL_CACHE, home_socket(engine, number)) ==
	    0)
		return 0;
	return memory_failed(engine, number, "frames under way (--impair)", error);
}

int engine_make_pools(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	for (uint16_t number = 0; number < engine->config.shard_count; number++) {
		struct engine_shard *part = &engine->shards[number];

		part->pool = make_pool(engine, number);
		if (part->pool == NULL) {
			memory_failed(engine, number, "buffers", error);
			engine_free_pools(engine);
			return -ENOMEM;
		}
	}
	for (uint16_t port = 0; port < engine->config.port_count; port++) {
		if (open_bad_lines(engine, port, error) != 0) {
			engine_free_pools(engine);
			return -ENOMEM;
		}
	}
	return 0;
}

void engine_free_pools(struct quern_engine *engine)
{
	for (uint16_t port = 0; port < engine->config.port_count; port++)
		nic_impair_close(&engine->nics[port]);
	for (uint16_t number = engine->config.shard_count; number-- > 0;) {
		if (engine->shards[number].owns_pool)
			rte_mempool_free(engine->shards[number].pool);
		engine->shards[number].pool = NULL;
	}
}

static int open_shard(struct quern_engine *engine, uint16_t number, uint64_t seed, char error[QUERN_ERROR_TEXT])
{
	struct engine_shard *part = &engine->shards[number];
	uint16_t port = engine->config.shards[number].port;
	const struct nic *nic = &engine->nics[port];

	part->config = engine_shard_config(engine, number);
	memcpy(part->config.mac, nic->mac, sizeof(part->config.mac));
	part->config.tx_ip_checksum = nic->tx_ip_checksum;
	part->config.tx_l4_checksum = nic->tx_l4_checksum;
	part->config.tx_multi_segs = nic->tx_multi_segs;
	part->config.tx_cut_buffers = nic->tx_cut_buffers;
	part->config.rx_checksum = nic->rx_checksum;
	part->config.pool = part->pool;
	part->config.pool_shards = shards_of_pool(engine, number);
	part->config.seed = seed;
	if (engine_shards_on(engine, port) > 1)
		part->config.plan = &nic->plan; /* made when the port starts */
	part->config.queue = part->place;
	part->memory = rte_zmalloc_socket("shard", shard_bytes(&part->config), 64,
					  engine->memory.lends_records ? home_socket(engine, number)
								       : home_node(engine, number));
	if (part->memory == NULL)
		return memory_failed(engine, number, "records", error);
	part->shard = shard_open(&part->config, part->memory, worker_clock_ns(&engine->clock, rte_rdtsc()));
	return 0;
}

int engine_open_shards(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	struct random random;
	int code;

	random_seed(&random, engine->config.seed);
	engine->tsc_hz = engine_clock_hz(engine);
	worker_clock_start(&engine->clock, rte_rdtsc(), engine->tsc_hz);
	for (uint16_t number = 0; number < engine->config.shard_count; number++) {
		code = open_shard(engine, number, random_next(&random), error);
		if (code != 0) {
			engine_close_shards(engine);
			return code;
		}
	}
	return 0;
}

void engine_close_shards(struct quern_engine *engine)
{
	for (uint16_t number = engine->config.shard_count; number-- > 0;) {
		struct engine_shard *part = &engine->shards[number];

		if (part->shard != NULL)
			shard_close(part->shard);
		rte_free(part->memory);
		part->shard = NULL;
		part->memory = NULL;
	}
}

static int start_port(struct quern_engine *engine, uint16_t port, char error[QUERN_ERROR_TEXT])
{
	struct rte_mempool *pools[NIC_QUEUES_MAX];
	struct nic *nic = &engine->nics[port];
	uint16_t shards = 0;
	int code;

	for (uint16_t number = 0; number < engine->config.shard_count; number++) {
		if (engine->config.shards[number].port == port)
			pools[shards++] = engine->shards[number].pool;
	}
	code = nic_start(nic, pools, error);
	if (code == 0 && shards > nic->queues)
		nic_plan_make(nic, shards, false);
	return code;
}

int engine_start_ports(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	int saved[2];
	int code = 0;

	if (!engine->config.verbose)
		engine_log_silence(saved);
	for (uint16_t port = 0; port < engine->config.port_count && code == 0; port++)
		code = start_port(engine, port, error);
	if (!engine->config.verbose)
		engine_log_speak(saved);
	if (code != 0) {
		add_what_was_said(error);
		engine_close_ports(engine);
	}
	return code;
}

int engine_start_keeper(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	int code = nic_keeper_start(&engine->keeper, engine->nics, engine->nics_attached);

	return code == 0 ? 0 : engine_fail(error, code, "no keeper of ports: %s", strerror(-code));
}

/* Ports that are kept are closed while EAL's thread stands still. */
void engine_stop_keeper(struct quern_engine *engine)
{
	nic_keeper_halt(&engine->keeper);
	engine_close_ports(engine);
	nic_keeper_stop(&engine->keeper);
}

int engine_wait_links(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	int code = 0;

	if (engine->config.wait_link_ms <= 0)
		return 0;
	for (uint16_t port = 0; port < engine->config.port_count && code == 0; port++)
		code = nic_wait_link(&engine->nics[port], &engine->keeper, engine->config.wait_link_ms,
				     engine->config.gives_up, error);
	return code;
}
