/* ctl_rules.h - what an instance says of its rules of forwarding. */
#ifndef CTL_CTL_RULES_H
#define CTL_CTL_RULES_H

#include <jansson.h>

#include "ctl/ctl_instance.h"

/* Puts an object for each rule into the array, none where it is no forwarder. 0, or -errno as ctl_ask(). */
int ctl_ask_rules(const struct ctl_instance *instance, json_t *rules);

/* Prints a line a rule, and one a target; nothing without rules. */
void ctl_print_rules(const json_t *rules);

#endif
