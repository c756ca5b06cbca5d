/* engine_telemetry_order.c - /quern/order and /quern/reload: who asks waits on a thread of telemetry's, and the control
 * thread has the application do it at its next tick. */
#include "engine/engine_telemetry.h"

#include <quern/order.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/engine_parts.h"

enum { PATIENCE_S = 4, PIECE = 120 /* bytes of a text in telemetry, at most 127 */ };

enum state { NOBODY, WAITS, IN_HAND, DONE, LEFT /* who asked has gone, and it is in hand */ };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static enum state state;
static struct quern_order order;

/* Moves a part of a text into a piece, with %XX for what telemetry would spoil: it takes bytes of UTF-8 for negative
 * numbers. Returns what is left of the text. */
static const char *take_piece(const char *text, char piece[PIECE + 1])
{
	size_t used = 0;

	for (; *text != '\0' && used + 3 <= PIECE; text++) {
		unsigned char byte = (unsigned char)*text;
		bool is_plain = (byte >= ' ' && byte < 0x7f && byte != '%') || byte == '\n' || byte == '\t';

		used += (size_t)snprintf(piece + used, PIECE + 1 - used, is_plain ? "%c" : "%%%02x", byte);
	}
	return text;
}

/* {"taken": 0, "text": [...]}: the pieces are one text. */
static int write_answer(struct rte_tel_data *answer, bool is_taken, const char *text)
{
	struct rte_tel_data *pieces = rte_tel_data_alloc();
	char piece[PIECE + 1];

	if (pieces == NULL)
		return -ENOMEM;
	rte_tel_data_start_dict(answer);
	rte_tel_data_add_dict_u64(answer, "taken", is_taken);
	rte_tel_data_start_array(pieces, RTE_TEL_STRING_VAL);
	while (*text != '\0') {
		text = take_piece(text, piece);
		rte_tel_data_add_array_string(pieces, piece);
	}
	return rte_tel_data_add_dict_container(answer, "text", pieces, 0);
}

/* Waits until it is done, or for so long. */
static void wait_for_control(void)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PATIENCE_S;
	while (state == WAITS || state == IN_HAND) {
		if (pthread_cond_clockwait(&changed, &lock, CLOCK_MONOTONIC, &until) == ETIMEDOUT)
			break;
	}
}

static int ask(const char *name, const char *words, struct rte_tel_data *answer)
{
	int code = -ENODEV;

	if (state != NOBODY)
		return write_answer(answer, false, "error: another order is under way\n  Try again\n");
	order = (struct quern_order){.is_taken = false};
	snprintf(order.name, sizeof(order.name), "%s", name);
	snprintf(order.words, sizeof(order.words), "%s", words);
	state = WAITS;
	wait_for_control();
	if (state == DONE)
		code = write_answer(answer, order.is_taken, order.text);
	else if (state == WAITS)
		code = write_answer(answer, false,
				    "error: it did not get round to it in 4 s, and nothing has changed\n");
	else if (state == IN_HAND)
		code = write_answer(answer, false,
				    "it is still at it after 4 s\n  Look what has come of it before you go on\n");
	state = state == IN_HAND ? LEFT : NOBODY;
	return code;
}

static int ask_alone(const char *name, const char *words, struct rte_tel_data *answer)
{
	int code;

	pthread_mutex_lock(&lock);
	code = ask(name, words, answer);
	pthread_mutex_unlock(&lock);
	return code;
}

int engine_answer_order(const char *parameters, struct rte_tel_data *answer)
{
	size_t length = parameters != NULL ? strcspn(parameters, ",") : 0;
	char name[QUERN_ORDER_NAME];
	const char *words;

	if (length == 0 || length >= sizeof(name) || strlen(parameters) - length > QUERN_ORDER_WORDS)
		return engine_telemetry_error(answer, "accepted: NAME, or NAME,WORDS");
	snprintf(name, sizeof(name), "%.*s", (int)length, parameters);
	words = parameters + length + (parameters[length] == ',');
	return ask_alone(name, words, answer);
}

int engine_answer_reload(const char *parameters, struct rte_tel_data *answer)
{
	if (parameters != NULL)
		return engine_telemetry_error(answer, "takes no parameters");
	return ask_alone("reload", "", answer);
}

static void move_to(enum state next)
{
	state = next;
	pthread_cond_broadcast(&changed);
}

void engine_forget_order(void)
{
	pthread_mutex_lock(&lock);
	/* Who hears that it is done is on his way. */
	if (state != NOBODY && state != DONE)
		move_to(NOBODY);
	pthread_mutex_unlock(&lock);
}

void engine_serve_order(struct quern_engine *engine)
{
	bool is_asked;

	pthread_mutex_lock(&lock);
	is_asked = state == WAITS;
	if (is_asked)
		state = IN_HAND;
	pthread_mutex_unlock(&lock);
	if (!is_asked)
		return;
	if (engine->config.on_order != NULL)
		engine->config.on_order(engine, &order, engine->config.order_app);
	else
		snprintf(order.text, sizeof(order.text), "error: it takes no orders\n");
	pthread_mutex_lock(&lock);
	move_to(state == IN_HAND ? DONE : NOBODY);
	pthread_mutex_unlock(&lock);
}
