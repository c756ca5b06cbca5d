/* page_text.c - escaping, looking up, and formatting. */
#include "page/page_text.h"

#include <math.h>
#include <string.h>

#include "report/report_format.h"

/* U+FFFE and U+FFFF, which XML has not either. */
static bool is_no_letter(const char *text)
{
	return strncmp(text, "\xef\xbf\xbe", 3) == 0 || strncmp(text, "\xef\xbf\xbf", 3) == 0;
}

void page_escape(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (is_no_letter(text) || ((unsigned char)*text < ' ' && !strchr("\t\n\r", *text))) {
			text += is_no_letter(text) ? 2 : 0;
			fputc('?', out);
			continue;
		}
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			fputc(*text, out);
		}
	}
}

char *page_format(double value, enum page_unit unit, char text[PAGE_NUMBER_TEXT])
{
	uint64_t whole = value < 0 ? 0 : value > 9e18 ? (uint64_t)9e18 : (uint64_t)(value + 0.5);

	switch (unit) {
	case PAGE_COUNT:
		if (value > 0 && value < 100 && value != floor(value))
			snprintf(text, PAGE_NUMBER_TEXT, "%.2f", value);
		else
			report_format_count(whole, text);
		break;
	case PAGE_NS:
		report_format_ns(whole, text);
		break;
	case PAGE_SECONDS:
		snprintf(text, PAGE_NUMBER_TEXT, "%.4g s", value);
		break;
	case PAGE_SHARE:
		snprintf(text, PAGE_NUMBER_TEXT, "%.3g %%", 100 * value);
		break;
	case PAGE_NINES:
		snprintf(text, PAGE_NUMBER_TEXT, "%.10g %%", 100 - 100 * pow(10, -value));
		break;
	}
	return text;
}

char *page_format_tick(double value, enum page_unit unit, char text[PAGE_NUMBER_TEXT])
{
	static const struct {
		double of;
		const char *name;
	} scales[] = {{1e9, " G"}, {1e6, " M"}, {1e3, " k"}};
	static const struct {
		double of;
		const char *name;
	} times[] = {{1e9, " s"}, {1e6, " ms"}, {1e3, " µs"}};

	if (unit == PAGE_NINES || unit == PAGE_SECONDS || unit == PAGE_SHARE)
		return page_format(value, unit, text);
	snprintf(text, PAGE_NUMBER_TEXT, unit == PAGE_NS ? "%.4g ns" : "%.4g", value);
	for (int i = 2; i >= 0; i--) {
		double of = unit == PAGE_NS ? times[i].of : scales[i].of;

		if (value >= of)
			snprintf(text, PAGE_NUMBER_TEXT, "%.4g%s", value / of,
				 unit == PAGE_NS ? times[i].name : scales[i].name);
	}
	return text;
}
