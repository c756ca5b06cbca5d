/* test_http_wanted.c - which answers are well: by status, and by what is in them, in pieces of any size. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "http/http_match.h"
#include "http/http_statuses.h"

Test(http_statuses, are_read_one_by_one_and_by_class)
{
	struct http_statuses statuses;

	cr_assert(http_statuses_read(&statuses, "204,3xx,503,4XX"));
	for (uint16_t status = 0; status < 1200; status++) {
		bool is_well = status == 204 || status == 503 || (status >= 300 && status < 500);

		cr_assert_eq(http_statuses_hold(&statuses, status), is_well, "%u", status);
	}
	cr_assert(http_statuses_read(&statuses, "999"));
	cr_assert(http_statuses_hold(&statuses, 999) && !http_statuses_hold(&statuses, 204));
}

Test(http_statuses, that_are_none_are_refused_and_change_nothing)
{
	static const char *const texts[] = {"",        "2",       "20",       "2x",  "2x0",  "20x",  "xxx",
					    "100",     "1xx",     "199",      "0xx", "2000", "200,", ",200",
					    "200;404", "200 404", "200,,404", "+20", "2xxx"};
	struct http_statuses statuses = {.bits = {7}};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *copy = strdup(texts[i]);

		cr_assert_not(http_statuses_read(&statuses, copy), "%s", texts[i]);
		free(copy);
	}
	cr_assert_eq(statuses.bits[0], 7);
}

/* Takes a body in pieces of one size. */
static bool holds(const char *text, bool is_whole, const char *body, size_t piece)
{
	struct http_match match;
	uint32_t state = 0;
	size_t length = strlen(body);
	bool is_right;

	cr_assert_eq(http_match_open(&match, text, (uint32_t)strlen(text), is_whole), 0);
	for (size_t at = 0; at < length; at += piece) {
		size_t bytes = length - at < piece ? length - at : piece;
		char *copy = malloc(bytes);

		memcpy(copy, body + at, bytes);
		state = http_match_take(&match, state, copy, (uint32_t)bytes);
		free(copy);
	}
	is_right = http_match_holds(&match, state);
	http_match_close(&match);
	return is_right;
}

Test(http_match, finds_a_text_wherever_a_body_is_cut)
{
	static const struct {
		const char *text, *body;
	} cases[] = {{"a", "a"},
		     {"abc", "xxabcxx"},
		     {"aab", "aaaab"},
		     {"abab", "abaabab"},
		     {"aaa", "aabaaa"},
		     {"abc", "ab"},
		     {"abc", ""},
		     {"abcabd", "abcabcabcabd"},
		     {"abcabd", "abcabcabcab"},
		     {"aabaaab", "aabaabaaab"},
		     {"x", "abc"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is_there = strstr(cases[i].body, cases[i].text) != NULL;

		for (size_t piece = 1; piece <= 12; piece++)
			cr_assert_eq(holds(cases[i].text, false, cases[i].body, piece), is_there, "%s in %s by %zu",
				     cases[i].text, cases[i].body, piece);
	}
}

Test(http_match, agrees_with_strstr_on_all_short_texts_of_two_letters)
{
	char text[6], body[12];

	for (unsigned int length = 1; length < sizeof(text); length++) {
		for (unsigned int bits = 0; bits < 1u << (length + sizeof(body) - 1); bits++) {
			for (unsigned int i = 0; i < length; i++)
				text[i] = bits >> i & 1 ? 'a' : 'b';
			text[length] = '\0';
			for (unsigned int i = 0; i < sizeof(body) - 1; i++)
				body[i] = bits >> (length + i) & 1 ? 'a' : 'b';
			body[sizeof(body) - 1] = '\0';
			cr_assert_eq(holds(text, false, body, 4), strstr(body, text) != NULL, "%s in %s", text, body);
		}
	}
}

Test(http_match, of_a_whole_body_holds_for_it_alone)
{
	static const char *const bodies[] = {"hello", "hell", "helloo", "", "hallo", "jello", "hellohello"};

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		for (size_t piece = 1; piece <= 6; piece++)
			cr_assert_eq(holds("hello", true, bodies[i], piece), i == 0, "%s by %zu", bodies[i], piece);
	}
	cr_assert(holds("", true, "", 1), "a body that is to be empty");
	cr_assert_not(holds("", true, "x", 1));
}
