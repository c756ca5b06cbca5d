/* load_hlog.h - what the clients have measured so far, as the next lines of --hlog. */
#ifndef LOAD_HLOG_H
#define LOAD_HLOG_H

#include "load/load_client.h"
#include "load/load_udp_client.h"
#include "report/report_hlog.h"

/* Histograms to add up in; each holds what the last call has left there. */
struct load_hlog_room {
	struct quern_histogram *sum;
	struct quern_histogram *part;
};

/* Begins a log, or nothing where none was asked for, with the time that it is. */
void load_hlog_begin(struct report_hlog *log);

/* Ends an interval at `t_s`, with all that came to the histograms of all clients, whose workers may go on. */
void load_hlog_row(struct report_hlog *log, const struct load_client *clients, uint16_t count,
		   const struct load_hlog_room *room, double t_s);

/* The same of datagrams. */
void load_hlog_udp_row(struct report_hlog *log, const struct load_udp_client *clients, uint16_t count,
		       const struct load_hlog_room *room, double t_s);

#endif
