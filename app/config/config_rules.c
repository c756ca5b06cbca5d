/* config_rules.c - what is wrong with rules of forward that are good value by value, each fault at its place. */
#include <ctype.h>
#include <string.h>

#include "config/config_reader.h"

/* The rules that can be judged, and where they stand. */
struct judged {
	struct quern_forward_rule rules[QUERN_FORWARD_RULES_MAX];
	const struct config_node *maps[QUERN_FORWARD_RULES_MAX];
	uint16_t count;
};

/* Keys that the library calls otherwise than files do. */
static const struct {
	const char *said, *key;
} keys[] = {{"max_sessions_per_source", "source_sessions"},
	    {"max_sessions", "rule_sessions"},
	    {"check.probe", "check"},
	    {"check.port", "check"},
	    {"check.interval", "check_every"},
	    {"check.rise", "check_rise"},
	    {"check.fall", "check_fall"},
	    {"check.request", "check_send"},
	    {"check.answer", "check_expect"}};

/* The key that has the value which a fault is about. */
static const char *key_of(const struct quern_forward_fault *fault)
{
	if (fault->target != QUERN_FORWARD_NO_TARGET)
		return "to";
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(fault->key, keys[i].said) == 0)
			return keys[i].key;
	}
	return fault->key;
}

/* The first value of a rule that is about its check. */
static const struct config_node *first_of_check(const struct config_node *map)
{
	const struct config_node *value = NULL;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !value; i++) {
		if (strncmp(keys[i].key, "check", 5) == 0)
			value = config_tree_find(map, keys[i].key);
	}
	return value;
}

/* What is missing is missed at the rule's name, and of a check where the rule speaks of it. */
static struct config_mark place_of(const struct config_node *map, const struct quern_forward_fault *fault)
{
	const struct config_node *value = config_tree_find(map, key_of(fault));

	if (!value && strncmp(fault->key, "check", 5) == 0)
		value = first_of_check(map);
	if (!value)
		return config_tree_find(map, "name")->mark;
	if (value->shape == CONFIG_LIST && fault->target != QUERN_FORWARD_NO_TARGET) {
		value = value->child;
		for (uint16_t i = 0; i < fault->target; i++)
			value = value->next;
	}
	return value->mark;
}

/* True for what stands where nothing was taken from. It is as deep as the tree, which is bounded. */
static bool has_refused(const struct config_node *node)
{
	bool has_one = node->is_refused || (node->value && has_refused(node->value));

	for (const struct config_node *at = node->child; at && !has_one; at = at->next)
		has_one = has_refused(at);
	return has_one;
}

/* Gathers the rules that had no fault: each map of the list has begun one, while there was room. */
static void gather(struct judged *judged, const struct config_node *list, const struct cli_forward *forward,
		   struct config_faults *faults)
{
	uint16_t number = 0;

	judged->count = 0;
	for (const struct config_node *map = list->child; map && number < forward->rule_count; map = map->next) {
		const struct quern_forward_rule *rule = &forward->rules[number];

		if (map->shape != CONFIG_MAP)
			continue;
		number++;
		if (has_refused(map))
			continue;
		if (!config_tree_find(map, "listen")) {
			config_faults_add(faults, config_tree_find(map, "name")->mark,
					  "rule '%s': listens nowhere\nAdd listen: ADDR:PORT, one of the ports' own "
					  "addresses",
					  rule->name);
			continue;
		}
		judged->rules[judged->count] = *rule;
		judged->maps[judged->count++] = map;
	}
}

/* Numbers of rules are of no use to whoever reads a file: it has lines. */
static bool is_namesake(const struct judged *judged, uint16_t number)
{
	for (uint16_t earlier = 0; earlier < number; earlier++) {
		if (strcmp(judged->rules[earlier].name, judged->rules[number].name) == 0)
			return true;
	}
	return false;
}

static void tell(const struct judged *judged, const struct quern_forward_fault *fault, struct config_faults *faults)
{
	const char *remedy = cli_forward_remedy(fault, false);
	struct config_mark mark = place_of(judged->maps[fault->rule], fault);

	if (strcmp(fault->key, "name") == 0 && is_namesake(judged, fault->rule))
		config_faults_add(faults, mark, "rules.name: two rules are called '%s'\nGive each a name of its own",
				  judged->rules[fault->rule].name);
	else
		config_faults_add(faults, mark, "%s\n%c%s", fault->cause, toupper((unsigned char)remedy[0]),
				  remedy + 1);
}

void config_rules_check(const struct config_node *rules, const struct cli_settings *settings,
			struct config_faults *faults)
{
	static struct judged judged;
	static struct quern_forward_fault found[CONFIG_MAX_FAULTS];
	uint32_t count;

	gather(&judged, rules, &settings->forward, faults);
	count = quern_forward_faults(judged.rules, judged.count, found, CONFIG_MAX_FAULTS);
	for (uint32_t i = 0; i < count; i++) {
		/* Where there is no room for one any more, none of these is looked at. */
		tell(&judged, &found[i < CONFIG_MAX_FAULTS ? i : 0], faults);
	}
}
