/* config_faults.h - the mistakes of a file: all of them, each with its place. */
#ifndef CONFIG_FAULTS_H
#define CONFIG_FAULTS_H

#include "config/config_text.h"

enum { CONFIG_MAX_FAULTS = 200, CONFIG_FAULT_TEXT = 320 };

struct config_fault {
	struct config_mark mark;
	char text[CONFIG_FAULT_TEXT];
	char remedy[CONFIG_FAULT_TEXT]; /* empty for none */
};

struct config_faults {
	struct config_fault at[CONFIG_MAX_FAULTS];
	size_t count; /* more than there is room for are counted, and not kept */
};

/* True where another one would be counted only: it need not be worded. */
bool config_faults_are_full(const struct config_faults *faults);

/* Adds a mistake: what is wrong, and behind a line's end the remedy. */
__attribute__((format(printf, 3, 4))) void config_faults_add(struct config_faults *faults, struct config_mark mark,
							     const char *format, ...);

/* Prints them in the order of their places, how many they are, and what comes of it: "nothing was started". */
void config_faults_print(FILE *out, struct config_faults *faults, const struct config_text *text, const char *outcome);

#endif
