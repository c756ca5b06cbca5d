/* report_service.c - what a service of the settings says, as keys of the document. */
#include "report/report_format.h"
#include "report/report_parts.h"
#include "report/report_requests.h"

static json_t *sources_json(const struct cli_service *service)
{
	json_t *sources = json_array();

	for (uint16_t i = 0; i < service->source_count; i++)
		json_array_append_new(sources, report_block_json(cli_block_from_range(&service->source[i])));
	return sources;
}

static json_t *listens_json(const struct cli_service *service)
{
	json_t *listens = json_array();
	char text[QUERN_ENDPOINT_TEXT];

	for (uint16_t i = 0; i < service->listen_count; i++)
		json_array_append_new(listens, json_string(quern_format_endpoint(&service->listen[i], text)));
	return listens;
}

static json_t *cps_json(const struct cli_service *service)
{
	if (service->cps == 0)
		return json_null();
	return service->cps == CLI_CPS_MAX ? json_string("max") : json_integer((json_int_t)service->cps);
}

/* What an end that is not here would have is null. */
static json_t *http_json(enum cli_command command, const struct cli_service *service)
{
	const struct cli_http *http = &service->http;
	bool is_client = command != CLI_SERVE;
	bool has_body = command != CLI_LOAD && !http->root;

	if (!http->is_spoken)
		return json_null();
	return json_pack("{s:s?, s:o, s:o, s:s?, s:o}", "path", http->path, "requests",
			 is_client ? json_integer((json_int_t)http->requests) : json_null(), "body",
			 has_body ? json_integer((json_int_t)http->body_bytes) : json_null(), "root", http->root, "mix",
			 report_requests_config(&http->list));
}

static json_t *target_json(const struct cli_service *service)
{
	char text[QUERN_ENDPOINT_TEXT];

	return service->target_count > 0 ? json_string(quern_format_endpoint(&service->target[0], text)) : json_null();
}

void report_service_json(json_t *object, enum cli_command command, const struct cli_service *service)
{
	char span[CLI_SPAN_TEXT], payload[CLI_PAYLOAD_TEXT];

	json_object_set_new(object, "source", sources_json(service));
	json_object_set_new(object, "listen", listens_json(service));
	json_object_set_new(object, "target", target_json(service));
	json_object_set_new(object, "cps", cps_json(service));
	json_object_set_new(object, "cc", service->cc ? json_integer((json_int_t)service->cc) : json_null());
	json_object_set_new(object, "profile", service->profile ? json_string(service->profile) : json_null());
	json_object_set_new(object, "ramp_ns", json_integer((json_int_t)service->ramp_ns));
	json_object_set_new(object, "hold_ns", json_integer((json_int_t)service->hold.mean));
	json_object_set_new(object, "hold", json_string(cli_format_time_span(&service->hold, span)));
	json_object_set_new(object, "think", json_string(cli_format_time_span(&service->think, span)));
	json_object_set_new(object, "close", json_string(cli_close_name(service->close)));
	json_object_set_new(object, "payload", json_string(cli_format_payload(service, payload)));
	json_object_set_new(object, "pattern", json_string(cli_pattern_name(service->pattern)));
	json_object_set_new(object, "http", http_json(command, service));
}

json_t *report_targets_json(const struct report_run *run)
{
	const struct cli_service *service = report_service_of(run);
	json_t *targets = json_array();
	char text[QUERN_ENDPOINT_TEXT];

	for (uint16_t i = 0; service && i < service->target_count; i++) {
		const struct report_target *target = &run->totals.targets[i];

		json_array_append_new(targets, json_pack("{s:s, s:i, s:I, s:I, s:I}", "target",
							 quern_format_endpoint(&service->target[i], text), "weight",
							 (int)service->weight[i], "opened", (json_int_t)target->opened,
							 "established", (json_int_t)target->established, "failed",
							 (json_int_t)target->failed));
	}
	return targets;
}
