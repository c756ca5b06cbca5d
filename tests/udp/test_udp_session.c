/* test_udp_session.c - the pool against plain arrays, by seed: nobody ends early, or late, and no record is lost. */
#include <criterion/criterion.h>

#include "base/random.h"
#include "base/seq.h"
#include "udp/udp_session.h"

enum { SESSIONS = 200, RULES = 4, FIRED = 64, MILLION = 1000 * 1000, TURN = 512 };

static const uint32_t IDLE_MS[RULES] = {1000, 30000, 300000, 86400000};

/* What should be open, and since when it was not heard. */
struct model {
	struct udp_pool pool;
	struct random random;
	uint32_t now;
	uint32_t open;
	bool is_open[SESSIONS];
	uint32_t heard_ms[SESSIONS];
	uint16_t rule[SESSIONS];
	struct flow_key inner[SESSIONS];
};

static struct udp_session *memory_for(uint32_t sessions)
{
	struct udp_session *memory = aligned_alloc(64, udp_pool_bytes(sessions));

	cr_assert_not_null(memory);
	memset(memory, 0, udp_pool_bytes(sessions));
	return memory;
}

static struct model *model_open(uint64_t seed, uint32_t now)
{
	struct model *model = calloc(1, sizeof(*model));

	random_seed(&model->random, seed);
	model->now = now;
	udp_pool_init(&model->pool, memory_for(SESSIONS), SESSIONS, now);
	return model;
}

static void model_close(struct model *model)
{
	free(model->pool.sessions);
	free(model);
}

static struct flow_key draw_key(struct random *random)
{
	uint64_t word = random_next(random);

	return (struct flow_key){(uint32_t)word, (uint32_t)(word >> 32), (uint16_t)(word >> 7), (uint16_t)(word >> 40)};
}

static void open_one(struct model *model)
{
	struct flow_key inner = draw_key(&model->random), outer = draw_key(&model->random);
	uint16_t rule = (uint16_t)random_below(&model->random, RULES);
	struct udp_session *session = udp_session_open(&model->pool, &inner, &outer, IDLE_MS[rule], model->now);
	uint32_t index;

	cr_assert_eq(session != NULL, model->open < SESSIONS);
	if (!session)
		return;
	index = udp_session_index(&model->pool, session);
	cr_assert_lt(index, SESSIONS);
	cr_assert_not(model->is_open[index], "given out twice");
	cr_assert(flow_key_equal(&session->inner, &inner) && flow_key_equal(&session->outer, &outer));
	cr_assert_eq(session->flags, UDP_SESSION_OPEN);
	cr_assert_eq(session->set + session->next_copy + session->ip_sum + session->udp_sum, 0);
	cr_assert_eq(session->inner_shard + session->outer_shard, 0);
	cr_assert_eq(session->rule + session->target, 0);
	session->rule = rule;
	model->is_open[index] = true;
	model->heard_ms[index] = model->now;
	model->rule[index] = rule;
	model->inner[index] = inner;
	model->open++;
	/* What the caller may leave behind. */
	session->flags |= UDP_SESSION_BY_SOURCE;
	session->set = 3;
	session->place = 5;
	session->next_copy = 9;
	session->ip_sum = 1;
	session->udp_sum = 1;
	session->inner_shard = 1;
	session->outer_shard = 1;
}

static void close_one(struct model *model, uint32_t index)
{
	udp_session_close(&model->pool, udp_session_at(&model->pool, index));
	model->is_open[index] = false;
	model->open--;
}

static void hear_or_close(struct model *model)
{
	uint32_t index = random_below(&model->random, SESSIONS);

	if (!model->is_open[index])
		return;
	if (random_below(&model->random, 4) == 0) {
		close_one(model, index);
		return;
	}
	udp_session_heard(udp_session_at(&model->pool, index), model->now);
	model->heard_ms[index] = model->now;
}

/* Some jumps are of days, so that the ticks wrap round. */
static void advance(struct model *model, uint32_t max)
{
	uint32_t fired[FIRED];

	model->now += random_below(&model->random, 40) == 0 ? 90000000 : random_below(&model->random, 3000);
	do {
		uint32_t count = udp_pool_advance(&model->pool, model->now, fired, max);

		for (uint32_t i = 0; i < count; i++) {
			uint32_t idle_ms = IDLE_MS[model->rule[fired[i]]];

			/* Another that fired may have ended it, or it was given to the next. */
			if (random_below(&model->random, 16) == 0 && model->is_open[fired[i]]) {
				close_one(model, fired[i]);
				if (random_below(&model->random, 2) == 0)
					open_one(model);
			}
			if (!udp_session_is_over(&model->pool, udp_session_at(&model->pool, fired[i]), idle_ms))
				continue;
			cr_assert(model->is_open[fired[i]], "ended twice");
			cr_assert_geq(model->now - model->heard_ms[fired[i]], idle_ms, "ended early");
			close_one(model, fired[i]);
		}
	} while (model->pool.wheel.lag != 0);
}

static void assert_all_is_as_it_should_be(const struct model *model)
{
	cr_assert(udp_pool_validate(&model->pool));
	cr_assert_eq(model->pool.used, model->open);
	for (uint32_t i = 0; i < SESSIONS; i++) {
		const struct udp_session *session = udp_session_at(&model->pool, i);

		cr_assert_eq(model->is_open[i], (session->flags & UDP_SESSION_OPEN) != 0);
		if (!model->is_open[i])
			continue;
		cr_assert_lt(model->now - model->heard_ms[i], IDLE_MS[model->rule[i]], "late");
		cr_assert(flow_key_equal(&session->inner, &model->inner[i]));
	}
}

Test(udp_session, opens_hears_closes_and_ends_what_plain_arrays_would)
{
	static const uint32_t begins[] = {0, 0xfffffc00, 0x7ffffff0, 123456789};

	for (uint32_t seed = 0; seed < 8; seed++) {
		struct model *model = model_open(seed, begins[seed % 4]);

		for (uint32_t i = 0; i < 8000; i++) {
			uint32_t what = random_below(&model->random, 16);

			if (what < 7)
				open_one(model);
			else if (what < 13)
				hear_or_close(model);
			else
				advance(model, seed < 4 ? FIRED : 3);
			if (i % 16 == 0 || what >= 13)
				assert_all_is_as_it_should_be(model);
		}
		model_close(model);
	}
}

Test(udp_session, an_idle_one_ends_on_time_to_one_tick_whatever_the_moment_it_was_heard_at)
{
	struct flow_key key = {1, 2, 3, 4};
	uint32_t fired[1];

	for (uint64_t opened_ns = 5000000000; opened_ns < 5003000000; opened_ns += 77777) {
		uint64_t heard_ns = opened_ns;
		struct udp_pool pool;
		struct udp_session *session;
		uint64_t now_ns;

		udp_pool_init(&pool, memory_for(1), 1, (uint32_t)(heard_ns / 1000000));
		session = udp_session_open(&pool, &key, &key, 30000, (uint32_t)((heard_ns + 999999) / 1000000));
		/* Heard again, so that its timer lies a tick early. */
		heard_ns += 1000000;
		udp_session_heard(session, (uint32_t)((heard_ns + 999999) / 1000000));
		/* A turn is 0.1 ms; time goes on by ticks that are rounded down. */
		for (now_ns = heard_ns;; now_ns += 100000) {
			uint32_t tick = (uint32_t)(now_ns / 1000000);

			if (udp_pool_advance(&pool, tick, fired, 1) == 1 && udp_session_is_over(&pool, session, 30000))
				break;
		}
		cr_assert_geq(now_ns - heard_ns, UINT64_C(30000000000), "early");
		cr_assert_leq(now_ns - heard_ns, UINT64_C(30001100000), "late");
		free(pool.sessions);
	}
}

Test(udp_session, a_new_idle_time_counts_from_when_it_was_last_heard)
{
	struct flow_key key = {1, 2, 3, 4};
	struct udp_session *session;
	struct udp_pool pool;
	uint32_t fired[1];

	udp_pool_init(&pool, memory_for(1), 1, 1000);
	session = udp_session_open(&pool, &key, &key, 300000, 1000);
	udp_session_heard(session, 2000);
	udp_session_set_idle(&pool, session, 5000);
	cr_assert_eq(udp_pool_advance(&pool, 6999, fired, 1), 0);
	cr_assert_eq(udp_pool_advance(&pool, 7000, fired, 1), 1);
	cr_assert_not(udp_session_is_over(&pool, session, 60000), "it was made longer again");
	cr_assert(udp_pool_validate(&pool));
	cr_assert_eq(udp_pool_advance(&pool, 61999, fired, 1), 0);
	cr_assert_eq(udp_pool_advance(&pool, 62000, fired, 1), 1);
	cr_assert(udp_session_is_over(&pool, session, 60000));
	free(pool.sessions);
}

Test(udp_session, a_million_open_close_and_end_without_one_lost)
{
	struct udp_session *memory = memory_for(MILLION);
	struct udp_pool *pool = calloc(1, sizeof(*pool));
	struct random random;
	uint32_t fired[TURN], ended = 0;

	random_seed(&random, 1);
	udp_pool_init(pool, memory, MILLION, 0);
	for (uint32_t i = 0; i < MILLION; i++) {
		struct flow_key key = draw_key(&random);

		cr_assert_not_null(udp_session_open(pool, &key, &key, 300000, i / 1000));
	}
	cr_assert(udp_pool_validate(pool));
	for (uint32_t i = 0; i < MILLION; i += 2)
		udp_session_close(pool, udp_session_at(pool, (uint32_t)(i * UINT64_C(7919) % MILLION)));
	cr_assert_eq(pool->used, MILLION / 2);
	cr_assert(udp_pool_validate(pool));
	for (uint32_t i = 0; i < MILLION / 2; i++) {
		struct flow_key key = draw_key(&random);

		cr_assert_not_null(udp_session_open(pool, &key, &key, 300000, 1000 + i / 1000));
	}
	cr_assert_null(
		udp_session_open(pool, &(struct flow_key){1, 2, 3, 4}, &(struct flow_key){1, 2, 3, 4}, 1000, 1500));
	for (uint32_t tick = 1500; pool->used > 0; tick++) {
		do {
			uint32_t count = udp_pool_advance(pool, tick, fired, TURN);

			for (uint32_t i = 0; i < count; i++) {
				struct udp_session *session = udp_session_at(pool, fired[i]);

				cr_assert(udp_session_is_over(pool, session, 300000));
				cr_assert_eq(session->heard_ms + 300000, tick, "%u ends at %u", session->heard_ms,
					     tick);
				udp_session_close(pool, session);
				ended++;
			}
		} while (pool->wheel.lag != 0);
	}
	cr_assert_eq(ended, MILLION);
	cr_assert(udp_pool_validate(pool));
	free(memory);
	free(pool);
}

Test(udp_session, validation_sees_what_is_wrong)
{
	struct model *model = model_open(1, 1000);
	struct udp_pool good;

	for (uint32_t i = 0; i < 100; i++)
		open_one(model);
	close_one(model, 10);
	close_one(model, 20);
	cr_assert(udp_pool_validate(&model->pool));
	good = model->pool;
	model->pool.used++;
	cr_assert_not(udp_pool_validate(&model->pool));
	model->pool = good;
	model->pool.first_free = 11;
	cr_assert_not(udp_pool_validate(&model->pool), "a free record is lost");
	model->pool = good;
	model->pool.sessions[10].next_free = 21;
	cr_assert_not(udp_pool_validate(&model->pool), "the free list goes round");
	model->pool.sessions[10].next_free = 0;
	model->pool.sessions[30].timer.due = WHEEL_NEVER;
	cr_assert_not(udp_pool_validate(&model->pool), "an open session would never end");
	model->pool.sessions[30].timer.due = 1001;
	cr_assert_not(udp_pool_validate(&model->pool), "a timer lies in the wrong slot");
	model_close(model);
}
