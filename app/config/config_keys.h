/* config_keys.h - the keys of a file. They are the flags, sorted into sections; what follows from the table of flags
 * is found there, and not said again. */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include "cli/cli_flags.h"

enum { CONFIG_KEY_TEXT = 40, CONFIG_MAX_KEYS = 128 };

/* Where a key stands. Sections are keys of others, or of the file itself, which is the top. */
enum config_section {
	CONFIG_TOP,
	CONFIG_PORTS,
	CONFIG_RULES,
	CONFIG_CLIENT,
	CONFIG_CLIENT_HTTP,
	CONFIG_REQUESTS,
	CONFIG_SERVER,
	CONFIG_TCP,
	CONFIG_SECTIONS
};

struct config_section_info {
	const char *name; /* as a key of its parent */
	enum config_section parent;
	bool is_list;         /* of maps */
	bool is_services;     /* may be a list too: an item for each service, in their order */
	const char *leader;   /* the key that is set before its neighbours, wherever it stands; null for none */
	const char *stand_in; /* for a leader that is missing or wrong; null for none */
};

/* In which forms a value may be written, beside plain text. Bits. */
enum config_form {
	CONFIG_FORM_EACH = 1,   /* a list: the flag, given for each of it */
	CONFIG_FORM_COMMAS = 2, /* a list: its items with commas between them */
	CONFIG_FORM_PAIR = 4,   /* {bytes: 64} is bytes:64 */
	CONFIG_FORM_PAIRS = 8,  /* {loss: 1%, dup: 2%} is loss=1%,dup=2% */
	CONFIG_FORM_IDLE = 16,  /* of keepalive, a time alone is that of being idle */
	CONFIG_FORM_WHOLE = 32, /* a word may have blanks in it: a variable has one, and not a list */
	CONFIG_FORM_POINTS = 64 /* a list of maps: {at: 0s, cps: 0} and {at: 9s, cps: 5} is at=0s,cps=0;at=9s,cps=5 */
};

/* A key of one kind of file. Those that no flag has, for that they are an argument, have one of the table's shape. */
struct config_key {
	char name[CONFIG_KEY_TEXT];
	enum config_section section;
	const struct cli_flag *flag;
	unsigned int forms; /* enum config_form, ored */
};

/* The kinds of files: commands that run by one. */
extern const enum cli_command config_kinds[];
extern const size_t config_kind_count;

const struct config_section_info *config_section(enum config_section section);

/* True for client and server, and what stands in them. */
bool config_section_is_of_service(enum config_section section);

/* Writes the keys that a file of a kind may have, the flags in their order, and returns how many they are. */
size_t config_keys(enum cli_command kind, struct config_key keys[CONFIG_MAX_KEYS]);

/* "time_wait" of time-wait. */
void config_key_name(const char *flag, char name[CONFIG_KEY_TEXT]);

/* The forms that values of a flag may have. */
unsigned int config_forms_of(const struct cli_flag *flag);

/* True for a flag that belongs to one port of several. */
bool config_is_of_port(const struct cli_flag *flag);

/* Checks that an item of ports has a name. It is for the reader of the file, and for peers. */
bool config_is_name(const char *text);

#endif
