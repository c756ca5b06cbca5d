/* iperf3.h - a server for an unchanged `iperf3 -c`: the connections of its clients, and the test that runs. */
#ifndef IPERF3_H
#define IPERF3_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/quern.h>

enum { IPERF3_GUESTS = 512, IPERF3_COOKIE = 37 };
#define IPERF3_NS_PER_S UINT64_C(1000000000)

/* What both ends say on the control connection, a byte each, to go from step to step. */
enum iperf3_state {
	IPERF3_SERVER_ERROR = -2,
	IPERF3_ACCESS_DENIED = -1,
	IPERF3_NO_TEST = 0,
	IPERF3_TEST_START = 1,
	IPERF3_TEST_RUNNING = 2,
	IPERF3_TEST_END = 4,
	IPERF3_PARAM_EXCHANGE = 9,
	IPERF3_CREATE_STREAMS = 10,
	IPERF3_EXCHANGE_RESULTS = 13,
	IPERF3_DISPLAY_RESULTS = 14,
	IPERF3_DONE = 16
};

/* A connection; its user word is its place, from 1. A stream keeps its place until its test is over. */
struct iperf3_guest {
	enum { IPERF3_NOBODY, IPERF3_STRANGER, IPERF3_CONTROL, IPERF3_STREAM, IPERF3_LEAVING } role;
	struct quern_conn conn;
	bool is_open;
	bool sends;
	uint32_t number; /* of a stream, in the order in which they came */
	uint32_t filled;
	char cookie[IPERF3_COOKIE]; /* what each connection begins with; all of a test have the same */
	uint64_t written;
	uint64_t bytes; /* received or written, without those to be omitted */
};

enum iperf3_awaited { IPERF3_A_STATE, IPERF3_A_LENGTH, IPERF3_A_TEXT };

/* One test at a time, as with iperf3 -s. */
struct iperf3_test {
	struct iperf3_guest *control; /* null while there is none */
	enum iperf3_state state;      /* what was said last */
	enum iperf3_awaited awaits;
	uint32_t wanted, filled;
	uint32_t receiving, sending, there; /* streams */
	uint64_t limit, rate;               /* of what we send: bytes of all, bits a second of each; 0 for none */
	uint64_t omit_ns, begun_ns, ended_ns;
	uint64_t written, received, expected, retransmits;
	bool is_waiting; /* until all has arrived that the client says it sent, or patience ends */
	uint64_t patient_until_ns;
	uint32_t out_bytes, out_sent;
};

extern struct quern_engine *iperf3_engine;
extern struct iperf3_guest iperf3_guests[IPERF3_GUESTS];
extern struct iperf3_test iperf3_test;

/* iperf3_control.c: a client has come; text from it; there is room again for what it is told; the test is over, in
 * order or not, and all of its connections leave; and once a turn. */
void iperf3_control_begin(struct quern_shard *shard, struct iperf3_guest *guest);
void iperf3_control_hear(struct quern_shard *shard, const struct iperf3_guest *guest, const char *text, uint32_t bytes);
void iperf3_control_flush(struct quern_shard *shard);
void iperf3_control_finish(struct quern_shard *shard);
bool iperf3_control_turn(struct quern_shard *shard, void *app);

/* Says on the control connection that the test goes from step to step. */
void iperf3_control_say(struct quern_shard *shard, enum iperf3_state state);

/* iperf3_stream.c: a stream of the test has come, the last of which begins it; text from it; room for more to it; and
 * all that may send, since time has passed. */
void iperf3_stream_begin(struct quern_shard *shard, struct iperf3_guest *guest);
void iperf3_stream_hear(const struct quern_shard *shard, struct iperf3_guest *guest, uint32_t bytes);
void iperf3_stream_fill(struct quern_shard *shard, struct iperf3_guest *guest);
void iperf3_stream_fill_all(struct quern_shard *shard);

/* Sends FIN on all that send: the client reads whole blocks, or up to the end. */
void iperf3_stream_end_all(struct quern_shard *shard);

/* Segments that the shard has sent again, so far. */
uint64_t iperf3_stream_retransmits(const struct quern_shard *shard);

#endif
