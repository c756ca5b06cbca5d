/* test_tcp_text_urgent.c - the urgent pointer: RFC 9293 3.8.5, RFC 6093. Row 52 of the conformance list throughout. */
#include <criterion/criterion.h>

#include "support/script.h"

static struct driver driver;

static struct script established(void)
{
	struct script script = script_reader(&driver, NULL);

	establish_passive(&script);
	return script;
}

static void say_urgent(struct script *script, int flags, uint32_t seq, uint32_t bytes, uint16_t pointer)
{
	struct raw_segment segment = script_segment(script, ACK | flags, seq, 1);

	segment.text_bytes = bytes;
	segment.urgent = pointer;
	driver_inject(&driver, &segment);
}

/* The pointer names the octet behind the urgent ones (MUST-62); text stays in line. */
Test(tcp_text_urgent, urgent_text_is_told_and_comes_in_line)
{
	static const uint16_t pointers[] = {1, 4, 9, 10};

	for (unsigned int i = 0; i < 4; i++) {
		struct script script = established();

		say_urgent(&script, URG, 1, 10, pointers[i]);
		told_urgent(&script, pointers[i]);
		told_text(&script, 10);
		told_nothing(&script);
		hear(&script, ACK, 1, 11);
		driver_close(&driver);
	}
}

/* MUST-31 and 32: of any length; told when there was none before and when it grows, and not again. */
Test(tcp_text_urgent, a_pointer_beyond_the_segment_is_told_once_and_when_it_moves_on)
{
	struct script script = established();

	say_urgent(&script, URG, 1, 10, 50);
	told_urgent(&script, 50);
	told_text(&script, 10);
	say_urgent(&script, URG, 11, 10, 40);
	told_text(&script, 10);
	say_urgent(&script, URG, 11, 10, 40);
	told_nothing(&script);
	say_urgent(&script, URG, 21, 10, 31);
	told_urgent(&script, 31);
	told_text(&script, 10);
	/* Behind the pointer all is as before, and there may be urgent text again. */
	say_text(&script, ACK, 31, 1, 100);
	told_text(&script, 100);
	say_urgent(&script, URG, 131, 10, 65535);
	told_urgent(&script, 65535);
	told_text(&script, 10);
	told_nothing(&script);
	driver_close(&driver);
}

/* MUST-32: the pointer alone is news, whether its text is there or not. */
Test(tcp_text_urgent, a_pointer_without_text_is_told)
{
	struct script script = established();

	say_urgent(&script, URG, 1, 0, 20);
	told_urgent(&script, 20);
	hear_nothing(&script);
	say_urgent(&script, URG, 1, 20, 20);
	told_text(&script, 20);
	told_nothing(&script);
	/* Beyond a hole too. */
	say_urgent(&script, URG, 31, 10, 5);
	told_urgent(&script, 15);
	hear(&script, ACK, 1, 21);
	hear(&script, ACK, 1, 21);
	say_text(&script, ACK, 21, 1, 20);
	told_text(&script, 20);
	told_nothing(&script);
	driver_close(&driver);
}

/* RFC 9293 3.10.7.4, sixth: a pointer that is not ahead of what was taken says nothing, nor one without URG. */
Test(tcp_text_urgent, an_old_pointer_says_nothing)
{
	struct script script = established();

	say_urgent(&script, URG, 1, 0, 0);
	say_urgent(&script, 0, 1, 10, 5);
	told_text(&script, 10);
	say_urgent(&script, URG, 1, 20, 10);
	told_text(&script, 10);
	say_urgent(&script, URG, 11, 20, 11);
	told_urgent(&script, 1);
	told_text(&script, 10);
	told_nothing(&script);
	driver_close(&driver);
}

/* A reader that has stopped is told how far it has to read, what is held included; the stream does not stall. */
Test(tcp_text_urgent, urgent_text_behind_text_that_is_held_is_told)
{
	struct script script = established();

	driver.reader.appetite = 0;
	say_text(&script, ACK, 1, 1, 100);
	say_urgent(&script, URG, 101, 10, 3);
	told_urgent(&script, 103);
	told_nothing(&script);
	app_resume(&script, UINT32_MAX);
	cr_assert_eq(driver.reader.received, 110);
	driver_close(&driver);
}

/* Row 49: after the peer's FIN, and with nobody there to be told, URG is ignored. */
Test(tcp_text_urgent, nothing_is_urgent_after_a_fin_or_a_close)
{
	struct script script = established();

	say(&script, FIN | ACK, 1, 1);
	told(&script, TOLD_PEER_CLOSED);
	say_urgent(&script, URG, 2, 0, 10);
	say_urgent(&script, URG, 2, 10, 10);
	told_nothing(&script);
	driver_close(&driver);

	script = established();
	app_close(&script);
	say_urgent(&script, URG, 1, 0, 10);
	told_nothing(&script);
	driver_close(&driver);
}
