/* test_cli_help.c - help fits a screen and names every flag. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_flags.h"
#include "cli/cli_help.h"

static char *help_of(enum cli_command command, bool all)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	cli_help(out, command, all);
	fclose(out);
	return text;
}

Test(cli_help, fits_a_screen_of_24_lines_and_100_columns)
{
	static const enum cli_command commands[] = {CLI_NO_COMMAND, CLI_BENCH, CLI_SERVE,  CLI_LOAD,
						    CLI_DOCTOR,     CLI_TRACE, CLI_FORWARD};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		char *text = help_of(commands[i], false), *save;
		int lines = 0;

		for (const char *at = text; *at; at++)
			lines += *at == '\n';
		cr_assert_leq(lines, CLI_HELP_LINES, "%s", text);
		for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
			cr_assert_leq(strlen(line), CLI_HELP_COLUMNS, "%s", line);
		free(text);
	}
}

Test(cli_help, names_every_flag_whole_with_its_words_and_an_example)
{
	static const enum cli_command commands[] = {CLI_BENCH, CLI_SERVE, CLI_LOAD, CLI_DOCTOR, CLI_TRACE, CLI_FORWARD};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		char *text = help_of(commands[i], true);

		cr_assert(strstr(text, "example: quern "));
		for (const struct cli_flag *flag = cli_flag_table; flag->name; flag++) {
			char dashed[64];

			snprintf(dashed, sizeof(dashed), "--%s ", flag->name);
			cr_assert_eq(strstr(text, dashed) != NULL, (flag->commands & commands[i]) != 0, "%s", dashed);
			if (flag->commands & commands[i])
				cr_assert(strstr(text, flag->help), "--%s: '%s' was cut", flag->name, flag->help);
		}
		free(text);
	}
}

Test(cli_help, what_a_screen_leaves_out_is_said_to_be_left_out)
{
	static const enum cli_command commands[] = {CLI_BENCH, CLI_SERVE, CLI_LOAD, CLI_DOCTOR, CLI_TRACE, CLI_FORWARD};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		char *text = help_of(commands[i], false);
		bool is_cut = false;

		for (const struct cli_flag *flag = cli_flag_table; flag->name; flag++) {
			bool is_left_out = cli_help_leaves_out(commands[i], flag->name);
			char dashed[64];

			snprintf(dashed, sizeof(dashed), "--%s ", flag->name);
			if (!(flag->commands & commands[i]))
				continue;
			is_cut |= is_left_out;
			cr_assert_eq(strstr(text, dashed) == NULL, is_left_out, "%s", dashed);
		}
		cr_assert_eq(strstr(text, "--help-all") != NULL, is_cut, "%s", text);
		free(text);
	}
}
