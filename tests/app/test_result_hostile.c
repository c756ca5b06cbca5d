/* test_result_hostile.c - files that are no results, or hardly: refused, or read without harm. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "page/page.h"
#include "result/result.h"
#include "result_sample.h"

static char path[] = "/tmp/quern-result-XXXXXX";
static char error[CLI_ERROR_TEXT];
static struct quern_histogram *times;
static json_t *good;
static char *text;

static void prepare(void)
{
	close(mkstemp(path));
	times = sample_times(88172645463325252, 60);
	good = sample_document(200, times);
	text = json_dumps(good, JSON_COMPACT);
}

static void clean(void)
{
	unlink(path);
	json_decref(good);
	free(times);
	free(text);
}

TestSuite(result_hostile, .init = prepare, .fini = clean);

static json_t *read_bytes(const char *bytes, size_t length)
{
	FILE *file = fopen(path, "w");

	cr_assert_eq(fwrite(bytes, 1, length, file), length);
	fclose(file);
	return result_read(path, error);
}

/* Makes of a document, if it is one, all that there is. */
static void use(json_t *document)
{
	static int (*const forms[])(FILE * out, const json_t *document) = {result_text, result_csv, result_junit,
									   page_write};
	json_t *pair[] = {document, good}, *other_way[] = {good, document};
	const char *const names[] = {"a", "b"};
	char *written = NULL;
	size_t size;

	if (!document)
		return;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		FILE *out = open_memstream(&written, &size);

		forms[i](out, document);
		fclose(out);
		free(written);
	}
	json_decref(result_merge(pair, names, 2, error));
	json_decref(result_merge(other_way, names, 2, error));
	json_decref(document);
}

Test(result_hostile, what_is_cut_off_is_refused_with_its_place)
{
	for (size_t length = 0; length < strlen(text); length += 37) {
		cr_assert_null(read_bytes(text, length), "the first %zu", length);
		cr_assert_not_null(strstr(error, ":1:"), "%s", error);
	}
}

Test(result_hostile, changed_letters_do_no_harm)
{
	unsigned long seed = 1181783497276652981;
	size_t length = strlen(text);

	for (int i = 0; i < 250; i++) {
		char *changed = strdup(text);

		for (int j = 0; j <= i % 3; j++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			changed[seed % length] = i % 2 ? (char)('0' + seed / length % 10) : (char)(seed >> 40);
		}
		use(read_bytes(changed, length));
		free(changed);
	}
}

/* Every value by another kind of value, one after the other. */
static void spoil(json_t *value, json_t *spoiled)
{
	const char *key;
	void *next;
	json_t *member;

	json_object_foreach_safe(value, next, key, member)
	{
		json_t *kept = json_incref(member);
		static int turn;
		json_t *others[] = {json_null(),          json_array(),      json_object(),
				    json_string("\x1b<"), json_real(-1e300), json_integer(INT64_MAX)};

		json_object_set(value, key, others[turn++ % 6]);
		use(json_deep_copy(spoiled));
		json_object_set(value, key, kept);
		for (int i = 0; i < 6; i++)
			json_decref(others[i]);
		spoil(kept, spoiled);
		json_decref(kept);
	}
}

Test(result_hostile, values_of_another_kind_do_no_harm)
{
	json_t *document = json_deep_copy(good);

	spoil(document, document);
	json_decref(document);
}

Test(result_hostile, deep_nesting_and_huge_numbers_are_refused)
{
	enum { DEPTH = 100000 };
	static const char *const numbers[] = {"1e999", "99999999999999999999999"};
	char *deep = malloc(DEPTH);

	memset(deep, '[', DEPTH);
	cr_assert_null(read_bytes(deep, DEPTH));
	cr_assert_not_null(strstr(error, "no JSON"), "%s", error);
	for (size_t i = 0; i < 2; i++) {
		int length = snprintf(deep, DEPTH, "{\"schema\": \"quern-run/1\", \"duration_s\": %s}", numbers[i]);

		cr_assert_null(read_bytes(deep, (size_t)length));
	}
	free(deep);
}

Test(result_hostile, errors_do_nothing_to_a_terminal)
{
	static const char schema[] = "{\"schema\": \"\\u001b[2J\"}";

	cr_assert_null(read_bytes(schema, strlen(schema)));
	cr_assert_null(strchr(error, '\x1b'), "%s", error);
	cr_assert_not_null(strstr(error, "?[2J"), "%s", error);
}
