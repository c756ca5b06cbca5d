/* engine_runtime.c - a private directory for what EAL writes while it runs, gone when it ends. */
#include "engine/engine_parts.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int engine_make_runtime_directory(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	const char *parent = getenv("TMPDIR");
	char *path = engine->runtime_directory;
	int length;

	if (parent == NULL || parent[0] != '/')
		parent = "/tmp";
	length = snprintf(path, sizeof(engine->runtime_directory), "%s/quern-XXXXXX", parent);
	if (length >= (int)sizeof(engine->runtime_directory) || mkdtemp(path) == NULL)
		return engine_fail(error, -errno,
				   "no directory for runtime files in %.256s: %s\n  Name one: TMPDIR=DIR", parent,
				   strerror(errno));
	return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	remove(path);
	return 0;
}

void engine_remove_runtime_directory(struct quern_engine *engine)
{
	nftw(engine->runtime_directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
