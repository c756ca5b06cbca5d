/* engine_check.c - the configuration makes sense, and the machine has what it names; nothing is changed. */
#include "engine/engine_parts.h"

#include <errno.h>
#include <string.h>

#include "base/alias.h"

enum { LEAST_MTU_IP6 = 1280 };

static int check_counts(const struct quern_engine_config *config, char error[QUERN_ERROR_TEXT])
{
	if (config->port_count == 0 || config->port_count > QUERN_MAX_PORTS)
		return engine_fail(error, -EINVAL, "%u ports\n  Possible: 1 to %d", config->port_count,
				   QUERN_MAX_PORTS);
	if (config->shard_count == 0 || config->shard_count > QUERN_MAX_SHARDS)
		return engine_fail(error, -EINVAL, "%u shards\n  Possible: 1 to %d", config->shard_count,
				   QUERN_MAX_SHARDS);
	return 0;
}

static int check_shards(const struct quern_engine_config *config, char error[QUERN_ERROR_TEXT])
{
	uint16_t shards[QUERN_MAX_PORTS] = {0};

	for (uint16_t number = 0; number < config->shard_count; number++) {
		uint16_t port = config->shards[number].port;

		if (port >= config->port_count)
			return engine_fail(error, -EINVAL, "shard %u names port %u\n  There are ports 0 to %d", number,
					   port, config->port_count - 1);
		if (++shards[port] > NIC_QUEUES_MAX)
			return engine_fail(error, -EINVAL,
					   "port %u '%.64s': more than %d shards name it\n  Name fewer cores for it",
					   port, config->ports[port].device, NIC_QUEUES_MAX);
	}
	for (uint16_t port = 0; port < config->port_count; port++) {
		if (shards[port] == 0)
			return engine_fail(error, -EINVAL, "port %u '%.64s': no shard names it\n  Leave the port out",
					   port, config->ports[port].device);
	}
	return 0;
}

/* What a shard would refuse without a word. */
static int check_ip6(const struct quern_port_config *port, uint16_t number, char error[QUERN_ERROR_TEXT])
{
	const struct quern_port_ip6 *ip6 = &port->ip6;
	uint64_t others = ip6_distance(ip6->last, ip6->first);

	if (ip6_is_unspecified(ip6->first))
		return 0;
	if (port->mtu != 0 && port->mtu < LEAST_MTU_IP6)
		return engine_fail(error, -EINVAL,
				   "port %u '%.64s': MTU %u is too little for IPv6\n  Possible: %d and more", number,
				   port->device, port->mtu, LEAST_MTU_IP6);
	if (!ip6_names_a_host(ip6->first) || !ip6_names_a_host(ip6->last) || others >= ALIAS_OWN_MAX)
		return engine_fail(error, -EINVAL,
				   "port %u '%.64s': no hosts have its addresses of IPv6, or they are too many\n"
				   "  Possible: %d consecutive ones, of hosts",
				   number, port->device, ALIAS_OWN_MAX);
	if (ip6->prefix_length > 128 || ip6_is_multicast(ip6->gateway))
		return engine_fail(error, -EINVAL,
				   "port %u '%.64s': IPv6 with a prefix of %u bits, or with a group as gateway\n"
				   "  Possible: 0 to 128, and a host",
				   number, port->device, ip6->prefix_length);
	return 0;
}

/* Those of IPv4 may be left out where there are some of IPv6. */
static bool has_addresses(const struct quern_port_config *port)
{
	if (port->addresses.last == 0)
		return port->addresses.first == 0 && quern_ip6_is_set(&port->ip6.first);
	return port->addresses.first != 0 && port->addresses.first <= port->addresses.last;
}

static int check_network(const struct quern_port_config *port, uint16_t number, char error[QUERN_ERROR_TEXT])
{
	char devices[256];

	if (port->device == NULL)
		return engine_fail(error, -EINVAL, "port %u: no device\n  There are: %s", number,
				   nic_devices_text(devices, sizeof(devices)));
	if (!has_addresses(port))
		return engine_fail(error, -EINVAL,
				   "port %u '%.64s': its addresses are an empty range\n  Give it one with --ip", number,
				   port->device);
	/* Numbers from there on stand for addresses of IPv6. */
	if (port->addresses.last >= ALIAS_OWN_FIRST)
		return engine_fail(error, -EINVAL,
				   "port %u '%.64s': addresses from 240.0.0.0 on are reserved (RFC 1112 4)\n"
				   "  Give it others with --ip",
				   number, port->device);
	if (port->prefix_length > 32)
		return engine_fail(error, -EINVAL, "port %u '%.64s': prefix length %u\n  Possible: 0 to 32", number,
				   port->device, port->prefix_length);
	if (port->vlan > 4094)
		return engine_fail(error, -EINVAL, "port %u '%.64s': VLAN %u\n  Possible: 1 to 4094", number,
				   port->device, port->vlan);
	return check_ip6(port, number, error);
}

static int check_impair(const struct quern_port_config *port, uint16_t number, char error[QUERN_ERROR_TEXT])
{
	for (enum quern_way way = QUERN_RX; way < QUERN_WAYS; way++) {
		const char *fault = quern_impair_fault(&port->impair[way]);
		int cause_length = fault != NULL ? (int)strcspn(fault, ";") : 0;

		if (fault != NULL)
			return engine_fail(error, -EINVAL,
					   "port %u '%.64s': impairment of what it %s: %.*s\n  To help:%s", number,
					   port->device, way == QUERN_RX ? "receives" : "sends", cause_length, fault,
					   fault + cause_length + 1);
	}
	return 0;
}

static int check_cables(const struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	struct nic_name name;
	uint16_t ends = 0;
	uint16_t end = 0;

	for (uint16_t port = 0; port < engine->config.port_count; port++) {
		int code = nic_parse_device(engine->config.ports[port].device, &name, error);

		if (code != 0)
			return code;
		if (name.kind == NIC_KIND_CABLE) {
			ends++;
			end = port;
		}
	}
	if (ends == 0 || ends == 2)
		return 0;
	return engine_fail(error, -EINVAL,
			   "port %u 'cable': a cable has two ends, and %u ports are one\n"
			   "  Name cable twice, with a shard at each end",
			   end, ends);
}

static int check_twice(const struct quern_engine_config *config, char error[QUERN_ERROR_TEXT])
{
	for (uint16_t port = 1; port < config->port_count; port++) {
		for (uint16_t other = 0; other < port; other++) {
			const char *device = config->ports[port].device;

			if (strcmp(device, "cable") != 0 && strcmp(device, config->ports[other].device) == 0)
				return engine_fail(error, -EINVAL,
						   "port %u '%s': the same device as port %u\n"
						   "  Name each device once; more addresses go into one range",
						   port, device, other);
		}
	}
	return 0;
}

int engine_check_words(const struct quern_engine_config *config, char error[QUERN_ERROR_TEXT])
{
	int code = check_counts(config, error);

	for (uint16_t port = 0; port < config->port_count && code == 0; port++)
		code = check_network(&config->ports[port], port, error);
	for (uint16_t port = 0; port < config->port_count && code == 0; port++)
		code = check_impair(&config->ports[port], port, error);
	if (code == 0)
		code = check_shards(config, error);
	return code == 0 ? check_twice(config, error) : code;
}

int engine_check(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	const struct quern_engine_config *config = &engine->config;
	int code = engine_check_words(config, error);

	for (uint16_t port = 0; port < config->port_count && code == 0; port++) {
		struct nic_config nic = engine_nic_config(engine, port);

		code = nic_check(&nic, error);
	}
	return code == 0 ? check_cables(engine, error) : code;
}
