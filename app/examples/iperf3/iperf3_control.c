/* iperf3_control.c - the control connection of a test: parameters, steps and results, as an iperf3 client has them. */
#include "iperf3.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

enum { STREAMS = 128, JSON = 65536 };
enum { TOO_MANY_STREAMS = 6, NOT_IMPLEMENTED = 13 }; /* causes of an IPERF3_SERVER_ERROR */
#define NUMBER_MAX 1e15
#define PATIENCE_NS (8 * IPERF3_NS_PER_S)

struct iperf3_test iperf3_test;

static char in[JSON], out[JSON + IPERF3_COOKIE];

void iperf3_control_flush(struct quern_shard *shard)
{
	struct iperf3_test *test = &iperf3_test;
	uint32_t taken = 0;

	quern_conn_send(shard, test->control->conn, out + test->out_sent, test->out_bytes - test->out_sent, &taken);
	test->out_sent += taken;
	if (test->out_sent == test->out_bytes)
		test->out_sent = test->out_bytes = 0;
}

/* False where there is no room for it. */
static bool say(struct quern_shard *shard, const void *text, size_t bytes)
{
	struct iperf3_test *test = &iperf3_test;

	if (bytes > sizeof(out) - test->out_bytes)
		return false;
	memcpy(out + test->out_bytes, text, bytes);
	test->out_bytes += (uint32_t)bytes;
	iperf3_control_flush(shard);
	return true;
}

void iperf3_control_say(struct quern_shard *shard, enum iperf3_state state)
{
	const signed char byte = (signed char)state;

	iperf3_test.state = state;
	say(shard, &byte, 1);
}

void iperf3_control_finish(struct quern_shard *shard)
{
	for (struct iperf3_guest *guest = iperf3_guests; guest < iperf3_guests + IPERF3_GUESTS; guest++) {
		if (guest->role != IPERF3_CONTROL && guest->role != IPERF3_STREAM)
			continue;
		guest->role = guest->is_open ? IPERF3_LEAVING : IPERF3_NOBODY;
		if (guest->is_open)
			quern_conn_close(shard, guest->conn);
	}
	iperf3_test = (struct iperf3_test){0};
}

static void refuse(struct quern_shard *shard, uint32_t cause)
{
	const uint32_t words[2] = {htonl(cause), 0};

	iperf3_control_say(shard, IPERF3_SERVER_ERROR);
	say(shard, words, sizeof(words));
	iperf3_control_finish(shard);
}

static void await(enum iperf3_awaited what, uint32_t bytes)
{
	iperf3_test.awaits = what;
	iperf3_test.wanted = bytes;
	iperf3_test.filled = 0;
}

/* 0 for what is not there, not a number, negative or absurd. */
static uint64_t number(const json_t *object, const char *key)
{
	double value = json_number_value(json_object_get(object, key));

	return value > 0 && value < NUMBER_MAX ? (uint64_t)value : 0;
}

static void take_parameters(struct quern_shard *shard, const json_t *given)
{
	struct iperf3_test *test = &iperf3_test;
	uint64_t streams = number(given, "parallel");
	bool both = json_is_true(json_object_get(given, "bidirectional"));
	bool back = json_is_true(json_object_get(given, "reverse"));

	if (!json_is_true(json_object_get(given, "tcp"))) {
		refuse(shard, NOT_IMPLEMENTED);
		return;
	}
	if (streams == 0 || streams > STREAMS) {
		refuse(shard, TOO_MANY_STREAMS);
		return;
	}
	test->receiving = back ? 0 : (uint32_t)streams;
	test->sending = back || both ? (uint32_t)streams : 0;
	test->limit = number(given, "num");
	if (test->limit == 0)
		test->limit = number(given, "blockcount") * number(given, "len");
	test->rate = number(given, "bandwidth");
	test->omit_ns = number(given, "omit") * IPERF3_NS_PER_S;
	iperf3_control_say(shard, IPERF3_CREATE_STREAMS);
	await(IPERF3_A_STATE, 1);
}

/* iperf3's first stream has the number 1, and the second 3. */
static uint64_t id_of(uint32_t stream)
{
	return stream == 0 ? 1 : stream + 2;
}

/* What the client has sent is in its results. Ours wait until as much is here, so that both ends count the same. */
static void take_results(const struct quern_shard *shard, const json_t *given)
{
	struct iperf3_test *test = &iperf3_test;
	const json_t *stream;
	size_t i;

	json_array_foreach(json_object_get(given, "streams"), i, stream)
	{
		if (test->receiving > 0 && number(stream, "id") <= id_of(test->receiving - 1))
			test->expected += number(stream, "bytes");
	}
	test->is_waiting = true;
	test->patient_until_ns = quern_now(shard) + PATIENCE_NS;
	await(IPERF3_A_STATE, 1);
}

static json_t *results_of(const struct iperf3_guest *guest, json_int_t retransmits, double seconds)
{
	return json_pack("{sI sI sI sf si si sf sf}", "id", (json_int_t)id_of(guest->number), "bytes",
			 (json_int_t)guest->bytes, "retransmits", retransmits, "jitter", 0.0, "errors", 0, "packets", 0,
			 "start_time", 0.0, "end_time", seconds);
}

static json_t *results(const struct quern_shard *shard)
{
	const struct iperf3_test *test = &iperf3_test;
	/* A shard counts for all of its connections together, so this is known where one stream alone sends. */
	bool knows = test->sending == 1;
	json_int_t again = knows ? (json_int_t)(iperf3_stream_retransmits(shard) - test->retransmits) : -1;
	double seconds = ((double)(test->ended_ns - test->begun_ns) - (double)test->omit_ns) / (double)IPERF3_NS_PER_S;
	json_t *streams = json_array();

	for (const struct iperf3_guest *guest = iperf3_guests; guest < iperf3_guests + IPERF3_GUESTS; guest++) {
		if (guest->role == IPERF3_STREAM)
			json_array_append_new(streams, results_of(guest, guest->sends ? again : -1, seconds));
	}
	/* A worker that polls keeps its core busy whatever it does. */
	return json_pack("{sf sf sf si ss so}", "cpu_util_total", 100.0, "cpu_util_user", 100.0, "cpu_util_system", 0.0,
			 "sender_has_retransmits", knows, "congestion_used", "cubic", "streams", streams);
}

static void give_results(struct quern_shard *shard)
{
	json_t *json = results(shard);
	char *text = json_dumps(json, JSON_COMPACT);
	uint32_t length = htonl(text ? (uint32_t)strlen(text) : 0);

	iperf3_test.is_waiting = false;
	if (text && say(shard, &length, sizeof(length)) && say(shard, text, strlen(text)))
		iperf3_control_say(shard, IPERF3_DISPLAY_RESULTS);
	else
		refuse(shard, NOT_IMPLEMENTED);
	free(text);
	json_decref(json);
}

static void tell(struct quern_shard *shard)
{
	const struct iperf3_test *test = &iperf3_test;
	struct quern_conn_info client = {0};
	char text[QUERN_ENDPOINT_TEXT];

	quern_conn_info(shard, test->control->conn, &client);
	printf("%s: received %" PRIu64 " bytes, sent %" PRIu64 " bytes, %.2f s, %" PRIu32 " streams\n",
	       quern_format_endpoint(&client.remote, text), test->received, test->written,
	       (double)(test->ended_ns - test->begun_ns) / (double)IPERF3_NS_PER_S, test->there);
	fflush(stdout);
}

/* What the client says in its turn; anything but the next step of a test ends it. */
static void take_state(struct quern_shard *shard, int state)
{
	if (state == IPERF3_TEST_END && iperf3_test.state == IPERF3_TEST_RUNNING) {
		iperf3_test.ended_ns = quern_now(shard);
		iperf3_control_say(shard, IPERF3_EXCHANGE_RESULTS);
		iperf3_stream_end_all(shard);
		await(IPERF3_A_LENGTH, sizeof(uint32_t));
		return;
	}
	if (state == IPERF3_DONE && iperf3_test.state == IPERF3_DISPLAY_RESULTS)
		tell(shard);
	iperf3_control_finish(shard);
}

static void take_json(struct quern_shard *shard)
{
	/* Some clients write -1 as 2^64 - 1. */
	json_t *json = json_loadb(in, iperf3_test.wanted, JSON_DECODE_INT_AS_REAL, NULL);

	if (!json)
		refuse(shard, NOT_IMPLEMENTED);
	else if (iperf3_test.state == IPERF3_PARAM_EXCHANGE)
		take_parameters(shard, json);
	else
		take_results(shard, json);
	json_decref(json);
}

/* All is here that was awaited. */
static void go_on(struct quern_shard *shard)
{
	uint32_t length;

	switch (iperf3_test.awaits) {
	case IPERF3_A_STATE:
		take_state(shard, (signed char)in[0]);
		break;
	case IPERF3_A_LENGTH:
		memcpy(&length, in, sizeof(length));
		length = ntohl(length);
		if (length == 0 || length > JSON)
			refuse(shard, NOT_IMPLEMENTED);
		else
			await(IPERF3_A_TEXT, length);
		break;
	case IPERF3_A_TEXT:
		take_json(shard);
		break;
	}
}

void iperf3_control_begin(struct quern_shard *shard, struct iperf3_guest *guest)
{
	guest->role = IPERF3_CONTROL;
	iperf3_test.control = guest;
	iperf3_control_say(shard, IPERF3_PARAM_EXCHANGE);
	await(IPERF3_A_LENGTH, sizeof(uint32_t));
}

void iperf3_control_hear(struct quern_shard *shard, const struct iperf3_guest *guest, const char *text, uint32_t bytes)
{
	struct iperf3_test *test = &iperf3_test;

	while (bytes > 0 && guest == test->control) {
		uint32_t left = test->wanted - test->filled, piece = bytes < left ? bytes : left;

		memcpy(in + test->filled, text, piece);
		text += piece;
		bytes -= piece;
		test->filled += piece;
		if (test->filled < test->wanted)
			return;
		test->filled = 0;
		go_on(shard);
	}
}

bool iperf3_control_turn(struct quern_shard *shard, void *app)
{
	const struct iperf3_test *test = &iperf3_test;
	bool is_all = test->received >= test->expected || quern_now(shard) >= test->patient_until_ns;

	(void)app;
	if (test->is_waiting && is_all)
		give_results(shard);
	if (test->state == IPERF3_TEST_RUNNING && test->rate > 0)
		iperf3_stream_fill_all(shard);
	return false;
}
