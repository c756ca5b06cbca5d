/* page_frame.c - head and end of a page. */
#include "page/page_frame.h"

#include <errno.h>
#include <stdlib.h>

#include "page/page_style.h"
#include "page/page_text.h"

/* As --json has them. */
enum { DIGITS = 15 };

void page_frame_open(FILE *out, const char *what, const char *how)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>quern ",
	      out);
	page_escape(out, what);
	fputs(": ", out);
	page_escape(out, how);
	fprintf(out, "</title><style>%s</style></head><body>\n", page_style);
}

void page_frame_button(FILE *out, const char *file_name)
{
	fprintf(out, "<button id=\"download\" data-name=\"%s\">Download %s</button> ", file_name, file_name);
}

/* JSON within HTML: no text of it may end the element that it is in. */
static int write_document(FILE *out, const json_t *document)
{
	char *text = json_dumps(document, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(DIGITS));

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

int page_frame_close(FILE *out, const json_t *document)
{
	int rc = write_document(out, document);

	fprintf(out, "<script>%s</script></body></html>\n", page_script);
	if (rc == 0 && (fflush(out) != 0 || ferror(out)))
		rc = errno ? -errno : -EIO;
	return rc;
}
