/* fuzz_replay.c - runs a fuzz target over its corpus, or over single inputs, under any compiler and prints TAP:
 * fuzz_replay FOLDER|FILE... */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"

enum { INPUT_MAX = 1 << 20 };

static int count, failed;

static void replay(const char *path, const char *name)
{
	static uint8_t data[INPUT_MAX];
	FILE *file = fopen(path, "rb");
	bool is_well = false;
	size_t size;

	if (file) {
		size = fread(data, 1, sizeof(data), file);
		fclose(file);
		/* Where it fails it aborts: then this is the last line. */
		printf("# %s\n", name);
		fflush(stdout);
		is_well = LLVMFuzzerTestOneInput(data, size) == 0;
	}
	printf("%s %d - %s\n", is_well ? "ok" : "not ok", ++count, name);
	fflush(stdout);
	failed += !is_well;
}

static void replay_folder(const char *folder, struct dirent **names, int found)
{
	char path[4096 + 256];

	for (int i = 0; i < found; i++) {
		if (names[i]->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%.4000s/%.255s", folder, names[i]->d_name);
			replay(path, names[i]->d_name);
		}
		free(names[i]);
	}
	free(names);
}

int main(int arguments_count, char *arguments[])
{
	for (int i = 1; i < arguments_count; i++) {
		struct dirent **names;
		int found = scandir(arguments[i], &names, NULL, alphasort);

		if (found >= 0)
			replay_folder(arguments[i], names, found);
		else
			replay(arguments[i], arguments[i]);
	}
	printf("1..%d\n", count);
	return failed || count == 0 ? 1 : 0;
}
