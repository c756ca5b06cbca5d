/* config_gather.c - a file below the environment below the command line. */
#include "config/config_gather.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_exit.h"
#include "config/config_differ.h"
#include "config/config_environment.h"
#include "config/config_keys.h"
#include "config/config_place.h"

/* The file of the run, which its settings point into as long as it lasts, and two to read it into again: one for the
 * rules that are in use, one to read. Errors show what is `file`. */
static struct config_file files[3], *file = files;
static unsigned int files_kept; /* the number of the one in use */
static const char *file_path;
static char *const *words_above;
static int word_count_above;
static bool shows_kind; /* where an error has no place in the file, nor above it, but that it is what it is */

/* Rules of forward are kept beside the files, one set more: workers may look at those before for a turn. */
static unsigned int rules_kept;

static bool names_flag(const char *word, const struct cli_flag *flag)
{
	size_t length = strlen(flag->name);

	if (strncmp(word, "--", 2) != 0)
		return flag->letter && word[0] == '-' && word[1] == flag->letter;
	return strncmp(word + 2, flag->name, length) == 0 && (word[2 + length] == '\0' || word[2 + length] == '=');
}

/* True for a flag that the environment or the command line sets, so that the file's does not count. With the ports goes
 * what belongs to them. */
static bool is_elsewhere(const struct cli_flag *flag)
{
	static const struct cli_flag port = {.name = "port", .letter = 'p'};
	char name[CONFIG_VARIABLE_TEXT];
	const char *value = getenv(config_variable_name(flag->name, name));
	bool is_there = value && value[0] != '\0';

	for (int i = 0; i < word_count_above && strcmp(words_above[i], "--") != 0; i++)
		is_there |= names_flag(words_above[i], flag) ||
			    (config_is_of_port(flag) && names_flag(words_above[i], &port)) ||
			    (strcmp(flag->name, "target") == 0 && strstr(words_above[i], "://"));
	return is_there;
}

static void show(FILE *out, const char *error)
{
	const struct config_word *word = config_place(file, error, is_elsewhere);

	if (word)
		config_text_show(out, &file->text, word->mark);
	else if (shows_kind && !config_names_elsewhere(error, is_elsewhere))
		config_text_show(out, &file->text, file->kind);
}

static int read_file(struct cli_settings *settings, const char *path, const char *outcome)
{
	char error[CLI_ERROR_TEXT];
	struct config_text text;
	int rc;

	shows_kind = false;
	config_file_free(file);
	rc = config_text_read(&text, path, error);
	if (rc != 0) {
		cli_fail(CLI_EXIT_USAGE, "%s", error);
		return -EINVAL;
	}
	rc = config_file_read(file, text, settings);
	if (rc == -ENOMEM)
		cli_fail(CLI_EXIT_USAGE, "%s: not enough memory to read it", path);
	else if (rc != 0)
		config_faults_print(cli_exit_stream(), &file->faults, &file->text, outcome);
	return rc;
}

/* The environment and the command line above what settings have already. */
static int rise(struct cli_settings *settings)
{
	char error[CLI_ERROR_TEXT], variable_error[CLI_ERROR_TEXT];
	int parsed, variables;

	cli_settings_rise(settings);
	variables = config_environment_apply(settings, variable_error);
	cli_settings_rise(settings);
	parsed = cli_parse(settings, word_count_above, words_above, error);
	if (parsed > CLI_RUN)
		return parsed;
	if (variables != 0 || parsed < 0) {
		cli_fail(CLI_EXIT_USAGE, "%s", variables != 0 ? variable_error : error);
		return -EINVAL;
	}
	variables = config_environment_finish(settings, error);
	if (file_path)
		cli_exit_show_by(show);
	shows_kind = variables == 0;
	if (variables != 0 || cli_complete(settings, error) != 0) {
		cli_fail(CLI_EXIT_USAGE, "%s", error);
		return -EINVAL;
	}
	shows_kind = false;
	return parsed;
}

int config_gather(struct cli_settings *settings, const char *path, int count, char *const arguments[])
{
	file_path = path;
	words_above = arguments;
	word_count_above = count;
	file = files;
	files_kept = rules_kept = 0;
	cli_rules_keep_in(rules_kept);
	if (path && read_file(settings, path, "nothing was started") != 0)
		return -EINVAL;
	return rise(settings);
}

/* What the file says of anything but rules is as it was. */
static int check_same(struct cli_settings *settings, enum cli_command kind)
{
	file->faults.count = 0;
	if (settings->command != kind)
		config_faults_add(&file->faults, file->kind, "kind: that needs a restart");
	else
		config_differ(&files[0], file, kind, is_elsewhere);
	if (file->faults.count == 0)
		return 0;
	config_faults_print(cli_exit_stream(), &file->faults, &file->text, "nothing has changed");
	return -EINVAL;
}

int config_again_begin(struct cli_settings *settings, enum cli_command kind, FILE *out)
{
	cli_exit_print_to(out);
	if (!file_path || strcmp(file_path, "-") == 0) {
		cli_fail(CLI_EXIT_USAGE, "there is no file to read again\n"
					 "  What quern run is given may change while it runs: docs/forwarding.md");
		return -EINVAL;
	}
	file = &files[files_kept == 1 ? 2 : 1];
	cli_rules_keep_in((rules_kept + 1) % CLI_RULE_SETS);
	if (read_file(settings, file_path, "nothing has changed") != 0 || check_same(settings, kind) != 0)
		return -EINVAL;
	return rise(settings) == CLI_RUN ? 0 : -EINVAL;
}

void config_again_end(bool is_taken)
{
	if (is_taken) {
		files_kept = (unsigned int)(file - files);
		rules_kept = (rules_kept + 1) % CLI_RULE_SETS;
	}
	file = &files[files_kept];
	cli_exit_print_to(NULL);
}
