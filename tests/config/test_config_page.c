/* test_config_page.c - the tables of docs/configuration.md are those of the program; QUERN_WRITE_DOCS=1 writes them. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_environment.h"
#include "config_lab.h"
#include "support/doc_page.h"

static const char begin_mark[] = "<!-- keys -->\n", end_mark[] = "<!-- end of keys -->\n";

static void print_cell(FILE *out, const char *text)
{
	for (; *text; text++)
		fprintf(out, "%s%c", *text == '|' ? "\\" : "", *text);
}

/* The kinds that have a key, as words; empty where an earlier kind has told of it already. */
static char *kinds_of(const struct config_key *key, size_t number, char text[64])
{
	static struct config_key keys[CONFIG_MAX_KEYS];

	text[0] = '\0';
	for (size_t i = 0; i < config_kind_count; i++) {
		size_t count = config_keys(config_kinds[i], keys);

		for (size_t j = 0; j < count; j++) {
			if (keys[j].section != key->section || strcmp(keys[j].name, key->name) != 0)
				continue;
			if (i < number) {
				text[0] = '\0';
				return text;
			}
			snprintf(text + strlen(text), 64 - strlen(text), "%s%s", text[0] ? ", " : "",
				 cli_command_name(config_kinds[i]));
		}
	}
	return text;
}

static void print_row(FILE *out, const struct config_key *key, const char *kinds)
{
	static const char behind[] = " behind the --port it belongs to";
	const char *accepts = key->flag->accepts ? key->flag->accepts : "true or false";
	const char *cut = strstr(accepts, behind);
	char text[512], variable[CONFIG_VARIABLE_TEXT];
	bool is_flag = false;

	for (const struct cli_flag *flag = cli_flag_table; flag->name; flag++)
		is_flag |= flag == key->flag;
	snprintf(text, sizeof(text), "%.*s%s", (int)(cut ? cut - accepts : (long)strlen(accepts)), accepts,
		 cut ? cut + strlen(behind) : "");
	fprintf(out, "| `%s` | %s | ", key->name, kinds);
	print_cell(out, key->flag->help);
	fputs(" | ", out);
	print_cell(out, text);
	if (is_flag)
		fprintf(out, " | `--%s` | `%s` |\n", key->flag->name, config_variable_name(key->flag->name, variable));
	else
		fprintf(out, " | | %s |\n", strcmp(key->name, "target") == 0 ? "`QUERN_TARGET`" : "");
}

static void print_section(FILE *out, enum config_section section)
{
	static struct config_key keys[CONFIG_MAX_KEYS];
	const struct config_section_info *info = config_section(section), *parent = config_section(info->parent);
	char kinds[64];

	if (section == CONFIG_TOP)
		fputs("\n### At the top\n", out);
	else
		fprintf(out, "\n### `%s%s%s`%s\n", parent->name, parent->name[0] ? "." : "", info->name,
			info->is_list ? ", a list" : "");
	fputs("\n| key | kinds | what | accepted | flag | variable |\n|---|---|---|---|---|---|\n", out);
	for (size_t i = 0; i < config_kind_count; i++) {
		size_t count = config_keys(config_kinds[i], keys);

		for (size_t j = 0; j < count; j++) {
			if (keys[j].section == section && kinds_of(&keys[j], i, kinds)[0] != '\0')
				print_row(out, &keys[j], kinds);
		}
	}
}

static void print_tables(FILE *out)
{
	for (enum config_section section = CONFIG_TOP; section < CONFIG_SECTIONS; section++)
		print_section(out, section);
	fputc('\n', out);
}

Test(config_page, has_every_key_of_each_kind_and_no_other)
{
	doc_page_hold(begin_mark, end_mark, print_tables);
}
