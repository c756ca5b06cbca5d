/* test_judge_page.c - docs/conditions.md lists the metrics of the program; QUERN_WRITE_DOCS=1 writes them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/judge_metrics.h"

static const char begin_mark[] = "<!-- metrics -->\n", end_mark[] = "<!-- end of metrics -->\n";

static void print_row(FILE *out, const struct judge_metric *metric, const char *before, const char *behind)
{
	static const char *const kinds[] = {"number", "share", "time"};

	fprintf(out, "| `%s%s%s` | %s | %s%s%s | %s | %s |\n", before, metric->name, behind, kinds[metric->kind],
		metric->scopes & JUDGE_TCP ? "connections" : "",
		metric->scopes & JUDGE_UDP ? metric->scopes & JUDGE_TCP ? ", datagrams" : "datagrams" : "",
		metric->scopes & JUDGE_ASKS ? "requests" : "", metric->scopes & JUDGE_SECOND ? "yes" : "",
		metric->text);
}

static void print_tables(FILE *out)
{
	fputs("\n| metric | value | of | each second | what |\n|---|---|---|---|---|\n", out);
	for (int i = 0; i < JUDGE_NUMBERS_END; i++)
		print_row(out, &judge_numbers[i], "", "");
	for (int i = 0; i < JUDGE_TIMES_END; i++)
		print_row(out, &judge_times[i], "", ".p99");
	fputc('\n', out);
}

static char *read_page(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	cr_assert(file && text, "%s", path);
	cr_assert_lt(fread(text, 1, (1 << 20) - 1, file), (1 << 20) - 1);
	fclose(file);
	return text;
}

Test(judge_page, has_every_metric_and_no_other)
{
	const char *path = getenv("QUERN_PAGE");
	char *page = read_page(path), *tables = NULL, *begin = strstr(page, begin_mark), *end = strstr(page, end_mark);
	size_t size = 0;
	FILE *out = open_memstream(&tables, &size);

	cr_assert(begin && end && begin < end, "%s has no '%s' and '%s'", path, begin_mark, end_mark);
	begin += strlen(begin_mark);
	print_tables(out);
	fclose(out);
	if (getenv("QUERN_WRITE_DOCS") != NULL) {
		FILE *file = fopen(path, "w");

		cr_assert(file);
		fprintf(file, "%.*s%s%s", (int)(begin - page), page, tables, end);
		fclose(file);
	} else {
		cr_assert(size == (size_t)(end - begin) && memcmp(begin, tables, size) == 0,
			  "%s has not the metrics of the program; QUERN_WRITE_DOCS=1 writes them:\n%s", path, tables);
	}
	free(tables);
	free(page);
}
