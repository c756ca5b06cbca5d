/* cli_output.h - what is written must have arrived: a full disk is told of, a reader that has gone away is not. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdio.h>

#include <jansson.h>

/* 0, also where the reader of a pipe has gone away, since it has seen what it wanted; or -errno. */
int cli_flush(FILE *stream);

/* Writes a document and a line's end, and gives the document back. 0 or -errno, as cli_flush(); -ENOMEM for null. */
int cli_write_json(FILE *stream, json_t *document);

/* The exit code of a command that has printed all it has to say to standard output: `code`, or where it did not arrive,
 * that of an error, which is printed. */
int cli_finish_output(int code);

#endif
