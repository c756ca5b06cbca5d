/* impair_line.h - frames on their way, in the order in which they are due; those due at once in the order in which they
 * came. A heap in memory that the caller gives; frames are anything. */
#ifndef BASE_IMPAIR_LINE_H
#define BASE_IMPAIR_LINE_H

#include <stdbool.h>
#include <stdint.h>

struct impair_entry {
	uint64_t due_ns;
	uint32_t number; /* in the order in which they came, modulo 2^32 */
	void *frame;
};

struct impair_line {
	struct impair_entry *entries;
	uint32_t capacity;
	uint32_t count;
	uint32_t next_number;
	uint32_t after_highest; /* behind the highest number that has left */
};

/* Begins an empty line with room for `capacity` frames. */
void impair_line_open(struct impair_line *line, struct impair_entry *entries, uint32_t capacity);

/* Puts a frame on its way; false, and it is still the caller's, where the line is full. */
bool impair_line_put(struct impair_line *line, void *frame, uint64_t due_ns);

/* Takes the first frame that is due at `now_ns`, or null. `was_overtaken` says whether one that came later has left
 * before it (RFC 4737: it is reordered). */
void *impair_line_take(struct impair_line *line, uint64_t now_ns, bool *was_overtaken);

#endif
