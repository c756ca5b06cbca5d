/* load_udp_search.c - doubling, bisection, confirmation. */
#include "load/load_udp_search.h"

enum { LEAST_RATE = 10 };
#define KEPT 0.95 /* of a rate, at least, for it to count as offered: a short trial may end in a pause of the machine \
		   */

static bool is_narrow(const struct load_udp_search *search)
{
	return search->high > 0 &&
	       (double)(search->high - search->low) <= LOAD_SEARCH_RESOLUTION * (double)search->high + 1;
}

uint64_t load_udp_search_next(const struct load_udp_search *search, uint64_t first)
{
	if (search->count == LOAD_SEARCH_TRIALS_MAX || search->is_confirmed)
		return 0;
	if (search->count == 0)
		return first;
	if (search->low == 0 && search->high / 2 < LEAST_RATE)
		return search->high > LEAST_RATE ? LEAST_RATE : 0;
	if (search->low == 0)
		return search->high / 2;
	if (search->high == 0)
		return search->low >= search->most      ? search->low
		       : search->low > search->most / 2 ? search->most
							: search->low * 2;
	return is_narrow(search) ? search->low : search->low + (search->high - search->low) / 2;
}

void load_udp_search_note(struct load_udp_search *search, uint64_t rate, uint64_t achieved, uint64_t sent,
			  uint64_t lost)
{
	bool is_good =
		sent > 0 && (double)lost <= search->allowed * (double)sent && (double)achieved >= KEPT * (double)rate;
	bool is_confirmation = search->low == rate;

	search->trials[search->count++] =
		(struct report_udp_point){rate, achieved, sent, lost, is_good, is_confirmation};
	if (is_confirmation && is_good) {
		search->is_confirmed = true;
	} else if (is_good) {
		search->low = rate;
	} else {
		search->high = rate;
		/* It was good by luck: what lies below is looked for anew. */
		if (is_confirmation)
			search->low = 0;
	}
}

uint64_t load_udp_search_found(const struct load_udp_search *search)
{
	const struct report_udp_point *last = &search->trials[search->count - 1];

	if (!search->is_confirmed)
		return 0;
	return last->achieved < last->rate ? last->achieved : last->rate;
}
