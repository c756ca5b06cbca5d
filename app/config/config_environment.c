/* config_environment.c - reads variables as flags. A list has blanks between its words; of several ports the words of
 * QUERN_IP and the like belong to one each, in their order. */
#include "config/config_environment.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_suggest.h"
#include "cli/cli_target.h"
#include "config/config_keys.h"

enum { WORDS_TEXT = 16384, MOST_WORDS = 32 };

static const char variable_prefix[] = "QUERN_", blanks[] = " \t\n", none[] = "-";

/* Settings point to words as long as the program runs. */
static char word_text[WORDS_TEXT];
static size_t word_text_used;

struct words {
	char *at[MOST_WORDS];
	size_t count;
};

char *config_variable_name(const char *flag, char name[CONFIG_VARIABLE_TEXT])
{
	snprintf(name, CONFIG_VARIABLE_TEXT, "%s%s", variable_prefix, flag);
	for (char *at = name; *at; at++)
		*at = *at == '-' ? '_' : (char)toupper((unsigned char)*at);
	return name;
}

static const char *value_of(const char *flag)
{
	char name[CONFIG_VARIABLE_TEXT];
	const char *value = getenv(config_variable_name(flag, name));

	return value && value[0] != '\0' ? value : NULL;
}

static int refuse(const char *flag, const char *value, const char *accepts, char error[CLI_ERROR_TEXT])
{
	char name[CONFIG_VARIABLE_TEXT];

	snprintf(error, CLI_ERROR_TEXT, "%s=%.120s: accepted is %.300s", config_variable_name(flag, name), value,
		 accepts);
	return -EINVAL;
}

static bool says_yes(const char *value)
{
	return strcmp(value, "true") == 0 || strcmp(value, "on") == 0 || strcmp(value, "1") == 0;
}

static bool says_no(const char *value)
{
	return strcmp(value, "false") == 0 || strcmp(value, "off") == 0 || strcmp(value, "0") == 0;
}

bool config_variable_denies(const struct cli_flag *flag)
{
	const char *value = value_of(flag->name);

	return value && says_no(value);
}

/* Splits a list into words that stay. False for one that is too long. */
static bool split(const char *value, const char *separators, struct words *words)
{
	char *text = word_text + word_text_used, *save;
	size_t size = strlen(value) + 1;

	words->count = 0;
	if (size > sizeof(word_text) - word_text_used)
		return false;
	memcpy(text, value, size);
	word_text_used += size;
	for (char *word = strtok_r(text, separators, &save); word; word = strtok_r(NULL, separators, &save)) {
		if (words->count == MOST_WORDS)
			return false;
		words->at[words->count++] = word;
	}
	return true;
}

static int set_each(struct cli_settings *settings, const struct cli_flag *flag, const char *value,
		    char error[CLI_ERROR_TEXT])
{
	struct words words;

	if (!split(value, blanks, &words))
		return refuse(flag->name, value, "a list with blanks between its words, up to 32 of them", error);
	for (size_t i = 0; i < words.count; i++) {
		if (!flag->set(settings, words.at[i]))
			return refuse(flag->name, words.at[i], flag->accepts, error);
	}
	return 0;
}

static int set_flag(struct cli_settings *settings, const struct cli_flag *flag, const char *value,
		    char error[CLI_ERROR_TEXT])
{
	if (!flag->argument && says_yes(value))
		return flag->set(settings, NULL) ? 0 : refuse(flag->name, value, "true or false", error);
	if (!flag->argument)
		return says_no(value) ? 0 : refuse(flag->name, value, "true or false", error);
	if (config_forms_of(flag) & CONFIG_FORM_EACH && !(config_forms_of(flag) & CONFIG_FORM_WHOLE))
		return set_each(settings, flag, value, error);
	return flag->set(settings, value) ? 0 : refuse(flag->name, value, flag->accepts, error);
}

/* Where the command line names a port, it has said of it what it wants to: what is zero it left out. */
static bool is_said(const struct cli_port *port, const char *flag)
{
	if (strcmp(flag, "ip") == 0)
		return port->nets[CLI_IP4].has_ip || port->nets[CLI_IP6].has_ip;
	if (strcmp(flag, "gateway") == 0)
		return port->nets[CLI_IP4].has_gateway || port->nets[CLI_IP6].has_gateway;
	if (strcmp(flag, "vlan") == 0)
		return port->vlan != 0;
	return strcmp(flag, "mtu") == 0 ? port->mtu != 0 : port->impair_count != 0;
}

/* Sets a flag of one port, as if that were the last one; several addresses have commas between them. */
static int set_at_port(struct cli_settings *settings, uint16_t number, const struct cli_flag *flag, const char *word,
		       char error[CLI_ERROR_TEXT])
{
	bool is_address = strcmp(flag->name, "ip") == 0 || strcmp(flag->name, "gateway") == 0;
	unsigned int older = settings->older;
	uint16_t count = settings->port_count;
	struct words parts;
	int rc = 0;

	if (!split(word, is_address ? "," : "", &parts))
		return refuse(flag->name, word, flag->accepts, error);
	settings->port_count = number + 1;
	settings->older = CLI_GROUP_IPS | CLI_GROUP_GATEWAYS | CLI_GROUP_IMPAIRS;
	for (size_t i = 0; rc == 0 && i < parts.count; i++)
		rc = flag->set(settings, parts.at[i]) ? 0 : refuse(flag->name, parts.at[i], flag->accepts, error);
	settings->port_count = count;
	settings->older = older;
	return rc;
}

/* A word for each port. Those of the command line are as many as they are: what is left over is not for them. */
static int set_port_flag(struct cli_settings *settings, const struct cli_flag *flag, const char *value,
			 bool are_of_command_line, char error[CLI_ERROR_TEXT])
{
	struct words words;
	int rc = 0;

	if (!split(value, blanks, &words))
		return refuse(flag->name, value, "a word for each port, with blanks between them", error);
	if (words.count > settings->port_count && !are_of_command_line)
		return refuse(flag->name, value, "a word for each port, - for none; there are more words than ports",
			      error);
	for (uint16_t i = 0; rc == 0 && i < words.count && i < settings->port_count; i++) {
		if (strcmp(words.at[i], none) == 0 || (are_of_command_line && is_said(&settings->ports[i], flag->name)))
			continue;
		rc = set_at_port(settings, i, flag, words.at[i], error);
	}
	return rc;
}

static int set_port_flags(struct cli_settings *settings, bool are_of_command_line, char error[CLI_ERROR_TEXT])
{
	int rc = 0;

	for (const struct cli_flag *flag = cli_flag_table; rc == 0 && flag->name; flag++) {
		const char *value = value_of(flag->name);

		if (!value || !(flag->commands & settings->command) || !config_is_of_port(flag) ||
		    strcmp(flag->name, "port") == 0)
			continue;
		rc = set_port_flag(settings, flag, value, are_of_command_line, error);
	}
	return rc;
}

static bool is_kind(enum cli_command command)
{
	bool is_one = false;

	for (size_t i = 0; i < config_kind_count; i++)
		is_one |= config_kinds[i] == command;
	return is_one;
}

/* A variable that is none, but nearly: it would say nothing, and nobody would notice. */
static void warn_of_misspelt(const char *variable)
{
	const char *names[CLI_MAX_SUGGESTIONS * 2], *near = NULL;
	char name[CONFIG_VARIABLE_TEXT], text[CONFIG_VARIABLE_TEXT];
	size_t count = 0, length = strcspn(variable, "=");

	snprintf(name, sizeof(name), "%.*s", (int)length, variable);
	if (length >= sizeof(name))
		return;
	for (const struct cli_flag *flag = cli_flag_table; flag->name && count < CLI_MAX_SUGGESTIONS * 2; flag++) {
		if (strcmp(config_variable_name(flag->name, text), name) == 0)
			return;
		names[count++] = flag->name;
	}
	for (char *at = name + strlen(variable_prefix); *at; at++)
		*at = *at == '_' ? '-' : (char)tolower((unsigned char)*at);
	if (strcmp(name + strlen(variable_prefix), "target") != 0)
		near = cli_suggest(name + strlen(variable_prefix), names, count);
	if (near)
		fprintf(stderr, "warning: %.*s says nothing to quern; did you mean %s?\n", (int)length, variable,
			config_variable_name(near, text));
}

int config_environment_apply(struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	const char *target = settings->command == CLI_LOAD ? value_of("target") : NULL;
	bool has_ports = settings->command != CLI_BENCH;
	int rc = 0;

	if (!is_kind(settings->command))
		return 0;
	word_text_used = 0;
	for (char **variable = environ; *variable; variable++) {
		if (strncmp(*variable, variable_prefix, strlen(variable_prefix)) == 0)
			warn_of_misspelt(*variable);
	}
	for (const struct cli_flag *flag = cli_flag_table; rc == 0 && flag->name; flag++) {
		const char *value = value_of(flag->name);
		bool is_port = strcmp(flag->name, "port") == 0;

		if (!value || !(flag->commands & settings->command) ||
		    (has_ports && !is_port && config_is_of_port(flag)))
			continue;
		rc = is_port ? set_each(settings, flag, value, error) : set_flag(settings, flag, value, error);
	}
	if (rc == 0 && target && !cli_set_target(settings, target))
		rc = refuse("target", target, "tcp://ADDR:PORT, udp://ADDR:PORT or http://ADDR[:PORT][/PATH]", error);
	if (rc == 0 && has_ports && settings->port_count > 0)
		rc = set_port_flags(settings, false, error);
	return rc;
}

int config_environment_finish(struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	bool are_of_command_line = !(settings->older & CLI_GROUP_PORTS);

	if (!is_kind(settings->command) || settings->command == CLI_BENCH || !are_of_command_line)
		return 0;
	return set_port_flags(settings, true, error);
}
