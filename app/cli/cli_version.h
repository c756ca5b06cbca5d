/* cli_version.h - what this binary was built from and with. */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

#include <stdio.h>

/* "0.1.0"; the git description or "unknown"; "gcc 12.2.0"; "-march=native, release". */
const char *cli_version(void);
const char *cli_git(void);
const char *cli_compiler(void);
const char *cli_build_options(void);

/* Prints all of these and the version of DPDK, a line each. */
void cli_version_print(FILE *out, const char *dpdk_version);

#endif
