/* cli_place.c - the choice of cores. */
#include "cli/cli_place.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>

void cli_place_usable(struct cli_cores *usable)
{
	cpu_set_t set;

	usable->count = 0;
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		CPU_ZERO(&set);
	for (uint16_t cpu = 0; cpu <= CLI_MAX_CPU && usable->count < CLI_MAX_CORES; cpu++) {
		if (CPU_ISSET(cpu, &set))
			usable->cpu[usable->count++] = cpu;
	}
	if (usable->count == 0)
		usable->cpu[usable->count++] = 0;
}

/* A core that this process may not use would never start: say so before EAL does. */
static int check_cores(const char *flag, const struct cli_cores *asked, const struct cli_cores *usable, uint16_t most,
		       char error[CLI_ERROR_TEXT])
{
	if (asked->count > most) {
		snprintf(error, CLI_ERROR_TEXT, "--%s names %u cores, and there is work for %u; name fewer", flag,
			 asked->count, most);
		return -EINVAL;
	}
	for (uint16_t i = 0; i < asked->count; i++) {
		bool is_usable = false;

		for (uint16_t j = 0; j < usable->count; j++)
			is_usable |= asked->cpu[i] == usable->cpu[j];
		if (is_usable)
			continue;
		snprintf(error, CLI_ERROR_TEXT,
			 "--%s: this process may not run on core %u; `taskset -pc $$` shows which", flag,
			 asked->cpu[i]);
		return -EINVAL;
	}
	return 0;
}

/* Two workers on one core need a lane of their own each; the same place of another list joins them. */
static uint16_t lane_of(const struct cli_cores *cores, uint16_t place)
{
	uint16_t lane = 0;

	for (uint16_t before = 0; before < place; before++) {
		if (cores->cpu[before] == cores->cpu[place])
			lane++;
	}
	return lane;
}

static void add_worker(struct cli_workers *workers, uint16_t port, const struct cli_cores *cores, uint16_t place)
{
	workers->at[workers->count++] = (struct cli_worker){port, cores->cpu[place], lane_of(cores, place)};
}

/* The cores of one end: its own list, or its part of --cores, or one of those that there are. */
static struct cli_cores cores_of_end(const struct cli_settings *settings, const struct cli_cores *usable,
				     bool is_server)
{
	const struct cli_cores *own = is_server ? &settings->server_cores : &settings->client_cores;
	const struct cli_cores *all = &settings->cores;
	uint16_t half = all->count / 2;
	struct cli_cores cores = {.count = 0};

	if (own->count > 0)
		return *own;
	if (all->count < 2) {
		cores.cpu[cores.count++] = all->count == 1 ? all->cpu[0] : usable->cpu[is_server && usable->count > 1];
		return cores;
	}
	for (uint16_t place = is_server ? half : 0; place < (is_server ? all->count : half); place++)
		cores.cpu[cores.count++] = all->cpu[place];
	return cores;
}

int cli_place_bench(const struct cli_settings *settings, const struct cli_cores *usable, struct cli_workers *workers,
		    char error[CLI_ERROR_TEXT])
{
	int rc = check_cores("cores", &settings->cores, usable, 2 * QUERN_MAX_SHARDS_ON_PORT, error);

	if (rc == 0)
		rc = check_cores("client-cores", &settings->client_cores, usable, QUERN_MAX_SHARDS_ON_PORT, error);
	if (rc == 0)
		rc = check_cores("server-cores", &settings->server_cores, usable, QUERN_MAX_SHARDS_ON_PORT, error);
	if (rc != 0)
		return rc;
	workers->count = 0;
	for (uint16_t port = 0; port < 2; port++) {
		const struct cli_cores cores = cores_of_end(settings, usable, port == 1);

		for (uint16_t place = 0; place < cores.count; place++)
			add_worker(workers, port, &cores, place);
	}
	return 0;
}

/* The place of the core for a port's worker: the first free one on its node, else the first free one. */
static uint16_t place_near(const struct cli_cores *usable, const struct cli_nodes *nodes, const bool *is_taken,
			   uint16_t port)
{
	uint16_t found = usable->count;

	for (uint16_t place = 0; place < usable->count; place++) {
		if (is_taken[place])
			continue;
		if (nodes->port[port] >= 0 && nodes->core[place] == nodes->port[port])
			return place;
		if (found == usable->count)
			found = place;
	}
	return found;
}

/* A core for each port, as long as there are some. Those that ports ask for are theirs before others take them. */
static struct cli_cores cores_near_ports(const struct cli_settings *settings, const struct cli_cores *usable,
					 const struct cli_nodes *nodes)
{
	struct cli_cores cores = {.count = settings->port_count < usable->count ? settings->port_count : usable->count};
	bool is_taken[CLI_MAX_CORES] = {false};

	for (int round = 0; round < 2; round++) {
		for (uint16_t port = 0; port < cores.count; port++) {
			uint16_t place;

			if ((nodes->port[port] >= 0) != (round == 0))
				continue;
			place = place_near(usable, nodes, is_taken, port);
			is_taken[place] = true;
			cores.cpu[port] = usable->cpu[place];
		}
	}
	return cores;
}

int cli_place_ports(const struct cli_settings *settings, const struct cli_cores *usable, const struct cli_nodes *nodes,
		    struct cli_workers *workers, char error[CLI_ERROR_TEXT])
{
	uint32_t most = (uint32_t)settings->port_count * QUERN_MAX_SHARDS_ON_PORT;
	struct cli_cores cores = settings->cores;
	uint16_t count;
	int rc;

	most = most < QUERN_MAX_SHARDS ? most : QUERN_MAX_SHARDS;
	rc = check_cores("cores", &cores, usable, (uint16_t)most, error);
	if (rc != 0)
		return rc;
	if (cores.count == 0)
		cores = cores_near_ports(settings, usable, nodes);
	count = cores.count > settings->port_count ? cores.count : settings->port_count;
	workers->count = 0;
	for (uint16_t i = 0; i < count; i++)
		add_worker(workers, i % settings->port_count, &cores, i % cores.count);
	return 0;
}

/* With no core named, one near the first port. */
int cli_place_groups(const struct cli_settings *settings, const struct cli_cores *usable, const struct cli_nodes *nodes,
		     struct cli_workers *workers, char error[CLI_ERROR_TEXT])
{
	static const bool none_taken[CLI_MAX_CORES];
	uint16_t most = QUERN_MAX_SHARDS / settings->port_count;
	struct cli_cores cores = settings->cores;
	int rc = check_cores("cores", &cores, usable, most < QUERN_MAX_SHARDS_ON_PORT ? most : QUERN_MAX_SHARDS_ON_PORT,
			     error);

	if (rc != 0)
		return rc;
	if (cores.count == 0)
		cores.cpu[cores.count++] = usable->cpu[place_near(usable, nodes, none_taken, 0)];
	workers->count = 0;
	for (uint16_t place = 0; place < cores.count; place++) {
		for (uint16_t port = 0; port < settings->port_count; port++)
			add_worker(workers, port, &cores, place);
	}
	return 0;
}

uint16_t cli_workers_on(const struct cli_workers *workers, uint16_t port)
{
	uint16_t count = 0;

	for (uint16_t i = 0; i < workers->count; i++) {
		if (workers->at[i].port == port)
			count++;
	}
	return count;
}

uint32_t cli_workers_share(const struct cli_workers *workers, uint16_t port, uint32_t limit)
{
	uint32_t count = cli_workers_on(workers, port);

	return limit / count + (limit % count != 0);
}
