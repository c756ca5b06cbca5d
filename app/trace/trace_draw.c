/* trace_draw.c - SVG: a style sheet for light and dark, and the elements that use it. */
#include "trace/trace_draw.h"

#include <math.h>

#include "page/page_text.h"
#include "trace/trace_words.h"

enum { HEAD = 11, CROSS = 5, SHORT = 26 };

/* Browsers take the scheme of the reader, also where the picture stands in a page as <img>. Colours of text have a
 * contrast of 4.5 and more to the ground. */
static const char STYLE[] =
	"<style>\n"
	"svg{background:#fff}\n"
	"text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,\"DejaVu Sans Mono\",\"Liberation Mono\",monospace;"
	"fill:#1f2328}\n"
	".g{fill:#fff}\n"
	".h{font-weight:bold}\n"
	".m{fill:#59636e}\n"
	".i{fill:#59636e;font-size:13px}\n"
	".w{fill:#953800}\n"
	".l{paint-order:stroke;stroke:#fff;stroke-width:5px;stroke-linejoin:round}\n"
	".n{font-size:13px;font-weight:bold}\n"
	".s0{fill:#59636e}.s1{fill:#7d4e00}.s2{fill:#116329}.s3{fill:#0550ae}.s4{fill:#6639ba}\n"
	".a{stroke:#1f2328;stroke-width:1.6;fill:none}\n"
	".r{stroke-dasharray:7 4}\n"
	".x{stroke:#cf222e;stroke-width:2}\n"
	".p{fill:#1f2328}.q{fill:#cf222e}\n"
	".d{stroke:#59636e;stroke-width:3;stroke-dasharray:1 6;stroke-linecap:round}\n"
	"@media (prefers-color-scheme:dark){\n"
	"svg{background:#0d1117}\n"
	"text{fill:#e6edf3}\n"
	".g{fill:#0d1117}\n"
	".m,.i{fill:#9198a1}\n"
	".w{fill:#f0883e}\n"
	".l{stroke:#0d1117}\n"
	".s0{fill:#9198a1}.s1{fill:#e3b341}.s2{fill:#56d364}.s3{fill:#79c0ff}.s4{fill:#d2a8ff}\n"
	".a{stroke:#e6edf3}\n"
	".x{stroke:#ff7b72}\n"
	".p{fill:#e6edf3}.q{fill:#ff7b72}\n"
	".d{stroke:#9198a1}\n"
	"}\n"
	"</style>\n";

int trace_lifeline(int end)
{
	return end == 0 ? TRACE_LEFT : TRACE_RIGHT;
}

void trace_draw_begin(FILE *out, int height, const char *title, const char *desc)
{
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
		"role=\"img\" "
		"aria-labelledby=\"quern-trace-title quern-trace-desc\">\n<title id=\"quern-trace-title\">",
		TRACE_WIDTH, height, TRACE_WIDTH, height);
	page_escape(out, title);
	fputs("</title>\n<desc id=\"quern-trace-desc\">", out);
	page_escape(out, desc);
	fprintf(out, "</desc>\n%s<rect class=\"g\" width=\"%d\" height=\"%d\"/>\n", STYLE, TRACE_WIDTH, height);
}

void trace_draw_finish(FILE *out)
{
	fputs("</svg>\n", out);
}

void trace_draw_words(FILE *out, int x, int y, enum trace_anchor anchor, const char *class, const char *words)
{
	static const char *const anchors[] = {
		[TRACE_START] = "", [TRACE_MIDDLE] = " text-anchor=\"middle\"", [TRACE_END] = " text-anchor=\"end\""};

	fprintf(out, "<text x=\"%d\" y=\"%d\"%s class=\"%s\">", x, y, anchors[anchor], class);
	page_escape(out, words);
	fputs("</text>\n", out);
}

/* How far a connection is: nowhere, opening, open, closing, waiting. */
static int kind_of(enum quern_state state)
{
	switch (state) {
	case QUERN_SYN_SENT:
	case QUERN_SYN_RCVD:
		return 1;
	case QUERN_ESTABLISHED:
		return 2;
	case QUERN_FIN_WAIT_1:
	case QUERN_FIN_WAIT_2:
	case QUERN_CLOSE_WAIT:
	case QUERN_CLOSING:
	case QUERN_LAST_ACK:
		return 3;
	case QUERN_TIME_WAIT:
		return 4;
	case QUERN_NO_STATE:
	case QUERN_CLOSED:
	case QUERN_LISTEN:
	case QUERN_STATES_END:
		break;
	}
	return 0;
}

void trace_draw_beside(FILE *out, int end, int y, const char *class, const char *words)
{
	int x = end == 0 ? TRACE_LEFT - TRACE_BAR - 2 : TRACE_RIGHT + TRACE_BAR + 2;

	trace_draw_words(out, x, y + 4, end == 0 ? TRACE_END : TRACE_START, class, words);
}

void trace_draw_state(FILE *out, int end, int y, enum quern_state state)
{
	char class[8];

	snprintf(class, sizeof(class), "n s%d", kind_of(state));
	trace_draw_beside(out, end, y, class, trace_state_text(state));
}

void trace_draw_bar(FILE *out, int end, int from, int to, enum quern_state state)
{
	if (to > from)
		fprintf(out, "<rect class=\"s%d\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", kind_of(state),
			trace_lifeline(end) - TRACE_BAR / 2, from, TRACE_BAR, to - from);
}

void trace_draw_break(FILE *out, int from, int to)
{
	for (int end = 0; end < TRACE_ENDS; end++)
		fprintf(out, "<line class=\"d\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n", trace_lifeline(end), from,
			trace_lifeline(end), to);
}

/* The head of an arrow of this slope, at its point. */
static void draw_head(FILE *out, long x, long y, double along_x, double along_y, const char *class)
{
	double back_x = (double)x - HEAD * along_x, back_y = (double)y - HEAD * along_y;

	fprintf(out, "<path class=\"%s\" d=\"M%ld %ldL%ld %ldL%ld %ldz\"/>\n", class, x, y,
		lround(back_x - 4.5 * along_y), lround(back_y + 4.5 * along_x), lround(back_x + 4.5 * along_y),
		lround(back_y - 4.5 * along_x));
}

void trace_draw_arrow(FILE *out, int from_end, int from_y, int to_y, enum trace_stroke stroke, bool arrives)
{
	static const char *const strokes[] = {
		[TRACE_STROKE_PLAIN] = "a", [TRACE_STROKE_AGAIN] = "a r", [TRACE_STROKE_RESET] = "a x"};
	int sign = from_end == 0 ? 1 : -1;
	int from_x = trace_lifeline(from_end) + sign * TRACE_BAR / 2,
	    to_x = trace_lifeline(!from_end) - sign * TRACE_BAR / 2;
	double length = hypot(to_x - from_x, to_y - from_y);
	double along_x = (to_x - from_x) / length, along_y = (to_y - from_y) / length;
	double short_by = arrives ? HEAD - 2 : SHORT;
	long x = lround(to_x - short_by * along_x), y = lround(to_y - short_by * along_y);

	fprintf(out, "<line class=\"%s\" x1=\"%d\" y1=\"%d\" x2=\"%ld\" y2=\"%ld\"/>\n", strokes[stroke], from_x,
		from_y, x, y);
	if (arrives)
		draw_head(out, to_x, to_y, along_x, along_y, stroke == TRACE_STROKE_RESET ? "q" : "p");
	else
		fprintf(out, "<path class=\"a\" d=\"M%ld %ldl%d %dM%ld %ldl%d %d\"/>\n", x - CROSS, y - CROSS,
			2 * CROSS, 2 * CROSS, x - CROSS, y + CROSS, 2 * CROSS, -2 * CROSS);
}
