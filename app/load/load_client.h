/* load_client.h - the client end: opens connections by a rate, a window or a number to hold, and accounts for each. */
#ifndef LOAD_CLIENT_H
#define LOAD_CLIENT_H

#include <quern/calls.h>

#include "cli/cli_place.h"
#include "load/load_draw.h"
#include "load/load_http.h"
#include "load/load_late.h"
#include "load/load_text.h"
#include "load/load_pace.h"
#include "load/load_steer.h"
#include "load/load_ways.h"
#include "load/load_wheel.h"
#include "report/report_tally.h"

/* The life of a client; it only moves forward, but for LOAD_DONE, behind which another run may begin. Written by its
 * worker, read by the control thread. */
enum load_phase {
	LOAD_WAITING,     /* for the MAC address of the way to the target */
	LOAD_UNREACHABLE, /* it did not come in time */
	LOAD_READY,       /* waits for the order to begin */
	LOAD_WARMUP,
	LOAD_MEASURING,
	LOAD_DRAINING, /* opens nothing; set-ups are being decided */
	LOAD_DECIDED,  /* all are; the control thread may want to look before the rest is swept away */
	LOAD_SWEEPING, /* the counts stand; what is still open is reset */
	LOAD_DONE
};

/* Given by the control thread to all clients; each includes those before it. */
enum load_order {
	LOAD_ORDER_GO,
	LOAD_ORDER_END,   /* open nothing more */
	LOAD_ORDER_SWEEP, /* and end what is left once all set-ups are decided */
	LOAD_ORDER_QUIT   /* and do not wait for set-ups */
};

/* What the control thread tells all clients of the run that goes on; the number of the run is written last. */
struct load_orders {
	enum load_order order;
	uint32_t run;           /* from 1; 0: none yet. Who has done one begins the next */
	uint64_t cps;           /* 0: that of the settings */
	bool is_one_of_several; /* what is left over at its end must not meet the next */
	struct load_steer steer;
};

/* What is remembered of a connection. */
struct load_slot {
	uint32_t opened_low; /* when the SYN was given out, in units of 64 ns */
	uint16_t opened_high;
	uint16_t generation;
	uint32_t lag; /* how long after its intended start, same units */
	uint32_t flags;
};

struct load_exchange;

struct load_client {
	enum load_phase phase;
	uint32_t run; /* that its phase is of; written behind the phase */
	const struct load_orders *orders;
	const struct cli_settings *settings;
	const struct cli_service *service; /* of these settings: what this client does */
	uint16_t port;                     /* by its place in the settings */
	struct report_tally *tally;
	const struct load_exchange *exchange;
	struct load_http http;
	struct load_text text;
	struct load_slot *slots; /* by conn.index */
	struct load_wheel wheel; /* of those that are held, or think */
	struct load_draw draw;
	uint64_t longest_wait_ns; /* in it */
	uint32_t slot_count;

	struct load_ways ways;
	uint16_t unreachable; /* the target that the way to is not known, by its number */

	bool closes;  /* its end is who ends a connection that has served */
	bool is_kept; /* those by count stay open to the end of the run */
	bool is_scheduled;
	struct cli_leg level; /* the rate of a search, which is told by its order */
	struct load_pace pace;
	struct load_late late;
	uint16_t number, count, openers; /* it is one of so many; who opens has a number below the last */
	uint64_t begin_ns, ramp_end_ns;
	uint64_t to_hold; /* this client's share of --cc; 0 for none */
	uint32_t steered; /* the version of what it opens by */
	bool is_paused;
	uint64_t quota;       /* its share of --connections */
	uint64_t left;        /* of it, in this run */
	uint32_t setting_up;  /* SYN given out, not decided */
	uint32_t open;        /* established, not ended */
	uint32_t unanswered;  /* connections that wait for an answer to their request */
	uint64_t answered_ns; /* when a set-up was last answered, or the first of those that wait began */
	uint64_t heard_ns;    /* when text of one last came, or a long request went on */
	uint64_t retry_at_ns;

	uint64_t waiting_since_ns;
	uint64_t measure_begin_ns;
	uint64_t measure_end_ns;
	uint64_t stopped_ns; /* opened nothing more: later than that where the schedule had to be caught up with */
	uint64_t longest_silence_ns;            /* of the target, while set-ups waited */
	uint64_t missed;                        /* intended starts that were never reached */
	uint64_t missed_late[REPORT_LATES_END]; /* of these, by what kept them */
	uint64_t deadline_ns;
	uint32_t sweep_next;
	bool is_ending; /* drains before its connections have said all that they were to say */
};

/* Prepares client `number` of `count` of a service, which is on the worker of that number; memory is reserved here. 0
 * or -ENOMEM. */
int load_client_open(struct load_client *client, const struct cli_settings *settings, const struct cli_service *service,
		     const struct cli_workers *workers, uint16_t number, uint16_t count,
		     const struct load_orders *orders);
void load_client_close(struct load_client *client);

/* on_start and on_turn of the client's shard; `app` is the client. */
int load_client_start(struct quern_shard *shard, void *app);
bool load_client_turn(struct quern_shard *shard, void *app);

/* The same of a worker that has clients of several services: `app` is the first of them, and the others stand behind.
 */
int load_client_start_all(struct quern_shard *shard, void *app);
bool load_client_turn_all(struct quern_shard *shard, void *app);

/* The phase, from any thread. */
enum load_phase load_client_phase(const struct load_client *client);

/* True where the phase, which is to be asked behind this, is one of that run. */
bool load_client_is_of_run(const struct load_client *client, uint32_t run);

#endif
