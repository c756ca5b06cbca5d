/* report_carry.c - several spans of time looked at as one. */
#include "report/report_sample.h"

void report_sample_carry(struct report_sample *begin, const struct report_sample *other_begin,
			 const struct report_sample *other_end)
{
	begin->at_s -= other_end->at_s - other_begin->at_s;
	for (uint16_t i = 0; i < begin->shard_count; i++) {
		struct quern_counters *counters = &begin->counters[i];

#define X(name, text) counters->name -= other_end->counters[i].name - other_begin->counters[i].name;
		QUERN_COUNTERS(X)
#undef X
		for (int j = 0; j < QUERN_DROPS_END; j++)
			counters->drops[j] -= other_end->counters[i].drops[j] - other_begin->counters[i].drops[j];
		begin->ended[i] -= other_end->ended[i] - other_begin->ended[i];
	}
	for (uint16_t i = 0; i < begin->worker_count; i++) {
		const struct quern_worker_report *from = &other_begin->workers[i], *to = &other_end->workers[i];

		begin->workers[i].turns -= to->turns - from->turns;
		begin->workers[i].busy_turns -= to->busy_turns - from->busy_turns;
		begin->workers[i].cycles -= to->cycles - from->cycles;
		begin->workers[i].stalls -= to->stalls - from->stalls;
		begin->workers[i].gaps -= to->gaps - from->gaps;
		begin->workers[i].gap_ns -= to->gap_ns - from->gap_ns;
	}
	for (uint16_t port = 0; port < QUERN_MAX_PORTS; port++) {
		for (enum quern_way way = QUERN_RX; way < QUERN_WAYS; way++) {
#define X(name, text) \
	begin->impaired[port][way].name -= other_end->impaired[port][way].name - other_begin->impaired[port][way].name;
			QUERN_IMPAIR_COUNTERS(X)
#undef X
		}
	}
}
