/* test_tcp_numbers.c - initial sequence numbers: RFC 6528, and what a connection keeps of them. */
#include <stdlib.h>

#include <criterion/criterion.h>

#include "support/script.h"

enum { OPENS = 200 };

static struct driver driver;

/* The ISS of a SYN+ACK for a tuple, after which the half-open connection is gone again. */
static uint32_t iss_for(uint32_t remote, uint16_t remote_port)
{
	struct script script = script_new(&driver);

	script.remote = remote;
	script.remote_port = remote_port;
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, RST, 1, 0);
	in_state(&script, QUERN_LISTEN);
	return script.iss;
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

/* Row 25: numbers of other tuples tell nothing of ours, so they are spread over the whole space. */
Test(tcp_numbers, isns_of_different_tuples_have_nothing_in_common)
{
	uint32_t numbers[OPENS];
	unsigned int above = 0;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	for (unsigned int i = 0; i < OPENS; i++) {
		numbers[i] = iss_for(DRIVER_REMOTE + i % 4, (uint16_t)(20000 + i / 4));
		above += numbers[i] >> 31;
	}
	cr_assert(above > OPENS / 4 && above < OPENS * 3 / 4, "%u of %u have their top bit set", above, OPENS);
	qsort(numbers, OPENS, sizeof(*numbers), compare_numbers);
	for (unsigned int i = 1; i < OPENS; i++)
		cr_assert_gt(numbers[i] - numbers[i - 1], 16, "two tuples share a number");
	driver_close(&driver);
}

/* Row 25: with the 4 us clock for the same tuple: 250,000 a second. */
Test(tcp_numbers, isns_of_one_tuple_grow_with_a_clock_of_four_microseconds)
{
	uint32_t first, last, next;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	first = iss_for(DRIVER_REMOTE, 20000);
	last = first;
	for (unsigned int i = 1; i <= 100; i++) {
		driver_advance(&driver, 10);
		next = iss_for(DRIVER_REMOTE, 20000);
		cr_assert_gt((int32_t)(next - last), 0);
		last = next;
	}
	cr_assert(last - first >= 249750 && last - first <= 250250, "%u in a second", last - first);
	driver_close(&driver);
}

/* Rows 25 and 55: a secret is behind it, and a restart at another seed has another one. */
Test(tcp_numbers, isns_depend_on_the_secret_of_the_start)
{
	const struct shard_config one = {.seed = 1}, two = {.seed = 2};
	uint32_t first, second, again;

	driver_open(&driver, &one);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	first = iss_for(DRIVER_REMOTE, 20000);
	driver_close(&driver);
	driver_open(&driver, &two);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	second = iss_for(DRIVER_REMOTE, 20000);
	driver_close(&driver);
	driver_open(&driver, &one);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	again = iss_for(DRIVER_REMOTE, 20000);
	driver_close(&driver);
	cr_assert_neq(first, second);
	cr_assert_eq(first, again, "a seed repeats every draw");
}

/* Row 3.4: connections live where sequence numbers wrap. */
Test(tcp_numbers, a_connection_lives_through_the_wrap_of_sequence_numbers)
{
	static const uint32_t firsts[] = {0xffffffff, 0xfffffffe, 0x7fffffff, 0x7ffffffe, 0};
	struct script script;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	for (uint16_t i = 0; i < 5; i++) {
		script = script_new(&driver);
		script.peer_iss = firsts[i];
		script.remote_port = (uint16_t)(SCRIPT_REMOTE_PORT + i);
		establish_passive(&script);
		say_text(&script, ACK, 1, 1, 100);
		hear(&script, ACK, 1, 101);
		say(&script, RST, 100, 0);
		hear_nothing(&script);
		say(&script, FIN | ACK, 101, 1);
		hear(&script, ACK, 1, 102);
		told(&script, TOLD_PEER_CLOSED);
		app_close(&script);
		hear(&script, FIN | ACK, 1, 102);
		say(&script, ACK, 102, 2);
		told_ended(&script, QUERN_END_CLOSED);
	}
	driver_close(&driver);
}
