/* report_requests.c - requests of HTTP in the report: all together, and one by one. */
#include "report/report_requests.h"

#include "report/report_format.h"
#include "report/report_parts.h"

static json_t *integer(uint64_t value)
{
	return json_integer((json_int_t)value);
}

void report_requests_merge(struct report_tally *sum, const struct report_tally *tally)
{
	for (uint16_t i = 0; i < sum->each_count && i < tally->each_count; i++) {
		for (int what = 0; what < REPORT_REQUESTS_END; what++)
			sum->each[i].counts[what] += tally->each[i].counts[what];
		quern_histogram_merge(&sum->each[i].time, &tally->each[i].time);
	}
}

/* What became of one, and in which time; where there is but one, it is what became of all. */
static const uint64_t *counts_of(const struct report_run *run, uint16_t number)
{
	return run->each ? run->each[number].counts : run->totals.requests;
}

static const struct quern_histogram *time_of(const struct report_run *run, uint16_t number)
{
	return run->each ? &run->each[number].time : run->request;
}

static json_t *request_json(const struct report_run *run, uint16_t number)
{
	const struct cli_request *request = &report_service_of(run)->http.list.each[number];
	const struct quern_histogram *time = time_of(run, number);
	char name[CLI_REQUEST_NAME_TEXT];
	json_t *object = json_pack("{s:s, s:o, s:o, s:o}", "name", cli_request_name(request, name), "p50_ns",
				   integer(quern_histogram_percentile(time, 50)), "p99_ns",
				   integer(quern_histogram_percentile(time, 99)), "max_ns", integer(time->max));

	for (int what = 0; what < REPORT_REQUESTS_END; what++)
		json_object_set_new(object, report_request_names[what], integer(counts_of(run, number)[what]));
	return object;
}

json_t *report_requests_json(const struct report_run *run)
{
	const struct cli_service *service = report_service_of(run);
	json_t *list = json_array();

	if (!service || !service->http.is_spoken || !run->request)
		return list;
	for (uint16_t i = 0; i < service->http.list.count; i++)
		json_array_append_new(list, request_json(run, i));
	return list;
}

json_t *report_statuses_json(const struct report_totals *totals)
{
	json_t *object = json_object();

	for (int i = 0; i < REPORT_STATUSES_END; i++)
		json_object_set_new(object, report_status_names[i], integer(totals->statuses[i]));
	return object;
}

json_t *report_requests_config(const struct cli_requests *list)
{
	json_t *array = json_array();

	for (uint16_t i = 0; i < list->count; i++) {
		const struct cli_request *request = &list->each[i];
		json_t *headers = json_array();

		for (uint16_t j = 0; j < request->header_count; j++)
			json_array_append_new(headers, json_string(request->headers[j]));
		json_array_append_new(array,
				      json_pack("{s:s?, s:s, s:s, s:s?, s:I, s:o, s:s?, s:I, s:s?, s:s?}", "name",
						request->name, "method", request->method, "path", request->path, "host",
						request->host, "weight", (json_int_t)request->weight, "header", headers,
						"data", request->data, "data_bytes", (json_int_t)request->body_bytes,
						"expect", request->expect, "expect_body", request->expect_body));
	}
	return array;
}

static void print_statuses(FILE *out, const struct report_totals *totals)
{
	char text[REPORT_NUMBER_TEXT];

	fputs("              answers", out);
	for (int i = 0; i < REPORT_STATUSES_END; i++) {
		if (totals->statuses[i] > 0 || i == REPORT_STATUS_2xx)
			fprintf(out, "   %s %s", report_status_names[i],
				report_format_count(totals->statuses[i], text));
	}
	fputc('\n', out);
}

static void print_each(FILE *out, const struct report_run *run)
{
	const struct cli_service *service = report_service_of(run);

	for (uint16_t i = 0; run->each && i < service->http.list.count; i++) {
		const uint64_t *counts = counts_of(run, i);
		char name[CLI_REQUEST_NAME_TEXT], number[REPORT_NUMBER_TEXT];
		bool is_first = true;

		fprintf(out, "              %s:", cli_request_name(&service->http.list.each[i], name));
		for (int what = 0; what < REPORT_REQUESTS_END; what++) {
			if (counts[what] == 0 && what != REPORT_REQUESTS_sent && what != REPORT_REQUESTS_ok)
				continue;
			fprintf(out, "%s%s %s", is_first ? " " : ", ", report_request_names[what],
				report_format_count(counts[what], number));
			is_first = false;
		}
		fputs("\n                ", out);
		report_text_times(out, time_of(run, i));
		fputc('\n', out);
	}
}

/* It, or one of its services. */
static bool speaks_http(const struct report_run *run)
{
	const struct cli_service *one = report_service_of(run);
	bool speaks = one && one->http.is_spoken;

	for (uint16_t i = 0; !one && i < run->settings->service_count; i++)
		speaks |= run->settings->service[i].http.is_spoken;
	return speaks;
}

/* A part of a run has no series of its own. */
static double a_second(const struct report_run *run)
{
	if (run->series)
		return report_series_requests_mean(run->series);
	return run->duration_s > 0 ? (double)run->totals.requests[REPORT_REQUESTS_ok] / run->duration_s : 0;
}

/* The line begins of what was not as it should be. */
static void print_faults(FILE *out, const struct report_run *run)
{
	const uint64_t *requests = run->totals.requests;
	char text[REPORT_NUMBER_TEXT];

	if (!speaks_http(run)) {
		fprintf(out, "              corrupt %s", report_format_count(requests[REPORT_REQUESTS_corrupt], text));
		return;
	}
	fprintf(out, "              bad status %s   ", report_format_count(requests[REPORT_REQUESTS_bad_status], text));
	if (requests[REPORT_REQUESTS_bad_body] > 0)
		fprintf(out, "bad body %s   ", report_format_count(requests[REPORT_REQUESTS_bad_body], text));
	fprintf(out, "malformed %s", report_format_count(requests[REPORT_REQUESTS_malformed], text));
}

/* How much a source says is its server's to draw, who alone knows what it has cut (serve counts it). */
static bool has_open_ends(const struct report_run *run)
{
	const struct cli_service *one = report_service_of(run);

	return one && one->payload == CLI_PAYLOAD_SOURCE && one->payload_size.kind != CLI_SPAN_CONSTANT &&
	       run->settings->command != CLI_SERVE;
}

void report_requests_text(FILE *out, const struct report_run *run)
{
	const uint64_t *requests = run->totals.requests;
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT];

	fprintf(out, "requests      %s %s   ok %s   %s per second\n",
		run->settings->command == CLI_SERVE ? "received" : "sent",
		report_format_count(requests[REPORT_REQUESTS_sent], a),
		report_format_count(requests[REPORT_REQUESTS_ok], b), report_format_count((uint64_t)a_second(run), c));
	print_faults(out, run);
	fprintf(out, "   cut short %s   unanswered at end %s\n",
		report_format_count(requests[REPORT_REQUESTS_cut_short], a),
		report_format_count(requests[REPORT_REQUESTS_in_flight], b));
	if (has_open_ends(run))
		fputs("              sizes are the server's to draw: what it ends by FIN counts as whole\n", out);
	if (speaks_http(run))
		print_statuses(out, &run->totals);
	if (!run->request)
		return;
	fputs("request time  ", out);
	report_text_times(out, run->request);
	fputc('\n', out);
	print_each(out, run);
}
