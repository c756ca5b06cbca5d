/* cli_profile.h - how the rate of opens goes with time: --profile and --ramp as legs. */
#ifndef CLI_PROFILE_H
#define CLI_PROFILE_H

#include "cli/cli_leg.h"
#include "cli/cli_settings.h"

enum { CLI_MAX_LEGS = 1024 };
#define CLI_MAX_CPS UINT64_C(100000000)

struct cli_profile {
	uint16_t count;
	struct cli_leg legs[CLI_MAX_LEGS + 1]; /* with one for the warm-up */
};

/* Reads one of
 *   "steps:10k,20k,40k/10s"          each rate for so long
 *   "trapezoid:50k/10s/30s/10s"      the highest rate, and how long it rises to it, stays, and falls
 *   "points:FILE"                    lines of a time and the rate at it, "10s 50k"; evenly from one to the next
 *   "at=0s,cps=0;at=10s,cps=50k"     the same without a file: what a list of these in YAML becomes
 * 0, or -EINVAL with one line in `error`, which names the line of a file; what cannot be read at all is the -errno of
 * that. */
int cli_profile_read(const char *text, struct cli_profile *profile, char error[CLI_ERROR_TEXT]);

/* Whether a text is one of these forms; what is in a file is not looked at. */
bool cli_profile_is_one(const char *text);

/* How long a profile is: from there on its last rate stays. */
uint64_t cli_profile_ns(const struct cli_profile *profile);

#endif
