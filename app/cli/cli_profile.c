/* cli_profile.c - shapes of a rate as users write them, and points from a file. */
#include "cli/cli_profile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PART_TEXT = 64, LINE_TEXT = 256, SHOWN_TEXT = 40 };
#define LONGEST_NS (24 * 3600 * CLI_NS_PER_S)

struct point {
	uint64_t at_ns;
	uint64_t rate;
};

static const char too_many[] = "more than 1024 points";

static bool add_leg(struct cli_profile *profile, uint64_t ns, uint64_t from, uint64_t to)
{
	if (profile->count == CLI_MAX_LEGS)
		return false;
	profile->legs[profile->count++] = (struct cli_leg){ns, from, to};
	return true;
}

/* A point at the same time as the one before it is a jump. */
static bool add_point(struct cli_profile *profile, const struct point *before, const struct point *point)
{
	uint64_t ns = point->at_ns - (before ? before->at_ns : 0);

	return add_leg(profile, ns, before && ns > 0 ? before->rate : point->rate, point->rate);
}

/* Copies what stands before any of `ends` and returns where that is; null where it is too long. */
static const char *take_part(const char *text, const char *ends, char part[PART_TEXT])
{
	size_t length = strcspn(text, ends);

	if (length >= PART_TEXT)
		return NULL;
	memcpy(part, text, length);
	part[length] = '\0';
	return text + length;
}

static bool read_rate(const char *text, uint64_t *rate)
{
	return cli_count_within(text, 0, CLI_MAX_CPS, rate);
}

static bool read_steps(const char *text, struct cli_profile *profile)
{
	const char *each = strchr(text, '/');
	char part[PART_TEXT];
	uint64_t ns, rate;

	if (!each || !cli_time_within(each + 1, 1, LONGEST_NS, &ns))
		return false;
	for (;; text++) {
		text = take_part(text, ",/", part);
		if (!text || !read_rate(part, &rate) || !add_leg(profile, ns, rate, rate))
			return false;
		if (*text == '/')
			return true;
	}
}

static bool read_trapezoid(const char *text, struct cli_profile *profile)
{
	char part[PART_TEXT];
	uint64_t ns[3], peak;

	text = take_part(text, "/", part);
	if (!text || !read_rate(part, &peak))
		return false;
	for (int i = 0; i < 3; i++) {
		if (*text != '/')
			return false;
		text = take_part(text + 1, "/", part);
		if (!text || !cli_time_within(part, 0, LONGEST_NS, &ns[i]))
			return false;
	}
	if (*text != '\0' || ns[0] + ns[1] + ns[2] == 0)
		return false;
	return (ns[0] == 0 || add_leg(profile, ns[0], 0, peak)) && add_leg(profile, ns[1], peak, peak) &&
	       add_leg(profile, ns[2], ns[2] > 0 ? peak : 0, 0);
}

/* at=TIME,cps=RATE in either order. */
static bool read_point(const char *text, struct point *point)
{
	char part[PART_TEXT];
	bool has_time = false, has_rate = false;

	for (;; text++) {
		text = take_part(text, ",", part);
		if (text && strncmp(part, "at=", 3) == 0)
			has_time = cli_time_within(part + 3, 0, LONGEST_NS, &point->at_ns);
		else if (text && strncmp(part, "cps=", 4) == 0)
			has_rate = read_rate(part + 4, &point->rate);
		else
			return false;
		if (*text == '\0')
			return has_time && has_rate;
	}
}

static bool read_points(const char *text, struct cli_profile *profile)
{
	struct point before, point;
	char part[PART_TEXT];

	for (bool is_first = true;; is_first = false, text++) {
		text = take_part(text, ";", part);
		if (!text || !read_point(part, &point) || (!is_first && point.at_ns < before.at_ns) ||
		    !add_point(profile, is_first ? NULL : &before, &point))
			return false;
		if (*text == '\0')
			return true;
		before = point;
	}
}

/* A time and a rate, and nothing else but a comment. -ENOENT for a line without any. */
static int read_line(char *line, struct point *point)
{
	char *rest, *time, *rate;

	line[strcspn(line, "#\r\n")] = '\0';
	time = strtok_r(line, " \t", &rest);
	if (!time)
		return -ENOENT;
	rate = strtok_r(NULL, " \t", &rest);
	if (!rate || strtok_r(NULL, " \t", &rest) || !cli_time_within(time, 0, LONGEST_NS, &point->at_ns) ||
	    !read_rate(rate, &point->rate))
		return -EINVAL;
	return 0;
}

static int fault(char error[CLI_ERROR_TEXT], const char *path, unsigned int line, const char *what)
{
	snprintf(error, CLI_ERROR_TEXT, "--profile: %.200s:%u: %s", path, line, what);
	return -EINVAL;
}

static int read_lines(FILE *file, const char *path, struct cli_profile *profile, char error[CLI_ERROR_TEXT])
{
	struct point before = {0, 0}, point;
	char line[LINE_TEXT], what[LINE_TEXT];
	unsigned int number = 0;

	while (fgets(line, sizeof(line), file)) {
		int rc;

		number++;
		snprintf(what, sizeof(what), "'%.*s' is no time and rate; write lines as 10s 50k, up to 24h and 100M",
			 (int)(strcspn(line, "#\r\n") < SHOWN_TEXT ? strcspn(line, "#\r\n") : SHOWN_TEXT), line);
		rc = read_line(line, &point);
		if (rc == -ENOENT)
			continue;
		if (rc != 0)
			return fault(error, path, number, what);
		if (profile->count > 0 && point.at_ns < before.at_ns)
			return fault(error, path, number, "this time is before that of the point above it; sort them");
		if (!add_point(profile, profile->count > 0 ? &before : NULL, &point))
			return fault(error, path, number, too_many);
		before = point;
	}
	if (profile->count == 0)
		return fault(error, path, number, "no points; write lines as 10s 50k");
	return 0;
}

static int read_file(const char *path, struct cli_profile *profile, char error[CLI_ERROR_TEXT])
{
	FILE *file = fopen(path, "re");
	int rc;

	if (!file) {
		rc = -errno;
		snprintf(error, CLI_ERROR_TEXT, "--profile points:%.200s: %s", path, strerror(-rc));
		return rc;
	}
	rc = read_lines(file, path, profile, error);
	fclose(file);
	return rc;
}

static bool read_text(const char *text, struct cli_profile *profile)
{
	if (strncmp(text, "steps:", 6) == 0)
		return read_steps(text + 6, profile);
	if (strncmp(text, "trapezoid:", 10) == 0)
		return read_trapezoid(text + 10, profile);
	return read_points(text, profile);
}

static const char *file_of(const char *text)
{
	return strncmp(text, "points:", 7) == 0 ? text + 7 : NULL;
}

bool cli_profile_is_one(const char *text)
{
	static struct cli_profile profile;

	profile.count = 0;
	return file_of(text) ? *file_of(text) != '\0' : read_text(text, &profile);
}

int cli_profile_read(const char *text, struct cli_profile *profile, char error[CLI_ERROR_TEXT])
{
	profile->count = 0;
	if (file_of(text))
		return read_file(file_of(text), profile, error);
	if (read_text(text, profile))
		return 0;
	snprintf(error, CLI_ERROR_TEXT, "--profile %.200s: this is no profile", text);
	return -EINVAL;
}

uint64_t cli_profile_ns(const struct cli_profile *profile)
{
	uint64_t ns = 0;

	for (uint16_t i = 0; i < profile->count; i++)
		ns += profile->legs[i].ns;
	return ns;
}
