/* cli_version.c - version, git hash, compiler and build options, as the build passed them in. */
#include "cli/cli_version.h"

#include "cli_git.h"

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

const char *cli_version(void)
{
	return QUERN_VERSION;
}

const char *cli_git(void)
{
	return CLI_GIT;
}

const char *cli_compiler(void)
{
	return COMPILER;
}

const char *cli_build_options(void)
{
	return "-march=" QUERN_MARCH ", " QUERN_BUILDTYPE;
}

void cli_version_print(FILE *out, const char *dpdk_version)
{
	fprintf(out, "quern     %s\ngit       %s\nDPDK      %s\ncompiler  %s\nbuild     %s\n", cli_version(), cli_git(),
		dpdk_version, cli_compiler(), cli_build_options());
}
