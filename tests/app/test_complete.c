/* test_complete.c - words for a shell, out of what flags accept. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_flags.h"
#include "complete/complete.h"

Test(complete, finds_words_where_they_are_all_that_is_accepted)
{
	static const char *const lists[][2] = {
		{"cubic or newreno", "cubic newreno"},
		{"auto, huge or 4k", "auto huge 4k"},
		{"auto (at the half-open limit), always or never", "auto always never"},
		{"client, server, both, rst, half or never", "client server both rst half never"},
		{"a, b, or c", "a b c"},
	};
	static const char *const open[] = {
		"1 to 255", "10s, 5m, or 0 for until Ctrl-C", "icmp, udp or udp:PORT, e.g. icmp", "auto, 2-5 or 0,1,4",
		"a file",   "max or 1 to 100M, e.g. 50k",     "off or IDLE/INTERVAL/PROBES",      "one (of them",
		""};
	char words[COMPLETE_WORDS_TEXT];

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		cr_assert(complete_closed_list(lists[i][0], words), "%s", lists[i][0]);
		cr_assert_str_eq(words, lists[i][1]);
	}
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		cr_assert_not(complete_closed_list(open[i], words), "%s: %s", open[i], words);
}

Test(complete, prints_every_flag_for_both_shells_and_no_other)
{
	static const char *const shells[] = {"bash", "zsh"};

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		char *text = NULL, dashed[64];
		size_t size;
		FILE *out = open_memstream(&text, &size);

		cr_assert(complete_print(out, shells[i]));
		fclose(out);
		for (const struct cli_flag *flag = cli_flag_table; flag->name; flag++) {
			snprintf(dashed, sizeof(dashed), flag->argument ? "--%s)" : " --%s", flag->name);
			cr_assert(strstr(text, dashed), "%s: %s", shells[i], dashed);
		}
		free(text);
	}
	cr_assert_not(complete_print(stdout, "fish"));
}
