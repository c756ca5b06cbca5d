/* cli_set_pace.c - flags that say how a load comes up and goes on, and the legs that they make together. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_profile.h"
#include "cli/cli_set.h"

/* The legs of each service; settings point to them. */
static struct cli_profile kept[CLI_MAX_SERVICES];

bool cli_set_ramp(struct cli_settings *settings, const char *value)
{
	return cli_time_within(value, 0, CLI_MAX_TIMER, &cli_spoken_service(settings)->ramp_ns);
}

/* It is a rate, and stands in the place of one. */
bool cli_set_profile(struct cli_settings *settings, const char *value)
{
	cli_replace_rate(settings);
	cli_spoken_service(settings)->profile = value;
	return cli_profile_is_one(value);
}

bool cli_set_strict(struct cli_settings *settings, const char *value)
{
	(void)value;
	settings->strict = true;
	return true;
}

static int refuse(char error[CLI_ERROR_TEXT], const char *text)
{
	snprintf(error, CLI_ERROR_TEXT, "%s", text);
	return -EINVAL;
}

static void add_first(struct cli_profile *profile, struct cli_leg leg)
{
	memmove(profile->legs + 1, profile->legs, profile->count * sizeof(profile->legs[0]));
	profile->legs[0] = leg;
	profile->count++;
}

static uint64_t peak_of(const struct cli_profile *profile)
{
	uint64_t peak = 0;

	for (uint16_t i = 0; i < profile->count; i++) {
		peak = profile->legs[i].from > peak ? profile->legs[i].from : peak;
		peak = profile->legs[i].to > peak ? profile->legs[i].to : peak;
	}
	return peak;
}

/* A profile begins with the measured time, and a warm-up before that goes at its first rate. */
static int complete_profile(const struct cli_settings *settings, struct cli_service *service,
			    struct cli_profile *profile, char error[CLI_ERROR_TEXT])
{
	if (service->cps != 0)
		return refuse(error, "give --profile or --cps, not both: a profile has rates of its own");
	if (service->ramp_ns != 0)
		return refuse(error, "a --profile rises by itself; leave out --ramp");
	if (cli_profile_read(service->profile, profile, error) != 0)
		return -EINVAL;
	service->cps = peak_of(profile);
	service->profile_ns = cli_profile_ns(profile);
	if (service->cps == 0)
		return refuse(error, "--profile has no rate above 0");
	if (settings->warmup_ns > 0)
		add_first(profile, (struct cli_leg){settings->warmup_ns, profile->legs[0].from, profile->legs[0].from});
	return 0;
}

static int complete_level(const struct cli_service *service, struct cli_profile *profile, char error[CLI_ERROR_TEXT])
{
	profile->count = 0;
	if (service->cps == 0 || service->cps == CLI_CPS_MAX) {
		if (service->ramp_ns != 0 && service->cc == 0)
			return refuse(error, "--ramp rises to a --cps RATE or to a --cc N; give one");
		return 0;
	}
	add_first(profile, (struct cli_leg){0, service->cps, service->cps});
	if (service->ramp_ns > 0)
		add_first(profile, (struct cli_leg){service->ramp_ns, 0, service->cps});
	return 0;
}

int cli_complete_pace(const struct cli_settings *settings, struct cli_service *service, char error[CLI_ERROR_TEXT])
{
	struct cli_profile *profile = &kept[service - settings->service];
	int rc;

	if (service->profile)
		rc = complete_profile(settings, service, profile, error);
	else
		rc = complete_level(service, profile, error);
	if (rc != 0)
		return rc;
	service->legs = profile->legs;
	service->leg_count = profile->count;
	return 0;
}

void cli_complete_duration(struct cli_settings *settings)
{
	uint64_t longest_ns = 0;

	for (uint16_t i = 0; i < settings->service_count; i++)
		longest_ns =
			settings->service[i].profile_ns > longest_ns ? settings->service[i].profile_ns : longest_ns;
	if (longest_ns > 0 && !settings->duration_given)
		settings->duration_ns = longest_ns;
}

uint64_t cli_ramp_ns(const struct cli_settings *settings)
{
	uint64_t longest_ns = 0;

	for (uint16_t i = 0; i < settings->service_count; i++)
		longest_ns = settings->service[i].ramp_ns > longest_ns ? settings->service[i].ramp_ns : longest_ns;
	return longest_ns;
}
