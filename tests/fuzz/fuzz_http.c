/* fuzz_http.c - any bytes as HTTP: every way to cut them is read alike, and reading goes on or ends.
 * The first byte says as what they are read, the second how they are cut. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "http/http_request.h"
#include "http/http_response.h"

/* What was read: a number for each message, so that two readings can be compared. */
struct reading {
	uint64_t hash;
	size_t messages;
	size_t taken;
};

static void require(bool fact)
{
	if (!fact)
		abort();
}

static void note(struct reading *reading, uint64_t value)
{
	reading->hash = (reading->hash ^ value) * UINT64_C(0x100000001b3);
}

static void note_request(struct reading *reading, const struct http_request *request)
{
	require(request->head_bytes <= HTTP_HEAD_BYTES_MAX + 1);
	require((request->stage == HTTP_REFUSED) == (request->status >= 400));
	note(reading, request->stage);
	note(reading, request->status);
	note(reading, request->method);
	note(reading, request->fields.says);
	note(reading, http_request_keeps_alive(request));
	for (uint8_t i = 0; i < request->target_bytes; i++)
		note(reading, (uint8_t)request->target[i]);
}

static void note_response(struct reading *reading, const struct http_response *response)
{
	require(response->head_bytes <= HTTP_RESPONSE_HEAD_MAX + 1);
	note(reading, response->stage);
	note(reading, response->status);
	note(reading, http_response_keeps_alive(response));
}

static bool is_over(uint8_t stage)
{
	return stage == HTTP_COMPLETE || stage == HTTP_REFUSED;
}

/* The next piece, in memory of its own, so that a byte read beyond it is noticed. */
static uint8_t *piece_of(const uint8_t *text, size_t bytes)
{
	uint8_t *piece = malloc(bytes);

	require(piece != NULL);
	memcpy(piece, text, bytes);
	return piece;
}

static struct reading read_requests(const uint8_t *text, size_t bytes, size_t cut)
{
	struct reading reading = {.messages = 0};
	struct http_request request;

	http_request_begin(&request);
	while (reading.taken < bytes && request.stage != HTTP_REFUSED) {
		size_t size = bytes - reading.taken < cut ? bytes - reading.taken : cut;
		uint8_t *piece = piece_of(text + reading.taken, size);
		uint32_t taken = http_request_take(&request, piece, (uint32_t)size);

		free(piece);
		require(taken > 0 && taken <= size);
		reading.taken += taken;
		if (!is_over(request.stage))
			continue;
		note_request(&reading, &request);
		reading.messages++;
		if (request.stage == HTTP_COMPLETE)
			http_request_begin(&request);
	}
	note_request(&reading, &request);
	return reading;
}

static struct reading read_responses(const uint8_t *text, size_t bytes, size_t cut, bool answers_head)
{
	struct reading reading = {.messages = 0};
	struct http_response response;

	http_response_begin(&response, answers_head);
	while (reading.taken < bytes && response.stage != HTTP_REFUSED) {
		size_t size = bytes - reading.taken < cut ? bytes - reading.taken : cut;
		uint8_t *piece = piece_of(text + reading.taken, size);
		uint32_t taken = http_response_take(&response, piece, (uint32_t)size);

		free(piece);
		require(taken > 0 && taken <= size);
		reading.taken += taken;
		if (!is_over(response.stage))
			continue;
		note_response(&reading, &response);
		reading.messages++;
		if (response.stage == HTTP_COMPLETE)
			http_response_begin(&response, answers_head);
	}
	http_response_end(&response);
	note_response(&reading, &response);
	return reading;
}

static struct reading read_as(uint8_t kind, const uint8_t *text, size_t bytes, size_t cut)
{
	return kind == 'Q' ? read_requests(text, bytes, cut) : read_responses(text, bytes, cut, kind == 'H');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reading whole, pieces;
	size_t cut;

	if (size < 3)
		return 0;
	cut = data[1] % 16u + 1;
	whole = read_as(data[0], data + 2, size - 2, size);
	pieces = read_as(data[0], data + 2, size - 2, cut);
	require(whole.hash == pieces.hash && whole.messages == pieces.messages && whole.taken == pieces.taken);
	return 0;
}
