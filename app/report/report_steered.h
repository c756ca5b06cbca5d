/* report_steered.h - what people changed while a run went on: a result that does not say so would mislead. */
#ifndef REPORT_REPORT_STEERED_H
#define REPORT_REPORT_STEERED_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "cli/cli_settings.h"

enum { REPORT_STEERED_MAX = 64 };

/* What held from then on. */
struct report_change {
	double t_s;
	bool is_paused;
	uint64_t cps[CLI_MAX_SERVICES]; /* 0 for none */
	uint64_t cc[CLI_MAX_SERVICES];  /* likewise */
};

/* The first of them, and how many there were. */
struct report_steered {
	struct report_change changes[REPORT_STEERED_MAX];
	uint32_t count;
};

/* An array of the changes; and lines of the text, none where there were none. */
json_t *report_steered_json(const struct report_steered *steered, uint16_t service_count);
void report_steered_text(FILE *out, const struct report_steered *steered, uint16_t service_count);

#endif
