/* engine_inventory.h - the parts of the inventory, each read below a root folder that tests may make up; inside
 * lib/engine only. */
#ifndef ENGINE_ENGINE_INVENTORY_H
#define ENGINE_ENGINE_INVENTORY_H

#include <quern/inventory.h>

/* Everything but what system calls tell. */
void engine_inventory_read(const char *root, struct quern_inventory *inventory);

/* Network devices and interfaces, without their words. */
void engine_inventory_nics(const char *root, struct quern_inventory *inventory);

/* Fills in the words for what is listed, from pci.ids where the machine has it. */
void engine_inventory_names(const char *root, struct quern_inventory *inventory);

#endif
