/* engine_files.h - small files of /sys and /proc, which may be missing, forbidden or full of nonsense; inside
 * lib/engine only. */
#ifndef ENGINE_ENGINE_FILES_H
#define ENGINE_ENGINE_FILES_H

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes a path below the root: false where it is too long. */
bool engine_files_path(char path[PATH_MAX], const char *root, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The first line of a file, with '?' for what is no printable ASCII; false and empty where it cannot be read. */
bool engine_files_line(const char *path, char *line, size_t size);

/* The number that a file begins with, in base 10, or 16 behind 0x; false and untouched where there is none. */
bool engine_files_number(const char *path, uint64_t *number);

/* What stands behind `key` in a file of lines "key: value" or "key value"; false and empty where there is no such
 * line. */
bool engine_files_value(const char *path, const char *key, char *value, size_t size);

/* The same two, or `otherwise`. */
uint64_t engine_files_number_or(const char *path, uint64_t otherwise);
uint64_t engine_files_field_or(const char *path, const char *key, uint64_t otherwise);

/* The last part of a symbolic link's target; false and empty where there is none. */
bool engine_files_link(const char *path, char *name, size_t size);

/* The next entry of a folder whose name begins with `prefix`, or null; hidden ones are left out. */
const struct dirent *engine_files_next(DIR *folder, const char *prefix);

#endif
