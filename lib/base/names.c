/* names.c - names and texts of states, ends and drop reasons, from their lists. */
#include <quern/conn.h>
#include <quern/counters.h>

static const char *const STATE_NAMES[QUERN_STATES_END] = {
#define X(name, text) [QUERN_##name] = text,
	QUERN_STATES(X)
#undef X
};

static const char *const END_NAMES[QUERN_ENDS_END] = {
#define X(name, text) [QUERN_END_##name] = text,
	QUERN_ENDS(X)
#undef X
};

static const char *const ICMP_NAMES[QUERN_ICMPS_END] = {
#define X(name, key, text) [QUERN_ICMP_##name] = key,
	QUERN_ICMPS(X)
#undef X
};

static const char *const ICMP_TEXTS[QUERN_ICMPS_END] = {
#define X(name, key, text) [QUERN_ICMP_##name] = text,
	QUERN_ICMPS(X)
#undef X
};

static const char *const DROP_NAMES[QUERN_DROPS_END] = {
#define X(name, key, text) [QUERN_DROP_##name] = key,
	QUERN_DROPS(X)
#undef X
};

static const char *const DROP_TEXTS[QUERN_DROPS_END] = {
#define X(name, key, text) [QUERN_DROP_##name] = text,
	QUERN_DROPS(X)
#undef X
};

/* The lists begin at 1: the number 0 has no name. */
static const char *name_at(const char *const *names, unsigned int end, unsigned int number)
{
	return number != 0 && number < end ? names[number] : "?";
}

const char *quern_state_name(enum quern_state state)
{
	return name_at(STATE_NAMES, QUERN_STATES_END, state);
}

const char *quern_end_name(enum quern_end end)
{
	return name_at(END_NAMES, QUERN_ENDS_END, end);
}

const char *quern_icmp_name(enum quern_icmp icmp)
{
	return name_at(ICMP_NAMES, QUERN_ICMPS_END, icmp);
}

const char *quern_icmp_text(enum quern_icmp icmp)
{
	return name_at(ICMP_TEXTS, QUERN_ICMPS_END, icmp);
}

const char *quern_drop_name(enum quern_drop drop)
{
	return name_at(DROP_NAMES, QUERN_DROPS_END, drop);
}

const char *quern_drop_text(enum quern_drop drop)
{
	return name_at(DROP_TEXTS, QUERN_DROPS_END, drop);
}
