/* test_report_hlog.c - the log's lines hold what came since the last, and nothing is lost between them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/report_hdr.h"
#include "report/report_hlog.h"

static char path[64];
static struct report_hlog hlog;

static struct quern_histogram *empty(void)
{
	struct quern_histogram *histogram = malloc(sizeof(*histogram));

	quern_histogram_reset(histogram);
	return histogram;
}

static char *text_of_file(void)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 16);

	cr_assert_not_null(file);
	text[fread(text, 1, (1 << 16) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static void name_file(void)
{
	snprintf(path, sizeof(path), "/tmp/test-hlog-%d", (int)getpid());
}

static void remove_file(void)
{
	unlink(path);
}

TestSuite(report_hlog, .init = name_file, .fini = remove_file);

/* The line of `tag` from `begin` to `end` that holds the values, as its own writer would say. */
static char *line_of(const char *tag, const char *times, const struct quern_histogram *histogram)
{
	char *hdr = report_hdr(histogram), *line = malloc(strlen(hdr) + 128);

	sprintf(line, "\nTag=%s,%s,%s\n", tag, times, hdr);
	free(hdr);
	return line;
}

Test(report_hlog, each_line_holds_what_came_since_the_last_of_its_tag)
{
	struct quern_histogram *now = empty(), *first = empty(), *second = empty();
	char *text, *line;

	cr_assert_eq(report_hlog_open(&hlog, path), 0);
	report_hlog_begin(&hlog, 1700000000.25);
	quern_histogram_record(now, 1500000);
	quern_histogram_record(first, 1500000);
	report_hlog_add(&hlog, REPORT_HLOG_setup, 1.0, now);
	report_hlog_end_row(&hlog, 1.0);
	report_hlog_add(&hlog, REPORT_HLOG_setup, 2.0, now); /* nothing came: no line */
	report_hlog_end_row(&hlog, 2.0);
	quern_histogram_record(now, 20);
	quern_histogram_record(second, 20);
	report_hlog_add(&hlog, REPORT_HLOG_setup, 3.5, now);
	report_hlog_add(&hlog, REPORT_HLOG_request, 3.5, first);
	report_hlog_end_row(&hlog, 3.5);
	cr_assert_eq(report_hlog_close(&hlog), 0);
	text = text_of_file();
	cr_assert(strstr(text,
			 "\n#[Histogram log format version 1.3]\n#[StartTime: 1700000000.250 (seconds since epoch), "));
	cr_assert(strstr(text,
			 "\n#[BaseTime: 1700000000.250 (seconds since epoch)]\n\"StartTimestamp\",\"Interval_Length\","
			 "\"Interval_Max\",\"Interval_Compressed_Histogram\"\n"));
	line = line_of("setup", "0.000,1.000,1.500", first);
	cr_assert(strstr(text, line), "no %s in %s", line, text);
	free(line);
	line = line_of("setup", "2.000,1.500,0.000", second);
	cr_assert(strstr(text, line), "no %s in %s", line, text);
	free(line);
	line = line_of("request", "2.000,1.500,1.500", first);
	cr_assert(strstr(text, line), "no %s in %s", line, text);
	free(line);
	cr_assert_null(strstr(text, ",1.000,1.000,"));
	free(text);
	free(now);
	free(first);
	free(second);
}

Test(report_hlog, begun_anew_has_nothing_of_what_was)
{
	struct quern_histogram *now = empty();
	char *text, *line;

	cr_assert_eq(report_hlog_open(&hlog, path), 0);
	report_hlog_begin(&hlog, 1);
	quern_histogram_record(now, 7);
	report_hlog_add(&hlog, REPORT_HLOG_rtt, 1.0, now);
	report_hlog_begin(&hlog, 1700000000);
	report_hlog_add(&hlog, REPORT_HLOG_rtt, 2.0, now);
	cr_assert_eq(report_hlog_close(&hlog), 0);
	text = text_of_file();
	line = line_of("rtt", "0.000,2.000,0.000", now);
	cr_assert(strstr(text, line), "no %s in %s", line, text);
	cr_assert_null(strstr(text, "StartTime: 1.000"));
	free(line);
	free(text);
	free(now);
}

Test(report_hlog, that_never_begins_leaves_a_file_as_it_was_and_no_new_one)
{
	FILE *file;
	char *text;

	cr_assert_eq(report_hlog_open(&hlog, path), 0);
	cr_assert_eq(report_hlog_close(&hlog), 0);
	cr_assert_neq(access(path, F_OK), 0);
	file = fopen(path, "w");
	fputs("yesterday's\n", file);
	fclose(file);
	cr_assert_eq(report_hlog_open(&hlog, path), 0);
	cr_assert_eq(report_hlog_close(&hlog), 0);
	text = text_of_file();
	cr_assert_str_eq(text, "yesterday's\n");
	free(text);
}

Test(report_hlog, a_full_disk_is_told_of_at_the_end)
{
	struct quern_histogram *now = empty();

	cr_assert_eq(report_hlog_open(&hlog, "/dev/full"), 0);
	report_hlog_begin(&hlog, 1);
	quern_histogram_record(now, 7);
	report_hlog_add(&hlog, REPORT_HLOG_setup, 1.0, now);
	cr_assert_eq(report_hlog_close(&hlog), -ENOSPC);
	free(now);
}

Test(report_hlog, a_folder_that_is_not_there_is_told_of_at_once)
{
	cr_assert_eq(report_hlog_open(&hlog, "/nonexistent/x.hlog"), -ENOENT);
	cr_assert_eq(report_hlog_close(&hlog), 0);
}

Test(report_hlog, not_asked_for_does_nothing)
{
	struct quern_histogram *now = empty();

	cr_assert_eq(report_hlog_open(&hlog, NULL), 0);
	report_hlog_begin(&hlog, 1);
	report_hlog_add(&hlog, REPORT_HLOG_setup, 1.0, now);
	report_hlog_end_row(&hlog, 1.0);
	cr_assert_eq(report_hlog_close(&hlog), 0);
	free(now);
}
