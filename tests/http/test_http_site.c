/* test_http_site.c - from targets to pages, and the heads of answers. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/http_answer.h"
#include "http/http_request.h"
#include "http/http_site.h"

static struct http_found find(const struct http_site *site, const char *target)
{
	return http_site_find(site, target, (uint8_t)strlen(target));
}

Test(http_site, without_a_root_has_bodies_of_any_length_in_one_pattern)
{
	static const struct {
		const char *target;
		uint16_t status;
		uint64_t bytes;
	} cases[] = {
		{"/", 200, 77},
		{"/?q", 200, 77},
		{"http://a.b:8/", 200, 77},
		{"http://a.b", 200, 77},
		{"HTTP://a.b?q=/bytes/1", 200, 77},
		{"/bytes/0", 200, 0},
		{"/bytes/1.5k?x", 200, 1500},
		{"/%62ytes/100M", 200, 100000000},
		{"/bytes/1000G", 200, 1000000000000},
		{"http://a.b/bytes/7", 200, 7},
		{"/bytes/1001G", 404, 14},
		{"/bytes/", 404, 14},
		{"/bytes/-1", 404, 14},
		{"/bytes/1x", 404, 14},
		{"/bytes/1/", 404, 14},
		{"/index.html", 404, 14},
		{"//", 404, 14},
		{"*", 400, 16},
		{"bytes/1", 400, 16},
		{"/%", 400, 16},
		{"/%4", 400, 16},
		{"/%zz", 400, 16},
		{"/bytes/1%00", 400, 16},
	};
	struct http_site site;
	char error[HTTP_SITE_ERROR];
	uint64_t together;

	cr_assert_eq(http_site_open(&site, NULL, 77, error), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_found found = find(&site, cases[i].target);

		cr_assert_eq(found.status, cases[i].status, "%u: %s", found.status, cases[i].target);
		cr_assert_eq(found.bytes, cases[i].bytes, "%lu: %s", found.bytes, cases[i].target);
	}
	for (uint64_t offset = 0; offset < 200000; offset += 997) {
		const uint8_t *text = http_site_text(&site, HTTP_PAGE_PATTERN, offset, &together);

		cr_assert_gt(together, 60000);
		for (uint64_t i = 0; i < 200; i++)
			cr_assert_eq(text[i],
				     (uint8_t) "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
					     [(offset + i) % 64]);
	}
	http_site_close(&site);
}

enum { PATH_BYTES = 160 };

/* A folder of files, made and removed again by its test. */
struct folder {
	char path[64];
	const char *made[16]; /* names in it */
	int count;
};

static char *path_in(const struct folder *folder, const char *name, char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, "%s/%s", folder->path, name);
	return path;
}

static void make_file(struct folder *folder, const char *name, const char *text)
{
	char path[PATH_BYTES];
	FILE *file = fopen(path_in(folder, name, path), "w");

	cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
	folder->made[folder->count++] = name;
}

static void make_folder(struct folder *folder, const char *name)
{
	char path[PATH_BYTES];

	cr_assert_eq(mkdir(path_in(folder, name, path), 0755), 0);
	folder->made[folder->count++] = name;
}

static void make_link(struct folder *folder, const char *name, const char *to)
{
	char path[PATH_BYTES];

	cr_assert_eq(symlink(to, path_in(folder, name, path)), 0);
	folder->made[folder->count++] = name;
}

static struct folder make_root(void)
{
	struct folder folder = {.path = "/tmp/quern-test-root-XXXXXX"};

	cr_assert(mkdtemp(folder.path));
	make_folder(&folder, "root");
	make_file(&folder, "secret", "secret");
	make_file(&folder, "root/index.html", "<p>hello</p>");
	make_file(&folder, "root/a b%.TXT", "text");
	make_file(&folder, "root/empty", "");
	make_folder(&folder, "root/sub");
	make_file(&folder, "root/sub/index.html", "sub");
	make_file(&folder, "root/sub/style.css", "p{}");
	make_link(&folder, "root/inside", "sub/style.css");
	make_link(&folder, "root/outside", "../secret");
	make_link(&folder, "root/nowhere", "nothing");
	make_link(&folder, "root/loop", "sub");
	return folder;
}

static void remove_root(struct folder *folder)
{
	char path[PATH_BYTES];

	while (folder->count > 0)
		cr_assert_eq(remove(path_in(folder, folder->made[--folder->count], path)), 0);
	cr_assert_eq(rmdir(folder->path), 0);
}

static void expect_file(const struct http_site *site, const char *target, const char *text, const char *type)
{
	struct http_found found = find(site, target);
	uint64_t together;

	if (!text) {
		cr_assert_eq(found.status, 404, "%s: %u", target, found.status);
		return;
	}
	cr_assert_eq(found.status, 200, "%s: %u", target, found.status);
	cr_assert_eq(found.bytes, strlen(text), "%s", target);
	cr_assert_arr_eq(http_site_text(site, found.page, 0, &together), text, strlen(text));
	cr_assert_eq(together, strlen(text));
	cr_assert_str_eq(http_site_type(site, found.page), type, "%s", target);
}

Test(http_site, with_a_root_has_its_files_and_nothing_outside_of_it)
{
	struct folder folder = make_root();
	struct http_site site;
	char error[HTTP_SITE_ERROR], root[160];

	snprintf(root, sizeof(root), "%s/root/", folder.path);
	cr_assert_eq(http_site_open(&site, root, 0, error), 0, "%s", error);
	cr_assert_eq(site.page_count, 6);
	cr_assert_eq(site.left_out, 3);
	expect_file(&site, "/", "<p>hello</p>", "text/html; charset=utf-8");
	expect_file(&site, "/index.html?v=1", "<p>hello</p>", "text/html; charset=utf-8");
	expect_file(&site, "/a%20b%25.TXT", "text", "text/plain; charset=utf-8");
	expect_file(&site, "/empty", "", "application/octet-stream");
	expect_file(&site, "/sub/", "sub", "text/html; charset=utf-8");
	expect_file(&site, "/sub%2fstyle.css", "p{}", "text/css; charset=utf-8");
	expect_file(&site, "/inside", "p{}", "application/octet-stream");
	expect_file(&site, "/outside", NULL, NULL);
	expect_file(&site, "/nowhere", NULL, NULL);
	expect_file(&site, "/loop/style.css", NULL, NULL);
	expect_file(&site, "/sub", NULL, NULL);
	expect_file(&site, "/../secret", NULL, NULL);
	expect_file(&site, "/%2e%2e/secret", NULL, NULL);
	expect_file(&site, "/sub/../index.html", NULL, NULL);
	expect_file(&site, "/bytes/5", NULL, NULL);
	http_site_close(&site);
	remove_root(&folder);
}

Test(http_site, with_a_root_that_cannot_be_read_says_why)
{
	static const struct {
		const char *root;
		const char *error;
	} cases[] = {{"/nonexistent/root", "--root /nonexistent/root: No such file or directory"},
		     {"/dev/null", "--root /dev/null: Not a directory"}};
	struct http_site site;
	char error[HTTP_SITE_ERROR];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_assert_lt(http_site_open(&site, cases[i].root, 0, error), 0);
		cr_assert_str_eq(error, cases[i].error);
	}
}

Test(http_answer, says_what_it_is_and_who_closes)
{
	static const struct {
		uint16_t status;
		enum http_behind behind;
		const char *head;
	} cases[] = {
		{200, HTTP_GOES_ON,
		 "HTTP/1.1 200 OK\r\nServer: quern\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
		 "Content-Type: text/plain\r\nContent-Length: 18446744073709551615\r\n\r\n"},
		{405, HTTP_CLOSES,
		 "HTTP/1.1 405 Method Not Allowed\r\nServer: quern\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
		 "Content-Type: text/plain\r\nContent-Length: 18446744073709551615\r\nAllow: GET, HEAD, POST\r\n"
		 "Connection: close\r\n\r\n"},
		{404, HTTP_GOES_ON_AS_SAID,
		 "HTTP/1.1 404 Not Found\r\nServer: quern\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
		 "Content-Type: text/plain\r\nContent-Length: 18446744073709551615\r\nConnection: keep-alive\r\n\r\n"},
		{100, HTTP_GOES_ON, "HTTP/1.1 100 Continue\r\n\r\n"},
	};
	char date[HTTP_DATE_BYTES + 1], head[HTTP_ANSWER_HEAD_MAX];

	http_date_format(784111777, date);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t length =
			http_answer_head(cases[i].status, "text/plain", UINT64_MAX, cases[i].behind, date, head);

		cr_assert_eq(length, strlen(cases[i].head));
		cr_assert_arr_eq(head, cases[i].head, length);
	}
}

Test(http_answer, has_a_reason_and_a_text_for_every_status_a_request_is_refused_with)
{
	static const uint16_t statuses[] = {HTTP_BAD_REQUEST,     HTTP_NOT_FOUND,      HTTP_METHOD_NOT_ALLOWED,
					    HTTP_TARGET_TOO_LONG, HTTP_HEAD_TOO_LARGE, HTTP_NOT_IMPLEMENTED,
					    HTTP_VERSION_UNKNOWN, HTTP_UNAVAILABLE};
	char text[HTTP_ANSWER_HEAD_MAX], wanted[HTTP_ANSWER_HEAD_MAX];

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		cr_assert_str_neq(http_reason(statuses[i]), "Unknown", "%u", statuses[i]);
		snprintf(wanted, sizeof(wanted), "%u %s\n", statuses[i], http_reason(statuses[i]));
		cr_assert_eq(http_answer_text(statuses[i], text), strlen(wanted));
		cr_assert_arr_eq(text, wanted, strlen(wanted));
	}
}

Test(http_date, is_right_at_the_edges_of_years_and_centuries)
{
	static const struct {
		uint32_t seconds;
		const char *text;
	} cases[] = {{0, "Thu, 01 Jan 1970 00:00:00 GMT"},
		     {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
		     {1798761599, "Thu, 31 Dec 2026 23:59:59 GMT"},
		     {4294967295, "Sun, 07 Feb 2106 06:28:15 GMT"}};
	char text[HTTP_DATE_BYTES + 1];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		http_date_format(cases[i].seconds, text);
		cr_assert_str_eq(text, cases[i].text);
	}
}
