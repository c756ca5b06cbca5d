/* config_command.c - arguments of run, check and init. */
#include "config/config_command.h"

#include <string.h>

#include "cli/cli_exit.h"
#include "cli/cli_help.h"
#include "cli/cli_output.h"
#include "cli/cli_suggest.h"
#include "config/config_keys.h"

static const char help[] =
	"usage: quern run FILE [flags]      does what a file of YAML says\n"
	"       quern check FILE [flags]    says what that would start, or what is wrong; starts nothing\n"
	"       quern init [KIND]           prints an example of a kind, or which kinds there are\n"
	"FILE may be - for standard input. Every flag of the file's kind has a key of its name (--time-wait:\n"
	"time_wait) and a variable (QUERN_TIME_WAIT); a flag counts more than a variable, and that more than\n"
	"the file.\n"
	"Docs: docs/configuration.md\n"
	"example: quern init bench >bench.yaml && quern run bench.yaml -d 30s\n";

static int print_help(void)
{
	fputs(help, stdout);
	return cli_finish_output(CLI_EXIT_DONE);
}

const char *config_command_file(const char *command, int count, char *const arguments[], int *code)
{
	if (count > 0 && cli_help_is_asked(arguments[0])) {
		*code = print_help();
		return NULL;
	}
	if (count > 0 && (arguments[0][0] != '-' || arguments[0][1] == '\0'))
		return arguments[0];
	*code = cli_fail(CLI_EXIT_USAGE,
			 "%s needs a file before its flags: quern %s FILE; an example: quern init bench", command,
			 command);
	return NULL;
}

static int list_kinds(void)
{
	fputs("quern init KIND prints an example of a file; its kinds are\n", stdout);
	for (size_t i = 0; i < config_kind_count; i++)
		printf("  %s\n", cli_command_name(config_kinds[i]));
	return cli_finish_output(CLI_EXIT_DONE);
}

static int refuse_kind(const char *name)
{
	const char *names[8], *near;
	char list[128] = "";
	size_t count = 0;

	for (; count < config_kind_count && count < sizeof(names) / sizeof(names[0]); count++) {
		names[count] = cli_command_name(config_kinds[count]);
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", count == 0 ? "" : ", ",
			 names[count]);
	}
	near = cli_suggest(name, names, count);
	if (near)
		return cli_fail(CLI_EXIT_USAGE, "unknown kind %.60s; did you mean %s?", name, near);
	return cli_fail(CLI_EXIT_USAGE, "unknown kind %.60s; there are %s", name, list);
}

int config_init(int count, char *const arguments[])
{
	const char *example;

	if (count == 0)
		return list_kinds();
	if (cli_help_is_asked(arguments[0]))
		return print_help();
	if (count > 1)
		return cli_fail(CLI_EXIT_USAGE, "unexpected argument %.60s; init takes one kind", arguments[1]);
	example = config_example(cli_command_from_name(arguments[0]));
	if (!example)
		return refuse_kind(arguments[0]);
	fputs(example, stdout);
	return cli_finish_output(CLI_EXIT_DONE);
}
