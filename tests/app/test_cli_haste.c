/* test_cli_haste.c - only while EAL starts, and only on that thread, is the C library answered for. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "cli/cli_haste.h"

enum { EALS_SLEEP_NS = 100 * 1000 * 1000 };

static int64_t slept_ms(long ns)
{
	struct timespec sleep = {.tv_nsec = ns}, before, after;

	clock_gettime(CLOCK_MONOTONIC, &before);
	cr_assert_eq(nanosleep(&sleep, NULL), 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	return (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
}

Test(cli_haste, hides_the_needless_folder_once)
{
	struct stat64 status;

	cli_haste_on_eal(true, "/tmp");
	cr_assert_eq(stat64("/tmp", &status), -1);
	cr_assert_eq(errno, ENOENT);
	cr_assert_eq(stat64("/tmp", &status), 0, "what is asked again is for a driver that is named");
	cr_assert_eq(stat64("/", &status), 0);
	cr_assert(S_ISDIR(status.st_mode));
	cli_haste_on_eal(false, NULL);
}

Test(cli_haste, hides_nothing_where_any_driver_may_be_needed_or_eal_has_started)
{
	struct stat64 status;

	cli_haste_on_eal(true, NULL);
	cr_assert_eq(stat64("/tmp", &status), 0);
	cli_haste_on_eal(true, "/tmp");
	cli_haste_on_eal(false, NULL);
	cr_assert_eq(stat64("/tmp", &status), 0);
}

Test(cli_haste, cuts_one_sleep_short_and_while_eal_starts_only)
{
	cli_haste_on_eal(true, NULL);
	cr_assert_geq(slept_ms(20 * 1000 * 1000), 20, "a sleep that is not EAL's");
	cr_assert_geq(slept_ms(EALS_SLEEP_NS), 5);
	cr_assert_lt(slept_ms(EALS_SLEEP_NS), 100);
	cli_haste_on_eal(false, NULL);
	cr_assert_geq(slept_ms(EALS_SLEEP_NS), 100);
}

static void *look_elsewhere(void *missed)
{
	struct stat64 status;

	*(int *)missed = stat64("/tmp", &status);
	return NULL;
}

Test(cli_haste, leaves_other_threads_alone)
{
	pthread_t other;
	int missed = -1;

	cli_haste_on_eal(true, "/tmp");
	cr_assert_eq(pthread_create(&other, NULL, look_elsewhere, &missed), 0);
	cr_assert_eq(pthread_join(other, NULL), 0);
	cli_haste_on_eal(false, NULL);
	cr_assert_eq(missed, 0);
}

Test(cli_haste, knows_which_paths_and_nodes_are_there)
{
	static const char *const absent[] = {"/sys/devices/system/node/node63/cpu0", "/nowhere/at/all"};

	for (int starts = 1; starts >= 0; starts--) {
		cli_haste_on_eal(starts != 0, NULL);
		for (int i = 0; i < 2; i++) {
			cr_assert_eq(access(absent[i], F_OK), -1, "%s", absent[i]);
			cr_assert_eq(errno, ENOENT);
			cr_assert_eq(access(absent[i], F_OK), -1, "%s, again", absent[i]);
		}
		cr_assert_eq(access("/tmp", W_OK), 0);
		cr_assert_eq(access("/sys/devices/system/node/node0/cpu0", F_OK),
			     faccessat(AT_FDCWD, "/sys/devices/system/node/node0/cpu0", F_OK, 0));
	}
}
