/* config_tree.h - a file of YAML as a tree of texts, lists and maps, each with its place. */
#ifndef CONFIG_TREE_H
#define CONFIG_TREE_H

#include "config/config_faults.h"

/* Deeper, and with more keys in a map, than any configuration is. */
enum { CONFIG_MAX_DEPTH = 16, CONFIG_MAX_MAP = 256 };

enum config_shape { CONFIG_TEXT, CONFIG_LIST, CONFIG_MAP };

struct config_node {
	enum config_shape shape;
	bool is_refused; /* it has a fault already: what else it would have says nothing */
	struct config_mark mark;
	char *text;                /* of a text; others get one where config_reader makes theirs */
	struct config_node *child; /* of a list its items, of a map its keys, which are texts */
	struct config_node *value; /* of a key */
	struct config_node *next;  /* the item or key behind this one */
};

/* Reads the one document of a text. 0, or -EINVAL where mistakes hide the rest of it, which are in `faults`, or
 * -ENOMEM. The tree is freed by config_tree_free() either way, null too. */
int config_tree_read(struct config_node **root, const struct config_text *text, struct config_faults *faults);

void config_tree_free(struct config_node *root);

/* The value of a map's key, or null. */
struct config_node *config_tree_find(const struct config_node *map, const char *key);

#endif
