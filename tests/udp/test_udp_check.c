/* test_udp_check.c - when a target is up, by what becomes of its probes. */
#include <criterion/criterion.h>

#include "base/random.h"
#include "udp/udp_check.h"

#define START_MS UINT32_C(4294960000)

enum { EVERY = 500, RISE = 3, FALL = 2 };

static const struct udp_check_plan plan = {.interval_ms = EVERY, .rise = RISE, .fall = FALL};
static struct udp_check check;
static uint32_t now_ms;

static void begin(enum quern_target_state state)
{
	now_ms = START_MS;
	udp_check_begin(&check, state, now_ms);
}

/* A probe goes out when it is due, and is answered, refused or neither. Returns whether the state changed with it. */
static bool next(void)
{
	bool changed;

	cr_assert(udp_check_is_due(&check, now_ms));
	changed = udp_check_next(&check, &plan, now_ms);
	cr_assert_not(udp_check_is_due(&check, now_ms + EVERY - 1));
	now_ms += EVERY;
	return changed;
}

static bool next_answered(void)
{
	bool changed = next();

	return udp_check_answered(&check, &plan, check.sequence) || changed;
}

Test(udp_check, a_target_is_up_from_its_first_answer_on)
{
	begin(QUERN_TARGET_NEW);
	cr_assert(next_answered());
	cr_assert_eq(check.state, QUERN_TARGET_UP);
	cr_assert_not(next_answered());
}

Test(udp_check, and_down_where_the_first_probes_are_not_answered)
{
	begin(QUERN_TARGET_NEW);
	cr_assert_not(next());
	cr_assert_not(next());
	cr_assert(next());
	cr_assert_eq(check.state, QUERN_TARGET_DOWN);
	cr_assert_eq(check.cause, QUERN_TARGET_UNANSWERED);
}

Test(udp_check, it_falls_and_rises_by_probes_in_a_row_alone)
{
	begin(QUERN_TARGET_UP);
	for (int i = 0; i < 10; i++) {
		cr_assert_not(next());
		cr_assert_not(next_answered(), "one unanswered of %u", FALL);
	}
	cr_assert_not(next());
	cr_assert_not(next());
	cr_assert(next());
	cr_assert_eq(check.state, QUERN_TARGET_DOWN);
	cr_assert_not(udp_check_answered(&check, &plan, check.sequence));
	cr_assert_not(next_answered());
	cr_assert_not(next());
	for (int i = 0; i < RISE; i++)
		cr_assert_eq(next_answered(), i == RISE - 1, "answer %d", i);
	cr_assert_eq(check.state, QUERN_TARGET_UP);
}

Test(udp_check, a_refusal_counts_at_once_and_nothing_counts_twice)
{
	begin(QUERN_TARGET_UP);
	next();
	cr_assert_not(udp_check_failed(&check, &plan, check.sequence, QUERN_TARGET_REFUSED));
	cr_assert_not(udp_check_failed(&check, &plan, check.sequence, QUERN_TARGET_REFUSED));
	cr_assert_not(udp_check_answered(&check, &plan, check.sequence), "it has failed");
	next();
	cr_assert(udp_check_failed(&check, &plan, check.sequence, QUERN_TARGET_REFUSED));
	cr_assert_eq(check.cause, QUERN_TARGET_REFUSED);
}

Test(udp_check, who_answers_too_late_has_not_answered)
{
	begin(QUERN_TARGET_UP);
	next();
	next();
	cr_assert_not(udp_check_answered(&check, &plan, (uint16_t)(check.sequence - 1)));
	cr_assert_not(udp_check_answered(&check, &plan, (uint16_t)(check.sequence + 1)));
	cr_assert(next());
	cr_assert_eq(check.state, QUERN_TARGET_DOWN);
}

Test(udp_check, probes_keep_their_pace_and_none_is_made_up_for)
{
	begin(QUERN_TARGET_UP);
	udp_check_next(&check, &plan, now_ms + 3);
	cr_assert(udp_check_is_due(&check, now_ms + EVERY));
	cr_assert_not(udp_check_is_due(&check, now_ms + EVERY - 1));
	udp_check_next(&check, &plan, now_ms + 10 * EVERY);
	cr_assert_not(udp_check_is_due(&check, now_ms + 11 * EVERY - 1));
	cr_assert(udp_check_is_due(&check, now_ms + 11 * EVERY));
}

/* Against what the words say: the last probes that are over, in a list. */
Test(udp_check, is_what_a_list_of_results_says)
{
	enum { PROBES = 20000 };
	static bool good[PROBES];
	enum quern_target_state state = QUERN_TARGET_NEW;
	struct random random;
	int since = 0;

	random_seed(&random, 1);
	begin(QUERN_TARGET_NEW);
	for (int i = 0; i < PROBES; i++) {
		int in_row = 0;

		/* Long rows of one kind, and a mix. */
		good[i] = random_below(&random, 100) < ((i / 100) % 3 == 0 ? 95u : (i / 100) % 3 == 1 ? 5u : 50u);
		next();
		if (good[i])
			udp_check_answered(&check, &plan, check.sequence);
		else
			udp_check_failed(&check, &plan, check.sequence, QUERN_TARGET_REFUSED);
		for (int at = i; at >= since && good[at] == good[i]; at--)
			in_row++;
		if (state != QUERN_TARGET_UP && good[i] && (state == QUERN_TARGET_NEW || in_row == RISE)) {
			state = QUERN_TARGET_UP;
			since = i + 1;
		} else if (state != QUERN_TARGET_DOWN && !good[i] && in_row == FALL) {
			state = QUERN_TARGET_DOWN;
			since = i + 1;
		}
		cr_assert_eq(check.state, state, "after probe %d", i);
	}
}

Test(udp_check, zeros_of_a_plan_are_defaults)
{
	struct udp_check_plan made = udp_check_plan_of(&(struct quern_forward_check){.probe = QUERN_PROBE_ICMP});

	cr_assert_eq(made.interval_ms, QUERN_FORWARD_INTERVAL_MS);
	cr_assert_eq(made.rise, QUERN_FORWARD_RISE);
	cr_assert_eq(made.fall, QUERN_FORWARD_FALL);
	made = udp_check_plan_of(&(struct quern_forward_check){.interval_ms = 100, .rise = 4, .fall = 5});
	cr_assert(made.interval_ms == 100 && made.rise == 4 && made.fall == 5);
}
