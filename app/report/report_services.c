/* report_services.c - what became of each of several services, and of each target of one. */
#include "cli/cli_target.h"
#include "report/report_format.h"
#include "report/report_parts.h"
#include "report/report_requests.h"

const struct cli_service *report_service_of(const struct report_run *run)
{
	if (run->service)
		return run->service;
	return run->settings->service_count > 1 ? NULL : &run->settings->service[0];
}

bool report_service_has_requests(const struct cli_settings *settings, const struct cli_service *service)
{
	return service->http.is_spoken || (settings->command != CLI_SERVE && cli_payload_is_exchanged(service));
}

bool report_has_requests(const struct cli_settings *settings)
{
	bool has = report_service_has_requests(settings, &settings->service[0]);

	for (uint16_t i = 1; i < settings->service_count; i++)
		has |= report_service_has_requests(settings, &settings->service[i]);
	return has;
}

static json_t *part_json(const struct report_run *part)
{
	char name[CLI_SERVICE_TEXT];

	return json_pack("{s:s, s:o, s:o, s:o, s:o}", "name", cli_service_name(part->settings, part->service, name),
			 "totals", report_connections_json(part), "latency_ns", report_latency_json(part), "requests",
			 report_requests_json(part), "schedule_kept", json_real(report_schedule_kept(&part->schedule)));
}

json_t *report_services_json(const struct report_run *run)
{
	json_t *services = json_array();

	for (uint16_t i = 0; run->parts && i < run->settings->service_count; i++)
		json_array_append_new(services, part_json(&run->parts[i]));
	return services;
}

static void print_part(FILE *out, const struct report_run *part)
{
	const struct report_totals *totals = &part->totals;
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT], d[REPORT_NUMBER_TEXT];
	char target[CLI_TARGET_TEXT], name[CLI_SERVICE_TEXT];

	fprintf(out, "service       %s", cli_service_name(part->settings, part->service, name));
	if (part->service->target_count > 0)
		fprintf(out, ": %s", cli_format_target(part->settings, part->service, target));
	fprintf(out, "\n              opened %s   established %s   failed %s   closed %s   in flight at end %s\n",
		report_format_count(totals->opened, a), report_format_count(totals->established, b),
		report_format_count(report_failed(totals), c), report_format_count(report_closed(totals), d),
		report_format_count(totals->in_flight, target));
	report_text_targets(out, part);
	if (part->setup) {
		fputs("set-up time   ", out);
		report_text_times(out, part->setup);
		fputc('\n', out);
	}
	if (part->is_scheduled) {
		fputs("              from schedule: ", out);
		report_text_times(out, part->from_schedule);
		fputc('\n', out);
	}
	if (report_service_has_requests(part->settings, part->service))
		report_requests_text(out, part);
}

void report_services_text(FILE *out, const struct report_run *run)
{
	for (uint16_t i = 0; run->parts && i < run->settings->service_count; i++)
		print_part(out, &run->parts[i]);
}

void report_text_targets(FILE *out, const struct report_run *run)
{
	const struct cli_service *service = report_service_of(run);
	char text[QUERN_ENDPOINT_TEXT], opened[REPORT_NUMBER_TEXT], established[REPORT_NUMBER_TEXT];
	char failed[REPORT_NUMBER_TEXT];

	for (uint16_t i = 0; service && service->target_count > 1 && i < service->target_count; i++) {
		const struct report_target *target = &run->totals.targets[i];

		fprintf(out, "%s%s weight %u   opened %s   established %s   failed %s\n",
			i == 0 ? "targets       " : "              ", quern_format_endpoint(&service->target[i], text),
			service->weight[i], report_format_count(target->opened, opened),
			report_format_count(target->established, established),
			report_format_count(target->failed, failed));
	}
}
