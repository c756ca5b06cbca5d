/* cli_judge.c - conditions of flags and files. They are read when all is known that a run has. */
#include "cli/cli_judge.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "cli/cli_settings.h"

#define TRIAL_NS (2 * CLI_NS_PER_S)

/* What could be a condition: it is printed, and stands on one line. */
static bool is_line(const char *value)
{
	for (const char *at = value; *at; at++) {
		if (iscntrl((unsigned char)*at))
			return false;
	}
	return value[0] != '\0';
}

bool cli_set_threshold(struct cli_settings *settings, const char *value)
{
	struct cli_judge *judge = &settings->judge;

	if (cli_settings_replaces(settings, CLI_GROUP_THRESHOLDS))
		judge->threshold_count = 0;
	if (judge->threshold_count == CLI_THRESHOLDS_MAX || !is_line(value))
		return false;
	judge->threshold_texts[judge->threshold_count++] = value;
	return true;
}

bool cli_set_stop_if(struct cli_settings *settings, const char *value)
{
	settings->judge.stop_if_text = value;
	return is_line(value);
}

bool cli_set_search(struct cli_settings *settings, const char *value)
{
	settings->judge.search_text = value;
	return is_line(value);
}

bool cli_set_repeat(struct cli_settings *settings, const char *value)
{
	uint64_t count;

	if (!cli_count_within(value, 1, CLI_REPEATS_MAX, &count))
		return false;
	settings->judge.repeats = (uint32_t)count;
	return true;
}

static int refuse(char error[CLI_ERROR_TEXT], const char *text)
{
	snprintf(error, CLI_ERROR_TEXT, "%s", text);
	return -EINVAL;
}

static unsigned int scopes_of(const struct cli_settings *settings)
{
	unsigned int scopes = JUDGE_TCP;

	if (settings->udp.is_spoken)
		return JUDGE_UDP;
	for (uint16_t i = 0; i < settings->service_count; i++) {
		const struct cli_service *service = &settings->service[i];

		scopes |= service->http.is_spoken || cli_payload_is_exchanged(service) ? JUDGE_ASKS : 0u;
	}
	return scopes;
}

typedef bool read_condition(struct judge_condition *condition, const char *text, unsigned int scopes,
			    struct judge_fault *fault);

static int read_one(const struct cli_settings *settings, const char *flag, const char *text, read_condition *read,
		    struct judge_condition *condition, char error[CLI_ERROR_TEXT])
{
	struct judge_fault fault;
	char shown[JUDGE_SHOWN_TEXT];

	condition->count = 0;
	if (!text || read(condition, text, scopes_of(settings), &fault))
		return 0;
	/* The first line has the text too: by it the place in a file is found. */
	snprintf(error, CLI_ERROR_TEXT, "--%s '%.100s': %s", flag, text, judge_show(text, &fault, shown));
	return -EINVAL;
}

int cli_complete_search(struct cli_settings *settings, const struct cli_service *service, char error[])
{
	const struct cli_udp *udp = &settings->udp;

	if (!settings->judge.search_text)
		return 0;
	if (settings->service_count > 1)
		return refuse(error, "--search finds one rate; leave one service");
	if (udp->is_spoken && (udp->pps != 0 || udp->is_one_way))
		return refuse(error, "--search finds the rate by what is answered; leave out --pps and --one-way");
	if (service->cps != 0 || service->cc != 0 || settings->connections != 0)
		return refuse(error, "--search finds the rate; leave out --cps, --cc and --connections");
	if (settings->judge.repeats > 0 || settings->judge.stop_if_text)
		return refuse(error, "--search makes trials of its own; leave out --repeat and --stop-if");
	if (settings->duration_given && settings->duration_ns == 0)
		return refuse(error, "--search needs trials that end: give -d, 2s where it is left out");
	if (!settings->duration_given)
		settings->duration_ns = TRIAL_NS;
	return 0;
}

static int complete_repeat(const struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	if (settings->udp.is_spoken)
		return refuse(error, "--repeat is of connections; datagrams have --search");
	if (settings->duration_ns == 0 && settings->connections == 0)
		return refuse(error, "--repeat needs runs that end: give -d or --connections");
	return 0;
}

int cli_complete_judge(struct cli_settings *settings, char error[])
{
	struct cli_judge *judge = &settings->judge;
	int rc = read_one(settings, "search", judge->search_text, judge_read, &judge->search, error);

	for (uint16_t i = 0; i < judge->threshold_count && rc == 0; i++)
		rc = read_one(settings, "threshold", judge->threshold_texts[i], judge_read, &judge->thresholds[i],
			      error);
	if (rc == 0 && judge->stop_if_text && settings->udp.is_spoken)
		rc = refuse(error, "--stop-if is of connections; whether datagrams are lost is known later");
	if (rc == 0)
		rc = read_one(settings, "stop-if", judge->stop_if_text, judge_read_lasting, &judge->stop_if, error);
	if (rc == 0 && judge->repeats > 0)
		rc = complete_repeat(settings, error);
	return rc;
}
