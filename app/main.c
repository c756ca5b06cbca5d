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
#include "compare/compare_command.h"
#include "complete/complete.h"
#include "config/config_command.h"
#include "config/config_gather.h"
#include "ctl/ctl_command.h"
#include "doctor/doctor_command.h"
#include "forward/forward_command.h"
#include "load/load_command.h"
#include "load/load_udp_command.h"
#include "result/result_command.h"
#include "serve/serve_command.h"
#include "trace/trace_command.h"

static int unknown_command(const char *name)
{
	static const char *const names[] = {"bench",   "serve",  "load",  "ctl", "doctor", "trace", "forward",
					    "compare", "report", "merge", "run", "check",  "init",  "completion"};
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
		return settings->udp.is_spoken ? load_udp_command(settings) : load_command(settings);
	case CLI_DOCTOR:
		return doctor_command(settings);
	case CLI_TRACE:
		return trace_command(settings);
	case CLI_FORWARD:
		return forward_command(settings);
	case CLI_NO_COMMAND:
	case CLI_ALL:
		break;
	}
	return CLI_EXIT_USAGE;
}

/* What the words behind a command's name say is done, or printed: by run and check the first is a file. */
static int follow(const char *name, const char *path, int count, char *arguments[])
{
	static struct cli_settings settings;
	int parsed;

	if (!path)
		cli_settings_init(&settings, cli_command_from_name(name));
	if (!path && settings.command == CLI_NO_COMMAND)
		return unknown_command(name);
	parsed = config_gather(&settings, path, count, arguments);
	if (parsed < 0)
		return CLI_EXIT_USAGE;
	if (parsed == CLI_HELP || parsed == CLI_HELP_ALL) {
		cli_help(stdout, settings.command, parsed == CLI_HELP_ALL);
		return CLI_EXIT_DONE;
	}
	if (parsed == CLI_VERSION) {
		cli_version_print(stdout, quern_dpdk_version());
		return CLI_EXIT_DONE;
	}
	return strcmp(name, "check") == 0 ? config_check(&settings) : run(&settings);
}

int main(int count, char *arguments[])
{
	const char *name = count < 2 ? "--help" : arguments[1], *path;
	int code;

	if (strcmp(name, "ctl") == 0)
		return ctl_command(count - 2, arguments + 2);
	if (strcmp(name, "compare") == 0)
		return compare_command(count - 2, arguments + 2);
	if (strcmp(name, "report") == 0)
		return result_report_command(count - 2, arguments + 2);
	if (strcmp(name, "merge") == 0)
		return result_merge_command(count - 2, arguments + 2);
	if (strcmp(name, "completion") == 0)
		return complete_command(count - 2, arguments + 2);
	cli_signal_catch();
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		cli_help(count < 2 ? stderr : stdout, CLI_NO_COMMAND, false);
		return count < 2 ? CLI_EXIT_USAGE : CLI_EXIT_DONE;
	}
	if (strcmp(name, "--version") == 0) {
		cli_version_print(stdout, quern_dpdk_version());
		return CLI_EXIT_DONE;
	}
	if (strcmp(name, "init") == 0)
		return config_init(count - 2, arguments + 2);
	if (strcmp(name, "run") != 0 && strcmp(name, "check") != 0)
		return follow(name, NULL, count - 2, arguments + 2);
	path = config_command_file(name, count - 2, arguments + 2, &code);
	return path ? follow(name, path, count - 3, arguments + 3) : code;
}
