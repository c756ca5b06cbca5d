/* ctl_heap.h - the greatest few of many connections, in the memory of a few. */
#ifndef CTL_CTL_HEAP_H
#define CTL_CTL_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CTL_HEAP_MAX = 1000, CTL_END_TEXT = 56 };

struct ctl_row {
	double value; /* what they are ordered by */
	bool has_rate;
	double sent_s, received_s; /* bytes a second */
	int64_t queued, held, shard;
	char state[16], role[16], local[CTL_END_TEXT], remote[CTL_END_TEXT];
};

struct ctl_heap {
	size_t most; /* at most CTL_HEAP_MAX */
	size_t count;
	struct ctl_row rows[CTL_HEAP_MAX];
};

/* Adds a row where it is among the `most` greatest so far. */
void ctl_heap_add(struct ctl_heap *heap, const struct ctl_row *row);

/* Puts the rows in order, the greatest first; nothing is added after that. */
void ctl_heap_sort(struct ctl_heap *heap);

/* What was seen of connections at the look before, in a table of a fixed size: one that finds its places taken
 * takes over that of another, which has no rate at the next look. */
struct ctl_seen;

struct ctl_seen *ctl_seen_open(void); /* null where there is no memory */
void ctl_seen_close(struct ctl_seen *seen);

/* Bytes a second since the look before, by the sequence numbers of then and now, which are noted. False where that
 * connection was not seen then, or so much may have passed that the numbers do not tell. */
bool ctl_seen_rate(struct ctl_seen *seen, const char *name, uint32_t snd_nxt, uint32_t rcv_nxt, double now_s,
		   struct ctl_row *row);

#endif
