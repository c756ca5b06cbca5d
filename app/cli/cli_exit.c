/* cli_exit.c - one line a mistake, and the code that scripts look at. */
#include "cli/cli_exit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_signal.h"

enum { MESSAGE_TEXT = 4096 };

static void (*show_place)(FILE *out, const char *text);
static FILE *stream; /* null for standard error */

int cli_exit_of(int rc)
{
	switch (rc) {
	case 0:
		return CLI_EXIT_DONE;
	case -EINVAL:
	case -EADDRINUSE:
	case -EADDRNOTAVAIL:
	case -ENETUNREACH:
	case -ENOTSUP:
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

void cli_exit_show_by(void (*show)(FILE *out, const char *text))
{
	show_place = show;
}

void cli_exit_print_to(FILE *out)
{
	stream = out;
}

FILE *cli_exit_stream(void)
{
	return stream ? stream : stderr;
}

void cli_exit_plain(char *text)
{
	for (unsigned char *at = (unsigned char *)text; *at; at++) {
		bool is_upper = at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0;

		if (is_upper)
			at[1] = '.';
		if (is_upper || (*at < ' ' && *at != '\n') || *at == 0x7f)
			*at = '.';
	}
}

int cli_fail(int code, const char *format, ...)
{
	char text[MESSAGE_TEXT];
	va_list arguments;
	int first;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	cli_exit_plain(text);
	first = (int)strcspn(text, "\n");
	fprintf(cli_exit_stream(), "error: %.*s\n", first, text);
	if (show_place)
		show_place(cli_exit_stream(), text);
	if (text[first] != '\0')
		fprintf(cli_exit_stream(), "%s\n", text + first + 1);
	return code;
}
