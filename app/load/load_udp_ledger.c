/* load_udp_ledger.c - a byte for each datagram, and marks of how many were sent by when. */
#include "load/load_udp_ledger.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_LEAST = 1 << 16, DECIDED_AT_ONCE = 1 << 14 };
#define CAPACITY_MOST (UINT64_C(1) << 28)

/* Three marks in a row lie so far apart at least, so that all within a timeout find room. */
enum { MARKS_A_TIMEOUT = 500 };
static_assert(2 * (int)MARKS_A_TIMEOUT + 2 < (int)LOAD_LEDGER_MARKS, "two to each part of a timeout");

enum { WAITS, ANSWERED, LOST, CAME_LATE };

int load_udp_ledger_open(struct load_udp_ledger *ledger, uint64_t per_second, uint64_t timeout_ns)
{
	uint64_t wanted = (uint64_t)((double)per_second * (double)timeout_ns / 1e9 * 1.25);

	*ledger = (struct load_udp_ledger){.capacity = CAPACITY_LEAST, .timeout_ns = timeout_ns};
	while (ledger->capacity < wanted && ledger->capacity < CAPACITY_MOST)
		ledger->capacity *= 2;
	ledger->states = malloc(ledger->capacity);
	if (!ledger->states)
		return -ENOMEM;
	/* Touched now, so that nothing waits for the kernel later: a memset() would be taken for calloc(). */
	explicit_bzero(ledger->states, ledger->capacity);
	return 0;
}

void load_udp_ledger_close(struct load_udp_ledger *ledger)
{
	free(ledger->states);
	ledger->states = NULL;
}

void load_udp_ledger_begin(struct load_udp_ledger *ledger)
{
	ledger->sent = ledger->decided = ledger->newest = 0;
	ledger->answered = ledger->lost = ledger->late = 0;
	ledger->first_mark = ledger->mark_count = 0;
}

static uint8_t *state_of(struct load_udp_ledger *ledger, uint64_t number)
{
	return &ledger->states[number & (ledger->capacity - 1)];
}

/* The newest mark may stand for what is sent until the next one is due. */
static void mark(struct load_udp_ledger *ledger, uint64_t now_ns)
{
	uint32_t newest = (ledger->first_mark + ledger->mark_count - 1) % LOAD_LEDGER_MARKS;

	if (ledger->mark_count > 0 && now_ns == ledger->marks[newest].at_ns) {
		ledger->marks[newest].sent = ledger->sent;
		return;
	}
	/* Of two that lie close together, the later one stands for both: it decides no sooner. */
	if (ledger->mark_count > 1 &&
	    (ledger->mark_count == LOAD_LEDGER_MARKS ||
	     now_ns - ledger->marks[(newest + LOAD_LEDGER_MARKS - 1) % LOAD_LEDGER_MARKS].at_ns <
		     ledger->timeout_ns / MARKS_A_TIMEOUT))
		ledger->mark_count--;
	newest = (ledger->first_mark + ledger->mark_count++) % LOAD_LEDGER_MARKS;
	ledger->marks[newest] = (struct load_udp_mark){now_ns, ledger->sent};
}

void load_udp_ledger_send(struct load_udp_ledger *ledger, uint64_t now_ns)
{
	*state_of(ledger, ledger->sent++) = WAITS;
	mark(ledger, now_ns);
}

enum load_udp_answer load_udp_ledger_answer(struct load_udp_ledger *ledger, uint64_t number)
{
	uint8_t *state = state_of(ledger, number);

	if (number >= ledger->sent)
		return LOAD_UDP_NEVER_SENT;
	if (ledger->sent - number > ledger->capacity)
		return LOAD_UDP_STALE;
	if (*state == ANSWERED || *state == CAME_LATE)
		return LOAD_UDP_DUPLICATE;
	ledger->newest = number >= ledger->newest ? number + 1 : ledger->newest;
	if (*state == LOST) {
		*state = CAME_LATE;
		ledger->late++;
		return LOAD_UDP_LATE;
	}
	*state = ANSWERED;
	ledger->answered++;
	return LOAD_UDP_IN_TIME;
}

uint32_t load_udp_ledger_expire(struct load_udp_ledger *ledger, uint64_t now_ns)
{
	uint32_t looked = 0;

	/* What is answered is decided. */
	for (; ledger->decided < ledger->sent && looked < DECIDED_AT_ONCE; ledger->decided++, looked++)
		if (*state_of(ledger, ledger->decided) == WAITS)
			break;
	while (ledger->mark_count > 0 && looked < DECIDED_AT_ONCE) {
		const struct load_udp_mark *oldest = &ledger->marks[ledger->first_mark];

		if (now_ns - oldest->at_ns < ledger->timeout_ns)
			break;
		for (; ledger->decided < oldest->sent && looked < DECIDED_AT_ONCE; ledger->decided++, looked++) {
			uint8_t *state = state_of(ledger, ledger->decided);

			if (*state != WAITS)
				continue;
			*state = LOST;
			ledger->lost++;
		}
		if (ledger->decided < oldest->sent)
			break;
		ledger->first_mark = (ledger->first_mark + 1) % LOAD_LEDGER_MARKS;
		ledger->mark_count--;
	}
	return looked;
}

uint64_t load_udp_ledger_waiting(const struct load_udp_ledger *ledger)
{
	return ledger->sent - ledger->answered - ledger->lost;
}

uint64_t load_udp_ledger_on_the_way(const struct load_udp_ledger *ledger)
{
	uint64_t known = ledger->newest > ledger->decided ? ledger->newest : ledger->decided;

	return ledger->sent - known;
}
