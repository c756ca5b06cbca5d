/* test_judge_page.c - docs/conditions.md lists the metrics of the program; QUERN_WRITE_DOCS=1 writes them. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "judge/judge_metrics.h"
#include "support/doc_page.h"

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

Test(judge_page, has_every_metric_and_no_other)
{
	doc_page_hold(begin_mark, end_mark, print_tables);
}
