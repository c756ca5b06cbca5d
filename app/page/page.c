/* page.c - the sections of a report, in the order in which they are asked for. */
#include "page/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "page/page_charts.h"
#include "page/page_sections.h"
#include "page/page_style.h"
#include "page/page_text.h"

/* As --json has them. */
enum { DIGITS = 15 };

/* JSON within HTML: no text of it may end the element that it is in. */
static int write_document(FILE *out, const json_t *document)
{
	char *text = json_dumps(document, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15));

	if (!text)
		return -ENOMEM;
	fputs("<script type=\"application/json\" id=\"run\">", out);
	for (const char *at = text; *at; at++) {
		if (*at == '<')
			fputs("\\u003c", out);
		else
			fputc(*at, out);
	}
	fputs("</script>\n", out);
	free(text);
	return 0;
}

static void write_head(FILE *out, const json_t *document)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>quern ",
	      out);
	page_escape(out, page_string(document, "config.kind"));
	fputs(": ", out);
	page_escape(out, page_string(document, "verdict"));
	fprintf(out, "</title><style>%s</style></head><body>\n", page_style);
}

int page_write(FILE *out, const json_t *document)
{
	int rc;

	if (strcmp(page_string(document, "schema"), "quern-run/1") != 0)
		return -EINVAL;
	write_head(out, document);
	page_section_verdict(out, document);
	page_section_figures(out, document);
	fputs("<main>\n", out);
	page_chart_rate(out, document);
	page_chart_latency(out, document);
	page_chart_percentiles(out, document);
	page_chart_search(out, document);
	fputs("<div class=\"stack\">\n", out);
	page_bars(out, "failures", "Failures by cause", page_at(document, "totals.failed"), PAGE_COUNT);
	page_section_busy(out, document);
	page_bars(out, "ends", "How connections ended", page_at(document, "totals.closed_by"), PAGE_COUNT);
	page_bars(out, "late", "Late starts by cause", page_at(document, "valid.late"), PAGE_COUNT);
	page_bars(out, "drops", "Dropped frames by reason", page_at(document, "totals.drops"), PAGE_COUNT);
	fputs("</div>\n", out);
	page_section_lists(out, document);
	page_section_settings(out, document);
	fputs("</main>\n<footer><button id=\"download\">Download run.json</button> ", out);
	page_section_tool(out, document);
	fputs("</footer>\n", out);
	rc = write_document(out, document);
	fprintf(out, "<script>%s</script></body></html>\n", page_script);
	if (rc == 0 && (fflush(out) != 0 || ferror(out)))
		rc = errno ? -errno : -EIO;
	return rc;
}
