/* test_result_forms.c - text, CSV and JUnit of a document. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "result/result.h"
#include "result_sample.h"

static struct quern_histogram *times;
static json_t *document;

static void prepare(void)
{
	times = sample_times(88172645463325252, 600);
	document = sample_document(200, times);
}

static void clean(void)
{
	json_decref(document);
	free(times);
}

TestSuite(result_forms, .init = prepare, .fini = clean);

static char *written(int (*write)(FILE *out, const json_t *document))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	cr_assert_eq(write(out, document), 0);
	fclose(out);
	return text;
}

static void assert_has(const char *text, const char *part)
{
	cr_assert_not_null(strstr(text, part), "no %s in %s", part, text);
}

Test(result_forms, text_is_that_of_the_run)
{
	char *text = written(result_text);

	cr_assert_str_eq(text, "RESULT  PASS   quern bench\nsecond line\n");
	free(text);
}

Test(result_forms, text_does_nothing_to_a_terminal)
{
	char *text;

	sample_set(document, "text",
		   json_pack("[s, s]", "a\x1b[2Jb\rc\x7f",
			     "\xc2\x9b"
			     "2J ± µ"));
	text = written(result_text);
	cr_assert_str_eq(text, "a?[2Jb?c?\n?2J ± µ\n");
	free(text);
}

Test(result_forms, csv_has_a_row_a_second_under_their_keys)
{
	char *text = written(result_csv);

	cr_assert_str_eq(text, "t_s,opened,established,closed,failed,p50_ns,p99_ns,in_flight\n"
			       "1,200,199,200,1,1200,8800,5\n"
			       "2,200,200,200,0,1200,8800,5\n"
			       "3,200,200,200,0,1200,8800,5\n");
	free(text);
}

Test(result_forms, csv_leaves_what_a_row_has_not_empty)
{
	char *text;

	sample_set(document, "series", json_pack("[{s:i, s:i}, {s:s}]", "t_s", 1, "opened", 2, "opened", "x"));
	text = written(result_csv);
	cr_assert_str_eq(text, "t_s,opened\n1,2\n,\n");
	free(text);
}

Test(result_forms, junit_has_a_case_a_condition)
{
	char *text;

	sample_set(document, "thresholds",
		   json_pack("[{s:s, s:b, s:f}, {s:s, s:b, s:n}, {s:s, s:b, s:f}]", "expr", "p99 < 1ms", "ok", 1,
			     "value", 5.0, "expr", "p50 < 1ms", "ok", 0, "value", "expr", "failed < 1", "ok", 0,
			     "value", 7.0));
	sample_set(document, "verdict", json_string("fail"));
	text = written(result_junit);
	assert_has(text, "tests=\"5\" failures=\"3\" errors=\"0\" skipped=\"0\" time=\"3.000\"");
	assert_has(text, "name=\"p99 &lt; 1ms\"/>");
	assert_has(text, "name=\"p50 &lt; 1ms\"><failure message=\"there is no value\"/>");
	assert_has(text, "name=\"failed &lt; 1\"><failure message=\"the value is 7\"/>");
	assert_has(text, "name=\"verdict\"><failure message=\"the verdict is fail\"/>");
	free(text);
}

Test(result_forms, junit_has_only_letters_that_xml_has)
{
	char *text;

	sample_set(document, "config.kind", json_string("\"<&'\x01\x1b\xef\xbf\xbf"));
	text = written(result_junit);
	assert_has(text, "name=\"quern &quot;&lt;&amp;&#39;???\"");
	free(text);
}
