/* fuzz_replay.c - runs a fuzz target over its corpus under any compiler and prints TAP: fuzz_replay FOLDER. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"

enum { INPUT_MAX = 1 << 20 };

static int replay(const char *folder, const char *name)
{
	static uint8_t data[INPUT_MAX];
	char path[4096 + 256];
	FILE *file;
	size_t size;

	snprintf(path, sizeof(path), "%.4000s/%.255s", folder, name);
	file = fopen(path, "rb");
	if (!file)
		return -1;
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	return LLVMFuzzerTestOneInput(data, size);
}

int main(int count, char *arguments[])
{
	struct dirent **names;
	int found, failed = 0, number = 0;

	if (count != 2)
		return 2;
	found = scandir(arguments[1], &names, NULL, alphasort);
	for (int i = 0; i < found; i++) {
		if (names[i]->d_name[0] != '.') {
			int rc = replay(arguments[1], names[i]->d_name);

			printf("%s %d - %s\n", rc == 0 ? "ok" : "not ok", ++number, names[i]->d_name);
			fflush(stdout);
			failed += rc != 0;
		}
		free(names[i]);
	}
	if (found >= 0)
		free(names);
	printf("1..%d\n", number);
	return failed || number == 0 ? 1 : 0;
}
