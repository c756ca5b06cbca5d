/* stall.h - what the control thread says of a worker that no longer turns, or of a process that was stopped. */
#ifndef QUERN_STALL_H
#define QUERN_STALL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { QUERN_STALL_MS = 1000, QUERN_STALL_TEXT = 512 };

enum quern_stall_kind {
	QUERN_STALL_BEGAN,          /* a worker has not turned for QUERN_STALL_MS; told once */
	QUERN_STALL_ENDED,          /* and turns again */
	QUERN_STALL_PROCESS_STOPPED /* all threads were away for so long: nothing is said of workers then
				     */
};

/* What kept a worker in the second before its stall was told, as far as the kernel knows. */
enum quern_stall_cause {
	QUERN_STALL_UNKNOWN,
	QUERN_STALL_BUSY,   /* it ran all the while: a callback does not return */
	QUERN_STALL_NO_CPU, /* it wanted to run, and others had its CPU */
	QUERN_STALL_ASLEEP, /* a callback blocks */
	QUERN_STALL_KERNEL, /* it waits for a disk, a driver or memory, and cannot be interrupted */
	QUERN_STALL_HALTED  /* by a signal or a debugger */
};

struct quern_stall {
	enum quern_stall_kind kind;
	enum quern_stall_cause cause; /* of QUERN_STALL_BEGAN */
	uint16_t worker;              /* number, as of quern_engine_worker(); 0 for the process */
	uint64_t ms;                  /* so far, or in all, to about 100 ms */
};

struct quern_engine;

/* Says in one line, without a line end, what has happened, with the worker's core and shards and the likely causes.
 * Returns the text. */
char *quern_stall_text(const struct quern_engine *engine, const struct quern_stall *stall, char text[QUERN_STALL_TEXT]);

#ifdef __cplusplus
}
#endif

#endif
