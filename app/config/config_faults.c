/* config_faults.c - gathers the mistakes of a file and prints them with their marks. */
#include "config/config_faults.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_exit.h"

bool config_faults_are_full(const struct config_faults *faults)
{
	return faults->count >= CONFIG_MAX_FAULTS;
}

void config_faults_add(struct config_faults *faults, struct config_mark mark, const char *format, ...)
{
	char message[2 * CONFIG_FAULT_TEXT];
	struct config_fault *fault;
	va_list arguments;
	size_t first;

	if (faults->count++ >= CONFIG_MAX_FAULTS)
		return;
	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	cli_exit_plain(message);
	first = strcspn(message, "\n");
	fault = &faults->at[faults->count - 1];
	fault->mark = mark;
	snprintf(fault->text, sizeof(fault->text), "%.*s", (int)first, message);
	snprintf(fault->remedy, sizeof(fault->remedy), "%s", message[first] ? message + first + 1 : "");
}

static int by_place(const void *a, const void *b)
{
	const struct config_fault *one = a, *other = b;

	return (one->mark.offset > other->mark.offset) - (one->mark.offset < other->mark.offset);
}

void config_faults_print(FILE *out, struct config_faults *faults, const struct config_text *text, const char *outcome)
{
	size_t kept = faults->count < CONFIG_MAX_FAULTS ? faults->count : CONFIG_MAX_FAULTS;

	qsort(faults->at, kept, sizeof(faults->at[0]), by_place);
	for (size_t i = 0; i < kept; i++) {
		fprintf(out, "error: %s\n", faults->at[i].text);
		config_text_show(out, text, faults->at[i].mark);
		if (faults->at[i].remedy[0] != '\0')
			fprintf(out, "  %s\n", faults->at[i].remedy);
	}
	if (faults->count > 1)
		fprintf(out, "%zu mistakes in %s%s; %s\n", faults->count, text->name,
			faults->count > kept ? ", of which these are the first" : "", outcome);
}
