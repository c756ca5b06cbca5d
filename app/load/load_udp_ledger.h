/* load_udp_ledger.h - what became of each datagram that was sent: answered, lost, late, twice, out of order.
 * Arithmetic: numbers and times come in.
 *
 * Datagrams are numbered in order of sending. A state is kept for each of the last `capacity` of them; what was sent so
 * many before may not be undecided any more, or nothing else is sent. */
#ifndef LOAD_UDP_LEDGER_H
#define LOAD_UDP_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

enum { LOAD_LEDGER_MARKS = 1024 };

/* What an answer turns out to be. Of the first two, it was not there before. */
enum load_udp_answer {
	LOAD_UDP_IN_TIME,
	LOAD_UDP_LATE,      /* it was counted as lost */
	LOAD_UDP_DUPLICATE, /* it was answered before */
	LOAD_UDP_STALE,     /* too long ago to know */
	LOAD_UDP_NEVER_SENT
};

/* So much had been sent at some time. */
struct load_udp_mark {
	uint64_t at_ns;
	uint64_t sent;
};

struct load_udp_ledger {
	uint8_t *states; /* by number modulo capacity */
	uint64_t capacity;
	uint64_t timeout_ns;
	uint64_t sent;    /* the next number */
	uint64_t decided; /* all below are answered or lost */
	uint64_t newest;  /* the highest number that was answered, plus 1 */
	uint64_t answered, lost, late;
	struct load_udp_mark marks[LOAD_LEDGER_MARKS]; /* a ring */
	uint32_t first_mark, mark_count;
};

/* Reserves states for what `per_second` send within the timeout, and some. 0 or -ENOMEM. */
int load_udp_ledger_open(struct load_udp_ledger *ledger, uint64_t per_second, uint64_t timeout_ns);
void load_udp_ledger_close(struct load_udp_ledger *ledger);

/* Begins anew with number 0. */
void load_udp_ledger_begin(struct load_udp_ledger *ledger);

/* Whether another may be sent: its state has a place. */
static inline bool load_udp_ledger_has_room(const struct load_udp_ledger *ledger)
{
	return ledger->sent - ledger->decided < ledger->capacity;
}

/* One was sent, where there is room. */
void load_udp_ledger_send(struct load_udp_ledger *ledger, uint64_t now_ns);

/* The answer to a number has come. */
enum load_udp_answer load_udp_ledger_answer(struct load_udp_ledger *ledger, uint64_t number);

/* Decides what has waited for its answer for as long as the timeout: at least so long, and a 500th of it more at
 * most. A bounded number at once; returns how many. */
uint32_t load_udp_ledger_expire(struct load_udp_ledger *ledger, uint64_t now_ns);

/* How many are neither answered nor lost. */
uint64_t load_udp_ledger_waiting(const struct load_udp_ledger *ledger);

/* How many may be on their way, as far as answers tell: those behind the newest answer, and behind what is decided. */
uint64_t load_udp_ledger_on_the_way(const struct load_udp_ledger *ledger);

#endif
