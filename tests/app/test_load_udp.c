/* test_load_udp.c - the ledger of what was sent. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "load/load_udp_ledger.h"

enum { DATAGRAMS = 200000 };
#define MS UINT64_C(1000000)

static struct load_udp_ledger ledger;

static uint64_t draw(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return *state >> 33;
}

Test(load_udp_ledger, says_of_each_answer_what_it_is)
{
	cr_assert_eq(load_udp_ledger_open(&ledger, 1000, 100 * MS), 0);
	load_udp_ledger_begin(&ledger);
	for (uint64_t i = 0; i < 10; i++)
		load_udp_ledger_send(&ledger, i * MS);
	cr_assert_eq(load_udp_ledger_answer(&ledger, 10), LOAD_UDP_NEVER_SENT);
	cr_assert_eq(load_udp_ledger_answer(&ledger, UINT64_MAX), LOAD_UDP_NEVER_SENT);
	cr_assert_eq(load_udp_ledger_answer(&ledger, 3), LOAD_UDP_IN_TIME);
	cr_assert_eq(load_udp_ledger_answer(&ledger, 3), LOAD_UDP_DUPLICATE);
	cr_assert_eq(load_udp_ledger_on_the_way(&ledger), 6);
	load_udp_ledger_expire(&ledger, 300 * MS);
	cr_assert_eq(ledger.lost, 9);
	cr_assert_eq(load_udp_ledger_waiting(&ledger), 0);
	cr_assert_eq(load_udp_ledger_answer(&ledger, 4), LOAD_UDP_LATE);
	cr_assert_eq(load_udp_ledger_answer(&ledger, 4), LOAD_UDP_DUPLICATE);
	cr_assert_eq(load_udp_ledger_answer(&ledger, 3), LOAD_UDP_DUPLICATE);
	cr_assert_eq(ledger.answered + ledger.lost, ledger.sent, "one that comes late is lost still");
	cr_assert_eq(ledger.late, 1);
	load_udp_ledger_close(&ledger);
}

Test(load_udp_ledger, gives_each_its_time_and_a_500th_more_at_most)
{
	const uint64_t timeout = 1000 * MS;

	cr_assert_eq(load_udp_ledger_open(&ledger, 100000, timeout), 0);
	load_udp_ledger_begin(&ledger);
	/* One each 10 us: a hundred thousand lie within a timeout, and a few marks. */
	for (uint64_t now = 0; now < 3 * timeout; now += MS / 100) {
		load_udp_ledger_send(&ledger, now);
		load_udp_ledger_expire(&ledger, now);
		if (now < timeout)
			cr_assert_eq(ledger.lost, 0, "lost before its time");
		else
			cr_assert_leq(ledger.lost, (now - timeout) / (MS / 100) + 1, "lost before its time");
		if (now > timeout + timeout / 500 + MS)
			cr_assert_geq(ledger.lost, (now - timeout - timeout / 500) / (MS / 100) - 1,
				      "not lost after its time");
	}
	load_udp_ledger_close(&ledger);
}

/* What came of each is drawn, and the ledger is asked in the order of coming. */
Test(load_udp_ledger, accounts_for_every_datagram_whatever_becomes_of_it)
{
	const uint64_t timeout = 50 * MS;
	uint64_t *due = malloc(DATAGRAMS * sizeof(*due)), state = 7, answered = 0, twice = 0, late = 0, late_told = 0;

	cr_assert_not_null(due);
	cr_assert_eq(load_udp_ledger_open(&ledger, 1000000, timeout), 0);
	load_udp_ledger_begin(&ledger);
	for (uint64_t i = 0; i < DATAGRAMS; i++) {
		uint64_t now = i * MS / 100;

		load_udp_ledger_send(&ledger, now);
		due[i] = draw(&state) % 10;
		load_udp_ledger_expire(&ledger, now);
		/* 0: lost; 1: late; else it is answered twenty datagrams later, 2: twice. */
		if (i >= 20 && due[i - 20] > 1) {
			cr_assert_eq(load_udp_ledger_answer(&ledger, i - 20), LOAD_UDP_IN_TIME);
			answered++;
		}
		if (i >= 20 && due[i - 20] == 2) {
			cr_assert_eq(load_udp_ledger_answer(&ledger, i - 20), LOAD_UDP_DUPLICATE);
			twice++;
		}
		if (i >= 10000 && due[i - 10000] == 1) {
			late_told += load_udp_ledger_answer(&ledger, i - 10000) == LOAD_UDP_LATE;
			late++;
		}
	}
	for (uint64_t now = DATAGRAMS * MS / 100; load_udp_ledger_waiting(&ledger) > 0; now += MS)
		load_udp_ledger_expire(&ledger, now + timeout);
	cr_assert_gt(twice, 10000);
	cr_assert_eq(ledger.answered, answered);
	cr_assert_eq(ledger.lost, DATAGRAMS - answered);
	cr_assert_eq(late_told, late);
	cr_assert_eq(ledger.late, late);
	free(due);
	load_udp_ledger_close(&ledger);
}

Test(load_udp_ledger, lets_nothing_be_sent_whose_state_would_be_another_ones)
{
	uint64_t sent = 0;

	cr_assert_eq(load_udp_ledger_open(&ledger, 1, 1000 * MS), 0);
	load_udp_ledger_begin(&ledger);
	for (; load_udp_ledger_has_room(&ledger); sent++)
		load_udp_ledger_send(&ledger, 0);
	cr_assert_eq(sent, ledger.capacity);
	cr_assert_eq(load_udp_ledger_answer(&ledger, 0), LOAD_UDP_IN_TIME);
	load_udp_ledger_expire(&ledger, 1);
	cr_assert(load_udp_ledger_has_room(&ledger), "what is answered is decided");
	load_udp_ledger_send(&ledger, 1);
	cr_assert_eq(load_udp_ledger_answer(&ledger, 0), LOAD_UDP_STALE);
	load_udp_ledger_close(&ledger);
}
