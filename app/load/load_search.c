/* load_search.c - doubling, bisection, confirmation. */
#include "load/load_search.h"

enum { LEAST_RATE = 10 };
/* Of a rate, at least, for it to count as offered: a short trial may end in a pause of the machine. */
#define KEPT 0.95
#define FAR_ABOVE 1.15
enum { CHANGES_MAX = 2 };

static bool is_narrow(const struct load_search *search)
{
	return search->high > 0 &&
	       (double)(search->high - search->low) <= LOAD_SEARCH_RESOLUTION * (double)search->high + 1;
}

/* What bounds the rate that was found is to be tried once more. */
static bool is_unbounded(const struct load_search *search)
{
	return search->is_patient && search->low > 0 && is_narrow(search) && search->bound != search->high;
}

uint64_t load_search_next(const struct load_search *search, uint64_t first)
{
	if (search->trials.count == REPORT_TRIALS_MAX || search->is_confirmed)
		return 0;
	if (search->trials.count == 0)
		return first;
	if (search->is_again)
		return search->trials.at[search->trials.count - 1].rate;
	if (search->low == 0 && search->high / 2 < LEAST_RATE)
		return search->high > LEAST_RATE ? LEAST_RATE : 0;
	if (search->low == 0)
		return search->high / 2;
	if (search->high == 0)
		return search->low >= search->most      ? search->low
		       : search->low > search->most / 2 ? search->most
							: search->low * 2;
	if (!is_narrow(search))
		return search->low + (search->high - search->low) / 2;
	return is_unbounded(search) ? search->high : search->low;
}

/* The highest rate below that was good, and has not been found wanting. */
static uint64_t good_below(const struct load_search *search, uint64_t rate)
{
	uint64_t highest = 0;

	for (uint32_t i = 0; i < search->trials.count; i++) {
		const struct report_trial *trial = &search->trials.at[i];

		if (trial->is_good && trial->rate < rate && trial->rate > highest)
			highest = trial->rate;
	}
	return highest;
}

static void take_bad(struct load_search *search, uint64_t rate, bool is_confirmation)
{
	search->high = rate;
	if (!is_confirmation)
		return;
	/* It was good by luck: what lies below is looked for anew. */
	search->fallen++;
	search->changed++;
	search->low = search->is_patient ? good_below(search, rate) : 0;
}

/* It was not good by bad luck, twice: the search goes on above it. */
static void take_bound(struct load_search *search, const struct report_trial *trial)
{
	search->bound = trial->rate;
	if (!trial->is_good)
		return;
	search->changed++;
	search->low = trial->rate;
	search->high = 0;
}

void load_search_note(struct load_search *search, const struct report_trial *trial)
{
	struct report_trial *noted = &search->trials.at[search->trials.count++];
	bool is_again = search->is_again;
	bool is_bound = !is_again && is_unbounded(search) && trial->rate == search->high;

	*noted = *trial;
	noted->is_kept = (double)trial->achieved >= KEPT * (double)trial->rate;
	noted->is_good = trial->is_good && noted->is_kept;
	noted->is_confirmation = search->low == trial->rate || is_bound;
	if (noted->is_good && noted->rate > search->best)
		search->best = noted->rate;
	if (is_bound) {
		take_bound(search, noted);
		return;
	}
	search->is_again = !noted->is_good && search->is_patient && !is_again;
	if (search->is_again)
		return;
	if (!noted->is_good) {
		take_bad(search, noted->rate, noted->is_confirmation);
		return;
	}
	search->changed += is_again;
	if (noted->is_confirmation)
		search->is_confirmed = true;
	else
		search->low = noted->rate;
}

uint64_t load_search_found(const struct load_search *search)
{
	const struct report_trial *last;

	if (!search->is_confirmed)
		return 0;
	last = &search->trials.at[search->trials.count - 1];
	return last->achieved < last->rate ? last->achieved : last->rate;
}

bool load_search_is_noisy(const struct load_search *search)
{
	uint64_t found = load_search_found(search);

	return search->fallen > 1 || search->changed > CHANGES_MAX ||
	       (found > 0 && (double)search->best > FAR_ABOVE * (double)found);
}
