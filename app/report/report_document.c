/* report_document.c - looked up by paths. */
#include "report/report_document.h"

#include <string.h>

const json_t *document_at(const json_t *document, const char *path)
{
	while (document && *path) {
		size_t length = strcspn(path, ".");

		document = json_object_getn(document, path, length);
		path += length + (path[length] == '.');
	}
	return document;
}

double document_number(const json_t *document, const char *path)
{
	return json_number_value(document_at(document, path));
}

const char *document_string(const json_t *document, const char *path)
{
	const char *text = json_string_value(document_at(document, path));

	return text ? text : "";
}
