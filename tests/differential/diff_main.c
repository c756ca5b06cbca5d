/* diff_main.c - the differential test: scripts of files, and scripts drawn by seed, against Linux and against a shard.
 * docs/differential.md. */
#include <dirent.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "differential/diff_judge.h"
#include "differential/diff_linux.h"
#include "differential/diff_net.h"
#include "differential/diff_shard.h"

/* The kernel whose differences the list knows. */
enum { KNOWN_MAJOR = 6, KNOWN_MINOR = 18 };

enum { SCRIPTS_MAX = 256, BATCH = 64, DIFFERENCES_MAX = 10, TIMES_AGAIN = 2, PATH_BYTES = 512 };

struct options {
	const char *folder, *allowed, *one; /* one script only */
	uint64_t first_seed, seeds;
	uint32_t most; /* differences of drawn scripts, then it stops */
	bool shows;    /* also what is the same */
};

static struct diff_script scripts[SCRIPTS_MAX];
static struct diff_trace ours[SCRIPTS_MAX], theirs[SCRIPTS_MAX];
static struct diff_allowances allowances;
static uint32_t played; /* so far, by Linux */

static void play(uint32_t count)
{
	diff_linux_play(scripts, theirs, count, played);
	for (uint32_t i = 0; i < count; i++)
		diff_shard_play(&scripts[i], &ours[i], played + i);
	played += count;
}

/* Whether the list is known to be good for this kernel; else a difference is told, and is no failure. */
static bool kernel_is_known(void)
{
	int major, minor;

	diff_net_release(&major, &minor);
	return major == KNOWN_MAJOR && minor == KNOWN_MINOR;
}

static bool tell(uint32_t number, const char *name, bool is_good)
{
	const char *excuse = is_good || kernel_is_known() ? "" : " # SKIP another kernel than 6.18, see above";

	printf("%s %u - %s%s\n", is_good || excuse[0] ? "ok" : "not ok", number, name, excuse);
	fflush(stdout);
	return is_good || excuse[0];
}

/* The kernel lives in real time, and is interrupted as others are: what differs once only is no difference. */
static bool judge(const struct options *options, uint32_t index)
{
	uint32_t step;
	enum diff_verdict verdict = diff_judge(&allowances, &ours[index], &theirs[index], &step);

	for (int again = 0; verdict == DIFF_DIFFERENT && again < TIMES_AGAIN; again++) {
		diff_linux_play(&scripts[index], &theirs[index], 1, played++);
		verdict = diff_judge(&allowances, &ours[index], &theirs[index], &step);
	}
	if (verdict == DIFF_DIFFERENT || options->shows)
		diff_judge_print(&scripts[index], &ours[index], &theirs[index], step);
	return verdict != DIFF_DIFFERENT;
}

static int is_script(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return end && strcmp(end, ".txt") == 0;
}

/* Reads all scripts of a folder, in the order of their names; 0 where one is wrong. */
static uint32_t read_folder(const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_script, alphasort);
	uint32_t read = 0;
	bool is_good = count > 0 && count <= SCRIPTS_MAX;

	for (int i = 0; i < count; i++) {
		char path[PATH_BYTES];

		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (is_good)
			is_good = diff_parse(&scripts[read++], path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return is_good ? read : 0;
}

static bool none_is_idle(const struct options *options)
{
	bool is_good = true;

	for (uint32_t i = 0; i < allowances.count; i++) {
		if (allowances.rows[i].uses)
			continue;
		is_good = false;
		printf("# %s: no script needs \"%s\" any longer\n", options->allowed, allowances.rows[i].name);
	}
	return is_good;
}

/* Returns how many failed. */
static uint32_t run_scripts(const struct options *options, uint32_t count, uint32_t *number)
{
	uint32_t failed = 0;

	play(count);
	for (uint32_t i = 0; i < count; i++) {
		bool is_good = judge(options, i);

		failed += !tell(++*number, scripts[i].about, is_good);
	}
	return failed;
}

static uint32_t run_seeds(const struct options *options, uint32_t *number)
{
	uint32_t differ = 0, batch;
	char name[128];

	for (uint64_t done = 0; done < options->seeds && differ < options->most; done += batch) {
		batch = options->seeds - done < BATCH ? (uint32_t)(options->seeds - done) : BATCH;
		for (uint32_t i = 0; i < batch; i++)
			diff_draw(&scripts[i], options->first_seed + done + i);
		play(batch);
		for (uint32_t i = 0; i < batch; i++)
			differ += !judge(options, i);
	}
	snprintf(name, sizeof(name), "scripts drawn by the seeds %" PRIu64 " to %" PRIu64 " differ where they may",
		 options->first_seed, options->first_seed + options->seeds - 1);
	return !tell(++*number, name, differ == 0);
}

static int run(const struct options *options)
{
	uint32_t number = 0, failed, count = 1;
	const char *why_not;

	if (!diff_judge_read(&allowances, options->allowed))
		return 1;
	if (options->one)
		count = diff_parse(&scripts[0], options->one);
	else if (options->folder)
		count = read_folder(options->folder);
	else
		count = 0;
	if (count == 0 && (options->one || options->folder))
		return 1;
	if (!diff_linux_open(&why_not)) {
		printf("1..0 # SKIP %s\n", why_not);
		return 0;
	}
	printf("1..%u\n", count + !!options->folder + !!options->seeds);
	failed = run_scripts(options, count, &number);
	if (options->folder)
		failed += !tell(++number, "each difference that may be is needed by a script", none_is_idle(options));
	if (options->seeds)
		failed += run_seeds(options, &number);
	return failed != 0;
}

static int usage(void)
{
	fprintf(stderr,
		"error: differential --allowed FILE [--scripts FOLDER | --script FILE] [--from SEED] [--count SEEDS] "
		"[--most DIFFERENCES] [--show]\n  docs/differential.md says what they mean\n");
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option known[] = {
		{"scripts", required_argument, NULL, 's'}, {"script", required_argument, NULL, 'o'},
		{"allowed", required_argument, NULL, 'a'}, {"from", required_argument, NULL, 'f'},
		{"count", required_argument, NULL, 'c'},   {"most", required_argument, NULL, 'm'},
		{"show", no_argument, NULL, 'v'},          {0}};
	struct options options = {.first_seed = 1, .most = DIFFERENCES_MAX};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 's')
			options.folder = optarg;
		else if (option == 'o')
			options.one = optarg;
		else if (option == 'a')
			options.allowed = optarg;
		else if (option == 'f')
			options.first_seed = strtoull(optarg, NULL, 10);
		else if (option == 'c')
			options.seeds = strtoull(optarg, NULL, 10);
		else if (option == 'm')
			options.most = (uint32_t)strtoul(optarg, NULL, 10);
		else if (option == 'v')
			options.shows = true;
		else
			return usage();
	}
	if (!options.allowed || optind != argc)
		return usage();
	return run(&options);
}
