/* test_http_request.c - requests good and bad, whole and cut at every byte. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/http_request.h"

#define HOST "Host: a\r\n"

/* Feeds text in pieces, from a copy that ends where the piece does; returns how many bytes were taken. */
static uint32_t feed(struct http_request *request, const char *text, size_t length, size_t piece)
{
	size_t at = 0;

	while (at < length && request->stage != HTTP_COMPLETE && request->stage != HTTP_REFUSED) {
		size_t bytes = length - at < piece ? length - at : piece;
		char *copy = malloc(bytes);
		uint32_t taken;

		memcpy(copy, text + at, bytes);
		taken = http_request_take(request, copy, (uint32_t)bytes);
		free(copy);
		cr_assert(taken > 0 && taken <= bytes, "%u of %zu in %s", taken, bytes, text);
		at += taken;
	}
	return (uint32_t)at;
}

static void expect_same(const struct http_request *found, const struct http_request *wanted, const char *text)
{
	cr_assert_eq(found->stage, wanted->stage, "stage %u, not %u: %s", found->stage, wanted->stage, text);
	cr_assert_eq(found->status, wanted->status, "status %u, not %u: %s", found->status, wanted->status, text);
	cr_assert_eq(found->method, wanted->method);
	cr_assert_eq(found->minor_version, wanted->minor_version);
	cr_assert_eq(found->fields.says, wanted->fields.says, "%s", text);
	cr_assert_eq(found->target_bytes, wanted->target_bytes);
	cr_assert_arr_eq(found->target, wanted->target, found->target_bytes);
	cr_assert_eq(http_request_keeps_alive(found), http_request_keeps_alive(wanted));
}

/* Whole, byte by byte, and in two pieces cut at every place: always the same. */
static struct http_request read_request(const char *text)
{
	struct http_request whole, other;
	size_t length = strlen(text);
	uint32_t taken, again;

	http_request_begin(&whole);
	taken = feed(&whole, text, length, length);
	http_request_begin(&other);
	again = feed(&other, text, length, 1);
	cr_assert_eq(taken, again);
	expect_same(&other, &whole, text);
	for (size_t cut = 1; cut < length; cut++) {
		http_request_begin(&other);
		again = feed(&other, text, cut, cut);
		again += feed(&other, text + again, length - again, length);
		cr_assert_eq(taken, again, "cut at %zu", cut);
		expect_same(&other, &whole, text);
	}
	return whole;
}

Test(http_request, is_read_to_its_last_byte_and_not_beyond)
{
	static const struct {
		const char *text;
		enum http_method method;
		const char *target;
		bool keeps_alive;
	} cases[] = {
		{"GET / HTTP/1.1\r\n" HOST "\r\n", HTTP_GET, "/", true},
		{"GET / HTTP/1.1\n"
		 "Host:a\n\n",
		 HTTP_GET, "/", true},
		{"\r\n\nGET /x?y=%20z HTTP/1.1\r\nhOST:\t a:80 \t\r\n\r\n", HTTP_GET, "/x?y=%20z", true},
		{"HEAD http://h/p HTTP/1.1\r\nHost:\r\n\r\n", HTTP_HEAD, "http://h/p", true},
		{"GET / HTTP/1.0\r\n\r\n", HTTP_GET, "/", false},
		{"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", HTTP_GET, "/", true},
		{"GET / HTTP/1.1\r\n" HOST "Connection: x,  CLOSE , y\r\n\r\n", HTTP_GET, "/", false},
		{"GET / HTTP/1.1\r\n" HOST "Connection: keep-alive\r\nconnection: close\r\n\r\n", HTTP_GET, "/", false},
		{"GET / HTTP/1.1\r\n" HOST "Connection: not close, closed\r\n\r\n", HTTP_GET, "/", true},
		{"GET / HTTP/1.1\r\n" HOST "X: \xc3\xa9 \"a, b\"\r\nEmpty:\r\n\r\n", HTTP_GET, "/", true},
		{"POST /p HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nabcde", HTTP_POST, "/p", true},
		{"POST /p HTTP/1.1\r\n" HOST "Content-Length: 05, 5\r\nContent-Length:5\r\n\r\nabcde", HTTP_POST, "/p",
		 true},
		{"POST /p HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", HTTP_POST, "/p", true},
		{"GET /p HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n\r\n", HTTP_GET, "/p", true},
		{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n"
		 "5\r\nabcde\r\n0A ; x=\"y\"\r\n0123456789\r\n1\nz\n000\r\nTrailer: Content-Length: 7\r\nB: c\n\r\n",
		 HTTP_POST, "/", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char pipelined[512];
		struct http_request request = read_request(cases[i].text);
		uint32_t taken;

		cr_assert_eq(request.stage, HTTP_COMPLETE, "status %u: %s", request.status, cases[i].text);
		cr_assert_eq(request.method, cases[i].method);
		cr_assert_eq(request.target_bytes, strlen(cases[i].target));
		cr_assert_arr_eq(request.target, cases[i].target, request.target_bytes);
		cr_assert_eq(http_request_keeps_alive(&request), cases[i].keeps_alive, "%s", cases[i].text);
		snprintf(pipelined, sizeof(pipelined), "%s%s", cases[i].text, cases[i].text);
		http_request_begin(&request);
		taken = feed(&request, pipelined, strlen(pipelined), sizeof(pipelined));
		cr_assert_eq(taken, strlen(cases[i].text), "%u bytes of %s", taken, cases[i].text);
	}
}

struct wrong {
	const char *text;
	uint16_t status;
};

/* Request lines and fields. */
static const struct wrong wrong_lines[] = {
	{"GET  / HTTP/1.1\r\n", 400},
	{" GET / HTTP/1.1\r\n", 400},
	{"G(T / HTTP/1.1\r\n", 400},
	{"GET\r\n", 400},
	{"GET /\r\n", 400},
	{"GET / HTTP/1.1 \r\n", 400},
	{"GET / http/1.1\r\n", 400},
	{"GET / HTTP/11\r\n", 400},
	{"GET /\x80 HTTP/1.1\r\n", 400},
	{"GET /#a HTTP/1.1\r\n", 400},
	{"GET /\t HTTP/1.1\r\n", 400},
	{"GET / HTTP/1.1\rX", 400},
	{"get / HTTP/1.1\r\n", 501},
	{"BREW / HTTP/1.1\r\n", 501},
	{"ANDALONGMETHODTHATNOBODYKNOWS / HTTP/1.1\r\n", 501},
	{"PUT / HTTP/1.1\r\n", 405},
	{"OPTIONS * HTTP/1.1\r\n", 405},
	{"CONNECT a:1 HTTP/1.1\r\n", 405},
	{"GET / HTTP/1.2\r\n", 505},
	{"GET / HTTP/2.0\r\n", 505},
	{"GET / HTTP/0.9\r\n", 505},
	{"GET / HTTP/1.1\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\n" HOST "Host: b\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\n" HOST "X\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\n" HOST ": x\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\n" HOST "\rX", 400},
};

/* What says how long the body is, and chunks. */
static const struct wrong wrong_bodies[] = {
	{"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 6\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\n" HOST "Content-Length: -5\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\n" HOST "Content-Length: 5 5\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\n" HOST "Content-Length: 5,\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\n" HOST "Content-Length: 9223372036854775808\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551621\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, chunked\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, gzip\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
	{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chun ked\r\n\r\n", 501},
	{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nx", 400},
	{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n\r\n", 400},
	{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\nab", 400},
	{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\na\rb", 400},
	{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\rx", 400},
	{"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n", 400},
};

static void expect_refused(const struct wrong *wrong, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct http_request request = read_request(wrong[i].text);

		cr_assert_eq(request.stage, HTTP_REFUSED, "taken: %s", wrong[i].text);
		cr_assert_eq(request.status, wrong[i].status, "%u, not %u: %s", request.status, wrong[i].status,
			     wrong[i].text);
		cr_assert_not(http_request_keeps_alive(&request));
	}
}

Test(http_request, that_is_wrong_is_refused_with_the_status_that_says_why)
{
	expect_refused(wrong_lines, sizeof(wrong_lines) / sizeof(wrong_lines[0]));
	expect_refused(wrong_bodies, sizeof(wrong_bodies) / sizeof(wrong_bodies[0]));
}

Test(http_request, stops_behind_the_head_where_a_body_follows)
{
	static const char text[] = "POST / HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\nContent-Length: 3\r\n\r\nabc";
	struct http_request request;
	uint32_t taken;

	http_request_begin(&request);
	taken = http_request_take(&request, text, sizeof(text) - 1);
	cr_assert_eq(taken, sizeof(text) - 1 - 3);
	cr_assert_eq(request.stage, HTTP_IN_BODY);
	cr_assert(request.fields.says & HTTP_EXPECTS_CONTINUE);
	cr_assert_eq(http_request_take(&request, text + taken, 3), 3);
	cr_assert_eq(request.stage, HTTP_COMPLETE);
}

static struct http_request read_with_target(size_t bytes)
{
	struct http_request request;
	char text[1024];

	snprintf(text, sizeof(text), "GET /%0*d HTTP/1.1\r\n" HOST "\r\n", (int)bytes - 1, 0);
	http_request_begin(&request);
	feed(&request, text, strlen(text), sizeof(text));
	return request;
}

Test(http_request, has_a_target_of_255_bytes_at_most)
{
	cr_assert_eq(read_with_target(255).stage, HTTP_COMPLETE);
	cr_assert_eq(read_with_target(255).target_bytes, 255);
	cr_assert_eq(read_with_target(256).status, 414);
}

/* A head of so many bytes in all; with its last field or chunk line as long as it takes. */
static struct http_request read_head_of(size_t bytes)
{
	static const char begin[] = "GET / HTTP/1.1\r\n" HOST "X: ";
	struct http_request request;
	char *text = malloc(bytes);

	memset(text, 'x', bytes);
	memcpy(text, begin, sizeof(begin) - 1);
	memcpy(text + bytes - 4, "\r\n\r\n", 4);
	http_request_begin(&request);
	feed(&request, text, bytes, bytes);
	free(text);
	return request;
}

Test(http_request, has_a_head_of_8_KiB_at_most)
{
	struct http_request request;
	char lines[HTTP_HEAD_BYTES_MAX + 1];

	cr_assert_eq(read_head_of(8192).stage, HTTP_COMPLETE);
	cr_assert_eq(read_head_of(8193).status, 431);
	memset(lines, '\n', sizeof(lines));
	http_request_begin(&request);
	feed(&request, lines, sizeof(lines), sizeof(lines));
	cr_assert_eq(request.status, 431, "empty lines count as well");
}

Test(http_request, has_chunk_lines_and_trailers_of_bounded_length)
{
	static const char head[] = "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n";
	char extension[HTTP_CHUNK_LINE_MAX + 2], trailer[HTTP_TRAILER_MAX + 2];
	struct http_request request;

	memset(extension, 'x', sizeof(extension));
	memcpy(extension, "1;", 2);
	http_request_begin(&request);
	feed(&request, head, sizeof(head) - 1, sizeof(head));
	feed(&request, extension, sizeof(extension), sizeof(extension));
	cr_assert_eq(request.status, 400);
	memset(trailer, 'x', sizeof(trailer));
	http_request_begin(&request);
	feed(&request, head, sizeof(head) - 1, sizeof(head));
	feed(&request, "0\r\n", 3, 3);
	feed(&request, trailer, sizeof(trailer), sizeof(trailer));
	cr_assert_eq(request.status, 400);
}
