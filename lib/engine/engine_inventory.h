/* engine_inventory.h - the parts of the inventory, each read below a root folder that tests may make up; inside
 * lib/engine only. */
#ifndef ENGINE_ENGINE_INVENTORY_H
#define ENGINE_ENGINE_INVENTORY_H

#include <dirent.h>
#include <limits.h>
#include <stddef.h>

#include <quern/inventory.h>

/* Everything but what system calls tell. */
void engine_inventory_read(const char *root, struct quern_inventory *inventory);

/* Network devices and interfaces, without their words. */
void engine_inventory_nics(const char *root, struct quern_inventory *inventory);

/* Fills in the words for what is listed, from pci.ids where the machine has it. */
void engine_inventory_names(const char *root, struct quern_inventory *inventory);

/* Writes a path below the root: false where it is too long. */
bool engine_inventory_path(char path[PATH_MAX], const char *root, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The first line of a file, with '?' for what is no printable ASCII; false and empty where it cannot be read. */
bool engine_inventory_line(const char *path, char *line, size_t size);

/* The number that a file begins with, in base 10, or 16 behind 0x; false and untouched where there is none. */
bool engine_inventory_number(const char *path, uint64_t *number);

/* What stands behind `key` in a file of lines "key: value"; false and empty where there is no such line. */
bool engine_inventory_value(const char *path, const char *key, char *value, size_t size);

/* The last part of a symbolic link's target; false and empty where there is none. */
bool engine_inventory_link(const char *path, char *name, size_t size);

/* The next entry of a folder whose name begins with `prefix`, or null; hidden ones are left out. */
const struct dirent *engine_inventory_next(DIR *folder, const char *prefix);

#endif
