/* cli_judge.h - what a run is held against, and how often it is made: --threshold, --stop-if, --search, --repeat. */
#ifndef CLI_JUDGE_H
#define CLI_JUDGE_H

#include "judge/judge_condition.h"

struct cli_service;
struct cli_settings;

enum { CLI_THRESHOLDS_MAX = 16, CLI_REPEATS_MAX = 100 };

/* Texts as they were given, and what cli_complete_judge() has read from them. */
struct cli_judge {
	const char *threshold_texts[CLI_THRESHOLDS_MAX];
	uint16_t threshold_count;
	const char *stop_if_text; /* null for none */
	const char *search_text;  /* likewise */
	struct judge_condition thresholds[CLI_THRESHOLDS_MAX];
	struct judge_condition stop_if;
	struct judge_condition search;
	uint32_t repeats; /* 0: not asked for */
};

bool cli_set_threshold(struct cli_settings *settings, const char *value);
bool cli_set_stop_if(struct cli_settings *settings, const char *value);
bool cli_set_search(struct cli_settings *settings, const char *value);
bool cli_set_repeat(struct cli_settings *settings, const char *value);

/* Checks what a search goes with, before defaults are filled in, and fills in its own. 0, or -EINVAL with one line in
 * `error`. */
int cli_complete_search(struct cli_settings *settings, const struct cli_service *service, char error[]);

/* Reads the conditions, each for what the run has, and checks what they go with. 0, or -EINVAL with `error`, whose
 * first line says what is wrong, and the next ones where. */
int cli_complete_judge(struct cli_settings *settings, char error[]);

#endif
