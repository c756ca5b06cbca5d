/* test_cli_profile.c - shapes are read as they are meant, and what is none is refused with its place. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_profile.h"

#define S CLI_NS_PER_S

static struct cli_profile profile;
static char error[CLI_ERROR_TEXT];

static void expect(const char *text, const struct cli_leg *legs, uint16_t count)
{
	cr_assert(cli_profile_is_one(text), "%s", text);
	cr_assert_eq(cli_profile_read(text, &profile, error), 0, "%s: %s", text, error);
	cr_assert_eq(profile.count, count, "%s: %u legs", text, profile.count);
	for (uint16_t i = 0; i < count; i++)
		cr_assert(profile.legs[i].ns == legs[i].ns && profile.legs[i].from == legs[i].from &&
				  profile.legs[i].to == legs[i].to,
			  "%s: leg %u is %lu ns, %lu to %lu", text, i, profile.legs[i].ns, profile.legs[i].from,
			  profile.legs[i].to);
}

#define EXPECT(text, ...)                                                 \
	do {                                                              \
		static const struct cli_leg wanted[] = {__VA_ARGS__};     \
		expect(text, wanted, sizeof(wanted) / sizeof(wanted[0])); \
	} while (0)

Test(cli_profile, has_steps_and_a_trapezoid)
{
	EXPECT("steps:10k,20k,40k/10s", {10 * S, 10000, 10000}, {10 * S, 20000, 20000}, {10 * S, 40000, 40000});
	cr_assert_eq(cli_profile_ns(&profile), 30 * S);
	EXPECT("steps:7/1ms", {S / 1000, 7, 7});
	EXPECT("steps:1k,0,1k/1s", {S, 1000, 1000}, {S, 0, 0}, {S, 1000, 1000});
	EXPECT("trapezoid:50k/10s/30s/5s", {10 * S, 0, 50000}, {30 * S, 50000, 50000}, {5 * S, 50000, 0});
	EXPECT("trapezoid:50k/0/30s/0", {30 * S, 50000, 50000}, {0, 0, 0});
}

Test(cli_profile, has_points_between_which_it_goes_evenly)
{
	EXPECT("at=0s,cps=0;at=10s,cps=50k;at=20s,cps=50k", {0, 0, 0}, {10 * S, 0, 50000}, {10 * S, 50000, 50000});
	EXPECT("cps=5,at=2s", {2 * S, 5, 5});
	EXPECT("at=1s,cps=5;at=1s,cps=9;at=2s,cps=1", {S, 5, 5}, {0, 9, 9}, {S, 9, 1});
}

Test(cli_profile, is_no_other_text)
{
	static const char *const texts[] = {
		"",
		"50k",
		"steps:",
		"steps:10k",
		"steps:10k/",
		"steps:10k,/10s",
		"steps:10k/0",
		"steps:200M/1s",
		"steps:10k/10s/10s",
		"steps:-1/1s",
		"trapezoid:50k",
		"trapezoid:50k/1s/1s",
		"trapezoid:50k/1s/1s/1s/1s",
		"trapezoid:50k/0/0/0",
		"trapezoid:/1s/1s/1s",
		"trapezoid:50k/1s/25h/1s",
		"points:",
		"at=1s",
		"at=1s,cps=",
		"cps=5",
		"at=1s,cps=5;",
		"at=2s,cps=5;at=1s,cps=5",
		"at=1s,cps=5,hold=3",
		"at=1s cps=5",
		"sine:5",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_assert_not(cli_profile_is_one(texts[i]), "'%s'", texts[i]);
}

static int read_from_file(const char *text)
{
	char path[] = "/tmp/quern-profile-XXXXXX", name[64];
	int file = mkstemp(path), rc;

	cr_assert_geq(file, 0);
	cr_assert_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
	close(file);
	snprintf(name, sizeof(name), "points:%s", path);
	cr_assert(cli_profile_is_one(name));
	rc = cli_profile_read(name, &profile, error);
	unlink(path);
	return rc;
}

Test(cli_profile, has_points_in_a_file_with_comments_and_empty_lines)
{
	cr_assert_eq(read_from_file("# a day\n\n0s 1k  # night\n  10s\t50k\r\n#\n20s 50k"), 0, "%s", error);
	cr_assert_eq(profile.count, 3);
	cr_assert_eq(profile.legs[1].ns, 10 * S);
	cr_assert_eq(profile.legs[1].from, 1000);
	cr_assert_eq(profile.legs[1].to, 50000);
	cr_assert_eq(cli_profile_ns(&profile), 20 * S);
}

Test(cli_profile, names_the_line_of_a_file_that_is_wrong)
{
	static const struct {
		const char *text, *where, *what;
	} wrong[] = {
		{"0s 1k\n10x 5k\n", ":2: ", "'10x 5k' is no time and rate"},
		{"0s\n", ":1: ", "'0s' is no time and rate"},
		{"# x\n0s 1k 7\n", ":2: ", "is no time and rate"},
		{"5s 1k\n\n4s 1k\n", ":3: ", "before that of the point above it"},
		{"0s 101M\n", ":1: ", "is no time and rate"},
		{"# nothing\n", ":1: ", "no points"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cr_assert_eq(read_from_file(wrong[i].text), -EINVAL, "%s", wrong[i].text);
		cr_assert_not_null(strstr(error, wrong[i].where), "%s", error);
		cr_assert_not_null(strstr(error, wrong[i].what), "%s", error);
	}
	cr_assert_eq(cli_profile_read("points:/nowhere/at/all", &profile, error), -ENOENT);
	cr_assert_str_eq(error, "--profile points:/nowhere/at/all: No such file or directory");
}

Test(cli_profile, of_too_many_points_is_refused)
{
	static char text[CLI_MAX_LEGS * 8];
	size_t used = 0;

	for (int i = 0; i <= CLI_MAX_LEGS; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%ds 1\n", i);
	cr_assert_eq(read_from_file(text), -EINVAL);
	cr_assert_not_null(strstr(error, ":1025: more than 1024 points"), "%s", error);
}
