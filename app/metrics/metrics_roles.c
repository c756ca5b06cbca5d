/* metrics_roles.c - shards of one role are summed up. */
#include "metrics/metrics_roles.h"

#include <ctype.h>
#include <string.h>

#include "metrics/metrics_text.h"
#include "report/report_totals.h"

enum { ROLES = 2, STATE_TEXT = 16 };

struct role {
	const char *name;
	uint16_t shard_count;
	uint64_t opened;
	uint64_t established;
	uint64_t closed[REPORT_CLOSED_END];
	uint64_t failed[REPORT_FAILED_END];
	uint64_t states[QUERN_STATES_END];
};

/* The words of labels; a reset is a RST here. */
static const char *const how_names[REPORT_CLOSED_END] = {
	[REPORT_CLOSED_fin] = "fin",
	[REPORT_CLOSED_reset] = "rst",
	[REPORT_CLOSED_timeout] = "timeout",
	[REPORT_CLOSED_evicted] = "evicted",
};

static void add_up(struct role *role, const struct metrics_look *look)
{
	for (uint16_t i = 0; i < look->config->shard_count; i++) {
		const struct quern_counters *counters = &look->counters[i];

		if (strcmp(look->config->shards[i].role, role->name) != 0)
			continue;
		role->shard_count++;
		role->opened += counters->opened_active + counters->opened_passive + counters->connects_no_port +
				counters->connects_no_memory;
		role->established += counters->established;
		role->failed[REPORT_FAILED_no_port] += counters->connects_no_port;
		role->failed[REPORT_FAILED_no_memory] += counters->connects_no_memory;
		for (int how = QUERN_END_NONE + 1; how < QUERN_ENDS_END; how++) {
			role->closed[report_close_of((enum quern_end)how)] += counters->closed[how];
			role->failed[report_failure_of((enum quern_end)how)] += counters->failed[how];
		}
		for (int state = QUERN_SYN_SENT; state < QUERN_STATES_END; state++)
			role->states[state] += look->states[i][state];
	}
}

/* "SYN-RECEIVED" as "syn_received". */
static const char *state_text(enum quern_state state, char text[STATE_TEXT])
{
	snprintf(text, STATE_TEXT, "%s", quern_state_name(state));
	for (char *at = text; *at; at++)
		*at = *at == '-' ? '_' : (char)tolower((unsigned char)*at);
	return text;
}

static void write_opened(FILE *out, const struct role *role)
{
	metrics_text_count(out, METRICS_OPENED, role->opened, "role", role->name, NULL);
}

static void write_established(FILE *out, const struct role *role)
{
	metrics_text_count(out, METRICS_ESTABLISHED, role->established, "role", role->name, NULL);
}

static void write_closed(FILE *out, const struct role *role)
{
	for (int how = 0; how < REPORT_CLOSED_END; how++)
		metrics_text_count(out, METRICS_CLOSED, role->closed[how], "role", role->name, "how", how_names[how],
				   NULL);
}

static void write_failed(FILE *out, const struct role *role)
{
	for (int why = 0; why < REPORT_FAILED_END; why++)
		metrics_text_count(out, METRICS_FAILED, role->failed[why], "role", role->name, "reason",
				   report_failure_names[why], NULL);
}

static void write_states(FILE *out, const struct role *role)
{
	char text[STATE_TEXT];

	for (int state = QUERN_SYN_SENT; state < QUERN_STATES_END; state++)
		metrics_text_count(out, METRICS_ACTIVE, role->states[state], "role", role->name, "state",
				   state_text((enum quern_state)state, text), NULL);
}

void metrics_roles_write(FILE *out, const struct metrics_look *look)
{
	static const struct {
		enum metrics_name name;
		void (*write)(FILE *out, const struct role *role);
	} families[] = {{METRICS_OPENED, write_opened},
			{METRICS_ESTABLISHED, write_established},
			{METRICS_CLOSED, write_closed},
			{METRICS_FAILED, write_failed},
			{METRICS_ACTIVE, write_states}};
	struct role roles[ROLES] = {{.name = "client"}, {.name = "server"}};

	for (int i = 0; i < ROLES; i++)
		add_up(&roles[i], look);
	for (size_t family = 0; family < sizeof(families) / sizeof(families[0]); family++) {
		metrics_text_family(out, families[family].name);
		for (int i = 0; i < ROLES; i++) {
			if (roles[i].shard_count > 0)
				families[family].write(out, &roles[i]);
		}
	}
	if (!look->source.setups)
		return;
	metrics_text_family(out, METRICS_SETUP);
	metrics_text_setups(out, METRICS_SETUP, &look->setups, "client");
}
