/* cli_help.c - help that fits a screen, two flags a line; what is seldom needed is left to --help-all. */
#include "cli/cli_help.h"

#include <string.h>

#include "cli/cli_flags.h"

enum { CELL_COLUMNS = 49, HEADER_LINES = 3, MAX_FLAGS = 126 };

struct about {
	enum cli_command command;
	const char *usage;
	const char *does;
	const char *example;
};

static const struct about about_commands[] = {
	{CLI_BENCH, "quern bench [flags]",
	 "Opens and closes TCP connections between a client and a server in one process, over a cable.",
	 "quern bench -d 10s --close server --time-wait 20ms"},
	{CLI_SERVE, "quern serve -p DEV --ip ADDR/LEN [flags]",
	 "Answers load: takes all, sends it back, speaks HTTP, or answers datagrams. Ends by Ctrl-C.",
	 "quern serve --http -p tap:q0 --ip 198.18.0.1/24 --listen 198.18.0.1:80"},
	{CLI_LOAD, "quern load tcp://ADDR:PORT | udp://ADDR:PORT | http://ADDR[:PORT][/PATH] -p DEV --ip ADDR/LEN",
	 "Opens connections to a target, or sends it datagrams, and accounts for every one.",
	 "quern load http://198.18.0.2/ -p tap:q0 --ip 198.18.0.1/24 --cps 5k -d 60s"},
	{CLI_FORWARD, "quern forward -p DEV --ip ADDR/LEN --listen ADDR:PORT --to ADDR[:PORT] [flags]",
	 "Forwards UDP to one target or more, and their answers back. Ends by Ctrl-C.",
	 "quern forward -p tap:q0 --ip 198.18.0.1/24 --listen 198.18.0.1:53 --to 198.18.0.5:53"},
	/* Their words are their own: quern run --help, quern ctl --help. */
	{CLI_NO_COMMAND, "quern run FILE [flags] | check FILE [flags] | init [KIND]",
	 "Does what a file of YAML says; says what that would start; prints an example of one.",
	 "quern init bench >bench.yaml && quern run bench.yaml"},
	{CLI_NO_COMMAND, "quern ctl stats | conns | top | rate | stop | reload [flags]",
	 "Asks a quern that runs for its counters and connections; changes its rate; ends it.", "quern ctl stats"},
	{CLI_NO_COMMAND, "quern report RUN.json | merge A.json B.json ... | compare A.json B.json ...",
	 "Prints a result in any form; makes one of several; says what has changed, beyond chance.",
	 "quern compare before.json after.json"},
	{CLI_TRACE, "quern trace FILE|live [flags]",
	 "Draws TCP connections of a capture file, or of an interface (live -p DEV), as ladders.",
	 "quern trace capture.pcap --connection 198.18.0.1:80 --svg ladder.svg"},
	{CLI_DOCTOR, "quern doctor [--json FILE]",
	 "Looks at this machine, changes nothing, and says what it is ready for. Ends with 0 or 3.",
	 "quern doctor --json - | jq .verdict.not_ready_for"},
};

/* What most runs do without. */
static const struct {
	const char *flag;
	unsigned int commands; /* enum cli_command, ored */
} seldom[] = {
	{"junit", CLI_ALL},
	{"csv", CLI_ALL},
	{"html", CLI_ALL},
	{"hlog", CLI_ALL},
	{"service", CLI_ALL},
	{"max-time-wait", CLI_LOAD | CLI_BENCH},
	{"flows", CLI_LOAD},
	{"one-way", CLI_LOAD},
	{"seed", CLI_LOAD | CLI_BENCH},
	{"time-wait", CLI_LOAD},
	{"keepalive", CLI_LOAD | CLI_BENCH},
	{"congestion", CLI_LOAD | CLI_BENCH},
	{"sack", CLI_LOAD | CLI_BENCH},
	{"wscale", CLI_LOAD | CLI_BENCH},
	{"timestamps", CLI_LOAD | CLI_BENCH},
	{"nagle", CLI_LOAD | CLI_BENCH},
	{"pacing", CLI_LOAD | CLI_BENCH},
	{"window", CLI_LOAD | CLI_BENCH},
	{"verbose", CLI_LOAD},
	{"think", CLI_ALL},
	{"pattern", CLI_ALL},
	{"mss", CLI_ALL},
	{"tos", CLI_ALL},
	{"ttl", CLI_ALL},
};

bool cli_help_leaves_out(enum cli_command command, const char *flag)
{
	for (size_t i = 0; i < sizeof(seldom) / sizeof(seldom[0]); i++) {
		if (seldom[i].commands & command && strcmp(seldom[i].flag, flag) == 0)
			return true;
	}
	return false;
}

/* One flag, padded to a cell. */
static void format_cell(char cell[CELL_COLUMNS + 1], const struct cli_flag *flag)
{
	char names[48];

	if (flag->letter)
		snprintf(names, sizeof(names), "-%c, --%s %s", flag->letter, flag->name,
			 flag->argument ? flag->argument : "");
	else
		snprintf(names, sizeof(names), "    --%s %s", flag->name, flag->argument ? flag->argument : "");
	snprintf(cell, CELL_COLUMNS + 1, "%-26s %s", names, flag->help);
}

/* What every command has beside the table: the last cells. */
static size_t add_own_flags(const struct cli_flag *flags[], size_t count, enum cli_command command, bool is_cut)
{
	static const struct cli_flag alone = {.name = "help, --version", .help = ""},
				     with_eal = {.name = "help, --version", .help = "-- and EAL's own flags"},
				     the_rest = {.name = "help-all", .help = "flags not shown here"};

	if (is_cut)
		flags[count++] = &the_rest;
	flags[count++] = command == CLI_DOCTOR || command == CLI_TRACE ? &alone : &with_eal;
	return count;
}

/* A line is left free before them all where the screen has it. */
static void print_flags(FILE *out, enum cli_command command, bool all)
{
	const struct cli_flag *flags[MAX_FLAGS + 2];
	size_t count = 0, rows;
	bool is_cut = false;
	char left[CELL_COLUMNS + 1], right[CELL_COLUMNS + 1];

	for (const struct cli_flag *flag = cli_flag_table; flag->name && count < MAX_FLAGS; flag++) {
		bool is_shown = all || !cli_help_leaves_out(command, flag->name);

		is_cut |= flag->commands & command && !is_shown;
		if (flag->commands & command && is_shown)
			flags[count++] = flag;
	}
	count = add_own_flags(flags, count, command, is_cut);
	rows = (count + 1) / 2;
	if (HEADER_LINES + rows < CLI_HELP_LINES)
		fputc('\n', out);
	for (size_t row = 0; row < rows; row++) {
		format_cell(left, flags[row]);
		right[0] = '\0';
		if (rows + row < count)
			format_cell(right, flags[rows + row]);
		if (right[0] == '\0')
			fprintf(out, "%s\n", left);
		else
			fprintf(out, "%-*s  %s\n", CELL_COLUMNS, left, right);
	}
}

static void print_program(FILE *out)
{
	fputs("quern: a packet engine that opens, serves and measures TCP connections\n\n", out);
	for (size_t i = 0; i < sizeof(about_commands) / sizeof(about_commands[0]); i++)
		fprintf(out, "  %s\n      %s\n", about_commands[i].usage, about_commands[i].does);
	fputs("\nquern COMMAND --help lists its flags, --help-all every one; quern --version says what was built.\n"
	      "example: quern bench -d 10s\n",
	      out);
}

void cli_help(FILE *out, enum cli_command command, bool all)
{
	if (command == CLI_NO_COMMAND) {
		print_program(out);
		return;
	}
	for (size_t i = 0; i < sizeof(about_commands) / sizeof(about_commands[0]); i++) {
		const struct about *about = &about_commands[i];

		if (about->command != command)
			continue;
		fprintf(out, "usage: %s\n%s\nexample: %s\n", about->usage, about->does, about->example);
		print_flags(out, command, all);
	}
}

bool cli_help_is_asked(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "--help-all") == 0;
}
