/* impair_line.c - a binary heap by due time and number. */
#include "base/impair_line.h"

#include <stddef.h>

#include "base/seq.h"

void impair_line_open(struct impair_line *line, struct impair_entry *entries, uint32_t capacity)
{
	*line = (struct impair_line){.entries = entries, .capacity = capacity};
}

static bool comes_before(const struct impair_entry *a, const struct impair_entry *b)
{
	return a->due_ns < b->due_ns || (a->due_ns == b->due_ns && seq_before(a->number, b->number));
}

bool impair_line_put(struct impair_line *line, void *frame, uint64_t due_ns)
{
	const struct impair_entry entry = {.due_ns = due_ns, .number = line->next_number, .frame = frame};
	uint32_t at = line->count;

	if (line->count == line->capacity)
		return false;
	line->next_number++;
	line->count++;
	for (; at > 0 && comes_before(&entry, &line->entries[(at - 1) / 2]); at = (at - 1) / 2)
		line->entries[at] = line->entries[(at - 1) / 2];
	line->entries[at] = entry;
	return true;
}

/* Fills the top again by the last entry. */
static void close_gap(struct impair_line *line)
{
	const struct impair_entry *last = &line->entries[--line->count];
	const struct impair_entry moved = *last;
	uint32_t at = 0;

	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= line->count)
			break;
		if (child + 1 < line->count && comes_before(&line->entries[child + 1], &line->entries[child]))
			child++;
		if (!comes_before(&line->entries[child], &moved))
			break;
		line->entries[at] = line->entries[child];
		at = child;
	}
	line->entries[at] = moved;
}

void *impair_line_take(struct impair_line *line, uint64_t now_ns, bool *was_overtaken)
{
	struct impair_entry first;

	if (line->count == 0 || line->entries[0].due_ns > now_ns)
		return NULL;
	first = line->entries[0];
	close_gap(line);
	*was_overtaken = seq_before(first.number, line->after_highest);
	if (!*was_overtaken)
		line->after_highest = first.number + 1;
	return first.frame;
}
