/* compare_drawn.h - what plots show of one side of a comparison. */
#ifndef COMPARE_DRAWN_H
#define COMPARE_DRAWN_H

#include <stdbool.h>

#include <jansson.h>

#include "cli/cli_settings.h"

struct compare_drawn {
	bool is_there;
	bool is_udp;   /* as the first file is */
	json_t *rows;  /* seconds of the first file */
	json_t *times; /* set-ups, or round trips, of all its files, added bucket by bucket; null where there are none
			*/
};

/* Reads the files of a side, with commas between, whole. 0, or -EINVAL with one line that names the file. */
int compare_drawn_read(struct compare_drawn *drawn, const char *files, char error[CLI_ERROR_TEXT]);
void compare_drawn_free(struct compare_drawn *drawn);

#endif
