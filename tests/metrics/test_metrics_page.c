/* test_metrics_page.c - docs/metrics.md lists the metrics of the program; QUERN_WRITE_DOCS=1 writes them. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "metrics/metrics_names.h"
#include "support/doc_page.h"

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

Test(metrics_page, has_every_metric_and_no_other)
{
	doc_page_hold(begin_mark, end_mark, print_table);
}
