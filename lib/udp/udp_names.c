/* udp_names.c - words and texts of balances, probes and states of targets, from their lists. */
#include <quern/target.h>

static const char *const BALANCE_NAMES[QUERN_BALANCES_END] = {
#define X(name, key, text) [QUERN_BALANCE_##name] = key,
	QUERN_BALANCES(X)
#undef X
};

static const char *const BALANCE_TEXTS[QUERN_BALANCES_END] = {
#define X(name, key, text) [QUERN_BALANCE_##name] = text,
	QUERN_BALANCES(X)
#undef X
};

static const char *const PROBE_NAMES[QUERN_PROBES_END] = {
#define X(name, key, text) [QUERN_PROBE_##name] = key,
	QUERN_PROBES(X)
#undef X
};

static const char *const PROBE_TEXTS[QUERN_PROBES_END] = {
#define X(name, key, text) [QUERN_PROBE_##name] = text,
	QUERN_PROBES(X)
#undef X
};

static const char *const STATE_NAMES[QUERN_TARGET_STATES_END] = {
#define X(name, key, text) [QUERN_TARGET_##name] = key,
	QUERN_TARGET_STATES(X)
#undef X
};

static const char *const CAUSE_TEXTS[QUERN_TARGET_CAUSES_END] = {
#define X(name, text) [QUERN_TARGET_##name] = text,
	QUERN_TARGET_CAUSES(X)
#undef X
};

static const char *name_at(const char *const *names, unsigned int end, unsigned int number)
{
	return number < end ? names[number] : "?";
}

const char *quern_balance_name(enum quern_balance balance)
{
	return name_at(BALANCE_NAMES, QUERN_BALANCES_END, balance);
}

const char *quern_balance_text(enum quern_balance balance)
{
	return name_at(BALANCE_TEXTS, QUERN_BALANCES_END, balance);
}

const char *quern_probe_name(enum quern_probe probe)
{
	return name_at(PROBE_NAMES, QUERN_PROBES_END, probe);
}

const char *quern_probe_text(enum quern_probe probe)
{
	return name_at(PROBE_TEXTS, QUERN_PROBES_END, probe);
}

const char *quern_target_state_name(enum quern_target_state state)
{
	return name_at(STATE_NAMES, QUERN_TARGET_STATES_END, state);
}

const char *quern_target_cause_text(enum quern_target_cause cause)
{
	return name_at(CAUSE_TEXTS, QUERN_TARGET_CAUSES_END, cause);
}
