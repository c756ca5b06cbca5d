/* compare_side.c - values out of results: of repeats, of whole runs, or of blocks of seconds. */
#include "compare/compare_side.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

enum { BLOCKS = 10 };

/* The file that is being read, and what was wrong with it. */
struct reader {
	struct compare_side *side;
	const char *path;
	char *error;
	bool is_alone; /* there is no other file on this side */
};

static const struct {
	const char *key;
	const char *text;
	bool more_is_better;
} figures[] = {
#define X(name, text, more_is_better) {#name, text, more_is_better},
	COMPARE_FIGURES(X)
#undef X
};

const char *compare_figure_key(enum compare_figure figure)
{
	return figures[figure].key;
}

const char *compare_figure_text(enum compare_figure figure)
{
	return figures[figure].text;
}

bool compare_more_is_better(enum compare_figure figure)
{
	return figures[figure].more_is_better;
}

const char *compare_unit_name(enum compare_unit unit)
{
	static const char *const names[] = {"repeats", "runs", "blocks"};

	return names[unit];
}

bool compare_is_time(enum compare_figure figure)
{
	return strstr(figures[figure].key, "_ns") != NULL;
}

static int append(struct reader *reader, struct compare_values *values, double value)
{
	double *at = realloc(values->at, (values->count + 1) * sizeof(*at));

	if (!at) {
		snprintf(reader->error, CLI_ERROR_TEXT, "%s: not enough memory", reader->path);
		return -EINVAL;
	}
	values->at = at;
	values->at[values->count++] = value;
	return 0;
}

static int add(struct reader *reader, enum compare_figure figure, double value)
{
	return append(reader, &reader->side->values[figure], value);
}

/* When a run began and what its connections cost: results of before have neither, and paced ones no cost. */
static int take_cost(struct reader *reader, const json_t *run, const json_t *cost)
{
	const json_t *started_at = json_object_get(run, "started_at");
	int rc = json_is_number(started_at) ? append(reader, &reader->side->starts, json_number_value(started_at)) : 0;

	if (rc != 0 || !json_is_true(json_object_get(cost, "unpaced")))
		return rc;
	rc = add(reader, COMPARE_cycles, json_number_value(json_object_get(cost, "cycles_per_connection")));
	return rc != 0 ? rc
		       : add(reader, COMPARE_own_cycles,
			     json_number_value(json_object_get(cost, "own_cycles_per_connection")));
}

/* The number at object.key; `where` is how an error calls the object. */
static int number(struct reader *reader, const json_t *object, const char *where, const char *key, double *value)
{
	const json_t *found = json_object_get(object, key);

	if (!json_is_number(found)) {
		snprintf(reader->error, CLI_ERROR_TEXT, "%s: no number at %s.%s", reader->path, where, key);
		return -EINVAL;
	}
	*value = json_number_value(found);
	return 0;
}

static int take(struct reader *reader, enum compare_figure figure, const json_t *object, const char *where,
		const char *key)
{
	double value;
	int rc = number(reader, object, where, key, &value);

	return rc != 0 ? rc : add(reader, figure, value);
}

static int take_repeats(struct reader *reader, const json_t *runs)
{
	static const struct {
		enum compare_figure figure;
		const char *key;
	} parts[] = {{COMPARE_cps, "cps"},
		     {COMPARE_requests_per_s, "requests_per_s"},
		     {COMPARE_setup_p50_ns, "p50_ns"},
		     {COMPARE_setup_p99_ns, "p99_ns"}};
	char where[64];
	int rc = 0;

	for (size_t i = 0; i < json_array_size(runs) && rc == 0; i++) {
		snprintf(where, sizeof(where), "repeats.runs[%zu]", i);
		for (size_t part = 0; part < sizeof(parts) / sizeof(parts[0]) && rc == 0; part++)
			rc = take(reader, parts[part].figure, json_array_get(runs, i), where, parts[part].key);
		if (rc == 0)
			rc = take_cost(reader, json_array_get(runs, i), json_array_get(runs, i));
	}
	reader->side->count += json_array_size(runs);
	return rc;
}

static int take_udp_run(struct reader *reader, const json_t *udp)
{
	const json_t *rtt = json_object_get(json_object_get(udp, "latency_ns"), "rtt");
	double answered, duration_s;
	int rc = number(reader, json_object_get(udp, "counts"), "udp.counts", "answered", &answered);

	if (rc == 0)
		rc = number(reader, udp, "udp", "duration_s", &duration_s);
	if (rc == 0)
		rc = add(reader, COMPARE_answers_per_s, duration_s > 0 ? answered / duration_s : 0);
	if (rc == 0)
		rc = take(reader, COMPARE_round_trip_p50_ns, rtt, "udp.latency_ns.rtt", "p50");
	return rc != 0 ? rc : take(reader, COMPARE_round_trip_p99_ns, rtt, "udp.latency_ns.rtt", "p99");
}

static int take_run(struct reader *reader, const json_t *result)
{
	const json_t *rate = json_object_get(result, "rate"), *udp = json_object_get(result, "udp");
	const json_t *setup = json_object_get(json_object_get(result, "latency_ns"), "setup");
	int rc;

	reader->side->count++;
	rc = take_cost(reader, result, json_object_get(result, "cost"));
	if (rc != 0 || json_is_object(udp))
		return rc != 0 ? rc : take_udp_run(reader, udp);
	rc = take(reader, COMPARE_cps, rate, "rate", "cps_mean");
	if (rc == 0)
		rc = take(reader, COMPARE_requests_per_s, rate, "rate", "requests_mean");
	if (rc == 0)
		rc = take(reader, COMPARE_setup_p50_ns, setup, "latency_ns.setup", "p50");
	return rc != 0 ? rc : take(reader, COMPARE_setup_p99_ns, setup, "latency_ns.setup", "p99");
}

/* What the seconds of a run are read for. */
struct part {
	enum compare_figure figure;
	const char *key;
	bool is_of_udp;
	bool is_rate; /* a count, to be had a second; else a percentile, 0 where nothing came */
};

static const struct part parts_of_seconds[] = {
	{COMPARE_cps, "established", false, true},         {COMPARE_requests_per_s, "requests", false, true},
	{COMPARE_setup_p50_ns, "p50_ns", false, false},    {COMPARE_setup_p99_ns, "p99_ns", false, false},
	{COMPARE_answers_per_s, "answered", true, true},   {COMPARE_round_trip_p50_ns, "p50_ns", true, false},
	{COMPARE_round_trip_p99_ns, "p99_ns", true, false}};

static int row_number(struct reader *reader, const json_t *rows, size_t row, const char *key, double *value)
{
	char where[64];

	snprintf(where, sizeof(where), "series[%zu]", row);
	return number(reader, json_array_get(rows, row), where, key, value);
}

/* Adds what the rows from `first` to before `end` come to: events a second, or the mean of a percentile. */
static int take_block(struct reader *reader, const json_t *rows, size_t first, size_t end, const struct part *part)
{
	double sum = 0, begin_s = 0, end_s = 0, value;
	size_t counted = 0;
	int rc = first > 0 ? row_number(reader, rows, first - 1, "t_s", &begin_s) : 0;

	for (size_t i = first; i < end && rc == 0; i++) {
		rc = row_number(reader, rows, i, "t_s", &end_s);
		if (rc == 0)
			rc = row_number(reader, rows, i, part->key, &value);
		if (rc != 0)
			return rc;
		sum += value;
		counted += value > 0;
	}
	if (rc != 0 || (part->is_rate ? end_s <= begin_s : counted == 0))
		return rc;
	return add(reader, part->figure, sum / (part->is_rate ? end_s - begin_s : (double)counted));
}

/* A last row much shorter than the others says little: what it counts may have begun before it. */
static size_t whole_rows(const json_t *rows)
{
	size_t count = json_array_size(rows);
	double last_s, before_s;

	if (count < 2)
		return count;
	last_s = json_number_value(json_object_get(json_array_get(rows, count - 1), "t_s"));
	before_s = json_number_value(json_object_get(json_array_get(rows, count - 2), "t_s"));
	return last_s - before_s < 0.5 ? count - 1 : count;
}

static int take_blocks(struct reader *reader, const json_t *result)
{
	const json_t *udp = json_object_get(result, "udp");
	bool is_udp = json_is_object(udp);
	const json_t *rows = json_object_get(is_udp ? udp : result, "series");
	size_t count = whole_rows(rows), blocks = count < BLOCKS ? count : BLOCKS;
	double end_s = 0;
	int rc = count > 0 ? row_number(reader, rows, count - 1, "t_s", &end_s) : 0;

	for (size_t i = 0; i < sizeof(parts_of_seconds) / sizeof(parts_of_seconds[0]); i++) {
		if (parts_of_seconds[i].is_of_udp != is_udp)
			continue;
		for (size_t block = 0; block < blocks && rc == 0; block++)
			rc = take_block(reader, rows, block * count / blocks, (block + 1) * count / blocks,
					&parts_of_seconds[i]);
	}
	reader->side->count = blocks;
	reader->side->block_s = blocks > 0 ? end_s / (double)blocks : 0;
	return rc;
}

static int take_result(struct reader *reader, const json_t *result)
{
	const char *schema = json_string_value(json_object_get(result, "schema"));
	const json_t *repeats = json_object_get(result, "repeats");

	if (!schema || strcmp(schema, "quern-run/1") != 0) {
		snprintf(reader->error, CLI_ERROR_TEXT,
			 "%s: no result of bench, load or serve: its schema is %s, and not quern-run/1", reader->path,
			 schema ? schema : "not said");
		return -EINVAL;
	}
	if (json_is_object(repeats)) {
		reader->side->unit = COMPARE_REPEATS;
		return take_repeats(reader, json_object_get(repeats, "runs"));
	}
	reader->side->unit = reader->is_alone ? COMPARE_BLOCKS : COMPARE_RUNS;
	return reader->is_alone ? take_blocks(reader, result) : take_run(reader, result);
}

static int read_file(struct reader *reader)
{
	json_error_t wrong;
	json_t *result;
	FILE *file = fopen(reader->path, "r");
	int rc;

	if (!file) {
		snprintf(reader->error, CLI_ERROR_TEXT, "%s: %s", reader->path, strerror(errno));
		return -EINVAL;
	}
	result = json_loadf(file, JSON_REJECT_DUPLICATES, &wrong);
	fclose(file);
	if (!result) {
		snprintf(reader->error, CLI_ERROR_TEXT, "%s:%d:%d: no JSON: %s", reader->path, wrong.line, wrong.column,
			 wrong.text);
		return -EINVAL;
	}
	rc = take_result(reader, result);
	json_decref(result);
	return rc;
}

int compare_side_read(struct compare_side *side, const char *files, char error[CLI_ERROR_TEXT])
{
	char *names = strdup(files), *rest = names, *name;
	struct reader reader = {.side = side, .error = error, .is_alone = strchr(files, ',') == NULL};
	int rc = 0;

	*side = (struct compare_side){.files = files};
	if (!names) {
		snprintf(error, CLI_ERROR_TEXT, "%s: not enough memory", files);
		return -EINVAL;
	}
	while (rc == 0 && (name = strsep(&rest, ",")) != NULL) {
		reader.path = name;
		rc = read_file(&reader);
	}
	free(names);
	if (rc != 0)
		compare_side_free(side);
	return rc;
}

void compare_side_free(struct compare_side *side)
{
	for (int figure = 0; figure < COMPARE_FIGURES_END; figure++)
		free(side->values[figure].at);
	free(side->starts.at);
	*side = (struct compare_side){.files = NULL};
}
