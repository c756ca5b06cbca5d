/* test_http_response.c - answers good and bad, whole and cut at every byte. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "http/http_response.h"

static uint32_t feed(struct http_response *response, const char *text, size_t length, size_t piece)
{
	size_t at = 0;

	while (at < length && response->stage != HTTP_COMPLETE && response->stage != HTTP_REFUSED) {
		size_t bytes = length - at < piece ? length - at : piece;
		char *copy = malloc(bytes);
		uint32_t taken;

		memcpy(copy, text + at, bytes);
		taken = http_response_take(response, copy, (uint32_t)bytes);
		free(copy);
		cr_assert(taken > 0 && taken <= bytes, "%u of %zu in %s", taken, bytes, text);
		at += taken;
	}
	return (uint32_t)at;
}

static void expect_same(const struct http_response *found, const struct http_response *wanted, const char *text)
{
	cr_assert_eq(found->stage, wanted->stage, "stage %u, not %u: %s", found->stage, wanted->stage, text);
	cr_assert_eq(found->status, wanted->status, "%s", text);
	cr_assert_eq(http_response_keeps_alive(found), http_response_keeps_alive(wanted), "%s", text);
}

/* Whole, byte by byte, and in two pieces cut at every place: always the same. */
static struct http_response read_response(const char *text, bool answers_head, uint32_t *taken)
{
	struct http_response whole, other;
	size_t length = strlen(text);
	uint32_t again;

	http_response_begin(&whole, answers_head);
	*taken = feed(&whole, text, length, length);
	http_response_begin(&other, answers_head);
	again = feed(&other, text, length, 1);
	cr_assert_eq(*taken, again, "%u and %u: %s", *taken, again, text);
	expect_same(&other, &whole, text);
	for (size_t cut = 1; cut < length; cut++) {
		http_response_begin(&other, answers_head);
		again = feed(&other, text, cut, cut);
		again += feed(&other, text + again, length - again, length);
		cr_assert_eq(*taken, again);
		expect_same(&other, &whole, text);
	}
	return whole;
}

Test(http_response, ends_where_its_head_says)
{
	static const struct {
		const char *text; /* the answer, and behind it an x that belongs to no answer */
		uint16_t status;
		bool keeps_alive;
	} cases[] = {
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcx", 200, true},
		{"HTTP/1.1 200 OK\nContent-Length: 3\n\nabcx", 200, true},
		{"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\nx", 200, true},
		{"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\nx", 200, true},
		{"HTTP/1.1 404 Nicht \xfc\r\nContent-Length: 1\r\nConnection: close\r\n\r\nax", 404, false},
		{"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nax", 200, false},
		{"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\nax", 200, true},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nx", 200, true},
		{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\nx", 200,
		 true},
		{"HTTP/1.1 204 None\r\nContent-Length: 5\r\n\r\nx", 204, true},
		{"HTTP/1.1 204 None\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nx", 204, false},
		{"HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\nx", 304, true},
		{"HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
		 "1\r\n\r\nax",
		 200, true},
		{"HTTP/1.1 200 OK\r\nX: a\r\n\tContent-Length: 7\r\nContent-Length:\r\n 1\r\n\r\nax", 200, true},
	};
	uint32_t taken;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_response response = read_response(cases[i].text, false, &taken);

		cr_assert_eq(response.stage, HTTP_COMPLETE, "stage %u: %s", response.stage, cases[i].text);
		cr_assert_eq(response.status, cases[i].status, "%u: %s", response.status, cases[i].text);
		cr_assert_eq(taken, strlen(cases[i].text) - 1, "%u bytes of %s", taken, cases[i].text);
		cr_assert_eq(http_response_keeps_alive(&response), cases[i].keeps_alive, "%s", cases[i].text);
	}
}

/* Reads an answer run by run, in pieces of one size, and gathers what its body holds. */
static void gather(const char *text, size_t piece, char *content)
{
	struct http_response response;
	size_t length = strlen(text), at = 0;
	uint32_t bytes, gathered = 0;

	http_response_begin(&response, false);
	while (at < length && response.stage <= HTTP_IN_BODY) {
		size_t given = length - at < piece ? length - at : piece;
		uint32_t taken = http_response_take_run(&response, text + at, (uint32_t)given, &bytes);

		cr_assert(taken > 0 && taken <= given && bytes <= taken, "%u and %u of %zu", taken, bytes, given);
		memcpy(content + gathered, text + at + taken - bytes, bytes);
		gathered += bytes;
		at += taken;
	}
	content[gathered] = '\0';
}

Test(http_response, gives_what_its_body_holds_run_by_run)
{
	static const char in_chunks[] =
		"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		"3;a=b\r\nin \r\n1\r\nc\r\n4\nhunk\n0\r\nTrailer: x\r\n\r\nx";
	static const char *const texts[] = {"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nin chunkx",
					    "HTTP/1.1 200 OK\r\n\r\nin chunk", in_chunks};
	char content[64];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (size_t piece = 1; piece <= strlen(texts[i]); piece++) {
			gather(texts[i], piece, content);
			cr_assert_str_eq(content, "in chunk", "'%s' by %zu of %s", content, piece, texts[i]);
		}
	}
}

Test(http_response, to_HEAD_has_no_body)
{
	uint32_t taken;
	struct http_response response = read_response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nx", true, &taken);

	cr_assert_eq(response.stage, HTTP_COMPLETE);
	cr_assert_eq(taken, strlen("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
}

Test(http_response, without_a_length_ends_with_the_connection)
{
	static const char *const texts[] = {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nany text",
					    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n"};
	uint32_t taken;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct http_response response = read_response(texts[i], false, &taken);

		cr_assert_eq(response.stage, HTTP_IN_BODY, "%s", texts[i]);
		http_response_end(&response);
		cr_assert_eq(response.stage, HTTP_COMPLETE);
		cr_assert_not(http_response_keeps_alive(&response));
	}
}

Test(http_response, that_is_cut_is_not_complete)
{
	static const char *const texts[] = {"H",
					    "HTTP/1.1 200 OK\r\n",
					    "HTTP/1.1 100 Go on\r\n\r\n",
					    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
					    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
					    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"};
	uint32_t taken;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct http_response response = read_response(texts[i], false, &taken);

		http_response_end(&response);
		cr_assert(response.stage == HTTP_IN_HEAD || response.stage == HTTP_IN_BODY, "%s", texts[i]);
	}
}

Test(http_response, that_is_no_HTTP_is_refused)
{
	static const char *const texts[] = {
		"SSH-2.0-x\r\n",
		"HTTP/2 200 OK\r\n",
		"HTTP/1.x 200 OK\r\n",
		"HTTP/1.1  200 OK\r\n",
		"HTTP/1.1 20 OK\r\n",
		"HTTP/1.1 2000 OK\r\n",
		"HTTP/1.1 099 Low\r\n\r\n",
		"HTTP/1.1 101 Switching\r\n\r\n",
		"HTTP/1.1 200 O\rK\r\n",
		"HTTP/1.1 200 O\x01K\r\n",
		"HTTP/1.1 200 OK\r\n folded\r\n",
		"HTTP/1.1 200 OK\r\nA b: c\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ng",
	};
	uint32_t taken;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_assert_eq(read_response(texts[i], false, &taken).stage, HTTP_REFUSED, "%s", texts[i]);
}

Test(http_response, has_a_head_of_64_KiB_at_most_whatever_goes_before_it)
{
	struct http_response response;
	uint32_t bytes = 0;

	http_response_begin(&response, false);
	while (response.stage == HTTP_IN_HEAD && bytes <= HTTP_RESPONSE_HEAD_MAX)
		bytes += feed(&response, "HTTP/1.1 100 Go on\r\n\r\n", 22, 22);
	cr_assert_eq(response.stage, HTTP_REFUSED);
}
