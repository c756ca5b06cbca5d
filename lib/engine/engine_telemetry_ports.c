/* engine_telemetry_ports.c - /quern/ports: what each port is, and what its bad lines do. */
#include "engine/engine_telemetry.h"

#include <errno.h>
#include <stdio.h>

#include "engine/engine_parts.h"

static int add_way(const struct quern_engine *engine, uint16_t port, enum quern_way way, struct rte_tel_data *impaired)
{
	struct quern_impair_counters counters;
	struct rte_tel_data *data;

	if (!quern_engine_impaired(engine, port, way, &counters))
		return 0;
	data = engine_telemetry_inner(impaired, way == QUERN_RX ? "rx" : "tx");
	if (data == NULL)
		return -ENOMEM;
#define X(name, text) rte_tel_data_add_dict_u64(data, #name, counters.name);
	QUERN_IMPAIR_COUNTERS(X)
#undef X
	return 0;
}

static int add_port(const struct quern_engine *engine, uint16_t port, struct rte_tel_data *answer)
{
	struct rte_tel_data *data, *impaired;
	char name[8];

	snprintf(name, sizeof(name), "%u", port);
	data = engine_telemetry_inner(answer, name);
	if (data == NULL)
		return -ENOMEM;
	rte_tel_data_add_dict_string(data, "device", engine->config.ports[port].device);
	rte_tel_data_add_dict_string(data, "driver", engine->nics[port].driver);
	impaired = engine_telemetry_inner(data, "impaired");
	if (impaired == NULL || add_way(engine, port, QUERN_RX, impaired) != 0)
		return -ENOMEM;
	return add_way(engine, port, QUERN_TX, impaired);
}

int engine_answer_ports(const struct quern_engine *engine, const char *parameters, struct rte_tel_data *answer)
{
	if (parameters != NULL)
		return engine_telemetry_error(answer, "takes no parameters");
	rte_tel_data_start_dict(answer);
	for (uint16_t port = 0; port < engine->config.port_count; port++) {
		if (add_port(engine, port, answer) != 0)
			return -ENOMEM;
	}
	return 0;
}
