/* fuzz_config.c - any bytes as a configuration: it is read, or refused with faults that lie in it, and ends soon. */
#include <stdlib.h>
#include <string.h>

#include "config/config_file.h"
#include "fuzz/fuzz.h"

static void require(bool fact)
{
	if (!fact)
		abort();
}

/* Each place can be shown: a name with line and column, and a caret beneath. */
static void print_all(struct config_file *file)
{
	char *text = NULL;
	size_t size = 0, carets = 0, kept;
	FILE *out = open_memstream(&text, &size);

	require(out != NULL);
	config_faults_print(out, &file->faults, &file->text, "nothing was started");
	fclose(out);
	kept = file->faults.count < CONFIG_MAX_FAULTS ? file->faults.count : CONFIG_MAX_FAULTS;
	for (const char *at = text; (at = strchr(at, '^')) != NULL; at++)
		carets++;
	require(carets >= kept && memchr(text, 0, size) == NULL);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config_file file;
	static struct cli_settings settings;
	char error[CLI_ERROR_TEXT] = "";
	struct config_text text;
	int rc;

	if (config_text_copy(&text, "fuzz.yaml", (const char *)data, size) != 0)
		return 0;
	rc = config_file_read(&file, text, &settings);
	require((rc == 0) == (file.faults.count == 0));
	for (size_t i = 0; i < file.word_count; i++)
		require(file.words[i].mark.offset + file.words[i].mark.length <= size && file.words[i].value != NULL);
	print_all(&file);
	if (rc == 0 && cli_complete(&settings, error) != 0)
		require(error[0] != '\0' && strlen(error) < sizeof(error));
	config_file_free(&file);
	return 0;
}
