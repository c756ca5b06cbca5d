/* load_steer.c - levels are written under a lock, and then their version. */
#include "load/load_steer.h"

#include <errno.h>
#include <string.h>

#define MOST UINT64_C(1000000000)

void load_steer_open(struct load_steer *steer, const struct cli_settings *settings)
{
	memset(steer, 0, sizeof(*steer));
	pthread_mutex_init(&steer->lock, NULL);
	steer->settings = settings;
	for (uint16_t i = 0; i < settings->service_count; i++) {
		const struct cli_service *service = &settings->service[i];

		steer->levels[i].cps = service->cps == CLI_CPS_MAX ? 0 : service->cps;
		steer->levels[i].cc = service->cc;
	}
}

void load_steer_close(struct load_steer *steer)
{
	if (steer->settings)
		pthread_mutex_destroy(&steer->lock);
	steer->settings = NULL;
}

/* What may be changed of a service: its rate, else what it holds; null for neither. A profile has rates of its own. */
static uint64_t *level_of(struct load_steer *steer, uint16_t number)
{
	struct load_level *level = &steer->levels[number];

	if (steer->settings->service[number].profile || steer->settings->judge.search_text)
		return NULL;
	if (level->cps > 0)
		return &level->cps;
	return level->cc > 0 ? &level->cc : NULL;
}

/* Of a profile, or a search, the place of a start is told by what was before: none can be left out. */
static bool has_rates_of_its_own(const struct cli_settings *settings)
{
	bool has = settings->judge.search_text != NULL;

	for (uint16_t i = 0; i < settings->service_count; i++)
		has |= settings->service[i].profile != NULL;
	return has;
}

/* Under the lock: what was written holds from now on. */
static void publish(struct load_steer *steer, double at_s)
{
	struct report_steered *past = &steer->past;

	if (past->count < REPORT_STEERED_MAX) {
		struct report_change *change = &past->changes[past->count];

		change->t_s = at_s;
		change->is_paused = steer->is_paused;
		for (uint16_t i = 0; i < steer->settings->service_count; i++) {
			change->cps[i] = steer->levels[i].cps;
			change->cc[i] = steer->levels[i].cc;
		}
	}
	past->count++;
	__atomic_store_n(&steer->version, steer->version + 1, __ATOMIC_RELEASE);
}

static void write_level(uint64_t *level, uint64_t value)
{
	value = value < 1 ? 1 : value > MOST ? MOST : value;
	__atomic_store_n(level, value, __ATOMIC_RELAXED);
}

int load_steer_scale(struct load_steer *steer, double factor, double at_s)
{
	int rc = -ENOTSUP;

	pthread_mutex_lock(&steer->lock);
	for (uint16_t i = 0; i < steer->settings->service_count; i++) {
		uint64_t *level = level_of(steer, i);

		if (!level)
			continue;
		write_level(level, (uint64_t)((double)*level * factor + 0.5));
		rc = 0;
	}
	if (rc == 0)
		publish(steer, at_s);
	pthread_mutex_unlock(&steer->lock);
	return rc;
}

int load_steer_set(struct load_steer *steer, uint64_t value, double at_s)
{
	uint64_t *level;

	if (value == 0 || value > MOST)
		return -EINVAL;
	if (steer->settings->service_count > 1)
		return -ENOTSUP;
	pthread_mutex_lock(&steer->lock);
	level = level_of(steer, 0);
	if (level) {
		write_level(level, value);
		publish(steer, at_s);
	}
	pthread_mutex_unlock(&steer->lock);
	return level ? 0 : -ENOTSUP;
}

int load_steer_pause(struct load_steer *steer, bool is_paused, double at_s)
{
	bool is_new;

	if (has_rates_of_its_own(steer->settings))
		return -ENOTSUP;
	pthread_mutex_lock(&steer->lock);
	is_new = steer->is_paused != is_paused;
	if (is_new) {
		__atomic_store_n(&steer->is_paused, is_paused, __ATOMIC_RELAXED);
		publish(steer, at_s);
	}
	pthread_mutex_unlock(&steer->lock);
	return is_new ? 0 : -EALREADY;
}

struct load_level load_steer_level(struct load_steer *steer, uint16_t service, bool *is_paused)
{
	struct load_level level;

	pthread_mutex_lock(&steer->lock);
	level = steer->levels[service];
	*is_paused = steer->is_paused;
	pthread_mutex_unlock(&steer->lock);
	return level;
}

struct report_steered load_steer_past(struct load_steer *steer)
{
	struct report_steered past;

	pthread_mutex_lock(&steer->lock);
	past = steer->past;
	pthread_mutex_unlock(&steer->lock);
	return past;
}
