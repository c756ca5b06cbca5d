/* config_lab.c - reads texts for tests. */
#include "config_lab.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

int config_lab_read_bytes(struct config_lab *lab, const char *bytes, size_t length)
{
	struct config_text text;

	config_file_free(&lab->file);
	cr_assert_eq(config_text_copy(&text, "lab.yaml", bytes, length), 0);
	lab->rc = config_file_read(&lab->file, text, &lab->settings);
	return lab->rc;
}

int config_lab_read(struct config_lab *lab, const char *text)
{
	return config_lab_read_bytes(lab, text, strlen(text));
}

char *config_lab_printed(struct config_lab *lab)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	config_faults_print(out, &lab->file.faults, &lab->file.text, "nothing was started");
	fclose(out);
	return text;
}

void config_lab_expect_good(struct config_lab *lab)
{
	char *text = config_lab_printed(lab);

	cr_assert_eq(lab->rc, 0, "%s", text);
	free(text);
}

void config_lab_expect(struct config_lab *lab, const char *const parts[])
{
	char *text = config_lab_printed(lab);
	const char *at = text;
	size_t count = 0;

	for (; parts[count]; count++) {
		at = strstr(at, parts[count]);
		cr_assert(at, "'%s' is not in its place in\n%s", parts[count], text);
		at += strlen(parts[count]);
	}
	cr_assert_eq(lab->file.faults.count, count, "%s", text);
	free(text);
}

const char *config_lab_sample(const struct cli_flag *flag, char text[128])
{
	static const char example[] = "e.g. ";
	const char *from = flag->accepts ? strstr(flag->accepts, example) : NULL;

	if (!flag->argument)
		return "true";
	if (strcmp(flag->name, "seed") == 0)
		return "7";
	if (strcmp(flag->name, "pcap") == 0)
		return "x.pcap";
	from = from ? from + strlen(example) : flag->accepts;
	snprintf(text, 128, "%.*s", (int)strcspn(from, " "), from);
	if (strlen(text) > 0 && text[strlen(text) - 1] == ',')
		text[strlen(text) - 1] = '\0';
	return text;
}
