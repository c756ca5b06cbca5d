/* load_pace.c - where on a shape of legs a start lies. What is due is counted in whole numbers; only the place on a
 * slope is a square root, from the end of it where the rate is lower. */
#include "load/load_pace.h"

#include <math.h>

#include "cli/cli_units.h"

/* 1 start, as what is due is counted. */
#define ONE_START (2 * CLI_NS_PER_S)

static const struct cli_leg *leg_at(const struct load_pace *pace)
{
	return &pace->legs[pace->leg];
}

/* What comes due on a leg in its first `ns`. */
static load_pace_due due_within(const struct cli_leg *leg, uint64_t ns)
{
	load_pace_due square = (load_pace_due)ns * ns, even = 2 * (load_pace_due)leg->from * ns;

	if (leg->to == leg->from)
		return even;
	if (leg->to > leg->from)
		return even + (leg->to - leg->from) * square / leg->ns;
	/* Rounded down as well. */
	return even - ((leg->from - leg->to) * square + leg->ns - 1) / leg->ns;
}

/* How long a rate that grows evenly from `least` by `growth` in `leg_s` takes until `starts` are due. No term is
 * subtracted, so nothing is lost to rounding. */
static double rise_s(double least, double growth, double leg_s, double starts)
{
	return 2 * starts / (least + sqrt(least * least + 2 * growth / leg_s * starts));
}

static uint64_t place_on_slope(const struct load_pace *pace, load_pace_due due)
{
	const struct cli_leg *leg = leg_at(pace);
	double leg_s = (double)leg->ns / (double)CLI_NS_PER_S, at_ns;

	if (due == 0)
		return pace->leg_ns;
	if (leg->to > leg->from)
		at_ns = rise_s((double)leg->from, (double)(leg->to - leg->from), leg_s,
			       (double)due / (double)ONE_START) *
			(double)CLI_NS_PER_S;
	else
		at_ns = (double)leg->ns - rise_s((double)leg->to, (double)(leg->from - leg->to), leg_s,
						 (double)(due_within(leg, leg->ns) - due) / (double)ONE_START) *
						  (double)CLI_NS_PER_S;
	return pace->leg_ns + (at_ns > 0 ? (uint64_t)at_ns : 0);
}

/* The last leg is followed by its last rate, which has no end. */
static void enter_next_leg(struct load_pace *pace)
{
	const struct cli_leg *leg = leg_at(pace);

	pace->leg_due += due_within(leg, leg->ns);
	pace->leg_ns += leg->ns;
	pace->leg++;
}

static void place_evenly(struct load_pace *pace, uint64_t rate, load_pace_due due)
{
	pace->whole = 2 * rate;
	pace->next_ns = pace->leg_ns + (uint64_t)(due / pace->whole);
	pace->rest = (uint64_t)(due % pace->whole);
	pace->step_ns = pace->count * ONE_START / pace->whole;
	pace->step_rest = pace->count * ONE_START % pace->whole;
}

void load_pace_seek(struct load_pace *pace)
{
	load_pace_due due = (load_pace_due)pace->number * ONE_START;
	uint64_t last_rate = pace->legs[pace->leg_count - 1].to;

	while (pace->leg < pace->leg_count && due >= pace->leg_due + due_within(leg_at(pace), leg_at(pace)->ns))
		enter_next_leg(pace);
	due -= pace->leg_due;
	if (pace->leg == pace->leg_count) {
		pace->is_even = true;
		pace->until_ns = LOAD_PACE_NEVER;
		if (last_rate > 0)
			place_evenly(pace, last_rate, due);
		else
			pace->next_ns = LOAD_PACE_NEVER;
		return;
	}
	pace->is_even = leg_at(pace)->from == leg_at(pace)->to;
	pace->until_ns = pace->leg_ns + leg_at(pace)->ns;
	if (pace->is_even)
		place_evenly(pace, leg_at(pace)->from, due);
	else
		pace->next_ns = place_on_slope(pace, due);
}

void load_pace_begin(struct load_pace *pace, const struct cli_leg *legs, uint16_t leg_count, uint16_t number,
		     uint16_t count, uint64_t start_ns)
{
	*pace = (struct load_pace){.legs = legs,
				   .leg_count = leg_count,
				   .number = number,
				   .count = count,
				   .whole = 1,
				   .start_ns = start_ns,
				   .leg_ns = start_ns};
	load_pace_seek(pace);
}

uint64_t load_pace_starts(const struct cli_leg *legs, uint16_t leg_count, uint64_t ns)
{
	load_pace_due due = 0;

	for (uint16_t i = 0; i < leg_count && ns > 0; i++) {
		uint64_t within = ns < legs[i].ns ? ns : legs[i].ns;

		due += due_within(&legs[i], within);
		ns -= within;
	}
	due += 2 * (load_pace_due)legs[leg_count - 1].to * ns;
	return (uint64_t)((due + ONE_START - 1) / ONE_START);
}

uint64_t load_pace_missed(const struct load_pace *pace, uint64_t end_ns)
{
	uint64_t all;

	if (pace->next_ns >= end_ns)
		return 0;
	all = load_pace_starts(pace->legs, pace->leg_count, end_ns - pace->start_ns);
	return all > pace->number ? (all - pace->number + pace->count - 1) / pace->count : 0;
}
