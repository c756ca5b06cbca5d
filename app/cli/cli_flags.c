/* cli_flags.c - reads a command line by the table of flags. */
#include "cli/cli_flags.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_set.h"
#include "cli/cli_suggest.h"
#include "cli/cli_target.h"
#include "cli/cli_trace.h"

/* What is left of the command line, and where the error goes. */
struct reader {
	struct cli_settings *settings;
	char *const *next;
	char *const *end;
	char *error;
};

static const struct cli_flag *find_long(const char *name, size_t length)
{
	for (const struct cli_flag *flag = cli_flag_table; flag->name; flag++) {
		if (strlen(flag->name) == length && memcmp(flag->name, name, length) == 0)
			return flag;
	}
	return NULL;
}

static const struct cli_flag *find_letter(char letter)
{
	for (const struct cli_flag *flag = cli_flag_table; flag->name; flag++) {
		if (flag->letter == letter)
			return flag;
	}
	return NULL;
}

static int refuse_unknown(const struct reader *reader, const char *text)
{
	const char *names[CLI_MAX_SUGGESTIONS];
	const char *near = NULL;
	char name[64];
	size_t count = 0;

	for (const struct cli_flag *flag = cli_flag_table; flag->name && count < CLI_MAX_SUGGESTIONS; flag++) {
		if (flag->commands & reader->settings->command)
			names[count++] = flag->name;
	}
	if (text[1] == '-') {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(text + 2, "="), text + 2);
		near = cli_suggest(name, names, count);
	}
	if (near)
		snprintf(reader->error, CLI_ERROR_TEXT, "unknown flag %s; did you mean --%s?", text, near);
	else
		snprintf(reader->error, CLI_ERROR_TEXT, "unknown flag %s; quern %s --help-all lists them all", text,
			 cli_command_name(reader->settings->command));
	return -EINVAL;
}

/* Hands the flag its value: the one behind '=', the rest of a short flag, or the next argument. */
static int take_flag(struct reader *reader, const struct cli_flag *flag, const char *text, const char *attached)
{
	const char *value = attached;

	if (!(flag->commands & reader->settings->command)) {
		snprintf(reader->error, CLI_ERROR_TEXT,
			 "--%s is no flag of quern %s; quern %s --help-all lists them all", flag->name,
			 cli_command_name(reader->settings->command), cli_command_name(reader->settings->command));
		return -EINVAL;
	}
	if (!flag->argument && attached) {
		snprintf(reader->error, CLI_ERROR_TEXT, "%s: --%s takes no value", text, flag->name);
		return -EINVAL;
	}
	if (flag->argument && !value) {
		if (reader->next == reader->end) {
			snprintf(reader->error, CLI_ERROR_TEXT, "--%s needs a value: %s", flag->name, flag->accepts);
			return -EINVAL;
		}
		value = *reader->next++;
	}
	if (flag->set(reader->settings, value))
		return 0;
	snprintf(reader->error, CLI_ERROR_TEXT, "--%s %s: accepted is %s", flag->name, value, flag->accepts);
	return -EINVAL;
}

static int take_long(struct reader *reader, const char *text)
{
	size_t length = strcspn(text + 2, "=");
	const struct cli_flag *flag = find_long(text + 2, length);

	if (!flag)
		return refuse_unknown(reader, text);
	return take_flag(reader, flag, text, text[2 + length] == '=' ? text + 2 + length + 1 : NULL);
}

static int take_letters(struct reader *reader, const char *text)
{
	for (const char *letter = text + 1; *letter; letter++) {
		const struct cli_flag *flag = find_letter(*letter);
		int rc;

		if (!flag)
			return refuse_unknown(reader, text);
		rc = take_flag(reader, flag, text, flag->argument && letter[1] ? letter + 1 : NULL);
		if (rc != 0 || flag->argument)
			return rc;
	}
	return 0;
}

/* The one thing without a dash is the target of load, or the file of trace. */
static int take_target(struct reader *reader, const char *text)
{
	struct cli_settings *settings = reader->settings;

	if (settings->command == CLI_TRACE && cli_trace_set_file(settings, text))
		return 0;
	if (settings->command != CLI_LOAD) {
		snprintf(reader->error, CLI_ERROR_TEXT, "unexpected argument %s; quern %s --help shows what it takes",
			 text, cli_command_name(settings->command));
		return -EINVAL;
	}
	if (strstr(text, "://") && cli_set_target(settings, text))
		return 0;
	snprintf(
		reader->error, CLI_ERROR_TEXT,
		"target %.300s: accepted is tcp://ADDR:PORT, udp://ADDR:PORT or http://ADDR[:PORT][/PATH], "
		"e.g. "
		"http://198.18.0.2/ or http://[fd00::2]/; up to 16 with =WEIGHT behind ADDR:PORT, of one kind and path",
		text);
	return -EINVAL;
}

int cli_parse(struct cli_settings *settings, int count, char *const arguments[], char error[CLI_ERROR_TEXT])
{
	struct reader reader = {settings, arguments, arguments + count, error};

	while (reader.next < reader.end) {
		const char *text = *reader.next++;
		int rc;

		if (strcmp(text, "--") == 0) {
			settings->eal_arguments = reader.next;
			return CLI_RUN;
		}
		if (strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0)
			return CLI_HELP;
		if (strcmp(text, "--help-all") == 0)
			return CLI_HELP_ALL;
		if (strcmp(text, "--version") == 0)
			return CLI_VERSION;
		if (text[0] != '-' || text[1] == '\0')
			rc = take_target(&reader, text);
		else if (text[1] == '-')
			rc = take_long(&reader, text);
		else
			rc = take_letters(&reader, text);
		if (rc != 0)
			return rc;
	}
	return CLI_RUN;
}
