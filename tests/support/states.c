/* states.c - drives a fresh connection to each state of RFC 9293, through the seam and by no other way. */
#include "support/script.h"

#include <criterion/criterion.h>

static void reach_syn_received(struct script *script, bool actively)
{
	if (actively) {
		hear(script, SYN, 0, 0);
		say(script, SYN, 0, 0);
	} else {
		say(script, SYN, 0, 0);
	}
	hear(script, SYN | ACK, 0, 1);
}

static void reach_fin_wait(struct script *script, enum quern_state state)
{
	app_shutdown(script);
	hear(script, FIN | ACK, 1, 1);
	if (state == QUERN_FIN_WAIT_1)
		return;
	if (state == QUERN_CLOSING) {
		say(script, FIN | ACK, 1, 1);
		hear(script, ACK, 2, 2);
		return;
	}
	say(script, ACK, 1, 2);
	if (state == QUERN_FIN_WAIT_2)
		return;
	say(script, FIN | ACK, 1, 2);
	hear(script, ACK, 2, 2);
}

static void reach_passive_close(struct script *script, enum quern_state state)
{
	say(script, FIN | ACK, 1, 1);
	hear(script, ACK, 1, 2);
	if (state == QUERN_CLOSE_WAIT)
		return;
	app_close(script);
	hear(script, FIN | ACK, 1, 2);
}

static void walk(struct script *script, enum quern_state state, bool actively)
{
	switch (state) {
	case QUERN_NO_STATE:
	case QUERN_STATES_END:
	case QUERN_CLOSED:
	case QUERN_LISTEN:
		return;
	case QUERN_SYN_SENT:
		hear(script, SYN, 0, 0);
		return;
	case QUERN_SYN_RCVD:
		reach_syn_received(script, actively);
		return;
	case QUERN_ESTABLISHED:
		establish_passive(script);
		return;
	case QUERN_FIN_WAIT_1:
	case QUERN_FIN_WAIT_2:
	case QUERN_CLOSING:
	case QUERN_TIME_WAIT:
		establish_passive(script);
		reach_fin_wait(script, state);
		return;
	case QUERN_CLOSE_WAIT:
	case QUERN_LAST_ACK:
		establish_passive(script);
		reach_passive_close(script, state);
		return;
	}
}

void state_walk(struct script *script, enum quern_state state)
{
	walk(script, state, false);
	in_state(script, state);
	script->driver->told_next = script->driver->told_count;
}

struct reached state_reach(struct driver *driver, enum quern_state state, bool actively)
{
	/* SND.UNA, SND.NXT and RCV.NXT, by state. */
	static const uint8_t numbers[QUERN_STATES_END][3] = {
		[QUERN_SYN_SENT] = {0, 1, 0},   [QUERN_SYN_RCVD] = {0, 1, 1},   [QUERN_ESTABLISHED] = {1, 1, 1},
		[QUERN_FIN_WAIT_1] = {1, 2, 1}, [QUERN_FIN_WAIT_2] = {2, 2, 1}, [QUERN_CLOSE_WAIT] = {1, 1, 2},
		[QUERN_CLOSING] = {1, 2, 2},    [QUERN_LAST_ACK] = {1, 2, 2},   [QUERN_TIME_WAIT] = {2, 2, 2}};
	struct reached reached = {.script = script_new(driver),
				  .snd_una = numbers[state][0],
				  .snd_nxt = numbers[state][1],
				  .rcv_nxt = numbers[state][2]};

	driver_open(driver, NULL);
	if (state == QUERN_SYN_SENT || (state == QUERN_SYN_RCVD && actively))
		reached.script = script_connect(driver, SCRIPT_PORT, NULL);
	else if (state != QUERN_CLOSED)
		driver_listen(driver, SCRIPT_PORT, NULL);
	walk(&reached.script, state, actively);
	in_state(&reached.script, state);
	driver->told_next = driver->told_count;
	return reached;
}
