/* udp_check.h - whether a target is up, by what becomes of its probes. One is out at a time: it is answered, or it
 * fails when it is refused or when the next one is due. */
#ifndef UDP_UDP_CHECK_H
#define UDP_UDP_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/target.h>

/* How a target is probed: a rule's check, with defaults in place of zeros. */
struct udp_check_plan {
	uint32_t interval_ms;
	uint8_t rise;
	uint8_t fall;
};

struct udp_check {
	uint32_t due_ms;   /* when the probe that is out is over, and the next one goes out */
	uint16_t sequence; /* of the last probe */
	uint8_t state;     /* enum quern_target_state: NEW, UP or DOWN */
	uint8_t cause;     /* enum quern_target_cause, of the last probe that failed */
	uint8_t in_row;    /* probes in a row that speak against the state */
	bool is_out;       /* the last probe is not over */
};

/* The plan of a rule that checks its targets. */
struct udp_check_plan udp_check_plan_of(const struct quern_forward_check *check);

/* Begins in a state, with a first probe at `due_ms`. */
void udp_check_begin(struct udp_check *check, enum quern_target_state state, uint32_t due_ms);

static inline bool udp_check_is_due(const struct udp_check *check, uint32_t now_ms)
{
	return (int32_t)(now_ms - check->due_ms) >= 0;
}

/* Of a check that is due: the probe that is out has failed, and another one is to be sent, with the next sequence.
 * Returns whether the state changed. */
bool udp_check_next(struct udp_check *check, const struct udp_check_plan *plan, uint32_t now_ms);

/* The probe of that sequence was answered as it should be, or it failed for a cause. Nothing where it is not out.
 * Returns whether the state changed. */
bool udp_check_answered(struct udp_check *check, const struct udp_check_plan *plan, uint16_t sequence);
bool udp_check_failed(struct udp_check *check, const struct udp_check_plan *plan, uint16_t sequence,
		      enum quern_target_cause cause);

#endif
