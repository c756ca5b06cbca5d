/* iperf3_stream.c - the streams of a test: what comes is counted, what may go is sent. */
#include "iperf3.h"

enum { BLOCK = 131072, LEAST = 1460 };

uint64_t iperf3_stream_retransmits(const struct quern_shard *shard)
{
	struct quern_counters counters;

	quern_engine_counters(iperf3_engine, quern_shard_number(shard), &counters);
	return counters.retransmits;
}

/* How much a stream may queue now. */
static uint32_t allowed(const struct quern_shard *shard, const struct iperf3_guest *guest)
{
	const struct iperf3_test *test = &iperf3_test;
	double seconds = (double)(quern_now(shard) - test->begun_ns) / (double)IPERF3_NS_PER_S;
	double due = (double)test->rate / 8 * seconds - (double)guest->written;
	uint64_t bytes = BLOCK;

	if (test->state != IPERF3_TEST_RUNNING || !guest->sends || !guest->is_open)
		return 0;
	if (test->rate > 0 && due < LEAST)
		return 0;
	if (test->rate > 0 && due < BLOCK)
		bytes = (uint64_t)due;
	if (test->limit > 0 && test->limit - test->written < bytes)
		bytes = test->limit - test->written;
	return (uint32_t)bytes;
}

static void count(const struct quern_shard *shard, struct iperf3_guest *guest, uint32_t bytes)
{
	if (quern_now(shard) - iperf3_test.begun_ns >= iperf3_test.omit_ns)
		guest->bytes += bytes;
}

void iperf3_stream_fill(struct quern_shard *shard, struct iperf3_guest *guest)
{
	static const char block[BLOCK];
	uint32_t bytes = allowed(shard, guest), taken = 0;

	while (bytes > 0 && quern_conn_send(shard, guest->conn, block, bytes, &taken) == 0) {
		guest->written += taken;
		iperf3_test.written += taken;
		count(shard, guest, taken);
		if (taken < bytes)
			return;
		bytes = allowed(shard, guest);
	}
}

void iperf3_stream_fill_all(struct quern_shard *shard)
{
	for (struct iperf3_guest *guest = iperf3_guests; guest < iperf3_guests + IPERF3_GUESTS; guest++) {
		if (guest->role == IPERF3_STREAM)
			iperf3_stream_fill(shard, guest);
	}
}

void iperf3_stream_begin(struct quern_shard *shard, struct iperf3_guest *guest)
{
	struct iperf3_test *test = &iperf3_test;

	guest->role = IPERF3_STREAM;
	guest->number = test->there++;
	guest->sends = guest->number >= test->receiving;
	if (test->there < test->receiving + test->sending)
		return;
	iperf3_control_say(shard, IPERF3_TEST_START);
	iperf3_control_say(shard, IPERF3_TEST_RUNNING);
	test->begun_ns = quern_now(shard);
	test->retransmits = iperf3_stream_retransmits(shard);
	iperf3_stream_fill_all(shard);
}

void iperf3_stream_end_all(struct quern_shard *shard)
{
	for (struct iperf3_guest *guest = iperf3_guests; guest < iperf3_guests + IPERF3_GUESTS; guest++) {
		if (guest->role == IPERF3_STREAM && guest->sends && guest->is_open)
			quern_conn_shutdown(shard, guest->conn);
	}
}

void iperf3_stream_hear(const struct quern_shard *shard, struct iperf3_guest *guest, uint32_t bytes)
{
	struct iperf3_test *test = &iperf3_test;

	test->received += bytes;
	count(shard, guest, bytes);
	if (test->state == IPERF3_EXCHANGE_RESULTS)
		test->ended_ns = quern_now(shard);
}
