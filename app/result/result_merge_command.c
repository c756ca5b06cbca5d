/* result_merge_command.c - quern merge: runs of several machines as one. */
#include <stdio.h>

#include "cli/cli_exit.h"
#include "cli/cli_output.h"
#include "result/result.h"
#include "result/result_command.h"
#include "result/result_words.h"

static void print_help(FILE *out)
{
	fputs("usage: quern merge A.json B.json [C.json ...]\n"
	      "                   [--json FILE] [--html FILE] [--junit FILE] [--csv FILE]\n"
	      "Makes one result of runs that went on at the same time on several machines: counts are added, times\n"
	      "bucket by bucket, and thresholds judged anew; 99 says that one was missed. - is stdout.\n"
	      "example: quern merge left.json right.json --json both.json\n\n"
	      "    --json FILE            the result\n"
	      "    --html FILE            a page of it\n"
	      "    --junit FILE           what it was held against, for CI\n"
	      "    --csv FILE             its seconds, a row each\n"
	      "    --help\n",
	      out);
}

static int merge(const struct result_words *words, json_t *documents[RESULT_FILES])
{
	char error[CLI_ERROR_TEXT];
	json_t *sum;
	int code;

	for (size_t i = 0; i < words->count; i++) {
		documents[i] = result_read(words->files[i], error);
		if (!documents[i])
			return cli_fail(CLI_EXIT_USAGE, "%s", error);
	}
	sum = result_merge(documents, words->files, words->count, error);
	if (!sum)
		return cli_fail(CLI_EXIT_USAGE, "%s", error);
	code = result_words_write(words, sum);
	if (code == CLI_EXIT_DONE && result_missed(sum) > 0)
		code = CLI_EXIT_THRESHOLD;
	json_decref(sum);
	return code;
}

int result_merge_command(int count, char *arguments[])
{
	json_t *documents[RESULT_FILES] = {NULL};
	struct result_words words;
	int code = result_words_read(&words, "merge", count, arguments);

	if (code != 0)
		return code;
	if (words.wants_help) {
		print_help(stdout);
		return cli_finish_output(CLI_EXIT_DONE);
	}
	if (words.count < 2)
		return cli_fail(CLI_EXIT_USAGE, "merge needs two results: quern merge left.json right.json");
	code = merge(&words, documents);
	for (size_t i = 0; i < words.count; i++)
		json_decref(documents[i]);
	return code;
}
