/* report_config.c - the settings of a run as JSON, after defaults. */
#include "report/report_parts.h"
#include "cli/cli_tcp.h"

enum { DEFAULT_TTL = 64 };

static double share_of(uint32_t share)
{
	return (double)share / QUERN_IMPAIR_WHOLE;
}

/* One way of a port; null for a good one. What has no part in it is 0; a seed of 0 is the run's. */
static json_t *impair_json(const struct cli_port *port, enum quern_way way)
{
	const struct quern_impair *impair = &port->impair[way];

	if (!port->is_impaired[way])
		return json_null();
	return json_pack("{s:I, s:I, s:f, s:I, s:f, s:f, s:I, s:f, s:I, s:I, s:I}", "delay_ns",
			 (json_int_t)impair->delay_ns, "jitter_ns", (json_int_t)impair->jitter_ns, "loss",
			 share_of(impair->loss_share), "burst", (json_int_t)impair->burst, "dup",
			 share_of(impair->dup_share), "reorder", share_of(impair->reorder_share), "gap_ns",
			 (json_int_t)impair->gap_ns, "corrupt", share_of(impair->corrupt_share), "rate",
			 (json_int_t)impair->rate, "queue_ns", (json_int_t)impair->queue_ns, "seed",
			 (json_int_t)impair->seed);
}

json_t *report_block_json(struct cli_block block)
{
	char first[QUERN_IP6_TEXT], last[QUERN_IP6_TEXT];

	return json_pack("[s, s]", cli_address_text(block.first, first), cli_address_text(block.last, last));
}

static json_t *gateway_json(const struct cli_net *net)
{
	char text[QUERN_IP6_TEXT];

	return net->has_gateway ? json_string(cli_address_text(net->gateway, text)) : json_null();
}

/* What a port is to IPv6; null where it speaks IPv4 alone. */
static json_t *ip6_json(const struct cli_net *net)
{
	if (!net->is_spoken)
		return json_null();
	return json_pack("{s:o, s:i, s:o}", "addresses", report_block_json(net->addresses), "prefix_length",
			 (int)net->prefix_length, "gateway", gateway_json(net));
}

json_t *report_ports_json(const struct cli_settings *settings)
{
	json_t *ports = json_array();

	for (uint16_t i = 0; i < settings->port_count; i++) {
		const struct cli_port *port = &settings->ports[i];
		const struct cli_net *ip4 = &port->nets[CLI_IP4];

		json_array_append_new(
			ports,
			json_pack("{s:s, s:o, s:o, s:o, s:o, s:i, s:i, s:{s:o, s:o}}", "dev", port->device, "addresses",
				  ip4->is_spoken ? report_block_json(ip4->addresses) : json_null(), "prefix_length",
				  ip4->is_spoken ? json_integer(ip4->prefix_length - CLI_IP4_BITS) : json_null(),
				  "gateway", gateway_json(ip4), "ip6", ip6_json(&port->nets[CLI_IP6]), "vlan",
				  (int)port->vlan, "mtu", port->mtu ? (int)port->mtu : 1500, "impair", "rx",
				  impair_json(port, QUERN_RX), "tx", impair_json(port, QUERN_TX)));
	}
	return ports;
}

static json_t *keepalive_json(const struct cli_keepalive *keepalive)
{
	if (!keepalive->on)
		return json_string("off");
	return json_pack("{s:I, s:I, s:i}", "idle_ms", (json_int_t)keepalive->idle_ms, "interval_ms",
			 (json_int_t)keepalive->interval_ms, "probes", (int)keepalive->probes);
}

/* What an end that is not here would have is null. */
static json_t *udp_json(const struct cli_settings *settings)
{
	const struct cli_udp *udp = &settings->udp;

	if (!udp->is_spoken)
		return json_null();
	if (settings->command == CLI_SERVE)
		return json_pack("{s:n, s:n, s:n, s:n}", "pps", "flows", "one_way", "search");
	return json_pack("{s:o, s:I, s:b, s:s?}", "pps",
			 udp->pps == CLI_PPS_MAX ? json_string("max") : json_integer((json_int_t)udp->pps), "flows",
			 (json_int_t)udp->flows, "one_way", (int)udp->is_one_way, "search",
			 settings->judge.search_text);
}

static void add_integer(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

const char *report_memory_name(enum quern_memory memory)
{
	static const char *const names[] = {"auto", "huge", "4k"};

	return names[memory];
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

/* What the run is held against, as it was given. */
static void add_judge(json_t *object, const struct cli_judge *judge)
{
	json_t *thresholds = json_array();

	for (uint16_t i = 0; i < judge->threshold_count; i++)
		json_array_append_new(thresholds, json_string(judge->threshold_texts[i]));
	json_object_set_new(object, "thresholds", thresholds);
	json_object_set_new(object, "stop_if", text_or_null(judge->stop_if_text));
	json_object_set_new(object, "search", text_or_null(judge->search_text));
	json_object_set_new(object, "repeat", judge->repeats ? json_integer((json_int_t)judge->repeats) : json_null());
}

/* None where there is one: what it says stands in the document itself. */
static json_t *services_json(const struct cli_settings *settings)
{
	json_t *services = json_array();
	char name[CLI_SERVICE_TEXT];

	for (uint16_t i = 0; settings->service_count > 1 && i < settings->service_count; i++) {
		const struct cli_service *service = &settings->service[i];
		json_t *object = json_pack("{s:s}", "name", cli_service_name(settings, service, name));

		report_service_json(object, settings->command, service);
		json_array_append_new(services, object);
	}
	return services;
}

json_t *report_config(const struct cli_settings *settings)
{
	json_t *object = json_object();

	json_object_set_new(object, "kind", json_string(cli_command_name(settings->command)));
	json_object_set_new(object, "ports", report_ports_json(settings));
	report_service_json(object, settings->command, &settings->service[0]);
	json_object_set_new(object, "services", services_json(settings));
	json_object_set_new(object, "udp", udp_json(settings));
	json_object_set_new(object, "keepalive", keepalive_json(&settings->keepalive));
	json_object_set_new(object, "memory", json_string(report_memory_name(settings->memory)));
	add_integer(object, "duration_ns", settings->duration_ns);
	add_integer(object, "connections", settings->connections);
	add_integer(object, "warmup_ns", settings->warmup_ns);
	json_object_set_new(object, "strict", json_boolean(settings->strict));
	add_integer(object, "time_wait_ns", settings->time_wait_ns);
	add_integer(object, "connect_timeout_ns", settings->connect_timeout_ns);
	json_object_set_new(object, "congestion", json_string(cli_congestion_name(settings->congestion)));
	json_object_set_new(object, "sack", json_boolean(!settings->no_sack));
	json_object_set_new(object, "wscale", json_boolean(!settings->no_wscale));
	json_object_set_new(object, "timestamps", json_boolean(!settings->no_timestamps));
	json_object_set_new(object, "nagle", json_boolean(settings->nagle));
	json_object_set_new(object, "pacing", json_boolean(!settings->no_pacing));
	json_object_set_new(object, "window",
			    settings->window_bytes ? json_integer((json_int_t)settings->window_bytes) : json_null());
	json_object_set_new(object, "mss", settings->mss ? json_integer(settings->mss) : json_null());
	add_integer(object, "tos", settings->tos);
	add_integer(object, "ttl", settings->ttl ? settings->ttl : DEFAULT_TTL);
	json_object_set_new(object, "syn_cookies",
			    settings->command == CLI_LOAD ? json_null()
							  : json_string(cli_syn_cookies_name(settings->syn_cookies)));
	add_integer(object, "max_connections", settings->max_connections);
	add_integer(object, "max_time_wait", settings->max_time_wait);
	add_integer(object, "seed", settings->seed);
	json_object_set_new(object, "hlog", settings->hlog ? json_string(settings->hlog) : json_null());
	json_object_set_new(object, "metrics", settings->metrics ? json_string(settings->metrics) : json_null());
	add_judge(object, &settings->judge);
	return object;
}
