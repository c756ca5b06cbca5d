/* report_udp.h - datagrams in a report: what each shard counts, the totals, the seconds, and their forms. */
#ifndef REPORT_UDP_H
#define REPORT_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>
#include <quern/histogram.h>

#include "report/report_tally.h"
#include "report/report_trial.h"

struct report_activity;
struct report_progress;
struct report_run;

/* Of load, sent = answered + lost + in_flight. The JSON keys. */
#define REPORT_UDP_COUNTS(X)                                                                        \
	X(sent)       /* by us; of serve, answers */                                                \
	X(received)   /* by us: of load, answers of all kinds; of serve, all that came */           \
	X(answered)   /* of load: in time, each once */                                             \
	X(lost)       /* of load: without an answer in time; of serve: numbers left out */          \
	X(in_flight)  /* of load, at the end: undecided when it was cut short */                    \
	X(late)       /* of load: counted as lost, and answered after all */                        \
	X(duplicated) /* came again */                                                              \
	X(reordered)  /* came behind one of the same flow that was sent later (RFC 4737) */         \
	X(corrupted)  /* of load: answers that are not what was sent */                             \
	X(stale)      /* so old that it is not known whether they came before */                    \
	X(unknown)    /* of serve: of no generator of quern's, or changed on the way */             \
	X(untracked)  /* of serve: of more flows than are followed */                               \
	X(flows)      /* of load: in use; of serve: that were seen */                               \
	X(missed)     /* of load: places of the schedule that were never reached */                 \
	X(tx_wire)    /* bytes on the wire: with preamble, padding, checksum and gap of Ethernet */ \
	X(rx_wire)

struct report_udp_counts {
#define X(name) uint64_t name;
	REPORT_UDP_COUNTS(X)
#undef X
};

/* One writer, the shard's worker; read by the control thread. */
struct report_udp_tally {
	struct report_udp_counts counts;
	uint64_t on_schedule;                 /* sent within 10 us of their place on the schedule */
	uint64_t late[REPORT_LATES_END];      /* of the others, those that something kept the generator from */
	struct quern_histogram rtt;           /* of what was answered in time */
	struct quern_histogram from_schedule; /* the same from when it should have been sent */
};

struct report_udp_row {
	double t_s, span_s;
	struct report_udp_counts counts; /* in it; lost of serve may be negative, and is 0 then */
	uint64_t p50_ns, p99_ns, p999_ns;
};

struct report_udp_series {
	struct report_udp_row *rows;
	size_t count, capacity;
	struct report_udp_counts last;
	struct quern_histogram *last_rtt, *difference;
};

struct report_udp {
	bool is_server;
	struct report_udp_counts totals;
	double duration_s;                                 /* of sending */
	const struct quern_histogram *rtt, *from_schedule; /* null where not measured */
	const struct report_udp_series *series;
	const struct report_trials *trials; /* of --search; null for none */
	uint64_t found;                     /* by it; 0 for no rate */
	double resolution;
};

/* Adds to a counter; its one writer only. */
static inline void report_udp_add(uint64_t *counter, uint64_t amount)
{
	__atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + amount, __ATOMIC_RELAXED);
}

/* Bytes that a datagram takes of an Ethernet wire: at least 64 with its checksum, and 20 of preamble and gap. */
static inline uint64_t report_udp_wire(uint32_t text_bytes, bool is_ip6, bool is_tagged)
{
	uint32_t frame = 14 + (is_tagged ? 4u : 0) + (is_ip6 ? 48u : 28u) + text_bytes + 4;

	return (frame < 64 ? 64 : frame) + 20u;
}

void report_udp_tally_reset(struct report_udp_tally *tally);

/* Adds a shard's counts, while its worker goes on. */
void report_udp_totals_add(struct report_udp_counts *totals, const struct report_udp_tally *tally);

/* Whether all that was sent is somewhere, and nowhere twice. A server has nothing that could fail to. */
bool report_udp_adds_up(const struct report_udp *udp);

/* 0 or -ENOMEM. */
int report_udp_series_open(struct report_udp_series *series);
void report_udp_series_close(struct report_udp_series *series);

/* Begins anew, without rows. */
void report_udp_series_reset(struct report_udp_series *series);

/* Ends a row at `t_s`, `rtt` null where there is none; null where there is no memory. */
struct report_udp_row *report_udp_series_add(struct report_udp_series *series, double t_s,
					     const struct report_udp_counts *totals, const struct quern_histogram *rtt);

/* Adds to the last row what was decided after it, so that the rows sum up to the totals. */
void report_udp_series_settle(struct report_udp_series *series, const struct report_udp_counts *totals);

/* The part `udp` of the document: null for a run without. */
json_t *report_udp_json(const struct report_run *run);

/* What a report says of datagrams, in place of connections and set-ups. */
void report_udp_text(FILE *out, const struct report_run *run);

/* The line of a second. */
void report_udp_progress_line(const struct report_progress *progress, const struct report_udp_row *row,
			      const struct report_activity *activity, bool is_server);

#endif
