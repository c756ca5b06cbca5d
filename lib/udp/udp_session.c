/* udp_session.c - sessions from the free list and back, and the timers of idle ones. */
#include "udp/udp_session.h"

#include "base/counter.h"
#include "base/seq.h"

enum { STRIDE_SHIFT = 6 };
static_assert(sizeof(struct udp_session) == 1 << STRIDE_SHIFT, "the wheel steps from record to record");

size_t udp_pool_bytes(uint32_t capacity)
{
	return (size_t)capacity * sizeof(struct udp_session);
}

void udp_pool_init(struct udp_pool *pool, void *memory, uint32_t capacity, uint32_t tick)
{
	pool->sessions = memory;
	pool->capacity = capacity;
	pool->used = 0;
	pool->touched = 0;
	pool->first_free = 0;
	wheel_init(&pool->wheel, &pool->sessions->timer, STRIDE_SHIFT, tick);
}

/* Records that were never used are taken last, so that the memory of a large pool is touched as it is needed. */
static struct udp_session *take_free(struct udp_pool *pool)
{
	struct udp_session *session;

	if (pool->first_free != 0) {
		session = &pool->sessions[pool->first_free - 1];
		pool->first_free = session->next_free;
		session->next_free = 0;
		return session;
	}
	if (pool->touched == pool->capacity)
		return NULL;
	return &pool->sessions[pool->touched++];
}

/* The wheel's links stay as they are: the node may still lie in the slot of the record's last life. */
struct udp_session *udp_session_open(struct udp_pool *pool, const struct flow_key *inner, const struct flow_key *outer,
				     uint32_t idle_ms, uint32_t now_ms)
{
	struct udp_session *session = take_free(pool);

	if (!session)
		return NULL;
	session->inner = *inner;
	session->outer = *outer;
	session->rule = 0;
	session->target = 0;
	session->ip_sum = 0;
	session->udp_sum = 0;
	session->inner_shard = 0;
	session->outer_shard = 0;
	session->flags = UDP_SESSION_OPEN;
	session->set = 0;
	session->next_copy = 0;
	session->place = 0;
	session->heard_ms = now_ms;
	wheel_arm(&pool->wheel, &session->timer, now_ms + idle_ms);
	counter_level_up(&pool->used);
	return session;
}

void udp_session_close(struct udp_pool *pool, struct udp_session *session)
{
	wheel_disarm(&session->timer);
	session->flags = 0;
	session->next_free = pool->first_free;
	pool->first_free = udp_session_index(pool, session) + 1;
	counter_level_down(&pool->used);
}

uint32_t udp_pool_advance(struct udp_pool *pool, uint32_t tick, uint32_t *fired, uint32_t max)
{
	return wheel_advance(&pool->wheel, tick, fired, max);
}

bool udp_session_is_over(struct udp_pool *pool, struct udp_session *session, uint32_t idle_ms)
{
	uint32_t due = session->heard_ms + idle_ms;

	/* Closed, and perhaps opened again, for the sake of one that fired before it in the same turn. */
	if (!(session->flags & UDP_SESSION_OPEN) || session->timer.due != WHEEL_NEVER)
		return false;
	if (!seq_before(pool->wheel.now, due))
		return true;
	wheel_arm(&pool->wheel, &session->timer, due);
	return false;
}

void udp_session_set_idle(struct udp_pool *pool, struct udp_session *session, uint32_t idle_ms)
{
	wheel_arm(&pool->wheel, &session->timer, session->heard_ms + idle_ms);
}

/* Every record that is not open and was used before is in the free list, once. */
static bool free_list_is_right(const struct udp_pool *pool)
{
	uint32_t count = 0;

	for (uint32_t number = pool->first_free; number != 0; number = pool->sessions[number - 1].next_free) {
		if (number > pool->touched || ++count > pool->touched - pool->used)
			return false;
		if (pool->sessions[number - 1].flags != 0)
			return false;
	}
	return count == pool->touched - pool->used;
}

bool udp_pool_validate(const struct udp_pool *pool)
{
	uint32_t open = 0;

	if (pool->used > pool->touched || pool->touched > pool->capacity)
		return false;
	for (uint32_t i = 0; i < pool->capacity; i++) {
		const struct udp_session *session = &pool->sessions[i];
		bool is_open = session->flags & UDP_SESSION_OPEN;

		if (is_open != (session->timer.due != WHEEL_NEVER))
			return false;
		if (i >= pool->touched && is_open)
			return false;
		open += is_open;
	}
	return open == pool->used && free_list_is_right(pool) && wheel_validate(&pool->wheel);
}
