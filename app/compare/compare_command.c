/* compare_command.c - the words of the command line, and what becomes of them. */
#include "compare/compare_command.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_exit.h"
#include "cli/cli_help.h"
#include "cli/cli_output.h"
#include "compare/compare_report.h"

enum { SIDES = 26 };

/* What was asked for. */
struct question {
	const char *files[SIDES];
	size_t count;
	const char *json; /* file, "-" for standard output, or null */
	bool wants_help;
};

static void print_help(FILE *out)
{
	fputs("usage: quern compare A.json B.json [C.json ...] [--json FILE]\n"
	      "Says what has changed from A, the base: by how much, in which interval (95 %), and whether that is\n"
	      "better, worse, or no significant difference. A side may be several files with commas between.\n"
	      "example: quern compare before.json after.json\n"
	      "example: quern compare a1.json,a2.json,a3.json b1.json,b2.json,b3.json --json -\n\n"
	      "    --json FILE            the same for programs; - is stdout\n"
	      "    --help\n",
	      out);
}

static int parse(struct question *question, int count, char *arguments[])
{
	for (int i = 0; i < count; i++) {
		const char *word = arguments[i];

		if (cli_help_is_asked(word)) {
			question->wants_help = true;
		} else if (strncmp(word, "--json=", 7) == 0) {
			question->json = word + 7;
		} else if (strcmp(word, "--json") == 0) {
			question->json = i + 1 < count ? arguments[++i] : "";
		} else if (word[0] == '-') {
			return cli_fail(CLI_EXIT_USAGE, "unknown flag %s; quern compare --help lists them all", word);
		} else if (question->count == SIDES) {
			return cli_fail(CLI_EXIT_USAGE,
					"compare takes up to %d results; join those of one side by commas", (int)SIDES);
		} else {
			question->files[question->count++] = word;
		}
	}
	if (question->json && question->json[0] == '\0')
		return cli_fail(CLI_EXIT_USAGE, "--json needs a value: a file, or - for standard output");
	if (!question->wants_help && question->count < 2)
		return cli_fail(CLI_EXIT_USAGE, "compare needs two results: quern compare before.json after.json");
	return 0;
}

/* The text is on standard output, unless that is taken. */
static int print(const struct question *question, const struct compare_side *sides)
{
	bool is_stdout = question->json && strcmp(question->json, "-") == 0;
	FILE *json = is_stdout ? stdout : NULL;
	int rc;

	if (question->json && !is_stdout) {
		json = fopen(question->json, "w");
		if (!json)
			return cli_fail(CLI_EXIT_USAGE, "--json %s: %s", question->json, strerror(errno));
	}
	compare_text(is_stdout ? stderr : stdout, sides, question->count);
	if (!json)
		return cli_finish_output(CLI_EXIT_DONE);
	rc = cli_write_json(json, compare_json(sides, question->count));
	if (!is_stdout && fclose(json) != 0 && rc == 0)
		rc = -errno;
	if (rc != 0)
		return cli_fail(CLI_EXIT_FAILED, "--json %s: %s; the comparison is not whole", question->json,
				strerror(-rc));
	return cli_finish_output(CLI_EXIT_DONE);
}

int compare_command(int count, char *arguments[])
{
	struct question question = {.count = 0};
	struct compare_side sides[SIDES];
	char error[CLI_ERROR_TEXT];
	size_t read = 0;
	int code = parse(&question, count, arguments);

	if (code != 0)
		return code;
	if (question.wants_help) {
		print_help(stdout);
		return cli_finish_output(CLI_EXIT_DONE);
	}
	for (; read < question.count && code == 0; read++) {
		if (compare_side_read(&sides[read], question.files[read], error) != 0)
			code = cli_fail(CLI_EXIT_USAGE, "%s", error);
	}
	if (code == 0)
		code = print(&question, sides);
	for (size_t i = 0; i < read; i++)
		compare_side_free(&sides[i]);
	return code;
}
