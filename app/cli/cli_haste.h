/* cli_haste.h - EAL's start is shortened, in this program; a program of others' on libquern has the C library as it is.
 */
#ifndef CLI_HASTE_H
#define CLI_HASTE_H

#include <stdbool.h>

/* As quern_engine_config.on_eal: from the first call to the second EAL, on this thread, does not find that folder at
 * its first look, sleeps less, and does not look for CPUs on nodes that are not there. */
void cli_haste_on_eal(bool starts, const char *needless_folder);

#endif
