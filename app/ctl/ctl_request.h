/* ctl_request.h - what quern ctl is asked for. */
#ifndef CTL_CTL_REQUEST_H
#define CTL_CTL_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/cli_settings.h"

enum { CTL_PARAMETERS_TEXT = 512, CTL_ORDER_TEXT = 64 };

enum ctl_what { CTL_NOTHING, CTL_STATS, CTL_CONNS, CTL_TOP, CTL_RATE, CTL_STOP, CTL_RELOAD };

struct ctl_request {
	enum ctl_what what;
	long pid; /* 0: the only one that runs */
	bool json;
	uint64_t limit;                       /* of conns, 0: all; of top */
	bool by_bytes;                        /* top: by what waits, not by the rate */
	uint64_t every_ns;                    /* top: between two looks */
	char parameters[CTL_PARAMETERS_TEXT]; /* ",state=…" and the like, for /quern/conns */
	char order[CTL_ORDER_TEXT];           /* the question that is one: "/quern/order,stop" */
};

/* What parsing found. */
enum ctl_parsed { CTL_RUN, CTL_HELP };

/* Reads the arguments behind "ctl". enum ctl_parsed, or -EINVAL with one line in `error`. */
int ctl_parse(struct ctl_request *request, int count, char *const arguments[], char error[CLI_ERROR_TEXT]);

/* Prints what the command does, with examples. */
void ctl_help(FILE *out);

#endif
