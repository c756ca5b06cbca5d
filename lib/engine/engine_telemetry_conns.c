/* engine_telemetry_conns.c - /quern/conns: a page of connections, column by column, since an answer of telemetry holds
 * arrays of numbers or texts only, and 16 KiB at most. */
#include "engine/engine_telemetry.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <quern/observe.h>

#include "engine/engine_parts.h"

enum {
	/* A row is at most 146 bytes: two texts of 24, one of 15, and eight numbers of 10 digits with their commas.
	 * Over IPv6, the two are of 50. */
	PAGE = 100,
	PAGE_IP6 = 75,
	/* With ids, numbers of at most 15 digits. */
	PAGE_IDS = 85,
	PAGE_IDS_IP6 = 65,
	CURSOR_TEXT = 32
};

struct request {
	struct quern_conn_filter filter;
	uint16_t shard;
	bool is_one_shard;
	struct quern_conn_cursor cursor;
	uint32_t limit;
	bool with_ids;
};

/* What of a row is a number, with its key. */
#define NUMBERS(X) X(snd_nxt) X(snd_una) X(rcv_nxt) X(snd_wnd) X(queued_bytes) X(held_bytes) X(rto_ms) X(mss)

/* SHARD.PLACE, as it was given out. */
static int parse_cursor(const struct quern_engine *engine, const char *text, struct request *request)
{
	char *end;
	unsigned long shard = strtoul(text, &end, 10);

	if (end == text || *end != '.' || shard >= engine->config.shard_count)
		return -EINVAL;
	text = end + 1;
	errno = 0;
	request->cursor.at = strtoull(text, &end, 16);
	if (end == text || *end != '\0' || errno != 0)
		return -EINVAL;
	request->shard = (uint16_t)shard;
	return 0;
}

static int parse_one(const struct quern_engine *engine, const char *name, const char *value, struct request *request)
{
	uint64_t number;

	if (strcmp(name, "cursor") == 0)
		return parse_cursor(engine, value, request);
	if (strcmp(name, "shard") == 0) {
		if (engine_parse_number(value, engine->config.shard_count - 1u, &number) != 0)
			return -EINVAL;
		request->shard = (uint16_t)number;
		request->is_one_shard = true;
		return 0;
	}
	if (strcmp(name, "limit") == 0) {
		if (engine_parse_number(value, PAGE, &number) != 0 || number == 0)
			return -EINVAL;
		request->limit = (uint32_t)number;
		return 0;
	}
	if (strcmp(name, "ids") == 0) {
		if (engine_parse_number(value, 1, &number) != 0)
			return -EINVAL;
		request->with_ids = number == 1;
		return 0;
	}
	return quern_conn_filter_add(&request->filter, name, value);
}

static int parse(const struct quern_engine *engine, const char *parameters, struct request *request)
{
	char name[ENGINE_PARAMETER_TEXT], value[ENGINE_PARAMETER_TEXT];
	int found;

	*request = (struct request){.limit = PAGE};
	while ((found = engine_next_parameter(&parameters, name, value)) > 0) {
		if (parse_one(engine, name, value, request) != 0)
			return -EINVAL;
	}
	return found;
}

static struct rte_tel_data *column(enum rte_tel_value_type type)
{
	struct rte_tel_data *data = rte_tel_data_alloc();

	if (data != NULL)
		rte_tel_data_start_array(data, type);
	return data;
}

static int add_endpoints(struct rte_tel_data *answer, const struct quern_conn_info *rows, uint32_t count, bool is_local)
{
	struct rte_tel_data *data = column(RTE_TEL_STRING_VAL);
	char text[QUERN_ENDPOINT_TEXT];

	if (data == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		rte_tel_data_add_array_string(data,
					      quern_format_endpoint(is_local ? &rows[i].local : &rows[i].remote, text));
	return rte_tel_data_add_dict_container(answer, is_local ? "local" : "remote", data, 0);
}

static int add_numbers(struct rte_tel_data *answer, const struct quern_conn_info *rows, uint32_t count)
{
	struct rte_tel_data *data;

#define X(key)                                                 \
	data = column(RTE_TEL_U64_VAL);                        \
	if (data == NULL)                                      \
		return -ENOMEM;                                \
	for (uint32_t i = 0; i < count; i++)                   \
		rte_tel_data_add_array_u64(data, rows[i].key); \
	rte_tel_data_add_dict_container(answer, #key, data, 0);
	NUMBERS(X)
#undef X
	return 0;
}

static int add_ids(struct rte_tel_data *answer, const struct quern_conn_info *rows, uint32_t count)
{
	struct rte_tel_data *data = column(RTE_TEL_U64_VAL);

	if (data == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		rte_tel_data_add_array_u64(data, rows[i].id);
	return rte_tel_data_add_dict_container(answer, "id", data, 0);
}

static int add_columns(struct rte_tel_data *answer, const struct quern_conn_info *rows, uint32_t count)
{
	struct rte_tel_data *data;

	if (add_endpoints(answer, rows, count, true) != 0 || add_endpoints(answer, rows, count, false) != 0)
		return -ENOMEM;
	data = column(RTE_TEL_STRING_VAL);
	if (data == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		rte_tel_data_add_array_string(data, quern_state_name(rows[i].state));
	rte_tel_data_add_dict_container(answer, "state", data, 0);
	return add_numbers(answer, rows, count);
}

/* Where the list goes on: in this shard, or at the beginning of the next. */
static void add_cursor(const struct quern_engine *engine, const struct request *request, struct rte_tel_data *answer)
{
	char text[CURSOR_TEXT];

	if (request->cursor.at != QUERN_CONNS_END)
		snprintf(text, sizeof(text), "%u.%" PRIx64, request->shard, request->cursor.at);
	else if (!request->is_one_shard && request->shard + 1 < engine->config.shard_count)
		snprintf(text, sizeof(text), "%u.0", request->shard + 1);
	else
		return;
	rte_tel_data_add_dict_string(answer, "cursor", text);
}

/* As many rows as are asked for, if they fit, however long their addresses are. */
static uint32_t rows_of_page(const struct quern_engine *engine, const struct request *request)
{
	uint32_t most = request->with_ids ? PAGE_IDS : PAGE;

	for (uint16_t port = 0; port < engine->config.port_count; port++) {
		if (quern_ip6_is_set(&engine->config.ports[port].ip6.first))
			most = request->with_ids ? PAGE_IDS_IP6 : PAGE_IP6;
	}
	return request->limit < most ? request->limit : most;
}

int engine_answer_conns(const struct quern_engine *engine, const char *parameters, struct rte_tel_data *answer)
{
	struct quern_conn_info rows[PAGE];
	struct request request;
	uint32_t count;

	if (parse(engine, parameters, &request) != 0)
		return engine_telemetry_error(answer,
					      "accepted: state=NAME local=ADDR[:PORT] remote=ADDR[:PORT] shard=N "
					      "limit=1..100 ids=0|1 cursor=TEXT, by commas");
	count = quern_engine_conns(engine, request.shard, &request.cursor, &request.filter, rows,
				   rows_of_page(engine, &request));
	rte_tel_data_start_dict(answer);
	rte_tel_data_add_dict_u64(answer, "shard", request.shard);
	rte_tel_data_add_dict_string(answer, "role", engine->shards[request.shard].role);
	rte_tel_data_add_dict_u64(answer, "count", count);
	rte_tel_data_add_dict_u64(answer, "skipped", request.cursor.skipped);
	add_cursor(engine, &request, answer);
	if (request.with_ids && add_ids(answer, rows, count) != 0)
		return -ENOMEM;
	return add_columns(answer, rows, count);
}
