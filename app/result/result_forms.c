/* result_forms.c - text, CSV and JUnit out of a document. */
#include "result/result.h"

#include <stdint.h>
#include <string.h>

#include "cli/cli_output.h"
#include "page/page_text.h"

/* A document may be anybody's, and a terminal does what some letters say. */
static void write_line(FILE *out, const char *text)
{
	for (; *text; text++) {
		const unsigned char letter = (unsigned char)text[0], next = (unsigned char)text[1];
		bool is_wide_control = letter == 0xc2 && next >= 0x80 && next < 0xa0;

		fputc(letter < ' ' || letter == 0x7f || is_wide_control ? '?' : letter, out);
		text += is_wide_control;
	}
	fputc('\n', out);
}

int result_text(FILE *out, const json_t *document)
{
	const json_t *line;
	size_t i;

	json_array_foreach(document_at(document, "text"), i, line)
		write_line(out, json_string_value(line) ? json_string_value(line) : "");
	return cli_flush(out);
}

static void write_number(FILE *out, const json_t *value)
{
	if (json_is_integer(value))
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		fprintf(out, "%.9g", json_real_value(value));
}

int result_csv(FILE *out, const json_t *document)
{
	const json_t *udp = document_at(document, "udp.series");
	const json_t *rows = udp ? udp : document_at(document, "series"), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		const char *key, *between = "";
		json_t *value;

		json_object_foreach((json_t *)(uintptr_t)json_array_get(rows, 0), key, value)
		{
			if (i == 0)
				fprintf(out, "%s%s", between, key);
			between = ",";
		}
		fputs(i == 0 ? "\n" : "", out);
		between = "";
		json_object_foreach((json_t *)(uintptr_t)json_array_get(rows, 0), key, value)
		{
			fputs(between, out);
			write_number(out, json_object_get(row, key));
			between = ",";
		}
		fputc('\n', out);
	}
	return cli_flush(out);
}

/* A condition that was kept or not; `why` says of one that was not what there was instead. */
static void write_case(FILE *out, const char *kind, const char *name, bool is_kept, const char *why)
{
	fputs("  <testcase classname=\"quern.", out);
	page_escape(out, kind);
	fputs("\" name=\"", out);
	page_escape(out, name);
	if (is_kept) {
		fputs("\"/>\n", out);
		return;
	}
	fputs("\"><failure message=\"", out);
	page_escape(out, why);
	fputs("\"/></testcase>\n", out);
}

static size_t count_missed(const json_t *document, bool passes)
{
	bool accounts = json_is_true(document_at(document, "valid.accounting"));

	return (passes ? 0u : 1u) + (accounts ? 0u : 1u) + result_missed(document);
}

int result_junit(FILE *out, const json_t *document)
{
	const char *kind = document_string(document, "config.kind"), *verdict = document_string(document, "verdict");
	const json_t *thresholds = document_at(document, "thresholds"), *threshold;
	bool passes = strcmp(verdict, "pass") == 0;
	size_t i, missed = count_missed(document, passes);
	char why[96];

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"quern ", out);
	page_escape(out, kind);
	fprintf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\" time=\"%.3f\">\n",
		json_array_size(thresholds) + 2, missed, document_number(document, "duration_s"));
	snprintf(why, sizeof(why), "the verdict is %.16s", verdict);
	write_case(out, kind, "verdict", passes, why);
	write_case(out, kind, "accounting", json_is_true(document_at(document, "valid.accounting")),
		   "opened = established + failed, or established = closed + in flight, does not hold");
	json_array_foreach(thresholds, i, threshold)
	{
		const json_t *value = document_at(threshold, "value");

		if (json_is_number(value))
			snprintf(why, sizeof(why), "the value is %.9g", json_number_value(value));
		else
			snprintf(why, sizeof(why), "there is no value");
		write_case(out, kind, document_string(threshold, "expr"), json_is_true(document_at(threshold, "ok")),
			   why);
	}
	fputs("</testsuite>\n</testsuites>\n", out);
	return cli_flush(out);
}
