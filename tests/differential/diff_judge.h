/* diff_judge.h - two traces of one script beside each other, and the differences that may be. */
#ifndef DIFFERENTIAL_DIFF_JUDGE_H
#define DIFFERENTIAL_DIFF_JUDGE_H

#include "differential/diff_view.h"

enum { DIFF_ALLOWED_MAX = 96, DIFF_JOINED_BYTES = DIFF_LINES_MAX * DIFF_WORDS_BYTES };

/* A difference that may be. The three patterns are those of fnmatch(), with @(this|that). */
struct diff_allowed {
	char name[DIFF_NAME_BYTES];
	char step[DIFF_LINE_BYTES];   /* of the facts of a step */
	char ours[DIFF_LINE_BYTES];   /* of the lines that only the shard has */
	char theirs[DIFF_LINE_BYTES]; /* and of those that only Linux has */
	bool stops;                   /* the two are no longer in the same state: what follows is not compared */
	bool has_reason;
	uint32_t uses;
};

struct diff_allowances {
	uint32_t count;
	struct diff_allowed rows[DIFF_ALLOWED_MAX];
};

/* Reads the file of them. False, with what is wrong printed. */
bool diff_judge_read(struct diff_allowances *allowances, const char *path);

enum diff_verdict { DIFF_SAME, DIFF_ALLOWED, DIFF_DIFFERENT };

/* Holds the traces against each other; of a difference that may not be, `step` is where. */
enum diff_verdict diff_judge(struct diff_allowances *allowances, const struct diff_trace *ours,
			     const struct diff_trace *theirs, uint32_t *step);

/* Prints the script and both traces as a comment, up to a step. */
void diff_judge_print(const struct diff_script *script, const struct diff_trace *ours, const struct diff_trace *theirs,
		      uint32_t last);

#endif
