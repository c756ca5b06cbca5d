/* ctl_reload.c - has a forwarder read its rules again, and prints what it says. */
#include "ctl/ctl_answers.h"

#include <stdio.h>

#include "cli/cli_output.h"

/* The pieces of a text, put together. */
static json_t *joined(const json_t *pieces)
{
	json_t *whole = json_string(""), *piece;
	size_t index;

	json_array_foreach(pieces, index, piece)
	{
		json_t *longer = json_sprintf("%s%s", json_string_value(whole),
					      json_is_string(piece) ? json_string_value(piece) : "");

		json_decref(whole);
		whole = longer;
	}
	return whole;
}

int ctl_reload(const struct ctl_instance *instance, const struct ctl_request *request, bool *is_taken)
{
	json_t *answer, *text;
	int code = ctl_ask(instance, "/quern/reload", &answer);

	if (code != 0)
		return code;
	*is_taken = ctl_number(answer, "taken") != 0;
	text = joined(json_object_get(answer, "text"));
	json_decref(answer);
	if (request->json)
		return cli_write_json(stdout, json_pack("{s:b, s:o}", "taken", (int)*is_taken, "text", text));
	fputs(json_string_value(text), *is_taken ? stdout : stderr);
	json_decref(text);
	return 0;
}
