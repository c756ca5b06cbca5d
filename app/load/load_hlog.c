/* load_hlog.c - the histograms of all clients added up, one tag after the other. */
#include "load/load_hlog.h"

#include "report/report_sample.h"

void load_hlog_begin(struct report_hlog *log)
{
	report_hlog_begin(log, report_wall_s());
}

static void add_up(const struct load_hlog_room *room, const struct quern_histogram *live)
{
	quern_histogram_snapshot(live, room->part);
	quern_histogram_merge(room->sum, room->part);
}

/* Where a shard keeps the times of a tag; null for none of its. */
static const struct quern_histogram *of_connections(const struct report_tally *tally, enum report_hlog_tag tag)
{
	switch (tag) {
	case REPORT_HLOG_setup:
		return &tally->setup;
	case REPORT_HLOG_from_schedule:
		return &tally->from_schedule;
	case REPORT_HLOG_first_byte:
		return &tally->first_byte;
	case REPORT_HLOG_request:
		return &tally->request;
	case REPORT_HLOG_rtt:
	case REPORT_HLOG_END:
		break;
	}
	return NULL;
}

void load_hlog_row(struct report_hlog *log, const struct load_client *clients, uint16_t count,
		   const struct load_hlog_room *room, double t_s)
{
	if (!log->out)
		return;
	for (int tag = 0; tag < REPORT_HLOG_rtt; tag++) {
		quern_histogram_reset(room->sum);
		for (uint16_t i = 0; i < count; i++)
			add_up(room, of_connections(clients[i].tally, (enum report_hlog_tag)tag));
		report_hlog_add(log, (enum report_hlog_tag)tag, t_s, room->sum);
	}
	report_hlog_end_row(log, t_s);
}

void load_hlog_udp_row(struct report_hlog *log, const struct load_udp_client *clients, uint16_t count,
		       const struct load_hlog_room *room, double t_s)
{
	if (!log->out)
		return;
	quern_histogram_reset(room->sum);
	for (uint16_t i = 0; i < count; i++)
		add_up(room, &clients[i].tally->rtt);
	report_hlog_add(log, REPORT_HLOG_rtt, t_s, room->sum);
	quern_histogram_reset(room->sum);
	for (uint16_t i = 0; i < count; i++)
		add_up(room, &clients[i].tally->from_schedule);
	report_hlog_add(log, REPORT_HLOG_from_schedule, t_s, room->sum);
	report_hlog_end_row(log, t_s);
}
