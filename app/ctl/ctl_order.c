/* ctl_order.c - has a quern do something, and prints what it says. */
#include "ctl/ctl_answers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_output.h"

static void append(FILE *out, const char *piece)
{
	for (; *piece; piece++) {
		unsigned int byte;

		if (*piece == '%' && sscanf(piece + 1, "%2x", &byte) == 1 && strlen(piece) > 2) {
			fputc((int)byte, out);
			piece += 2;
		} else {
			fputc(*piece, out);
		}
	}
}

/* The pieces of a text put together, with bytes for %XX; null where there is no memory. The caller frees it. */
static char *joined(const json_t *pieces)
{
	const json_t *piece;
	char *text = NULL;
	size_t index, size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	json_array_foreach(pieces, index, piece) append(out, json_is_string(piece) ? json_string_value(piece) : "");
	fclose(out);
	return text;
}

int ctl_order(const struct ctl_instance *instance, const struct ctl_request *request, bool *is_taken)
{
	json_t *answer;
	char *text;
	int code = ctl_ask(instance, request->order, &answer);

	if (code != 0)
		return code;
	*is_taken = ctl_number(answer, "taken") != 0;
	text = joined(json_object_get(answer, "text"));
	json_decref(answer);
	if (!text)
		return -ENOMEM;
	if (request->json)
		code = cli_write_json(stdout, json_pack("{s:b, s:s}", "taken", (int)*is_taken, "text", text));
	else
		fputs(text, *is_taken ? stdout : stderr);
	free(text);
	return code;
}
