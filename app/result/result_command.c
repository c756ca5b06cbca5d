/* result_command.c - quern report: a result once more, in any form. */
#include "result/result_command.h"

#include <stdio.h>

#include "cli/cli_exit.h"
#include "cli/cli_output.h"
#include "result/result.h"
#include "result/result_words.h"

static void print_help(FILE *out)
{
	fputs("usage: quern report RUN.json [--html FILE] [--junit FILE] [--csv FILE] [--json FILE]\n"
	      "Prints the report of a result that --json or --out wrote, and writes it in other forms; - is stdout.\n"
	      "example: quern report results/run.json --html report.html\n\n"
	      "    --html FILE            a page that needs nothing else: verdict, plots, tables, the result in it\n"
	      "    --junit FILE           what it was held against, a test case each, for CI\n"
	      "    --csv FILE             its seconds, a row each\n"
	      "    --json FILE            the document itself\n"
	      "    --help\n",
	      out);
}

int result_report_command(int count, char *arguments[])
{
	struct result_words words;
	char error[CLI_ERROR_TEXT];
	json_t *document;
	int code = result_words_read(&words, "report", count, arguments);

	if (code != 0)
		return code;
	if (words.wants_help) {
		print_help(stdout);
		return cli_finish_output(CLI_EXIT_DONE);
	}
	if (words.count > 1)
		return cli_fail(
			CLI_EXIT_USAGE,
			"report takes one result; several are compared, quern compare %s %s, or are parts of one "
			"run, quern merge %s %s",
			words.files[0], words.files[1], words.files[0], words.files[1]);
	document = result_read(words.files[0], error);
	if (!document)
		return cli_fail(CLI_EXIT_USAGE, "%s", error);
	code = result_words_write(&words, document);
	json_decref(document);
	return code;
}
