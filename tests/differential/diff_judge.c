/* diff_judge.c - holds two traces of a script against each other. */
#include "differential/diff_judge.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

enum { COLUMN = 56 };

/* What rows of the list name that are about a difference which only later steps bring to light. */
#define DIFF_UNSEEN "the same"

/* A line of the file: a word, and what it says. */
static bool take_line(struct diff_allowances *allowances, const char *word, const char *rest)
{
	struct diff_allowed *row;

	if (strcmp(word, "allow") == 0) {
		if (allowances->count == DIFF_ALLOWED_MAX)
			return false;
		row = &allowances->rows[allowances->count++];
		memset(row, 0, sizeof(*row));
		snprintf(row->name, sizeof(row->name), "%s", rest);
		return true;
	}
	if (allowances->count == 0)
		return false;
	row = &allowances->rows[allowances->count - 1];
	if (strcmp(word, "step") == 0)
		snprintf(row->step, sizeof(row->step), "%s", rest);
	else if (strcmp(word, "ours") == 0)
		snprintf(row->ours, sizeof(row->ours), "%s", rest);
	else if (strcmp(word, "theirs") == 0)
		snprintf(row->theirs, sizeof(row->theirs), "%s", rest);
	else if (strcmp(word, "then") == 0 && (strcmp(rest, "stop") == 0 || strcmp(rest, "go on") == 0))
		row->stops = rest[0] == 's';
	else if (strcmp(word, "why") == 0)
		row->has_reason = rest[0] != '\0';
	else
		return false;
	return true;
}

static bool are_whole(const struct diff_allowances *allowances, const char *path)
{
	for (uint32_t i = 0; i < allowances->count; i++) {
		const struct diff_allowed *row = &allowances->rows[i];

		if (!row->step[0] || !row->ours[0] || !row->theirs[0] || !row->has_reason) {
			printf("# %s: %s lacks one of step, ours, theirs, why\n", path, row->name);
			return false;
		}
	}
	return true;
}

bool diff_judge_read(struct diff_allowances *allowances, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[2 * DIFF_LINE_BYTES];
	bool is_good = true;

	allowances->count = 0;
	if (!file) {
		printf("# %s: %s\n", path, strerror(errno));
		return false;
	}
	for (uint32_t number = 1; is_good && fgets(line, sizeof(line), file); number++) {
		char *rest = line;
		const char *word;

		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		word = strsep(&rest, " ");
		is_good = rest && take_line(allowances, word, rest);
		if (!is_good)
			printf("# %s:%u: not understood: %s\n", path, number, word);
	}
	fclose(file);
	return is_good && are_whole(allowances, path);
}

static bool has_line(const struct diff_moment *moment, const char *line)
{
	for (uint32_t i = 0; i < moment->count; i++)
		if (strcmp(moment->lines[i], line) == 0)
			return true;
	return false;
}

/* The lines of one that the other has not, with semicolons between them; "nothing" where there are none. */
static void join_own_lines(const struct diff_moment *moment, const struct diff_moment *other,
			   char text[DIFF_JOINED_BYTES])
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < moment->count; i++)
		if (!has_line(other, moment->lines[i]))
			at += (uint32_t)snprintf(text + at, DIFF_JOINED_BYTES - at, "%s%s", at ? "; " : "",
						 moment->lines[i] + strspn(moment->lines[i], " "));
	if (at == 0)
		snprintf(text, DIFF_JOINED_BYTES, "nothing");
}

static bool are_equal(const struct diff_moment *ours, const struct diff_moment *theirs)
{
	if (ours->count != theirs->count)
		return false;
	for (uint32_t i = 0; i < ours->count; i++)
		if (strcmp(ours->lines[i], theirs->lines[i]) != 0)
			return false;
	return true;
}

static struct diff_allowed *find(struct diff_allowances *allowances, const char *facts, const char *ours,
				 const char *theirs)
{
	bool is_unseen = strcmp(ours, DIFF_UNSEEN) == 0;

	for (uint32_t i = 0; i < allowances->count; i++) {
		struct diff_allowed *row = &allowances->rows[i];

		if (is_unseen != (strcmp(row->ours, DIFF_UNSEEN) == 0))
			continue;
		if (fnmatch(row->step, facts, FNM_EXTMATCH) == 0 && fnmatch(row->ours, ours, FNM_EXTMATCH) == 0 &&
		    fnmatch(row->theirs, theirs, FNM_EXTMATCH) == 0)
			return row;
	}
	return NULL;
}

enum diff_verdict diff_judge(struct diff_allowances *allowances, const struct diff_trace *ours,
			     const struct diff_trace *theirs, uint32_t *step)
{
	char own[DIFF_JOINED_BYTES], other[DIFF_JOINED_BYTES];
	enum diff_verdict verdict = DIFF_SAME;

	for (*step = 0; *step < ours->count; ++*step) {
		const struct diff_moment *here = &ours->moments[*step], *there = &theirs->moments[*step];
		bool is_same = are_equal(here, there);
		struct diff_allowed *row;

		if (!is_same) {
			join_own_lines(here, there, own);
			join_own_lines(there, here, other);
		}
		row = find(allowances, here->facts, is_same ? DIFF_UNSEEN : own, is_same ? DIFF_UNSEEN : other);
		if (!row && is_same)
			continue;
		if (!row)
			return DIFF_DIFFERENT;
		row->uses++;
		verdict = DIFF_ALLOWED;
		if (row->stops)
			break;
	}
	return verdict;
}

static void print_moment(const struct diff_moment *ours, const struct diff_moment *theirs)
{
	uint32_t lines = ours->count > theirs->count ? ours->count : theirs->count;

	for (uint32_t i = 0; i < lines; i++) {
		const char *own = i < ours->count ? ours->lines[i] : "",
			   *other = i < theirs->count ? theirs->lines[i] : "";

		printf("#     %c %-*s | %s\n", strcmp(own, other) == 0 ? ' ' : '*', COLUMN, own, other);
	}
}

void diff_judge_print(const struct diff_script *script, const struct diff_trace *ours, const struct diff_trace *theirs,
		      uint32_t last)
{
	char text[DIFF_LINE_BYTES], own[DIFF_JOINED_BYTES], other[DIFF_JOINED_BYTES];
	const struct diff_moment *here = &ours->moments[last], *there = &theirs->moments[last];

	printf("# %s: %s\n#       %-*s | %s\n", script->name, script->about, COLUMN, "quern", "Linux");
	for (uint32_t i = 0; i <= last && i < ours->count; i++) {
		diff_print_step(text, sizeof(text), &script->steps[i]);
		printf("#   %s\n", text);
		print_moment(&ours->moments[i], &theirs->moments[i]);
	}
	if (last >= ours->count)
		return;
	join_own_lines(here, there, own);
	join_own_lines(there, here, other);
	printf("#   what differs:\n#     step %s\n#     ours %s\n#     theirs %s\n", here->facts, own, other);
}
