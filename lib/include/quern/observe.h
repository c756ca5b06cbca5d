/* observe.h - looking at the connections of an engine from any thread, while its workers go on and never wait. */
#ifndef QUERN_OBSERVE_H
#define QUERN_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/address.h>
#include <quern/calls.h>
#include <quern/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

struct quern_engine;

/* Which connections to give; all zero gives all. */
struct quern_conn_filter {
	uint32_t states;              /* 1 << enum quern_state of each; 0 means any */
	struct quern_endpoint local;  /* no address means any, and so does port 0 */
	struct quern_endpoint remote; /* the same */
};

/* Adds to a filter what a user asks for: `name` is "state", "local" or "remote"; `value` a state by its name, as in
 * "TIME-WAIT" or "time_wait", of which any given lets a connection through, or ADDR, ADDR:PORT or :PORT. 0, or -EINVAL
 * and the filter untouched. */
int quern_conn_filter_add(struct quern_conn_filter *filter, const char *name, const char *value);

/* Where a list goes on; all zero at first. */
struct quern_conn_cursor {
	uint64_t at;      /* QUERN_CONNS_END once all has been read */
	uint64_t skipped; /* places of the table that changed too fast to be read, so far; each holds about 13 */
};

#define QUERN_CONNS_END UINT64_MAX

/* Copies at most `max` connections of a shard, from half-open ones to those in TIME-WAIT, moves the cursor behind them
 * and returns their number. Fewer than `max`, and none, do not mean the end: that is cursor->at == QUERN_CONNS_END. A
 * call looks at no more than about 200,000 connections.
 *
 * `local` and `remote` of a row are those of one connection, which was there during the call. All else may be stale,
 * and each number of another moment: state, sequence numbers and windows; where text is queued or held, those of the
 * text too. A connection in TIME-WAIT has only snd_nxt, snd_una and rcv_nxt; its other numbers are 0.
 *
 * A connection that is there from the first call to the last comes once, unless its place is skipped; one that enters
 * or leaves TIME-WAIT meanwhile may come twice. One that is over but for text which its application has yet to read
 * does not come. The engine must not be closed meanwhile. */
uint32_t quern_engine_conns(const struct quern_engine *engine, uint16_t shard, struct quern_conn_cursor *cursor,
			    const struct quern_conn_filter *filter, struct quern_conn_info *rows, uint32_t max);

/* Counts the connections of a shard by enum quern_state; listeners are not counted. Each is looked at once, at a moment
 * of its own: the sum may be off by what opened and closed meanwhile, and is exact when the engine rests. Takes about
 * 10 ns for each record that the shard has room for. */
void quern_engine_states(const struct quern_engine *engine, uint16_t shard, uint32_t counts[QUERN_STATES_END]);

#ifdef __cplusplus
}
#endif

#endif
