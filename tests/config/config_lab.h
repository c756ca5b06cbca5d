/* config_lab.h - configurations as texts, for tests: read, and what was said of them. */
#ifndef TESTS_CONFIG_LAB_H
#define TESTS_CONFIG_LAB_H

#include "config/config_file.h"
#include "config/config_keys.h"

/* What a text was made into. */
struct config_lab {
	struct config_file file;
	struct cli_settings settings;
	int rc;
};

/* Reads a text; what it held before is freed. Returns what config_file_read() does. */
int config_lab_read(struct config_lab *lab, const char *text);
int config_lab_read_bytes(struct config_lab *lab, const char *bytes, size_t length);

/* The text that was read last has no fault. */
void config_lab_expect_good(struct config_lab *lab);

/* How many faults the text has, of which each says its part in `parts`, in the order of their places; ends with null.
 */
void config_lab_expect(struct config_lab *lab, const char *const parts[]);

/* The text of all faults as they are printed; the caller frees it. */
char *config_lab_printed(struct config_lab *lab);

/* A value that a flag accepts: the example of its words, or the first of them. */
const char *config_lab_sample(const struct cli_flag *flag, char text[128]);

#endif
