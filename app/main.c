/* main.c - the program quern: picks the command, reads its flags, runs it. */
#include <stdio.h>
#include <string.h>

#include <quern/engine.h>

#include "bench/bench_command.h"
#include "cli/cli_exit.h"
#include "cli/cli_flags.h"
#include "cli/cli_help.h"
#include "cli/cli_signal.h"
#include "cli/cli_suggest.h"
#include "cli/cli_version.h"
#include "ctl/ctl_command.h"
#include "doctor/doctor_command.h"
#include "load/load_command.h"
#include "serve/serve_command.h"
#include "trace/trace_command.h"

static int unknown_command(const char *name)
{
	static const char *const names[] = {"bench", "serve", "load", "ctl", "doctor", "trace"};
	const char *near = cli_suggest(name, names, sizeof(names) / sizeof(names[0]));

	if (near)
		return cli_fail(CLI_EXIT_USAGE, "unknown command %s; did you mean %s?", name, near);
	return cli_fail(CLI_EXIT_USAGE, "unknown command %s; quern --help lists them all", name);
}

static int run(struct cli_settings *settings)
{
	switch (settings->command) {
	case CLI_BENCH:
		return bench_command(settings);
	case CLI_SERVE:
		return serve_command(settings);
	case CLI_LOAD:
		return load_command(settings);
	case CLI_DOCTOR:
		return doctor_command(settings);
	case CLI_TRACE:
		return trace_command(settings);
	case CLI_NO_COMMAND:
	case CLI_ALL:
		break;
	}
	return CLI_EXIT_USAGE;
}

int main(int count, char *arguments[])
{
	struct cli_settings settings;
	char error[CLI_ERROR_TEXT];
	int parsed;

	if (count >= 2 && strcmp(arguments[1], "ctl") == 0)
		return ctl_command(count - 2, arguments + 2);
	cli_signal_catch();
	if (count < 2 || strcmp(arguments[1], "--help") == 0 || strcmp(arguments[1], "-h") == 0) {
		cli_help(count < 2 ? stderr : stdout, CLI_NO_COMMAND);
		return count < 2 ? CLI_EXIT_USAGE : CLI_EXIT_DONE;
	}
	if (strcmp(arguments[1], "--version") == 0) {
		cli_version_print(stdout, quern_dpdk_version());
		return CLI_EXIT_DONE;
	}
	cli_settings_init(&settings, cli_command_from_name(arguments[1]));
	if (settings.command == CLI_NO_COMMAND)
		return unknown_command(arguments[1]);
	parsed = cli_parse(&settings, count - 2, arguments + 2, error);
	if (parsed == CLI_HELP) {
		cli_help(stdout, settings.command);
		return CLI_EXIT_DONE;
	}
	if (parsed == CLI_VERSION) {
		cli_version_print(stdout, quern_dpdk_version());
		return CLI_EXIT_DONE;
	}
	if (parsed < 0 || cli_complete(&settings, error) != 0)
		return cli_fail(CLI_EXIT_USAGE, "%s", error);
	return run(&settings);
}
