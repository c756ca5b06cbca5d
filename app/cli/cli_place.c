/* cli_place.c - the choice of cores. One core runs one end of one port. */
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

int cli_place_bench(const struct cli_settings *settings, const struct cli_cores *usable, uint16_t *client,
		    uint16_t *server, char error[CLI_ERROR_TEXT])
{
	const struct cli_cores *both = settings->cores.count > 0 ? &settings->cores : usable;
	int rc = check_cores("cores", &settings->cores, usable, 2, error);

	if (rc == 0)
		rc = check_cores("client-cores", &settings->client_cores, usable, 1, error);
	if (rc == 0)
		rc = check_cores("server-cores", &settings->server_cores, usable, 1, error);
	if (rc != 0)
		return rc;
	*client = settings->client_cores.count > 0 ? settings->client_cores.cpu[0] : both->cpu[0];
	*server = settings->server_cores.count > 0 ? settings->server_cores.cpu[0] : both->cpu[both->count > 1];
	return 0;
}

int cli_place_ports(const struct cli_settings *settings, const struct cli_cores *usable,
		    uint16_t cores[QUERN_MAX_PORTS], char error[CLI_ERROR_TEXT])
{
	const struct cli_cores *from = settings->cores.count > 0 ? &settings->cores : usable;
	int rc = check_cores("cores", &settings->cores, usable, settings->port_count, error);

	if (rc != 0)
		return rc;
	for (uint16_t i = 0; i < settings->port_count; i++)
		cores[i] = from->cpu[i % from->count];
	return 0;
}
