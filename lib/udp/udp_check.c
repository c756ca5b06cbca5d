/* udp_check.c - rise and fall of a target. */
#include "udp/udp_check.h"

struct udp_check_plan udp_check_plan_of(const struct quern_forward_check *check)
{
	return (struct udp_check_plan){.interval_ms =
					       check->interval_ms ? check->interval_ms : QUERN_FORWARD_INTERVAL_MS,
				       .rise = check->rise ? check->rise : QUERN_FORWARD_RISE,
				       .fall = check->fall ? check->fall : QUERN_FORWARD_FALL};
}

void udp_check_begin(struct udp_check *check, enum quern_target_state state, uint32_t due_ms)
{
	*check = (struct udp_check){.state = (uint8_t)state, .due_ms = due_ms};
}

/* Counts what speaks against the state, and changes it where that is `enough`. */
static bool count(struct udp_check *check, enum quern_target_state to, uint8_t enough)
{
	if (++check->in_row < enough)
		return false;
	check->in_row = 0;
	check->state = (uint8_t)to;
	return true;
}

/* One answer suffices for a target of which nothing is known. */
static bool succeed(struct udp_check *check, const struct udp_check_plan *plan)
{
	check->is_out = false;
	if (check->state == QUERN_TARGET_UP) {
		check->in_row = 0;
		return false;
	}
	return count(check, QUERN_TARGET_UP, check->state == QUERN_TARGET_NEW ? 1 : plan->rise);
}

static bool fail(struct udp_check *check, const struct udp_check_plan *plan, enum quern_target_cause cause)
{
	check->is_out = false;
	check->cause = (uint8_t)cause;
	if (check->state == QUERN_TARGET_DOWN) {
		check->in_row = 0;
		return false;
	}
	return count(check, QUERN_TARGET_DOWN, plan->fall);
}

bool udp_check_next(struct udp_check *check, const struct udp_check_plan *plan, uint32_t now_ms)
{
	bool changed = check->is_out && fail(check, plan, QUERN_TARGET_UNANSWERED);

	check->sequence++;
	check->is_out = true;
	check->due_ms += plan->interval_ms;
	/* Who comes too late for a whole interval does not make up for it. */
	if (udp_check_is_due(check, now_ms))
		check->due_ms = now_ms + plan->interval_ms;
	return changed;
}

bool udp_check_answered(struct udp_check *check, const struct udp_check_plan *plan, uint16_t sequence)
{
	return check->is_out && check->sequence == sequence && succeed(check, plan);
}

bool udp_check_failed(struct udp_check *check, const struct udp_check_plan *plan, uint16_t sequence,
		      enum quern_target_cause cause)
{
	return check->is_out && check->sequence == sequence && fail(check, plan, cause);
}
