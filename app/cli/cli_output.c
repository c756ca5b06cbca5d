/* cli_output.c - flushes, and what went wrong meanwhile. */
#include "cli/cli_output.h"

#include <errno.h>
#include <string.h>

#include "cli/cli_exit.h"

enum { DIGITS = 15 };

/* -errno of what has just failed; 0 for a reader that has gone away. */
static int failure(void)
{
	if (errno == EPIPE)
		return 0;
	return errno != 0 ? -errno : -EIO;
}

int cli_flush(FILE *stream)
{
	errno = 0;
	return fflush(stream) == 0 ? 0 : failure();
}

int cli_write_json(FILE *stream, json_t *document)
{
	int rc = 0;

	if (!document)
		return -ENOMEM;
	errno = 0;
	if (json_dumpf(document, stream, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS)) != 0 ||
	    fputc('\n', stream) == EOF)
		rc = failure();
	else
		rc = cli_flush(stream);
	json_decref(document);
	return rc;
}

int cli_finish_output(int code)
{
	int rc = cli_flush(stdout);

	if (rc == 0)
		return code;
	return cli_fail(CLI_EXIT_FAILED, "standard output: %s; what was printed is not whole", strerror(-rc));
}
