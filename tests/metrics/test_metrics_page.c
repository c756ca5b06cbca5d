/* test_metrics_page.c - docs/metrics.md lists the metrics of the program; QUERN_WRITE_DOCS=1 writes them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/metrics_names.h"

static const char begin_mark[] = "<!-- metrics -->\n", end_mark[] = "<!-- end of metrics -->\n";

static void print_table(FILE *out)
{
	fputs("\n| metric | type | labels | what |\n|---|---|---|---|\n", out);
	for (int i = 0; i < METRICS_END; i++) {
		const struct metrics_info *info = &metrics_infos[i];

		fprintf(out, "| `%s` | %s | `", info->name, info->type);
		for (const char *at = info->labels; *at; at++)
			fputs(*at == ' ' ? "`, `" : (const char[]){*at, '\0'}, out);
		fprintf(out, "` | %s |\n", info->help);
	}
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

Test(metrics_page, has_every_metric_and_no_other)
{
	const char *path = getenv("QUERN_PAGE");
	char *page = read_page(path), *table = NULL, *begin = strstr(page, begin_mark), *end = strstr(page, end_mark);
	size_t size = 0;
	FILE *out = open_memstream(&table, &size);

	cr_assert(begin && end && begin < end, "%s has no '%s' and '%s'", path, begin_mark, end_mark);
	begin += strlen(begin_mark);
	print_table(out);
	fclose(out);
	if (getenv("QUERN_WRITE_DOCS") != NULL) {
		FILE *file = fopen(path, "w");

		cr_assert(file);
		fprintf(file, "%.*s%s%s", (int)(begin - page), page, table, end);
		fclose(file);
	} else {
		cr_assert(size == (size_t)(end - begin) && memcmp(begin, table, size) == 0,
			  "%s has not the metrics of the program; QUERN_WRITE_DOCS=1 writes them:\n%s", path, table);
	}
	free(table);
	free(page);
}
