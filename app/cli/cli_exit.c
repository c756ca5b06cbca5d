/* cli_exit.c - one line a mistake, and the code that scripts look at. */
#include "cli/cli_exit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "cli/cli_signal.h"

int cli_exit_of(int rc)
{
	switch (rc) {
	case 0:
		return CLI_EXIT_DONE;
	case -EINVAL:
	case -EADDRINUSE:
	case -EADDRNOTAVAIL:
		return CLI_EXIT_USAGE;
	case -ENOMEM:
	case -EPERM:
	case -EACCES:
	case -ENODEV:
	case -EBUSY:
	case -ETIMEDOUT:
		return CLI_EXIT_MACHINE;
	case -EINTR:
		return CLI_EXIT_SIGNAL + cli_signal_first();
	default:
		return CLI_EXIT_FAILED;
	}
}

int cli_fail(int code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("error: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	return code;
}
