/* result_words.c - flags of report and merge, and what they write. */
#include "result/result_words.h"

#include <errno.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>

#include "cli/cli_exit.h"
#include "cli/cli_help.h"
#include "cli/cli_output.h"
#include "page/page.h"
#include "result/result.h"

static int write_json(FILE *out, const json_t *document)
{
	return cli_write_json(out, json_incref((json_t *)(uintptr_t)document));
}

/* The member that a flag sets, and who writes it. */
static const struct {
	const char *flag;
	size_t place;
	int (*write)(FILE *out, const json_t *document);
} forms[] = {{"--json", offsetof(struct result_words, json), write_json},
	     {"--html", offsetof(struct result_words, html), page_write},
	     {"--junit", offsetof(struct result_words, junit), result_junit},
	     {"--csv", offsetof(struct result_words, csv), result_csv}};

enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

static const char **value_of(struct result_words *words, size_t form)
{
	return (const char **)(void *)((char *)words + forms[form].place);
}

/* How many words a flag takes; 0 for none of these. */
static int take_flag(struct result_words *words, const char *word, const char *next)
{
	for (size_t i = 0; i < FORMS; i++) {
		size_t length = strlen(forms[i].flag);

		if (strncmp(word, forms[i].flag, length) != 0 || (word[length] != '\0' && word[length] != '='))
			continue;
		*value_of(words, i) = word[length] == '=' ? word + length + 1 : next ? next : "";
		return word[length] == '=' ? 1 : 2;
	}
	return 0;
}

static int check(struct result_words *words, const char *command)
{
	int streams = 0;

	for (size_t i = 0; i < FORMS; i++) {
		const char *value = *value_of(words, i);

		if (value && value[0] == '\0')
			return cli_fail(CLI_EXIT_USAGE, "%s needs a value: a file, or - for standard output",
					forms[i].flag);
		streams += value && strcmp(value, "-") == 0;
	}
	if (streams > 1)
		return cli_fail(CLI_EXIT_USAGE, "only one form can go to standard output");
	if (words->count == 0 && !words->wants_help)
		return cli_fail(CLI_EXIT_USAGE, "%s needs a result: quern %s run.json", command, command);
	return 0;
}

int result_words_read(struct result_words *words, const char *command, int count, char *arguments[])
{
	*words = (struct result_words){.count = 0};
	for (int i = 0; i < count; i++) {
		int taken = take_flag(words, arguments[i], i + 1 < count ? arguments[i + 1] : NULL);

		if (cli_help_is_asked(arguments[i]))
			words->wants_help = true;
		else if (taken > 0)
			i += taken - 1;
		else if (arguments[i][0] == '-')
			return cli_fail(CLI_EXIT_USAGE, "unknown flag %s; quern %s --help lists them all", arguments[i],
					command);
		else if (words->count == RESULT_FILES)
			return cli_fail(CLI_EXIT_USAGE, "%s takes up to %d results", command, RESULT_FILES);
		else
			words->files[words->count++] = arguments[i];
	}
	return check(words, command);
}

static int write_one(size_t form, const char *path, const json_t *document)
{
	bool is_stdout = strcmp(path, "-") == 0;
	FILE *out = is_stdout ? stdout : fopen(path, "w");
	int rc;

	if (!out)
		return cli_fail(CLI_EXIT_USAGE, "%s %s: %s", forms[form].flag, path, strerror(errno));
	rc = forms[form].write(out, document);
	if (!is_stdout && fclose(out) != 0 && rc == 0)
		rc = -errno;
	if (rc == 0)
		return CLI_EXIT_DONE;
	return cli_fail(CLI_EXIT_FAILED, "%s %s: %s; it is not whole", forms[form].flag, path, strerror(-rc));
}

int result_words_write(const struct result_words *words, const json_t *document)
{
	bool stdout_is_taken = false;
	int code = CLI_EXIT_DONE;

	for (size_t i = 0; i < FORMS && code == CLI_EXIT_DONE; i++) {
		const char *path = *value_of((struct result_words *)(uintptr_t)words, i);

		if (path)
			code = write_one(i, path, document);
		stdout_is_taken |= path && strcmp(path, "-") == 0;
	}
	if (code == CLI_EXIT_DONE && !stdout_is_taken)
		result_text(stdout, document);
	return cli_finish_output(code);
}
