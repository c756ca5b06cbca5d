/* test_trace_svg.c - the picture: well-formed, the same each time, with every state and mark where it belongs. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "trace/trace_draw.h"
#include "trace/trace_svg.h"
#include "trace_script.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct step LIFE[] = {
	{'c', SYN},
	{'s', SYN | ACK, 0, 1},
	{'c', ACK, 1, 1},
	{'c', FIN | ACK, 1, 1},
	{'s', FIN | ACK, 1, 2},
	{'c', ACK, 2, 2},
	{'s', FIN | ACK, 1, 2, 0, 0, 0, 0, 0, 0, 60000},
	{'c', ACK, 2, 2},
	{'s', RST, 2},
};

static char *svg_of(const struct trace_connection *connection, uint32_t most)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	cr_assert_eq(trace_svg(out, &connection, 1, most), 0);
	fclose(out);
	return text;
}

static char *svg_of_steps(const struct step steps[], size_t count, uint32_t most)
{
	struct trace_book book;
	char *text = svg_of(script_follow(&book, steps, count), most);

	trace_book_free(&book);
	return text;
}

static unsigned int times_in(const char *text, const char *piece)
{
	unsigned int count = 0;

	for (text = strstr(text, piece); text; text = strstr(text + 1, piece))
		count++;
	return count;
}

Test(trace_svg, has_a_name_a_description_and_colours_for_light_and_dark)
{
	char *text = svg_of_steps(LIFE, LENGTH(LIFE), 0);

	cr_assert_eq(strncmp(text, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"520\"", 51), 0, "%.60s", text);
	cr_assert(strstr(text, "role=\"img\" aria-labelledby="));
	cr_assert(strstr(text, "TCP connection from 198.18.0.1:1024 to 198.19.0.1:80</title>"));
	cr_assert(strstr(text, "Left end 198.18.0.1:1024: CLOSED, SYN-SENT, ESTABLISHED, FIN-WAIT-1, TIME-WAIT, "
			       "TIME-WAIT, CLOSED."),
		  "%.900s", text);
	cr_assert(strstr(text, "Right end 198.19.0.1:80: LISTEN, SYN-RECEIVED, ESTABLISHED, CLOSE-WAIT, LAST-ACK, "
			       "CLOSED.</desc>"),
		  "%.900s", text);
	cr_assert(strstr(text, "@media (prefers-color-scheme:dark)"));
	cr_assert_eq(times_in(text, "http"), 1, "it needs nothing from elsewhere");
	cr_assert_str_eq(text + strlen(text) - 7, "</svg>\n");
	free(text);
}

Test(trace_svg, draws_what_is_odd_as_such)
{
	char *text = svg_of_steps(LIFE, LENGTH(LIFE), 0);

	cr_assert_eq(times_in(text, "<line class=\"a"), LENGTH(LIFE), "an arrow a segment");
	cr_assert_eq(times_in(text, "<line class=\"a r\""), 1, "what comes again is dashed");
	cr_assert_eq(times_in(text, "<line class=\"a x\""), 1, "RST is red");
	cr_assert_eq(times_in(text, "<path class=\"a\""), 1, "one arrow ends in a cross");
	cr_assert_eq(times_in(text, "<path class=\"p\"") + times_in(text, "<path class=\"q\""), LENGTH(LIFE) - 1);
	cr_assert(strstr(text, "class=\"l w\">(lost or late)<"));
	cr_assert(strstr(text, "class=\"l m\">… 60 s later …<"));
	cr_assert_eq(times_in(text, "<line class=\"d\""), 2, "a pause on both lines");
	free(text);
}

Test(trace_svg, colours_each_piece_of_a_lifeline_by_its_state)
{
	char *text = svg_of_steps(LIFE, LENGTH(LIFE), 0);

	for (int kind = 0; kind < 5; kind++) {
		char bar[32], name[32];

		snprintf(bar, sizeof(bar), "<rect class=\"s%d\"", kind);
		snprintf(name, sizeof(name), "class=\"n s%d\"", kind);
		cr_assert_geq(times_in(text, bar), 1, "%d", kind);
		cr_assert_geq(times_in(text, name), 1, "%d", kind);
	}
	free(text);
}

Test(trace_svg, lets_arrows_cross_where_both_ends_speak_at_once)
{
	static const struct step steps[] = {{'c', SYN}, {'s', SYN}};
	static const struct step answered[] = {{'c', SYN}, {'s', SYN}, {'c', SYN | ACK, 0, 1}, {'s', SYN | ACK, 0, 1}};
	int from_y, to_y, back_from_y, back_to_y;
	char *text = svg_of_steps(steps, LENGTH(steps), 0);
	const char *arrow;

	free(text);
	text = svg_of_steps(answered, LENGTH(answered), 0);
	arrow = strstr(text, "<line class=\"a\"");
	cr_assert_eq(sscanf(arrow, "<line class=\"a\" x1=\"116\" y1=\"%d\" x2=\"%*d\" y2=\"%d\"", &from_y, &to_y), 2,
		     "%.80s", arrow);
	arrow = strstr(arrow + 1, "<line class=\"a\"");
	cr_assert_eq(
		sscanf(arrow, "<line class=\"a\" x1=\"404\" y1=\"%d\" x2=\"%*d\" y2=\"%d\"", &back_from_y, &back_to_y),
		2, "%.80s", arrow);
	cr_assert(from_y < back_from_y && back_from_y < to_y && back_to_y < to_y, "%d-%d, %d-%d", from_y, to_y,
		  back_from_y, back_to_y);
	free(text);
}

Test(trace_svg, is_the_same_each_time)
{
	char *text = svg_of_steps(LIFE, LENGTH(LIFE), 0), *again = svg_of_steps(LIFE, LENGTH(LIFE), 0);

	cr_assert_str_eq(text, again);
	free(text);
	free(again);
}

Test(trace_svg, leaves_out_the_middle_of_a_long_connection)
{
	char *text = svg_of_steps(LIFE, LENGTH(LIFE), 4);

	cr_assert(strstr(text, ">… 5 segments …<"));
	cr_assert_eq(times_in(text, "<line class=\"a"), 4);
	cr_assert(strstr(text, ">TIME-WAIT<") && strstr(text, ">LAST-ACK<"), "states behind the gap stand there");
	free(text);
}

Test(trace_svg, takes_nothing_for_markup)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	trace_draw_words(out, 1, 2, TRACE_END, "m", "<a&b>");
	trace_draw_begin(out, 10, "</title>", "]]>&");
	fclose(out);
	cr_assert(strstr(text, ">&lt;a&amp;b&gt;</text>"), "%s", text);
	cr_assert(strstr(text, ">&lt;/title&gt;</title>"), "%s", text);
	cr_assert(strstr(text, ">]]&gt;&amp;</desc>"), "%s", text);
	free(text);
}

/* Each label and each name stays within the picture, and no two names of states in a margin lie on each other. */
Test(trace_svg, keeps_words_apart)
{
	char *text = svg_of_steps(LIFE, LENGTH(LIFE), 0);
	int last_y[2] = {0, 0};

	for (const char *at = strstr(text, "class=\"n s"); at; at = strstr(at + 1, "class=\"n s")) {
		const char *element = at;
		int x, y;

		while (*element != '<')
			element--;
		cr_assert_eq(sscanf(element, "<text x=\"%d\" y=\"%d\"", &x, &y), 2);
		cr_assert_geq(y - last_y[x > TRACE_WIDTH / 2], 13, "%.60s", element);
		last_y[x > TRACE_WIDTH / 2] = y;
	}
	free(text);
}
