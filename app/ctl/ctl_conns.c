/* ctl_conns.c - connections, a page after the other as they come: one a line, or one an object. */
#include "ctl/ctl_answers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { QUESTION_TEXT = 64 + CTL_PARAMETERS_TEXT, PAGE = 100 };

static const char *const texts[] = {"state", "local", "remote"};
static const char *const numbers[] = {"queued_bytes", "held_bytes", "snd_nxt", "snd_una",
				      "rcv_nxt",      "snd_wnd",    "rto_ms",  "mss"};
enum { TEXTS = 3, /* the first is no endpoint */ NUMBERS = 8, IP4_COLUMNS = 21 };

struct list {
	const struct ctl_request *request;
	uint64_t printed;
	uint64_t skipped;
	char cursor[32];
	bool has_title;
	int endpoint_columns; /* as wide as the longest so far */
};

static const json_t *cell(const json_t *page, const char *key, size_t row)
{
	return json_array_get(json_object_get(page, key), row);
}

/* Every column of a page is as long as it says. */
static bool is_whole(const json_t *page)
{
	size_t count = (size_t)ctl_number(page, "count");

	for (size_t i = 0; i < TEXTS + NUMBERS; i++) {
		const char *key = i < TEXTS ? texts[i] : numbers[i - TEXTS];

		if (json_array_size(json_object_get(page, key)) != count)
			return false;
	}
	return true;
}

static void print_object(struct list *list, const json_t *page, size_t row)
{
	json_t *object = json_object();
	char *text;

	json_object_set_new(object, "shard", json_integer(ctl_number(page, "shard")));
	json_object_set_new(object, "role", json_string(ctl_text(page, "role")));
	for (size_t i = 0; i < TEXTS; i++)
		json_object_set_new(object, texts[i], json_copy((json_t *)(uintptr_t)cell(page, texts[i], row)));
	for (size_t i = 0; i < NUMBERS; i++)
		json_object_set_new(object, numbers[i], json_copy((json_t *)(uintptr_t)cell(page, numbers[i], row)));
	text = json_dumps(object, 0);
	printf("%s%s", list->printed == 0 ? "\n" : ",\n", text ? text : "{}");
	free(text);
	json_decref(object);
}

static json_int_t number_at(const json_t *page, const char *key, size_t row)
{
	return json_integer_value(cell(page, key, row));
}

static void print_title(const struct list *list)
{
	int columns = list->endpoint_columns;

	printf("%-12s  %-*s  %-*s  %9s  %9s  %7s  %5s  %s\n", "state", columns, "local", columns, "remote", "queued",
	       "held", "rto ms", "mss", "shard");
}

static void print_line(const struct list *list, const json_t *page, size_t row)
{
	int columns = list->endpoint_columns;

	printf("%-12s  %-*s  %-*s  %9lld  %9lld  %7lld  %5lld  %lld %s\n", json_string_value(cell(page, "state", row)),
	       columns, json_string_value(cell(page, "local", row)), columns,
	       json_string_value(cell(page, "remote", row)), number_at(page, "queued_bytes", row),
	       number_at(page, "held_bytes", row), number_at(page, "rto_ms", row), number_at(page, "mss", row),
	       ctl_number(page, "shard"), ctl_text(page, "role"));
}

static bool has_texts(const json_t *page, size_t row)
{
	for (size_t i = 0; i < TEXTS; i++)
		if (!json_is_string(cell(page, texts[i], row)))
			return false;
	return true;
}

/* Addresses of IPv6 are of many lengths: columns fit those of the page, and never become narrower again. */
static void widen(struct list *list, const json_t *page, size_t count)
{
	for (size_t row = 0; row < count; row++) {
		for (size_t i = 1; i < TEXTS; i++) {
			int length = (int)strlen(json_string_value(cell(page, texts[i], row)));

			if (length > list->endpoint_columns)
				list->endpoint_columns = length;
		}
	}
}

static bool is_over(const struct list *list)
{
	return list->cursor[0] == '\0' || (list->request->limit > 0 && list->printed >= list->request->limit);
}

static int print_page(struct list *list, const json_t *page)
{
	size_t count = (size_t)ctl_number(page, "count");

	if (!is_whole(page))
		return -EPROTO;
	for (size_t row = 0; row < count; row++) {
		if (!has_texts(page, row))
			return -EPROTO;
	}
	widen(list, page, count);
	if (!list->request->json && !list->has_title)
		print_title(list);
	list->has_title = true;
	for (size_t row = 0; row < count; row++, list->printed++) {
		if (list->request->json)
			print_object(list, page, row);
		else
			print_line(list, page, row);
	}
	list->skipped += (uint64_t)ctl_number(page, "skipped");
	snprintf(list->cursor, sizeof(list->cursor), "%s", ctl_text(page, "cursor"));
	return 0;
}

static int ask_page(struct list *list, const struct ctl_instance *instance)
{
	uint64_t limit = list->request->limit, left = limit == 0 ? PAGE : limit - list->printed;
	char question[QUESTION_TEXT];
	json_t *page;
	int code;

	snprintf(question, sizeof(question), "/quern/conns,limit=%" PRIu64 ",cursor=%s%s", left < PAGE ? left : PAGE,
		 list->cursor, list->request->parameters);
	code = ctl_ask(instance, question, &page);
	if (code != 0)
		return code;
	code = print_page(list, page);
	json_decref(page);
	return code;
}

int ctl_conns(const struct ctl_instance *instance, const struct ctl_request *request)
{
	struct list list = {.request = request, .cursor = "0.0", .endpoint_columns = IP4_COLUMNS};
	int code = 0;

	if (request->json)
		putchar('[');
	while (code == 0 && !is_over(&list))
		code = ask_page(&list, instance);
	if (request->json)
		printf("%s]\n", list.printed > 0 ? "\n" : "");
	if (list.skipped > 0)
		fprintf(stderr,
			"note: %" PRIu64 " places of the table changed too fast to be read; each holds about 13\n",
			list.skipped);
	return code;
}
