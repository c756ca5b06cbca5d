/* test_tcp_queued.c - text that is queued before there is a connection to send it on: RFC 9293 3.10.2 to 3.10.7.3. */
#include <criterion/criterion.h>

#include "support/script.h"

enum { TEXT = 30 };

static struct driver driver;

/* In SYN-SENT, with text behind the SYN. */
static struct script syn_sent(const struct quern_tcp_options *options)
{
	struct script script;

	driver_open(&driver, NULL);
	driver.reader = (struct driver_reader){.reads = true, .appetite = UINT32_MAX};
	script = script_connect(&driver, 5000, options);
	hear(&script, SYN, 0, 0);
	app_send(&script, TEXT);
	hear_nothing(&script);
	return script;
}

/* In SYN-RECEIVED, after SYNs that have crossed. */
static struct script syn_received(void)
{
	struct script script = syn_sent(NULL);

	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	in_state(&script, QUERN_SYN_RCVD);
	return script;
}

/* What was queued is gone, all of it: driver_close() counts the buffers. */
static void is_over(struct script *script, enum quern_end how)
{
	told_ended(script, how);
	hear_nothing(script);
	in_state(script, QUERN_CLOSED);
	advance(script, 600000);
	hear_nothing(script);
	told_nothing(script);
	driver_close(&driver);
}

/* Rows 10 and 12: a wrong ACK is reset, and the right one takes the text along. */
Test(tcp_queued, a_wrong_ack_to_a_syn_takes_no_text_and_the_right_one_does)
{
	struct script script = syn_sent(NULL);

	say(&script, SYN | ACK, 0, 0);
	hear(&script, RST, 0, 0);
	say(&script, SYN | ACK, 0, 2);
	hear(&script, RST, 2, 0);
	say(&script, ACK, 0, 1 + TEXT);
	hear(&script, RST, 1 + TEXT, 0);
	say(&script, RST | ACK, 0, 1 + TEXT);
	in_state(&script, QUERN_SYN_SENT);
	told_nothing(&script);
	say(&script, SYN | ACK, 0, 1);
	hear_text(&script, PSH | ACK, 1, 1, TEXT);
	told(&script, TOLD_ESTABLISHED);
	say(&script, ACK, 1, 1 + TEXT);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Row 13. */
Test(tcp_queued, fin_and_text_without_syn_are_dropped_all_the_same)
{
	struct script script = syn_sent(NULL);

	say(&script, FIN, 0, 0);
	say(&script, FIN | ACK, 0, 1);
	say_text(&script, ACK | PSH, 0, 1, 10);
	say(&script, RST, 0, 0);
	hear_nothing(&script);
	told_nothing(&script);
	in_state(&script, QUERN_SYN_SENT);
	driver_close(&driver);
}

/* Rows 9 and 11: refused, and the text with it. */
Test(tcp_queued, a_refusal_takes_the_text_with_it)
{
	struct script script = syn_sent(NULL);

	say(&script, RST | ACK, 0, 1);
	is_over(&script, QUERN_END_REFUSED);
	script = syn_received();
	say(&script, RST, 1, 0);
	is_over(&script, QUERN_END_REFUSED);
}

/* Rows 8 and 14: SYNs that cross, a wrong ACK, the right one, and then the text. */
Test(tcp_queued, text_waits_for_the_ack_of_a_simultaneous_open)
{
	static const int completing[] = {ACK, SYN | ACK};

	for (uint32_t i = 0; i < 2; i++) {
		struct script script = syn_received();

		say(&script, ACK, 1, 0);
		hear(&script, RST, 0, 0);
		say(&script, ACK, 1, 1 + TEXT);
		hear(&script, RST, 1 + TEXT, 0);
		in_state(&script, QUERN_SYN_RCVD);
		say(&script, completing[i], 1 - i, 1);
		hear_text(&script, PSH | ACK, 1, 1, TEXT);
		told(&script, TOLD_ESTABLISHED);
		say(&script, ACK, 1, 1 + TEXT);
		hear_nothing(&script);
		driver_close(&driver);
	}
}

/* Rows 18 and 85: R2 of a SYN, whatever is queued behind it. */
Test(tcp_queued, a_syn_that_nobody_answers_is_given_up_with_its_text)
{
	static const uint64_t at_ms[] = {1000, 3000, 7000};
	const struct quern_tcp_options options = {.connect_timeout_ms = 10000};
	struct script script = syn_sent(&options);

	advance(&script, 9999);
	for (unsigned int i = 0; i < 3; i++)
		hear_at(&script, at_ms[i], SYN, 0, 0);
	told(&script, TOLD_UNANSWERED);
	told_nothing(&script);
	advance(&script, 2);
	is_over(&script, QUERN_END_TIMEOUT);
}

/* Row 66, RFC 9293 3.10.4: CLOSE in SYN-SENT ends it, and what was queued is not sent. */
Test(tcp_queued, a_close_in_syn_sent_forgets_the_text)
{
	struct script script = syn_sent(NULL);

	app_close(&script);
	hear_nothing(&script);
	in_state(&script, QUERN_CLOSED);
	say(&script, SYN | ACK, 0, 1);
	hear(&script, RST, 1, 0);
	advance(&script, 600000);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Row 65, RFC 9293 3.10.5: ABORT says RST where the peer has spoken, and nothing before. */
Test(tcp_queued, an_abort_forgets_the_text)
{
	struct script script = syn_sent(NULL);

	app_abort(&script);
	is_over(&script, QUERN_END_ABORTED);
	script = syn_received();
	app_abort(&script);
	hear_reset(&script, 1, 1);
	is_over(&script, QUERN_END_ABORTED);
}
