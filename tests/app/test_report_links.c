/* test_report_links.c - one line when a link goes, one when it comes back, none otherwise. */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "report/report_links.h"

static struct report_links links;

/* What is printed for a port whose link is `is_up` at a time; up to the next call. */
static const char *note(const char *device, bool is_up, double now_s)
{
	static char text[256];
	FILE *out = tmpfile();
	size_t bytes;

	cr_assert_not_null(out);
	report_links_note(&links, out, 1, device, is_up, now_s);
	rewind(out);
	bytes = fread(text, 1, sizeof(text) - 1, out);
	text[bytes] = '\0';
	fclose(out);
	return text;
}

Test(report_links, that_go_down_are_told_once_and_again_when_they_are_back)
{
	cr_assert_str_eq(note("tap:q0", true, 1), "");
	cr_assert_str_eq(note("tap:q0", true, 2), "");
	cr_assert_str_eq(note("tap:q0", false, 3),
			 "warning: port tap:q0: its link is down; nothing passes until it is back\n");
	cr_assert_str_eq(note("tap:q0", false, 4), "");
	cr_assert_str_eq(note("tap:q0", true, 5.5), "port tap:q0: its link is back after 2.5 s\n");
	cr_assert_str_eq(note("tap:q0", true, 6), "");
}

Test(report_links, of_shared_memory_are_peers_and_not_missed_before_they_came)
{
	cr_assert_str_eq(note("memif:/run/q", false, 1), "");
	cr_assert_str_eq(note("memif:/run/q", true, 2), "");
	cr_assert_str_eq(note("memif:/run/q", false, 3),
			 "warning: port memif:/run/q: its peer has gone; nothing passes until it is back\n");
	cr_assert_str_eq(note("memif:/run/q", true, 4), "port memif:/run/q: its peer is back after 1.0 s\n");
}
