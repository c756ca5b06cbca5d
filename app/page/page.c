/* page.c - the sections of a report, in the order in which they are asked for. */
#include "page/page.h"

#include <errno.h>
#include <string.h>

#include "page/page_charts.h"
#include "page/page_frame.h"
#include "page/page_sections.h"
#include "page/page_text.h"

int page_write(FILE *out, const json_t *document)
{
	if (strcmp(document_string(document, "schema"), "quern-run/1") != 0)
		return -EINVAL;
	page_frame_open(out, document_string(document, "config.kind"), document_string(document, "verdict"));
	page_section_verdict(out, document);
	page_section_figures(out, document);
	fputs("<main>\n", out);
	page_chart_rate(out, document);
	page_chart_latency(out, document);
	page_chart_percentiles(out, document);
	page_chart_search(out, document);
	fputs("<div class=\"stack\">\n", out);
	page_bars(out, "failures", "Failures by cause", document_at(document, "totals.failed"), PAGE_COUNT);
	page_section_busy(out, document);
	page_bars(out, "ends", "How connections ended", document_at(document, "totals.closed_by"), PAGE_COUNT);
	page_bars(out, "late", "Late starts by cause", document_at(document, "valid.late"), PAGE_COUNT);
	page_bars(out, "drops", "Dropped frames by reason", document_at(document, "totals.drops"), PAGE_COUNT);
	fputs("</div>\n", out);
	page_section_lists(out, document);
	page_section_settings(out, document);
	fputs("</main>\n<footer>", out);
	page_frame_button(out, "run.json");
	page_section_tool(out, document);
	fputs("</footer>\n", out);
	return page_frame_close(out, document);
}
