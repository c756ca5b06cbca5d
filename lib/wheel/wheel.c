/* wheel.c - the hierarchical wheel: a node lies at the level of the highest byte in which its tick differs from now.
 *
 * At each level the slot that now lies in is the one to be worked off: at level 0 its nodes are due, above it they are
 * sorted into the levels below. A turn that runs out of budget leaves now where it is, with the rest in these slots. */
#include "wheel/wheel.h"

#include <string.h>

#include "base/counter.h"
#include "base/seq.h"

enum {
	WHEEL_HEAD = 1 << 30, /* in prev of the first node of a slot; level and slot are the low bits */
	LEVEL_WORDS = WHEEL_SLOTS / 64,
	SLOT_MASK = WHEEL_SLOTS - 1,
	VISITS_EACH = 4, /* visits a turn: this many for each node that it may fire … */
	VISITS_MORE = 64 /* … and these, so that a small turn gets on as well */
};

/* What is left of a turn's budget. */
struct turn {
	uint32_t *fired;
	uint32_t count;
	uint32_t max;
	uint64_t visits;
};

void wheel_init(struct wheel *wheel, struct wheel_node *first, uint32_t stride_shift, uint32_t now)
{
	memset(wheel, 0, sizeof(*wheel));
	wheel->first = first;
	wheel->stride_shift = stride_shift;
	wheel->now = now;
}

static inline struct wheel_node *node_at(const struct wheel *wheel, uint32_t index)
{
	return (struct wheel_node *)((char *)wheel->first + ((size_t)index << wheel->stride_shift));
}

static inline uint32_t node_index(const struct wheel *wheel, const struct wheel_node *node)
{
	return (uint32_t)((size_t)((const char *)node - (const char *)wheel->first) >> wheel->stride_shift);
}

/* Levels and slots as one number, as in prev. */
static inline uint32_t place_of(uint32_t level, uint32_t slot)
{
	return level << WHEEL_SLOT_BITS | slot;
}

static inline uint32_t slot_of(uint32_t tick, uint32_t level)
{
	return tick >> (level * WHEEL_SLOT_BITS) & SLOT_MASK;
}

/* Where a tick belongs; one that has passed belongs to the slot of now. */
static inline uint32_t place_of_tick(const struct wheel *wheel, uint32_t tick)
{
	uint32_t visit = seq_before(tick, wheel->now) ? wheel->now : tick;
	uint32_t level = (uint32_t)(31 - __builtin_clz((visit ^ wheel->now) | 1)) / WHEEL_SLOT_BITS;

	return place_of(level, slot_of(visit, level));
}

static inline uint32_t *head_of(struct wheel *wheel, uint32_t place)
{
	return &wheel->heads[place >> WHEEL_SLOT_BITS][place & SLOT_MASK];
}

/* Makes `number` (index + 1, or 0) the first of a slot. */
static inline void set_head(struct wheel *wheel, uint32_t place, uint32_t number)
{
	uint64_t *word = &wheel->occupied[place >> WHEEL_SLOT_BITS][(place & SLOT_MASK) / 64];
	uint64_t bit = 1ull << (place % 64);

	*head_of(wheel, place) = number;
	*word = number == 0 ? *word & ~bit : *word | bit;
}

static void link_node(struct wheel *wheel, struct wheel_node *node)
{
	uint32_t place = place_of_tick(wheel, node->due);
	uint32_t number = node_index(wheel, node) + 1;
	uint32_t next = *head_of(wheel, place);

	node->next = next;
	node->prev = WHEEL_HEAD | place;
	if (next != 0)
		node_at(wheel, next - 1)->prev = number;
	set_head(wheel, place, number);
	counter_level_up(&wheel->linked);
}

static void unlink_node(struct wheel *wheel, struct wheel_node *node)
{
	if (node->next != 0)
		node_at(wheel, node->next - 1)->prev = node->prev;
	if (node->prev & WHEEL_HEAD)
		set_head(wheel, node->prev & ~(uint32_t)WHEEL_HEAD, node->next);
	else
		node_at(wheel, node->prev - 1)->next = node->next;
	node->next = 0;
	node->prev = 0;
	counter_level_down(&wheel->linked);
}

/* A disarmed node that is still linked has forgotten when its slot is visited, so it is linked anew. */
void wheel_arm(struct wheel *wheel, struct wheel_node *node, uint32_t due)
{
	bool was_armed = node->due != WHEEL_NEVER;
	uint32_t was_due = node->due;

	node->due = due + (due == WHEEL_NEVER);
	if (was_armed && seq_before_eq(was_due, node->due))
		return;
	if (node->prev != 0)
		unlink_node(wheel, node);
	link_node(wheel, node);
}

void wheel_disarm(struct wheel_node *node)
{
	node->due = WHEEL_NEVER;
}

static inline bool is_occupied(const struct wheel *wheel, uint32_t level, uint32_t slot)
{
	return wheel->occupied[level][slot / 64] >> (slot % 64) & 1;
}

/* Takes the nodes out of a slot of now: each fires, or moves to a later slot, or is forgotten. False: no budget left.
 */
static bool work_off(struct wheel *wheel, uint32_t place, struct turn *turn)
{
	uint32_t number = *head_of(wheel, place);

	while (number != 0 && turn->visits != 0 && turn->count != turn->max) {
		struct wheel_node *node = node_at(wheel, number - 1);
		uint32_t index = number - 1;

		number = node->next;
		if (number != 0)
			__builtin_prefetch(node_at(wheel, number - 1), 1);
		turn->visits--;
		counter_level_down(&wheel->linked);
		node->next = 0;
		node->prev = 0;
		if (node->due == WHEEL_NEVER)
			continue;
		if (seq_before(wheel->now, node->due)) {
			link_node(wheel, node);
			continue;
		}
		node->due = WHEEL_NEVER;
		turn->fired[turn->count++] = index;
	}
	set_head(wheel, place, number);
	if (number != 0)
		node_at(wheel, number - 1)->prev = WHEEL_HEAD | place;
	return number == 0;
}

/* Works off the slots of now, the widest first because its nodes may fall into the others. */
static bool work_off_now(struct wheel *wheel, struct turn *turn)
{
	for (uint32_t level = WHEEL_LEVELS; level-- > 0;) {
		uint32_t slot = slot_of(wheel->now, level);

		if (is_occupied(wheel, level, slot) && !work_off(wheel, place_of(level, slot), turn))
			return false;
	}
	return true;
}

/* The first occupied slot at or after `from`, or WHEEL_SLOTS. */
static uint32_t occupied_from(const struct wheel *wheel, uint32_t level, uint32_t from)
{
	uint64_t mask = ~0ull << (from % 64);

	for (uint32_t word = from / 64; word < LEVEL_WORDS; word++, mask = ~0ull) {
		uint64_t bits = wheel->occupied[level][word] & mask;

		if (bits != 0)
			return word * 64 + (uint32_t)__builtin_ctzll(bits);
	}
	return WHEEL_SLOTS;
}

/* The tick at which the next slot after now begins that holds nodes. The lowest level has the earliest. */
static bool next_slot_tick(const struct wheel *wheel, uint32_t *tick)
{
	for (uint32_t level = 0; level < WHEEL_LEVELS; level++) {
		uint32_t shift = level * WHEEL_SLOT_BITS;
		uint32_t slot = occupied_from(wheel, level, slot_of(wheel->now, level) + 1);

		if (slot == WHEEL_SLOTS && level == WHEEL_LEVELS - 1)
			slot = occupied_from(wheel, level, 0);
		if (slot == WHEEL_SLOTS)
			continue;
		*tick = (wheel->now >> shift & ~(uint32_t)SLOT_MASK) << shift | slot << shift;
		return true;
	}
	return false;
}

uint32_t wheel_advance(struct wheel *wheel, uint32_t now, uint32_t *fired, uint32_t max)
{
	struct turn turn = {.fired = fired, .max = max, .visits = (uint64_t)VISITS_EACH * max + VISITS_MORE};
	uint32_t target = seq_before(now, wheel->now) ? wheel->now : now;
	uint32_t tick;

	__atomic_store_n(&wheel->lag, 0, __ATOMIC_RELAXED);
	/* As for TCP in a shard that forwards datagrams. */
	if (wheel->linked == 0) {
		wheel->now = target;
		return 0;
	}
	for (;;) {
		if (!work_off_now(wheel, &turn)) {
			__atomic_store_n(&wheel->lag, target - wheel->now + 1, __ATOMIC_RELAXED);
			return turn.count;
		}
		/* Most calls come many times a tick. */
		if (wheel->now == target || !next_slot_tick(wheel, &tick) || seq_before(target, tick))
			break;
		wheel->now = tick;
	}
	wheel->now = target;
	return turn.count;
}

bool wheel_next(const struct wheel *wheel, uint32_t *tick)
{
	for (uint32_t level = 0; level < WHEEL_LEVELS; level++) {
		if (is_occupied(wheel, level, slot_of(wheel->now, level))) {
			*tick = wheel->now;
			return true;
		}
	}
	return next_slot_tick(wheel, tick);
}
