/* test_tcp_reset.c - RST in and out: RFC 9293 3.5.1 to 3.5.3, 3.10.5, RFC 5961 3. */
#include <criterion/criterion.h>

#include "support/script.h"

static struct driver driver;

static struct script established(void)
{
	struct script script;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	establish_passive(&script);
	return script;
}

/* Rows 1 to 3. */
Test(tcp_reset, a_closed_port_answers_in_the_form_the_rfc_gives)
{
	struct script script;

	driver_open(&driver, NULL);
	script = script_new(&driver);
	say_text(&script, SYN | FIN, 0, 0, 10);
	hear(&script, RST | ACK, 0, 12);
	say(&script, SYN, 0, 0);
	hear(&script, RST | ACK, 0, 1);
	say(&script, 0, 0, 0);
	hear(&script, RST | ACK, 0, 0);
	say_text(&script, ACK, 0, 77, 10);
	hear(&script, RST, 77, 0);
	say(&script, RST, 0, 0);
	say(&script, RST | ACK, 0, 5);
	say(&script, RST | SYN, 0, 0);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Rows 4, 5 and 7. */
Test(tcp_reset, a_listener_outlives_everything_that_is_no_syn)
{
	static const uint8_t silent[] = {0, FIN, URG, PSH, RST, RST | ACK, RST | SYN, SYN | FIN};
	static const uint8_t reset[] = {ACK, SYN | ACK, FIN | ACK, FIN | PSH | URG | ACK};
	struct script script;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	for (unsigned int i = 0; i < sizeof(silent); i++) {
		say(&script, silent[i], 0, 9);
		hear_nothing(&script);
	}
	for (unsigned int i = 0; i < sizeof(reset); i++) {
		say(&script, reset[i], 0, 9);
		hear(&script, RST, 9, 0);
	}
	in_state(&script, QUERN_LISTEN);
	establish_passive(&script);
	driver_close(&driver);
}

/* Row 9, MUST-11. */
Test(tcp_reset, a_half_open_connection_from_listen_goes_without_a_word_to_the_application)
{
	struct script script;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, RST, 1, 0);
	in_state(&script, QUERN_LISTEN);
	told_nothing(&script);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Row 9: a RST after simultaneous open means "refused". */
Test(tcp_reset, a_half_open_connection_of_our_own_is_refused)
{
	struct script script;

	driver_open(&driver, NULL);
	script = script_connect(&driver, 5000, NULL);
	hear(&script, SYN, 0, 0);
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, RST, 1, 0);
	told_ended(&script, QUERN_END_REFUSED);
	in_state(&script, QUERN_CLOSED);
	driver_close(&driver);
}

/* Row 14. */
Test(tcp_reset, a_wrong_ack_in_syn_received_is_reset_and_the_right_one_still_connects)
{
	struct script script;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, ACK, 1, 2);
	hear(&script, RST, 2, 0);
	say(&script, ACK, 1, 0);
	hear(&script, RST, 0, 0);
	in_state(&script, QUERN_SYN_RCVD);
	say(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	driver_close(&driver);
}

/* Row 16, figure 8. */
Test(tcp_reset, an_old_duplicate_syn_is_recovered_from)
{
	struct script script;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, RST, 1, 0);
	in_state(&script, QUERN_LISTEN);
	script.peer_iss += 1000000;
	script.iss_known = false;
	establish_passive(&script);
	driver_close(&driver);
}

/* Row 17, figures 9 and 10. */
Test(tcp_reset, a_peer_that_restarted_is_discovered_and_connects_again)
{
	struct script script = established();

	script.peer_iss += 5000000;
	say(&script, SYN, 0, 0);
	script.peer_iss -= 5000000;
	hear(&script, ACK, 1, 1);
	told_nothing(&script);
	in_state(&script, QUERN_ESTABLISHED);
	/* In SYN-SENT the peer finds that ACK unacceptable: <SEQ=SEG.ACK><CTL=RST>. */
	say(&script, RST, 1, 0);
	told_ended(&script, QUERN_END_RESET);
	script.peer_iss += 5000000;
	script.iss_known = false;
	establish_passive(&script);
	driver_close(&driver);
}

/* Rows 40 to 42, RFC 5961 3.2; and the ruling on RCV.NXT - 1. */
Test(tcp_reset, only_a_reset_at_rcv_nxt_ends_a_connection)
{
	struct script script = established();

	say(&script, RST, (uint32_t)-50000, 0);
	say(&script, RST, 0, 0);
	say(&script, RST, 65536, 0);
	say(&script, RST | ACK, 65536, 1);
	hear_nothing(&script);
	say(&script, RST, 2, 0);
	hear(&script, ACK, 1, 1);
	advance(&script, 1000);
	say(&script, RST, 65535, 0);
	hear(&script, ACK, 1, 1);
	in_state(&script, QUERN_ESTABLISHED);
	told_nothing(&script);
	say(&script, RST, 1, 0);
	told_ended(&script, QUERN_END_RESET);
	in_state(&script, QUERN_LISTEN);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Rows 65 and 69: one RST, and what comes after it finds nothing. */
Test(tcp_reset, abort_resets_in_every_state_but_syn_sent_and_those_that_have_closed_both_ways)
{
	static const enum quern_state with_reset[] = {QUERN_ESTABLISHED, QUERN_FIN_WAIT_1, QUERN_FIN_WAIT_2,
						      QUERN_CLOSE_WAIT};
	struct reached reached;

	for (unsigned int i = 0; i < 4; i++) {
		reached = state_reach(&driver, with_reset[i], false);
		app_abort(&reached.script);
		hear_reset(&reached.script, reached.snd_nxt, reached.rcv_nxt);
		hear_nothing(&reached.script);
		told_ended(&reached.script, QUERN_END_ABORTED);
		in_state(&reached.script, QUERN_LISTEN);
		say(&reached.script, ACK, reached.rcv_nxt, reached.snd_nxt);
		hear(&reached.script, RST, reached.snd_nxt, 0);
		driver_close(&driver);
	}
	reached = state_reach(&driver, QUERN_SYN_RCVD, true);
	app_abort(&reached.script);
	hear_reset(&reached.script, 1, 1);
	told_ended(&reached.script, QUERN_END_ABORTED);
	driver_close(&driver);
	reached = state_reach(&driver, QUERN_SYN_SENT, true);
	app_abort(&reached.script);
	hear_nothing(&reached.script);
	told_ended(&reached.script, QUERN_END_ABORTED);
	in_state(&reached.script, QUERN_CLOSED);
	driver_close(&driver);
}

/* Row 65, RFC 9293 3.10.5: with FINs both ways ABORT has nothing to say. What comes later draws a RST, as anywhere. */
Test(tcp_reset, abort_says_nothing_in_states_that_have_closed_both_ways)
{
	static const enum quern_state states[] = {QUERN_CLOSING, QUERN_LAST_ACK};

	for (unsigned int i = 0; i < 2; i++) {
		struct reached reached = state_reach(&driver, states[i], false);

		app_abort(&reached.script);
		hear_nothing(&reached.script);
		told_ended(&reached.script, QUERN_END_ABORTED);
		in_state(&reached.script, QUERN_LISTEN);
		advance(&reached.script, 600000);
		hear_nothing(&reached.script);
		say(&reached.script, ACK, reached.rcv_nxt, reached.snd_nxt);
		hear(&reached.script, RST, reached.snd_nxt, 0);
		driver_close(&driver);
	}
}
