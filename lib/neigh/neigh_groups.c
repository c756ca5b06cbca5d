/* neigh_groups.c - reports of groups: which, in which version, and when. */
#include "neigh/neigh_groups.h"

#include <string.h>

#include "base/check.h"
#include "base/ip6.h"
#include "base/least.h"

static bool is_before(uint32_t a_ms, uint32_t b_ms)
{
	return (int32_t)(a_ms - b_ms) < 0;
}

void neigh_groups_init(struct neigh_groups *groups, uint8_t newest)
{
	memset(groups, 0, sizeof(*groups));
	groups->newest = newest;
}

/* RFC 3376 7.2.1: the oldest version that a router on the link speaks. */
static uint8_t version_of(const struct neigh_groups *groups)
{
	for (uint8_t version = 1; version < groups->newest; version++)
		if (groups->has_old[version - 1])
			return version;
	return groups->newest;
}

static void consider(struct neigh_groups *groups, bool is_due, uint32_t at_ms)
{
	if (is_due && (!groups->is_armed || is_before(at_ms, groups->next_ms))) {
		groups->is_armed = true;
		groups->next_ms = at_ms;
	}
}

/* Finds out when there is something to do next. */
static void arm(struct neigh_groups *groups)
{
	groups->is_armed = false;
	consider(groups, groups->is_asked, groups->answer_ms);
	consider(groups, groups->has_answered, groups->answered_ms + NEIGH_GROUPS_PAUSE_MS);
	for (int i = 0; i < 2; i++)
		consider(groups, groups->has_old[i], groups->old_until_ms[i]);
	for (uint16_t i = 0; i < groups->count; i++) {
		consider(groups, groups->groups[i].changes > 0, groups->groups[i].change_ms);
		consider(groups, groups->groups[i].is_asked, groups->groups[i].answer_ms);
	}
}

static struct neigh_group *find(struct neigh_groups *groups, struct quern_ip6 group)
{
	for (uint16_t i = 0; i < groups->count; i++)
		if (ip6_equal(groups->groups[i].group, group))
			return &groups->groups[i];
	return NULL;
}

static void forget(struct neigh_groups *groups, struct neigh_group *group)
{
	*group = groups->groups[--groups->count];
}

/* One more, in the place of one that was left where there is no other. */
static struct neigh_group *add(struct neigh_groups *groups, struct quern_ip6 address)
{
	struct neigh_group *group = groups->groups;

	if (groups->count < NEIGH_GROUPS_MAX)
		group = &groups->groups[groups->count++];
	else
		while (!group->is_left)
			group++;
	*group = (struct neigh_group){.group = address, .is_left = true};
	return group;
}

static void change(struct neigh_group *group, bool is_left, uint8_t changes, uint32_t now_ms)
{
	group->is_left = is_left;
	group->is_asked &= !is_left;
	group->changes = changes;
	group->change_ms = now_ms;
}

static bool is_among(const struct quern_ip6 *wanted, uint32_t count, struct quern_ip6 group)
{
	for (uint32_t i = 0; i < count; i++)
		if (ip6_equal(wanted[i], group))
			return true;
	return false;
}

void neigh_groups_follow(struct neigh_groups *groups, const struct quern_ip6 *wanted, uint32_t count, bool is_told,
			 uint32_t now_ms)
{
	uint8_t changes = is_told ? NEIGH_GROUPS_CHANGES : 0;

	CHECK(count <= NEIGH_GROUPS_MAX);
	for (uint16_t i = groups->count; i-- > 0;) {
		struct neigh_group *group = &groups->groups[i];

		if (group->is_left || is_among(wanted, count, group->group))
			continue;
		change(group, true, changes, now_ms);
		if (!is_told)
			forget(groups, group);
	}
	for (uint32_t i = 0; i < count; i++) {
		struct neigh_group *group = find(groups, wanted[i]);

		if (!group)
			group = add(groups, wanted[i]);
		if (group->is_left)
			change(group, false, changes, now_ms);
	}
	arm(groups);
}

/* RFC 3376 7.2.1, RFC 3810 8.2.1: who changes the version drops all that was to be said in the other. */
static void change_version(struct neigh_groups *groups)
{
	groups->is_asked = false;
	groups->told = 0;
	for (uint16_t i = groups->count; i-- > 0;) {
		groups->groups[i].is_asked = false;
		groups->groups[i].changes = 0;
		if (groups->groups[i].is_left)
			forget(groups, &groups->groups[i]);
	}
}

static void hear_version(struct neigh_groups *groups, uint8_t heard, uint32_t now_ms)
{
	uint8_t before = version_of(groups);

	if (heard >= groups->newest)
		return;
	groups->has_old[heard - 1] = true;
	groups->old_until_ms[heard - 1] = now_ms + NEIGH_GROUPS_OLD_ROUTER_MS;
	if (version_of(groups) != before)
		change_version(groups);
}

/* What was long enough ago: routers of an older version that were heard then, and the last answer. */
static void forget_old(struct neigh_groups *groups, uint32_t now_ms)
{
	uint8_t before = version_of(groups);

	for (int i = 0; i < 2; i++)
		groups->has_old[i] &= is_before(now_ms, groups->old_until_ms[i]);
	groups->has_answered &= is_before(now_ms, groups->answered_ms + NEIGH_GROUPS_PAUSE_MS);
	if (version_of(groups) != before)
		change_version(groups);
}

/* A time for an answer to a query, drawn; but not too soon after the last one. */
static uint32_t draw_answer(const struct neigh_groups *groups, const struct wire_group *query, uint32_t now_ms,
			    struct random *random)
{
	uint32_t at_ms = now_ms + random_below(random, query->response_ms + 1);
	uint32_t pause_ms = groups->answered_ms + NEIGH_GROUPS_PAUSE_MS;

	return groups->has_answered && is_before(at_ms, pause_ms) ? pause_ms : at_ms;
}

/* RFC 3376 5.2: an answer that is due sooner will do. */
static void ask_for(const struct neigh_groups *groups, struct neigh_group *group, uint32_t at_ms)
{
	if (group->is_left || (groups->is_asked && is_before(groups->answer_ms, at_ms)) ||
	    (group->is_asked && is_before(group->answer_ms, at_ms)))
		return;
	group->is_asked = true;
	group->answer_ms = at_ms;
}

static void ask_for_all(struct neigh_groups *groups, const struct wire_group *query, uint32_t now_ms,
			struct random *random)
{
	uint32_t at_ms = draw_answer(groups, query, now_ms, random);

	if (version_of(groups) == groups->newest) {
		if (!groups->is_asked || is_before(at_ms, groups->answer_ms))
			groups->answer_ms = at_ms;
		groups->is_asked = groups->count > 0;
		return;
	}
	/* A report of an older version is about one group, and each has its time. */
	for (uint16_t i = 0; i < groups->count; i++)
		ask_for(groups, &groups->groups[i], draw_answer(groups, query, now_ms, random));
}

void neigh_groups_asked(struct neigh_groups *groups, const struct wire_group *query, uint32_t now_ms,
			struct random *random)
{
	struct neigh_group *group;

	hear_version(groups, query->version, now_ms);
	if (ip6_is_unspecified(query->group)) {
		ask_for_all(groups, query, now_ms, random);
	} else {
		group = find(groups, query->group);
		if (group)
			ask_for(groups, group, draw_answer(groups, query, now_ms, random));
	}
	arm(groups);
}

/* Each of these three writes records, of at most `most` groups, and returns how many: of groups that were joined or
 * left, */
static uint32_t tell_changes(struct neigh_groups *groups, uint32_t most, uint32_t now_ms, struct random *random,
			     struct wire_group_record *records)
{
	uint32_t count = 0;

	for (uint16_t i = groups->count; i-- > 0 && count < most;) {
		struct neigh_group *group = &groups->groups[i];

		if (group->changes == 0 || is_before(now_ms, group->change_ms))
			continue;
		records[count++] =
			(struct wire_group_record){group->group, group->is_left ? WIRE_GROUP_LEFT : WIRE_GROUP_JOINED};
		group->changes--;
		group->change_ms = now_ms + 1 + random_below(random, NEIGH_GROUPS_AGAIN_MS);
		if (group->changes == 0 && group->is_left)
			forget(groups, group);
	}
	return count;
}

/* of all, in answer to who has asked for all, */
static uint32_t tell_all(struct neigh_groups *groups, uint32_t most, uint32_t now_ms, struct wire_group_record *records)
{
	uint32_t count = 0;

	if (!groups->is_asked || is_before(now_ms, groups->answer_ms))
		return 0;
	while (groups->told < groups->count && count < most) {
		struct neigh_group *group = &groups->groups[groups->told++];

		/* What was asked of it alone is answered with this. */
		group->is_asked = false;
		if (!group->is_left)
			records[count++] = (struct wire_group_record){group->group, WIRE_GROUP_WANTED};
	}
	if (groups->told == groups->count) {
		groups->told = 0;
		groups->is_asked = false;
	}
	return count;
}

/* and of those that were asked for. */
static uint32_t tell_asked(struct neigh_groups *groups, uint32_t most, uint32_t now_ms,
			   struct wire_group_record *records)
{
	uint32_t count = 0;

	for (uint16_t i = 0; i < groups->count && count < most; i++) {
		struct neigh_group *group = &groups->groups[i];

		if (!group->is_asked || is_before(now_ms, group->answer_ms))
			continue;
		group->is_asked = false;
		records[count++] = (struct wire_group_record){group->group, WIRE_GROUP_WANTED};
	}
	return count;
}

bool neigh_groups_report(struct neigh_groups *groups, uint32_t most, uint32_t now_ms, struct random *random,
			 struct wire_group_record *records, struct wire_group_report *report)
{
	uint8_t version;
	uint32_t count;

	forget_old(groups, now_ms);
	version = version_of(groups);
	most = version == groups->newest ? least(most, WIRE_GROUP_RECORDS_MAX) : 1;
	count = tell_changes(groups, most, now_ms, random, records);
	if (count == 0) {
		count = tell_all(groups, most, now_ms, records);
		if (count == 0)
			count = tell_asked(groups, most, now_ms, records);
		groups->has_answered |= count > 0;
		groups->answered_ms = count > 0 ? now_ms : groups->answered_ms;
	}
	arm(groups);
	*report = (struct wire_group_report){.records = records, .count = count, .version = version};
	return count > 0;
}
