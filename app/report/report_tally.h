/* report_tally.h - what one shard counts about its connections: one writer, its worker; read by the control thread. */
#ifndef REPORT_TALLY_H
#define REPORT_TALLY_H

#include <stdint.h>

#include <quern/conn.h>
#include <quern/histogram.h>

/* Why a set-up failed, and how an established connection ended: the JSON keys. */
#define REPORT_FAILURES(X) X(timeout) X(reset) X(refused) X(no_port) X(no_memory)
#define REPORT_CLOSES(X) X(fin) X(reset) X(timeout) X(evicted)

/* Requests of HTTP and other exchanges, and what became of them: `sent` is the sum of the others once a run is over. Of
 * a server, those that came, and how they were answered. */
#define REPORT_REQUESTS(X) X(sent) X(ok) X(bad_status) X(bad_body) X(malformed) X(corrupt) X(cut_short) X(in_flight)

/* Statuses of answers that came, or were given, to their end. */
#define REPORT_STATUSES(X) X(2xx) X(3xx) X(4xx) X(5xx) X(other)

/* What made opens late, the generator apart: --cc left no room, the host took its core away, the port took no more. */
#define REPORT_LATES(X) X(cc) X(host) X(port)

enum report_failure {
#define X(name) REPORT_FAILED_##name,
	REPORT_FAILURES(X)
#undef X
		REPORT_FAILED_END
};

enum report_close {
#define X(name) REPORT_CLOSED_##name,
	REPORT_CLOSES(X)
#undef X
		REPORT_CLOSED_END
};

enum report_request {
#define X(name) REPORT_REQUESTS_##name,
	REPORT_REQUESTS(X)
#undef X
		REPORT_REQUESTS_END
};

enum report_status {
#define X(name) REPORT_STATUS_##name,
	REPORT_STATUSES(X)
#undef X
		REPORT_STATUSES_END
};

enum report_late {
#define X(name) REPORT_LATE_##name,
	REPORT_LATES(X)
#undef X
		REPORT_LATES_END
};

extern const char *const report_failure_names[REPORT_FAILED_END];
extern const char *const report_close_names[REPORT_CLOSED_END];
extern const char *const report_request_names[REPORT_REQUESTS_END];
extern const char *const report_late_names[REPORT_LATES_END];
extern const char *const report_status_names[REPORT_STATUSES_END];

/* What became of one of several requests that a client has. */
struct report_request_tally {
	uint64_t counts[REPORT_REQUESTS_END];
	struct quern_histogram time;
};

enum { REPORT_TARGETS = 16 };

/* The same of one target of several: opened = established + failed. */
struct report_target {
	uint64_t opened;
	uint64_t established;
	uint64_t failed;
};

/* Connections whose intended start lies in the measured time, but for `ended`. */
struct report_tally {
	uint64_t opened;
	uint64_t established;
	uint64_t failed[REPORT_FAILED_END];
	uint64_t closed[REPORT_CLOSED_END];
	uint64_t in_flight;                     /* counted one by one at the end, not computed */
	uint64_t on_schedule;                   /* opens made within 10 us of their intended start */
	uint64_t late[REPORT_LATES_END];        /* of the others, those that something kept the generator from */
	uint64_t cut_short;                     /* of `closed`, those that ended before the whole answer had come */
	uint64_t ended;                         /* established connections that ended, whenever they began */
	uint64_t icmp[QUERN_ICMPS_END];         /* errors about SYNs, by what they say */
	uint64_t requests[REPORT_REQUESTS_END]; /* those sent in the measured time, on whatever connection */
	uint64_t statuses[REPORT_STATUSES_END]; /* likewise */
	struct report_request_tally *each;      /* by request, `each_count` of them; null where there is one */
	uint16_t each_count;
	struct report_target targets[REPORT_TARGETS];
	struct quern_histogram setup;
	struct quern_histogram from_schedule;
	struct quern_histogram first_byte; /* of text, from the SYN on */
	struct quern_histogram life;
	struct quern_histogram request; /* from its queuing to the last byte of its answer */
};

/* Adds to a counter; its one writer only. */
static inline void report_count(uint64_t *counter)
{
	__atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
}

/* Reads a counter from any thread. */
static inline uint64_t report_read(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* The class of a status. */
static inline enum report_status report_status_of(uint16_t status)
{
	return status >= 200 && status < 600 ? (enum report_status)(status / 100 - 2) : REPORT_STATUS_other;
}

/* Empties a tally, histograms too; what is counted by request is the caller's. */
void report_tally_reset(struct report_tally *tally);

/* Has an empty one count by request too, of which there are `count`; who frees it frees `each`. 0 or -ENOMEM. */
int report_tally_split(struct report_tally *tally, uint16_t count);

/* Empties one that has counted, which goes on to count by request; but for `ended`, of which looks at the engine take
 * differences. */
void report_tally_renew(struct report_tally *tally);

#endif
