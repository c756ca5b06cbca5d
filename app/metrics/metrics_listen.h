/* metrics_listen.h - the socket that --metrics asks for. */
#ifndef METRICS_LISTEN_H
#define METRICS_LISTEN_H

#include <sys/types.h>

#include "cli/cli_settings.h"

struct metrics_listen {
	int sock;         /* listens, and never blocks */
	const char *path; /* of a UNIX socket; null for TCP */
	dev_t device;     /* and which file that is */
	ino_t file;
};

/* Listens at ADDR:PORT or unix:PATH. The socket of a program that is dead gives way. 0; or -errno with one line in
 * `error`. */
int metrics_listen_open(struct metrics_listen *listen, const char *where, char error[CLI_ERROR_TEXT]);

/* Closes it; the file goes, unless it is another's by now. */
void metrics_listen_close(const struct metrics_listen *listen);

#endif
