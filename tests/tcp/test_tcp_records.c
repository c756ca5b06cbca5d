/* test_tcp_records.c - what records hold: flags that are one bit each, none of them another's. */
#include <criterion/criterion.h>

#include "tcp/tcp_conn.h"
#include "tcp/tcp_flight.h"
#include "tcp/tcp_time_wait.h"
#include "wire/wire_packet.h"

static void expect_bits(const char *whose, const uint32_t *flags, uint32_t count)
{
	uint32_t seen = 0;

	for (uint32_t i = 0; i < count; i++) {
		cr_assert_eq(__builtin_popcount(flags[i]), 1, "flag %u of %s is %x", i, whose, flags[i]);
		cr_assert_eq(seen & flags[i], 0, "flag %u of %s is another's too: %x", i, whose, flags[i]);
		seen |= flags[i];
	}
}

Test(tcp_records, flags_are_one_bit_each_and_no_two_are_the_same)
{
	static const uint32_t conn[] = {TCP_SYN_IN_FLIGHT, TCP_FIN_IN_FLIGHT, TCP_OWES_SYN, TCP_OWES_FIN,
					TCP_OWES_ACK,      TCP_OWES_PROBE,    TCP_PASSIVE,  TCP_SYN_REPEATED,
					TCP_ORPHAN,        TCP_REOPENED,      TCP_QUEUED,   TCP_WAITS_ACCEPT,
					TCP_UNTIMED,       TCP_WANTS_ROOM,    TCP_STARVED,  TCP_LINGERS};
	static const uint32_t flight[] = {
		TCP_FLIGHT_TIMED,    TCP_FLIGHT_ARMED,  TCP_FLIGHT_DUE,     TCP_FLIGHT_PROBING, TCP_FLIGHT_TELL_FIN,
		TCP_FLIGHT_SHOWN,    TCP_FLIGHT_NARROW, TCP_FLIGHT_WAITS,   TCP_FLIGHT_HOLES,   TCP_FLIGHT_TWICE,
		TCP_FLIGHT_RECOVERS, TCP_FLIGHT_AGAIN,  TCP_FLIGHT_LIMITED, TCP_FLIGHT_SHORT};
	static const uint32_t time_wait[] = {TCP_TIME_WAIT_LIVE, TCP_TIME_WAIT_PARKED, TCP_TIME_WAIT_SCALED,
					     TCP_TIME_WAIT_TIMESTAMPS};
	static const uint32_t options[] = {SEGMENT_SACK_PERMITTED, SEGMENT_SCALE, SEGMENT_TIMESTAMPS};
	static const uint32_t control[] = {TCP_FIN, TCP_SYN, TCP_RST, TCP_PSH, TCP_ACK, TCP_URG};

	expect_bits("a connection", conn, sizeof(conn) / sizeof(conn[0]));
	expect_bits("a flight", flight, sizeof(flight) / sizeof(flight[0]));
	expect_bits("TIME-WAIT", time_wait, sizeof(time_wait) / sizeof(time_wait[0]));
	expect_bits("options", options, sizeof(options) / sizeof(options[0]));
	expect_bits("a segment", control, sizeof(control) / sizeof(control[0]));
}
