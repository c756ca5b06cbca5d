/* diff_reach.c - scripts step by step, and the steps that lead to each state of RFC 9293. */
#include "differential/diff_script.h"

#include <string.h>

#include "support/raw_frame.h"

void diff_script_begin(struct diff_script *script, const char *name)
{
	*script = (struct diff_script){.peer_scale = DIFF_NO_SCALE};
	snprintf(script->name, sizeof(script->name), "%s", name);
}

struct diff_step *diff_script_add(struct diff_script *script, enum diff_call call)
{
	struct diff_step *step = &script->steps[script->step_count];

	if (script->step_count == DIFF_STEPS_MAX)
		return NULL;
	script->step_count++;
	*step = (struct diff_step){.call = call, .segment.window = UINT16_MAX};
	return step;
}

struct diff_step *diff_script_say(struct diff_script *script, int flags, struct diff_number seq, struct diff_number ack,
				  uint32_t text_bytes)
{
	struct diff_step *step = diff_script_add(script, DIFF_IN);

	if (!step)
		return NULL;
	step->segment.flags = (uint8_t)flags;
	step->segment.seq = seq;
	step->segment.ack = ack;
	step->segment.text_bytes = text_bytes;
	return step;
}

static void say(struct diff_script *script, int flags, int32_t seq, int32_t ack)
{
	diff_script_say(script, flags, (struct diff_number){.offset = seq}, (struct diff_number){.offset = ack}, 0);
}

static void establish(struct diff_script *script, bool actively)
{
	diff_script_add(script, actively ? DIFF_CONNECT : DIFF_LISTEN);
	if (actively) {
		say(script, SYN | ACK, 0, 1);
		return;
	}
	say(script, SYN, 0, 0);
	say(script, ACK, 1, 1);
}

static void close_first(struct diff_script *script, enum quern_state state)
{
	diff_script_add(script, DIFF_SHUTDOWN);
	if (state == QUERN_CLOSING)
		say(script, FIN | ACK, 1, 1);
	if (state == QUERN_FIN_WAIT_2 || state == QUERN_TIME_WAIT)
		say(script, ACK, 1, 2);
	if (state == QUERN_TIME_WAIT)
		say(script, FIN | ACK, 1, 2);
}

static bool walk(struct diff_script *script, enum quern_state state, bool actively)
{
	switch (state) {
	case QUERN_NO_STATE:
	case QUERN_STATES_END:
		return false;
	case QUERN_CLOSED:
		return true;
	case QUERN_LISTEN:
		diff_script_add(script, DIFF_LISTEN);
		return true;
	case QUERN_SYN_SENT:
		diff_script_add(script, DIFF_CONNECT);
		return true;
	case QUERN_SYN_RCVD:
		diff_script_add(script, actively ? DIFF_CONNECT : DIFF_LISTEN);
		say(script, SYN, 0, 0);
		return true;
	case QUERN_ESTABLISHED:
		establish(script, actively);
		return true;
	case QUERN_FIN_WAIT_1:
	case QUERN_FIN_WAIT_2:
	case QUERN_CLOSING:
	case QUERN_TIME_WAIT:
		establish(script, actively);
		close_first(script, state);
		return true;
	case QUERN_CLOSE_WAIT:
	case QUERN_LAST_ACK:
		establish(script, actively);
		say(script, FIN | ACK, 1, 1);
		if (state == QUERN_LAST_ACK)
			diff_script_add(script, DIFF_SHUTDOWN);
		return true;
	}
	return false;
}

bool diff_script_reach(struct diff_script *script, enum quern_state state, bool actively)
{
	bool is_state = walk(script, state, actively);

	script->reached = script->step_count;
	return is_state;
}
