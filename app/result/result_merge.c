/* result_merge.c - runs of several machines at the same time, as one. */
#include "result/result_parts.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "report/report_document.h"

/* How far durations may be apart. */
#define APART 0.01

static int refuse(char error[CLI_ERROR_TEXT], const char *name, const char *what)
{
	snprintf(error, CLI_ERROR_TEXT, "%s: %s", name, what);
	return -EINVAL;
}

/* What of a document cannot be added to anything. */
static int check_alone(const json_t *document, const char *name, char error[CLI_ERROR_TEXT])
{
	if (json_is_object(document_at(document, "udp")))
		return refuse(error, name, "a run of datagrams; merge is of connections");
	if (json_is_object(document_at(document, "search")) || json_is_object(document_at(document, "repeats")))
		return refuse(error, name, "several runs, by --search or --repeat; merge takes single ones");
	return 0;
}

static int check_pair(const json_t *first, const json_t *other, const char *name, char error[CLI_ERROR_TEXT])
{
	double one_s = document_number(first, "duration_s"), other_s = document_number(other, "duration_s");

	if (strcmp(document_string(first, "config.kind"), document_string(other, "config.kind")) != 0)
		return refuse(error, name, "another kind of run than the first");
	if (fabs(one_s - other_s) > APART * one_s)
		return refuse(error, name,
			      "lasted more than 1 % longer or shorter than the first: rates would not add up");
	if (json_array_size(document_at(first, "services")) != json_array_size(document_at(other, "services")))
		return refuse(error, name, "another number of services than the first has");
	return 0;
}

static void join(json_t *into, const json_t *from, const char *key)
{
	json_array_extend(json_object_get(into, key), json_object_get(from, key));
}

/* Every histogram of an object of times. */
static int add_latency(json_t *into, const json_t *from)
{
	double silence = fmax(document_number(into, "silence_max"), document_number(from, "silence_max"));
	const char *key;
	json_t *value;
	int rc = 0;

	json_object_foreach(into, key, value)
	{
		if (rc == 0 && json_is_object(value))
			rc = result_add_times(value, json_object_get(from, key));
	}
	json_object_set_new(into, "silence_max", json_integer(result_whole(silence)));
	return rc;
}

/* Percentiles of one request are kept as the greater ones: there is no histogram of it to add. */
static void add_requests(json_t *into, const json_t *from)
{
	static const char *const bounds[] = {"p50_ns", "p99_ns", "max_ns"};
	json_t *request;
	size_t i;

	json_array_foreach(into, i, request)
	{
		const json_t *other = json_array_get(from, i);
		double most[3];

		for (int j = 0; j < 3; j++)
			most[j] = fmax(document_number(request, bounds[j]), document_number(other, bounds[j]));
		result_add_counts(request, other);
		for (int j = 0; j < 3; j++)
			json_object_set_new(request, bounds[j], json_integer(result_whole(most[j])));
	}
}

/* Shares of all that was opened. */
static void add_share(json_t *into, const char *key, double own, double own_weight, double other, double other_weight)
{
	double weight = own_weight + other_weight;

	json_object_set_new(into, key, json_real(weight > 0 ? (own * own_weight + other * other_weight) / weight : 1));
}

static void add_valid(json_t *into, const json_t *from, double own_weight, double other_weight)
{
	static const char *const shares[] = {"schedule_kept", "schedule_kept_net"};

	for (int i = 0; i < 2; i++) {
		if (json_object_get(into, shares[i]) && json_object_get(from, shares[i]))
			add_share(into, shares[i], document_number(into, shares[i]), own_weight,
				  document_number(from, shares[i]), other_weight);
	}
	if (!json_is_true(json_object_get(from, "accounting")))
		json_object_set_new(into, "accounting", json_false());
	if (json_object_get(into, "late") && json_object_get(from, "late"))
		result_add_counts(json_object_get(into, "late"), json_object_get(from, "late"));
}

static void add_totals(json_t *into, const json_t *from)
{
	double own = document_number(into, "established"), other = document_number(from, "established");
	double own_packets = document_number(into, "packets_per_connection");
	json_t *targets = json_object_get(into, "targets");
	json_int_t weights[32] = {0};
	size_t count = json_array_size(targets);

	for (size_t i = 0; i < count && i < 32; i++)
		weights[i] = result_whole(document_number(json_array_get(targets, i), "weight"));
	result_add_counts(into, from);
	for (size_t i = 0; i < count && i < 32; i++)
		json_object_set_new(json_array_get(targets, i), "weight", json_integer(weights[i]));
	if (json_object_get(into, "packets_per_connection"))
		add_share(into, "packets_per_connection", own_packets, own,
			  document_number(from, "packets_per_connection"), other);
}

static int add_services(json_t *into, const json_t *from)
{
	json_t *service;
	size_t i;
	int rc = 0;

	json_array_foreach(into, i, service)
	{
		const json_t *other = json_array_get(from, i);

		add_share(service, "schedule_kept", document_number(service, "schedule_kept"),
			  document_number(service, "totals.opened"), document_number(other, "schedule_kept"),
			  document_number(other, "totals.opened"));
		add_totals(json_object_get(service, "totals"), json_object_get(other, "totals"));
		add_requests(json_object_get(service, "requests"), json_object_get(other, "requests"));
		if (rc == 0)
			rc = add_latency(json_object_get(service, "latency_ns"), json_object_get(other, "latency_ns"));
	}
	return rc;
}

/* Before totals are added: what each machine's connections cost weighs as much as there were of them. */
static void add_cost(json_t *into, const json_t *from)
{
	static const char *const keys[] = {"cycles_per_connection", "own_cycles_per_connection"};
	json_t *cost = json_object_get(into, "cost");
	const json_t *other = json_object_get(from, "cost");
	double own_closed = document_number(into, "totals.closed"), closed = document_number(from, "totals.closed");

	for (int i = 0; i < 2; i++)
		add_share(cost, keys[i], document_number(cost, keys[i]), own_closed, document_number(other, keys[i]),
			  closed);
	if (!json_is_true(json_object_get(other, "unpaced")))
		json_object_set_new(cost, "unpaced", json_false());
	if (document_number(from, "started_at") < document_number(into, "started_at"))
		json_object_set(into, "started_at", json_object_get(from, "started_at"));
}

static int add(json_t *into, const json_t *from)
{
	double opened = document_number(into, "totals.opened"), others = document_number(from, "totals.opened");
	double mean = document_number(into, "rate.cps_mean") + document_number(from, "rate.cps_mean");
	double requests = document_number(into, "rate.requests_mean") + document_number(from, "rate.requests_mean");
	json_t *rate = json_object_get(into, "rate");
	int rc = add_latency(json_object_get(into, "latency_ns"), json_object_get(from, "latency_ns"));

	add_cost(into, from);
	add_valid(json_object_get(into, "valid"), json_object_get(from, "valid"), opened, others);
	add_totals(json_object_get(into, "totals"), json_object_get(from, "totals"));
	result_add_series(json_object_get(into, "series"), json_object_get(from, "series"));
	result_set_rate(rate, json_object_get(into, "series"), mean);
	json_object_set_new(rate, "requests_mean", json_real(requests));
	add_requests(json_object_get(into, "requests"), json_object_get(from, "requests"));
	if (rc == 0)
		rc = add_services(json_object_get(into, "services"), json_object_get(from, "services"));
	result_add_counts(document_at(into, "memory.table") ? json_object_get(json_object_get(into, "memory"), "table")
							    : NULL,
			  document_at(from, "memory.table"));
	join(into, from, "workers");
	join(into, from, "impaired");
	join(into, from, "steered");
	if (!json_is_object(document_at(into, "stopped")))
		json_object_set(into, "stopped", json_object_get(from, "stopped"));
	return rc;
}

/* Those before it, of which none may be the same run. */
static int check_twice(json_t *const documents[], const char *const names[], size_t at, char error[CLI_ERROR_TEXT])
{
	for (size_t i = 0; i < at; i++) {
		if (!json_equal(documents[i], documents[at]))
			continue;
		snprintf(error, CLI_ERROR_TEXT, "%s: the same run as %s, which would count twice", names[at], names[i]);
		return -EINVAL;
	}
	return 0;
}

json_t *result_merge(json_t *const documents[], const char *const names[], size_t count, char error[CLI_ERROR_TEXT])
{
	json_t *sum = json_deep_copy(documents[0]), *files = json_array();
	int rc = sum ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = check_alone(documents[i], names[i], error);
		json_array_append_new(files, json_string(names[i]));
		if (rc != 0 || i == 0)
			continue;
		rc = check_pair(documents[0], documents[i], names[i], error);
		if (rc == 0)
			rc = check_twice(documents, names, i, error);
		if (rc == 0 && add(sum, documents[i]) != 0)
			rc = refuse(error, names[i], "a histogram in it is none");
	}
	json_object_set_new(json_object_get(sum, "config"), "merged", files);
	json_object_set_new(sum, "verdict", json_string(result_worst_verdict(documents, count)));
	if (rc == 0 && result_judge(sum) != 0)
		rc = refuse(error, names[0], "its thresholds cannot be judged");
	if (rc == 0)
		return sum;
	json_decref(sum);
	return NULL;
}
