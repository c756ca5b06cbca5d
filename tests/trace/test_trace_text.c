/* test_trace_text.c - a ladder as text, line by line, and the words it is made of. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "trace/trace_text.h"
#include "trace/trace_words.h"
#include "trace_script.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct step LIFE[] = {
	{'c', SYN},
	{'s', SYN | ACK, 0, 1},
	{'c', ACK, 1, 1},
	{'c', PSH | ACK, 1, 1, 100},
	{'s', ACK, 1, 101},
	{'c', FIN | ACK, 101, 1, 0, 0, 0, 0, 0, 0, 2500},
	{'s', FIN | ACK, 1, 102},
	{'c', ACK, 102, 2},
	{'s', FIN | ACK, 1, 102},
	{'c', ACK, 102, 2},
};

static const char LIFE_AS_TEXT[] = "connection 1: 10 segments in 2.508 s, text 100 and 0 bytes\n"
				   "            198.18.0.1:1024                                        198.19.0.1:80\n"
				   "            CLOSED       |                                        | LISTEN\n"
				   "         0  SYN-SENT     |---------- SYN seq 0 win 1000 --------->| SYN-RECEIVED\n"
				   "      1 ms  ESTABLISHED  |<---- SYN+ACK seq 0 ack 1 win 1000 -----|\n"
				   "      2 ms               |---------- ACK ack 1 win 1000 --------->| ESTABLISHED\n"
				   "      3 ms               |------- PSH+ACK seq 1:101 ack 1 ------->|\n"
				   "                         |            win 1000 len 100            |\n"
				   "      4 ms               |<-------- ACK ack 101 win 1000 ---------|\n"
				   "                         |          ... 2.5 s later ...           |\n"
				   "   2.504 s  FIN-WAIT-1   |---- FIN+ACK seq 101 ack 1 win 1000 --->| CLOSE-WAIT\n"
				   "   2.505 s  TIME-WAIT    |<--- FIN+ACK seq 1 ack 102 win 1000 ----| LAST-ACK\n"
				   "   2.506 s               |---------- ACK ack 2 win 1000 --------x |\n"
				   "                         |             (lost or late)             |\n"
				   "   2.507 s  TIME-WAIT    |<--- FIN+ACK seq 1 ack 102 win 1000 ----|\n"
				   "                         |      (again) (2MSL starts again)       |\n"
				   "   2.508 s               |---------- ACK ack 2 win 1000 --------->| CLOSED\n";

static char *text_of(const struct trace_connection *connection, struct trace_text_style style)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	trace_text(out, connection, &style);
	fclose(out);
	return text;
}

static char *text_of_steps(const struct step steps[], size_t count, struct trace_text_style style)
{
	struct trace_book book;
	char *text;

	text = text_of(script_follow(&book, steps, count), style);
	trace_book_free(&book);
	return text;
}

Test(trace_text, shows_times_words_and_states_where_they_change)
{
	char *text = text_of_steps(LIFE, LENGTH(LIFE), (struct trace_text_style){.columns = TRACE_TEXT_COLUMNS});

	cr_assert_str_eq(text, LIFE_AS_TEXT);
	free(text);
}

Test(trace_text, fills_any_width_and_no_more)
{
	for (uint32_t columns = TRACE_TEXT_COLUMNS; columns <= TRACE_TEXT_COLUMNS_MOST; columns++) {
		char *text = text_of_steps(LIFE, LENGTH(LIFE), (struct trace_text_style){.columns = columns}), *save;

		for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
			cr_assert_leq(trace_columns(line), columns, "%s", line);
		free(text);
	}
}

Test(trace_text, says_what_crosses_where_it_arrives)
{
	static const struct step steps[] = {{'c', SYN}, {'s', SYN}, {'c', SYN | ACK, 0, 1}, {'s', SYN | ACK, 0, 1}};
	char *text = text_of_steps(steps, LENGTH(steps), (struct trace_text_style){.columns = TRACE_TEXT_COLUMNS});

	cr_assert(strstr(text, "|           (the SYN arrives)            | SYN-RECEIVED\n"), "%s", text);
	cr_assert(strstr(text, "|         (the SYN+ACK arrives)          | ESTABLISHED\n"), "%s", text);
	free(text);
}

Test(trace_text, leaves_out_the_middle_and_says_the_states_behind_it)
{
	char *text = text_of_steps(LIFE, LENGTH(LIFE), (struct trace_text_style){.columns = 80, .most = 4});

	cr_assert(strstr(text, "            TIME-WAIT    |           ... 6 segments ...           | LAST-ACK\n"), "%s",
		  text);
	cr_assert(strstr(text, "SYN seq 0") && strstr(text, "CLOSED\n") && !strstr(text, "PSH"), "%s", text);
	free(text);
}

Test(trace_text, colours_states_and_what_is_odd_when_asked)
{
	char *text = text_of_steps(LIFE, LENGTH(LIFE), (struct trace_text_style){.columns = 80, .colors = true});

	cr_assert(strstr(text, "\033[32mESTABLISHED\033[0m"), "%s", text);
	cr_assert(strstr(text, "\033[35mTIME-WAIT\033[0m"));
	cr_assert(strstr(text, "|\033[33m---------- ACK ack 2"), "%s", text);
	free(text);
}

Test(trace_text, times_have_the_unit_that_fits)
{
	static const struct {
		int64_t ns;
		const char *text;
	} times[] = {{0, "0"},
		     {999, "999 ns"},
		     {1000, "1 µs"},
		     {12345, "12.345 µs"},
		     {1200000, "1.2 ms"},
		     {999999999, "999.999 ms"},
		     {60000000000, "60 s"},
		     {-1500000, "-1 ms"},
		     {725000000000, "12:05 min"},
		     {7200000000000, "2 h"},
		     {7275000000000, "2:01:15 h"},
		     {INT64_MAX, "106751 d"},
		     {INT64_MIN, "-106751 d"}};
	char text[TRACE_TIME_TEXT];

	for (size_t i = 0; i < LENGTH(times); i++)
		cr_assert_str_eq(trace_time_text(times[i].ns, text), times[i].text, "%s", text);
}

/* All that a segment can say at once. */
Test(trace_text, words_hold_all_that_a_segment_can_say)
{
	struct quern_segment segment = {.flags = 0x1ff,
					.mss = UINT16_MAX,
					.has_scale = true,
					.scale = 14,
					.sack_permitted = true,
					.has_timestamps = true,
					.tsval = 4000000000,
					.tsecr = 4000000001,
					.text_bytes = 4000000000,
					.urgent = UINT16_MAX,
					.sack_count = QUERN_SACKS,
					.unknown_count = QUERN_OPTIONS_UNKNOWN,
					.unknown = {253, 254, 255, 252},
					.options_end_early = true};
	struct trace_event event = {.segment = segment, .seq = 4000000002, .marks = (1u << TRACE_PLACES_END) - 1};
	struct trace_connection connection = {.number = 1};
	struct trace_words words;
	char line[TRACE_LINE_TEXT], all[4096] = "";

	for (int i = 0; i < QUERN_SACKS; i++)
		event.segment.sacks[i] = (struct quern_sack){4000000000u + (uint32_t)i, 4100000000u};
	trace_words_of(&words, &connection, &event);
	while (trace_words_line(&words, 30, line)) {
		cr_assert(strlen(line) <= 30 || !strchr(line + 1, '('), "%s", line);
		strcat(strcat(all, line), "\n");
	}
	cr_assert(strstr(all, "SYN+FIN+RST+PSH+ACK+URG+ECE+CWR+AE\n"), "%s", all);
	cr_assert(strstr(all, "ts 4000000000/4000000001"), "%s", all);
	cr_assert(strstr(all, "sack 4000000003:4100000000"), "%s", all);
	cr_assert(strstr(all, "option 252\noptions cut"), "%s", all);
	for (int place = 0; place < TRACE_PLACES_END; place++)
		cr_assert(strstr(all, trace_mark_text((enum trace_mark_place)place)), "%s", all);
}
