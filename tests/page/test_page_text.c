/* test_page_text.c - escaping, paths and numbers of a page; and documents that are none. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "page/page.h"
#include "page/page_lists.h"
#include "page/page_text.h"

static void expect_format(double value, enum page_unit unit, const char *wanted)
{
	char text[PAGE_NUMBER_TEXT];

	page_format(value, unit, text);
	cr_assert_str_eq(text, wanted, "%s, not %s", text, wanted);
}

/* The page of a document; the caller's. */
static char *write_page(const json_t *document, int wanted)
{
	size_t bytes = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &bytes);
	int rc = page_write(out, document);

	fclose(out);
	cr_assert_eq(rc, wanted, "%d", rc);
	return text;
}

Test(page_text, writes_out_what_html_would_read_otherwise)
{
	size_t bytes = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &bytes);

	page_escape(out, "<a href=\"x\">'&amp;' \xc3\xa9</a>");
	fclose(out);
	cr_assert_str_eq(text, "&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;&#39; \xc3\xa9&lt;/a&gt;");
	free(text);
}

Test(page_text, looks_up_what_is_there_and_gives_nothing_for_the_rest)
{
	json_t *document = json_loads("{\"a\":{\"b\":{\"c\":7,\"d\":\"x\"}},\"n\":null}", 0, NULL);

	cr_assert_eq(document_number(document, "a.b.c"), 7);
	cr_assert_str_eq(document_string(document, "a.b.d"), "x");
	cr_assert_eq(document_number(document, "a.b.d"), 0);
	cr_assert_str_eq(document_string(document, "a.x.d"), "");
	cr_assert_null(document_at(document, "n.b"));
	cr_assert_null(document_at(NULL, "a"));
	json_decref(document);
}

Test(page_text, writes_numbers_as_the_report_does)
{
	expect_format(4123180, PAGE_COUNT, "4,123,180");
	expect_format(0.5, PAGE_COUNT, "0.50");
	expect_format(1900, PAGE_NS, "1.9 µs");
	expect_format(0.612, PAGE_SHARE, "61.2 %");
	expect_format(0, PAGE_NINES, "0 %");
	expect_format(3, PAGE_NINES, "99.9 %");
	expect_format(12, PAGE_SECONDS, "12 s");
}

Test(page_text, writes_a_threshold_in_the_unit_of_its_metric)
{
	static const struct {
		const char *json, *wanted;
	} cases[] = {{"{\"expr\":\"p99 < 1us\",\"value\":2100000}", "2.1 ms"},
		     {"{\"expr\":\"failed_ratio < 1%\",\"value\":0.25}", "25 %"},
		     {"{\"expr\":\"failed == 0\",\"value\":1204}", "1,204"},
		     {"{\"expr\":\"<no metric>\",\"value\":1204}", "1,204"},
		     {"{\"expr\":\"p99 < 1us\",\"value\":null}", "not measured"}};
	char text[PAGE_NUMBER_TEXT];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *threshold = json_loads(cases[i].json, 0, NULL);

		cr_assert_str_eq(page_threshold_value(threshold, text), cases[i].wanted, "%s: %s", cases[i].json, text);
		json_decref(threshold);
	}
}

Test(page, refuses_what_is_no_result)
{
	json_t *document = json_loads("{\"schema\":\"quern-forward/1\"}", 0, NULL);

	free(write_page(document, -EINVAL));
	json_decref(document);
}

Test(page, of_names_that_are_markup_has_no_markup_of_theirs)
{
	static const char evil[] = "</script><script>alert(1)</script><img src=x onerror='a'>";
	json_t *document = json_pack("{s:s, s:s, s:{s:s, s:s, s:[{s:s}]}, s:[{s:s, s:i}], s:[{s:s, s:b, s:i}], "
				     "s:{s:{s:i}, s:{s:i}}}",
				     "schema", "quern-run/1", "verdict", "fail", "config", "kind", evil, "target", evil,
				     "services", "name", evil, "requests", "name", evil, "sent", 1, "thresholds",
				     "expr", evil, "ok", 0, "value", 1, "totals", "failed", evil, 3, "drops", evil, 2);
	char *page = write_page(document, 0);

	cr_assert_not_null(document);
	cr_assert_null(strstr(page, "<img"));
	cr_assert_null(strstr(page, "<script>alert"));
	free(page);
	json_decref(document);
}

Test(page, is_written_of_a_document_whose_parts_are_of_other_kinds)
{
	static const char *const documents[] = {
		"{\"schema\":\"quern-run/1\"}",
		"{\"schema\":\"quern-run/"
		"1\",\"series\":7,\"workers\":{},\"totals\":[],\"latency_ns\":\"x\",\"udp\":[]}",
		"{\"schema\":\"quern-run/1\",\"series\":[1,null,{}],\"workers\":[2],\"config\":{\"cps\":1e300},"
		"\"thresholds\":[[]],\"search\":{\"trials\":[null,{\"rate\":-1}]},\"machine\":[]}",
		"{\"schema\":\"quern-run/"
		"1\",\"series\":[{\"t_s\":-5,\"opened\":1e308},{\"t_s\":1e308,\"opened\":-1e308}],"
		"\"udp\":{\"series\":[{\"t_s\":1,\"p50_ns\":1e308}],\"search\":{\"trials\":[{\"sent\":0}]}}}",
		"{\"schema\":\"quern-run/1\",\"latency_ns\":{\"setup\":{\"count\":5,\"hdr\":\"HISTFAAA\"}}}"};

	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		json_t *document = json_loads(documents[i], 0, NULL);
		char *page;

		cr_assert_not_null(document, "%zu", i);
		page = write_page(document, 0);
		cr_assert_not_null(strstr(page, "</html>"));
		cr_assert_null(strstr(page, "nan"), "%zu", i);
		free(page);
		json_decref(document);
	}
}
