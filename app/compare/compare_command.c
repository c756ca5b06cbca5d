/* compare_command.c - the words of the command line, and what becomes of them. */
#include "compare/compare_command.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_exit.h"
#include "cli/cli_help.h"
#include "cli/cli_output.h"
#include "compare/compare_page.h"
#include "compare/compare_report.h"

enum { SIDES = 26 };

/* What was asked for. */
struct question {
	const char *files[SIDES];
	size_t count;
	const char *json; /* file, "-" for standard output, or null; as html */
	const char *html;
	bool wants_help;
};

static void print_help(FILE *out)
{
	fputs("usage: quern compare A.json B.json [C.json ...] [--json FILE] [--html FILE]\n"
	      "Says what has changed from A, the base: by how much, in which interval (95 %), and whether that is\n"
	      "better, worse, or no significant difference. A side may be several files with commas between.\n"
	      "example: quern compare before.json after.json\n"
	      "example: quern compare a1.json,a2.json,a3.json b1.json,b2.json,b3.json --html compare.html\n\n"
	      "    --json FILE            the same for programs; - is stdout\n"
	      "    --html FILE            the same as a page, with rates and percentiles of all sides in one plot\n"
	      "    --help\n",
	      out);
}

/* How many words a flag with a file takes; 0 where the word is not that flag. */
static int take_flag(const char *flag, const char **file, const char *word, const char *next)
{
	size_t length = strlen(flag);

	if (strncmp(word, flag, length) != 0 || (word[length] != '\0' && word[length] != '='))
		return 0;
	*file = word[length] == '=' ? word + length + 1 : next ? next : "";
	return word[length] == '=' ? 1 : 2;
}

static bool is_stdout(const char *file)
{
	return file && strcmp(file, "-") == 0;
}

static int check(const struct question *question)
{
	if ((question->json && question->json[0] == '\0') || (question->html && question->html[0] == '\0'))
		return cli_fail(CLI_EXIT_USAGE, "%s needs a value: a file, or - for standard output",
				question->json && question->json[0] == '\0' ? "--json" : "--html");
	if (is_stdout(question->json) && is_stdout(question->html))
		return cli_fail(CLI_EXIT_USAGE, "only one of --json and --html can go to standard output");
	if (!question->wants_help && question->count < 2)
		return cli_fail(CLI_EXIT_USAGE, "compare needs two results: quern compare before.json after.json");
	return 0;
}

static int parse(struct question *question, int count, char *arguments[])
{
	for (int i = 0; i < count; i++) {
		const char *word = arguments[i], *next = i + 1 < count ? arguments[i + 1] : NULL;
		int taken = take_flag("--json", &question->json, word, next);

		if (taken == 0)
			taken = take_flag("--html", &question->html, word, next);
		if (cli_help_is_asked(word)) {
			question->wants_help = true;
		} else if (taken > 0) {
			i += taken - 1;
		} else if (word[0] == '-') {
			return cli_fail(CLI_EXIT_USAGE, "unknown flag %s; quern compare --help lists them all", word);
		} else if (question->count == SIDES) {
			return cli_fail(CLI_EXIT_USAGE,
					"compare takes up to %d results; join those of one side by commas", (int)SIDES);
		} else {
			question->files[question->count++] = word;
		}
	}
	return check(question);
}

/* One form of the comparison: the page where there is something to draw, else JSON. Returns the exit code. */
static int write_form(const char *flag, const char *file, const json_t *comparison, const struct compare_drawn *drawn)
{
	FILE *out = is_stdout(file) ? stdout : fopen(file, "w");
	int rc;

	if (!out)
		return cli_fail(CLI_EXIT_USAGE, "%s %s: %s", flag, file, strerror(errno));
	rc = drawn ? compare_page_write(out, comparison, drawn)
		   : cli_write_json(out, json_incref((json_t *)(uintptr_t)comparison));
	if (out != stdout && fclose(out) != 0 && rc == 0)
		rc = -errno;
	if (rc != 0)
		return cli_fail(CLI_EXIT_FAILED, "%s %s: %s; the comparison is not whole", flag, file, strerror(-rc));
	return CLI_EXIT_DONE;
}

/* The text is on standard output, unless that is taken. */
static int print(const struct question *question, const struct compare_side *sides, const struct compare_drawn *drawn)
{
	json_t *comparison;
	int code = CLI_EXIT_DONE;

	compare_text(is_stdout(question->json) || is_stdout(question->html) ? stderr : stdout, sides, question->count);
	if (!question->json && !question->html)
		return cli_finish_output(CLI_EXIT_DONE);
	comparison = compare_json(sides, question->count);
	if (!comparison)
		return cli_fail(CLI_EXIT_FAILED, "not enough memory");
	if (question->json)
		code = write_form("--json", question->json, comparison, NULL);
	if (question->html && code == CLI_EXIT_DONE)
		code = write_form("--html", question->html, comparison, drawn);
	json_decref(comparison);
	return code == CLI_EXIT_DONE ? cli_finish_output(code) : code;
}

/* Reads for plots what sides they show. Returns the exit code. */
static int read_drawn(const struct question *question, struct compare_drawn drawn[COMPARE_DRAWN_MOST])
{
	char error[CLI_ERROR_TEXT];

	for (size_t i = 0; question->html && i < question->count && i < COMPARE_DRAWN_MOST; i++) {
		if (compare_drawn_read(&drawn[i], question->files[i], error) != 0)
			return cli_fail(CLI_EXIT_USAGE, "%s", error);
	}
	return CLI_EXIT_DONE;
}

int compare_command(int count, char *arguments[])
{
	struct question question = {.count = 0};
	struct compare_side sides[SIDES];
	struct compare_drawn drawn[COMPARE_DRAWN_MOST] = {{.is_there = false}};
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
		code = read_drawn(&question, drawn);
	if (code == 0)
		code = print(&question, sides, drawn);
	for (size_t i = 0; i < COMPARE_DRAWN_MOST; i++)
		compare_drawn_free(&drawn[i]);
	for (size_t i = 0; i < read; i++)
		compare_side_free(&sides[i]);
	return code;
}
