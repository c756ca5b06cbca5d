/* engine_files.c - small files of /sys and /proc, which may be missing, forbidden or full of nonsense. */
#include "engine/engine_files.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool engine_files_path(char path[PATH_MAX], const char *root, const char *format, ...)
{
	size_t used = strlen(root);
	va_list values;
	int length;

	if (used >= PATH_MAX)
		return false;
	memcpy(path, root, used + 1);
	va_start(values, format);
	length = vsnprintf(path + used, PATH_MAX - used, format, values);
	va_end(values);
	return length >= 0 && (size_t)length < PATH_MAX - used;
}

/* What strangers wrote goes to a terminal, and into JSON. */
static void make_printable(char *text)
{
	text[strcspn(text, "\n")] = '\0';
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

bool engine_files_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool is_read;

	line[0] = '\0';
	if (file == NULL)
		return false;
	is_read = fgets(line, (int)size, file) != NULL;
	fclose(file);
	if (!is_read)
		line[0] = '\0';
	make_printable(line);
	return is_read;
}

bool engine_files_number(const char *path, uint64_t *number)
{
	char line[32];
	char *end;
	uint64_t value;

	if (!engine_files_line(path, line, sizeof(line)) || line[0] < '0' || line[0] > '9')
		return false;
	value = strtoull(line, &end, strncmp(line, "0x", 2) == 0 ? 16 : 10);
	if (*end != '\0' && *end != ' ')
		return false;
	*number = value;
	return true;
}

bool engine_files_value(const char *path, const char *key, char *value, size_t size)
{
	size_t length = strlen(key);
	char line[512];
	FILE *file = fopen(path, "re");
	bool is_found = false;

	value[0] = '\0';
	if (file == NULL)
		return false;
	while (!is_found && fgets(line, sizeof(line), file) != NULL)
		is_found = strncmp(line, key, length) == 0 && (line[length] == ':' || line[length] == ' ');
	fclose(file);
	if (!is_found)
		return false;
	snprintf(value, size, "%s", line + length + 1 + strspn(line + length + 1, " \t"));
	make_printable(value);
	return true;
}

uint64_t engine_files_number_or(const char *path, uint64_t otherwise)
{
	engine_files_number(path, &otherwise);
	return otherwise;
}

uint64_t engine_files_field_or(const char *path, const char *key, uint64_t otherwise)
{
	char value[32];

	return engine_files_value(path, key, value, sizeof(value)) ? strtoull(value, NULL, 10) : otherwise;
}

bool engine_files_link(const char *path, char *name, size_t size)
{
	char target[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof(target) - 1);
	const char *slash;

	name[0] = '\0';
	if (length <= 0)
		return false;
	target[length] = '\0';
	slash = strrchr(target, '/');
	snprintf(name, size, "%s", slash != NULL ? slash + 1 : target);
	make_printable(name);
	return true;
}

const struct dirent *engine_files_next(DIR *folder, const char *prefix)
{
	const struct dirent *entry;

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] != '.' && strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
			return entry;
	}
	return NULL;
}
