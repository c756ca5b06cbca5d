/* doc_page.c - reads a document, and compares or replaces what lies between two marks. */
#include "support/doc_page.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1 << 20 };

static char *read_page(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, MOST);

	cr_assert(file && text, "%s", path);
	cr_assert_lt(fread(text, 1, MOST - 1, file), MOST - 1);
	fclose(file);
	return text;
}

static void write_page(const char *path, const char *page, const char *begin, const char *tables, const char *end)
{
	FILE *file = fopen(path, "w");

	cr_assert(file, "%s", path);
	fprintf(file, "%.*s%s%s", (int)(begin - page), page, tables, end);
	fclose(file);
}

void doc_page_hold(const char *begin_mark, const char *end_mark, void (*print)(FILE *out))
{
	const char *path = getenv("QUERN_PAGE");
	char *page = read_page(path), *tables = NULL, *begin = strstr(page, begin_mark), *end = strstr(page, end_mark);
	size_t size = 0;
	FILE *out = open_memstream(&tables, &size);

	cr_assert(begin && end && begin < end, "%s has no '%s' and '%s'", path, begin_mark, end_mark);
	begin += strlen(begin_mark);
	print(out);
	fclose(out);
	if (getenv("QUERN_WRITE_DOCS"))
		write_page(path, page, begin, tables, end);
	else
		cr_assert(size == (size_t)(end - begin) && memcmp(begin, tables, size) == 0,
			  "%s has not what the program has; QUERN_WRITE_DOCS=1 writes it:\n%s", path, tables);
	free(tables);
	free(page);
}
