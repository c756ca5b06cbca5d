/* result_read.c - files of results: what is none is refused with its place. */
#include "result/result.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "report/report_document.h"

/* A day of seconds is 20 MB. */
#define MOST_BYTES (INT64_C(256) << 20)

/* An error's text has parts of the file in it. */
static void quieten(char *error)
{
	for (; *error; error++) {
		if ((unsigned char)*error < ' ' && *error != '\n')
			*error = '?';
	}
}

/* What the other modules count on, whatever else is there. */
static const char *missing_in(const json_t *document)
{
	static const char *const objects[] = {"tool", "config", "machine", "totals", "rate", "latency_ns", "valid"};

	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		if (!json_is_object(json_object_get(document, objects[i])))
			return objects[i];
	}
	if (!json_is_array(json_object_get(document, "series")))
		return "series";
	return json_is_array(json_object_get(document, "text")) ? NULL : "text";
}

json_t *result_read(const char *path, char error[CLI_ERROR_TEXT])
{
	struct stat about;
	json_error_t wrong;
	json_t *document;
	const char *schema;

	errno = 0;
	if (stat(path, &about) != 0 || S_ISDIR(about.st_mode) || about.st_size > MOST_BYTES) {
		snprintf(error, CLI_ERROR_TEXT, "%s: %s", path,
			 errno                    ? strerror(errno)
			 : S_ISDIR(about.st_mode) ? "a folder; name the run.json in it"
						  : "more than 256 MiB, which no result is");
		return NULL;
	}
	document = json_load_file(path, JSON_REJECT_DUPLICATES, &wrong);
	if (!document) {
		snprintf(error, CLI_ERROR_TEXT, "%s:%d:%d: no JSON: %.200s\n  Results are what --json FILE wrote", path,
			 wrong.line, wrong.column, wrong.text);
		quieten(error);
		return NULL;
	}
	schema = document_string(document, "schema");
	if (strcmp(schema, "quern-run/1") != 0)
		snprintf(
			error, CLI_ERROR_TEXT,
			"%s: its schema is '%.60s', and not quern-run/1\n  Results are what --json FILE of bench, load "
			"and serve wrote",
			path, schema);
	else if (missing_in(document))
		snprintf(error, CLI_ERROR_TEXT, "%s: a result without '%s'\n  Use the file as quern wrote it", path,
			 missing_in(document));
	else
		return document;
	quieten(error);
	json_decref(document);
	return NULL;
}
