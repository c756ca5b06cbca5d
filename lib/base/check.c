/* check.c - what happens when one of our own facts is false. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *fact, const char *file, int line)
{
	fprintf(stderr, "%s:%d: check failed: %s\n", file, line, fact);
	abort();
}
