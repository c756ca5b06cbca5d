/* ctl_request.c - the words and flags of quern ctl. */
#include "ctl/ctl_request.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <quern/observe.h>

#include "cli/cli_help.h"
#include "cli/cli_order.h"
#include "cli/cli_suggest.h"
#include "cli/cli_units.h"
#include "ctl/ctl_heap.h"

/* The first words: what each asks for, and the question where it is an order. */
static const struct {
	const char *name;
	enum ctl_what what;
	const char *order;
} words[] = {
	{"stats", CTL_STATS, ""},
	{"conns", CTL_CONNS, ""},
	{"top", CTL_TOP, ""},
	{"rate", CTL_RATE, "/quern/order," CLI_ORDER_RATE},
	{"stop", CTL_STOP, "/quern/order," CLI_ORDER_STOP},
	{"reload", CTL_RELOAD, "/quern/reload"},
};
enum { WORDS = sizeof(words) / sizeof(words[0]) };

#define ALL_WORDS "stats, conns, top, rate, stop or reload"

struct flag {
	const char *name;
	unsigned int of;     /* words it belongs to, 1 << enum ctl_what, ored; 0 for all */
	const char *accepts; /* null for a switch */
	bool (*set)(struct ctl_request *request, const char *value);
};

static bool set_pid(struct ctl_request *request, const char *value)
{
	char *end;

	errno = 0;
	request->pid = strtol(value, &end, 10);
	return errno == 0 && isdigit((unsigned char)value[0]) && *end == '\0' && request->pid > 0;
}

static bool set_json(struct ctl_request *request, const char *value)
{
	(void)value;
	request->json = true;
	return true;
}

static bool set_limit(struct ctl_request *request, const char *value)
{
	return cli_parse_count(value, &request->limit) && request->limit > 0 &&
	       (request->what != CTL_TOP || request->limit <= CTL_HEAP_MAX);
}

static bool set_by(struct ctl_request *request, const char *value)
{
	request->by_bytes = strcmp(value, "bytes") == 0;
	return request->by_bytes || strcmp(value, "rate") == 0;
}

static bool set_every(struct ctl_request *request, const char *value)
{
	return cli_time_within(value, 100 * CLI_NS_PER_MS, 3600 * CLI_NS_PER_S, &request->every_ns);
}

static bool set_now(struct ctl_request *request, const char *value)
{
	(void)value;
	snprintf(request->order, CTL_ORDER_TEXT, "/quern/order," CLI_ORDER_STOP "," CLI_ORDER_NOW);
	return true;
}

/* A filter is checked here, and goes to the instance in the same words. */
static bool add_filter(struct ctl_request *request, const char *name, const char *value)
{
	struct quern_conn_filter filter = {0};
	size_t used = strlen(request->parameters);
	int length;

	if (quern_conn_filter_add(&filter, name, value) != 0)
		return false;
	length = snprintf(request->parameters + used, CTL_PARAMETERS_TEXT - used, ",%s=%s", name, value);
	return length < (int)(CTL_PARAMETERS_TEXT - used);
}

static bool add_state(struct ctl_request *request, const char *value)
{
	return add_filter(request, "state", value);
}

static bool add_local(struct ctl_request *request, const char *value)
{
	return add_filter(request, "local", value);
}

static bool add_remote(struct ctl_request *request, const char *value)
{
	return add_filter(request, "remote", value);
}

enum { OF_LISTS = 1 << CTL_CONNS | 1 << CTL_TOP, OF_TOP = 1 << CTL_TOP, OF_STOP = 1 << CTL_STOP };

#define STATES "SYN-SENT, SYN-RECEIVED, ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, CLOSE-WAIT, CLOSING, LAST-ACK or TIME-WAIT"
#define ENDPOINT "ADDR, ADDR:PORT or :PORT, e.g. 198.18.0.1:80 or [fd00::1]:80"

static const struct flag flags[] = {
	{"pid", 0, "the process id of a quern, e.g. 1234", set_pid},
	{"json", 0, NULL, set_json},
	{"state", OF_LISTS, STATES, add_state},
	{"local", OF_LISTS, ENDPOINT, add_local},
	{"remote", OF_LISTS, ENDPOINT, add_remote},
	{"limit", OF_LISTS, "1 or more, e.g. 50 or 10k; of top at most 1000", set_limit},
	{"by", OF_TOP, "rate or bytes", set_by},
	{"every", OF_TOP, "100ms to 1h, e.g. 1s", set_every},
	{"now", OF_STOP, NULL, set_now},
};
enum { TOP_LIMIT = 15, FLAGS = sizeof(flags) / sizeof(flags[0]) };

/* The first that a flag belongs to. */
static const char *word_of(unsigned int of)
{
	size_t i = 0;

	while (i + 1 < WORDS && !(of & 1u << words[i].what))
		i++;
	return words[i].name;
}

static int refuse_unknown(const char *text, size_t length, char error[CLI_ERROR_TEXT])
{
	const char *names[FLAGS];
	const char *near = NULL;
	char name[32];

	for (size_t i = 0; i < FLAGS; i++)
		names[i] = flags[i].name;
	if (text[0] == '-' && text[1] == '-') {
		snprintf(name, sizeof(name), "%.*s", (int)length, text + 2);
		near = cli_suggest(name, names, FLAGS);
	}
	if (near)
		snprintf(error, CLI_ERROR_TEXT, "unknown flag %.200s; did you mean --%s?", text, near);
	else if (text[0] == '-')
		snprintf(error, CLI_ERROR_TEXT, "unknown flag %.200s; quern ctl --help lists them all", text);
	else
		snprintf(error, CLI_ERROR_TEXT, "unexpected argument %.200s; quern ctl --help shows what it takes",
			 text);
	return -EINVAL;
}

/* One flag; `next` is the argument behind it, or null. 1 where that was its value, 0 where not. */
static int take_flag(struct ctl_request *request, const char *text, const char *next, char error[CLI_ERROR_TEXT])
{
	size_t length = text[0] == '-' && text[1] == '-' ? strcspn(text + 2, "=") : 0;
	const struct flag *flag = NULL;
	const char *attached =
		text[0] == '-' && text[1] == '-' && text[2 + length] == '=' ? text + 2 + length + 1 : NULL;

	for (size_t i = 0; i < FLAGS && length > 0; i++)
		if (strlen(flags[i].name) == length && memcmp(flags[i].name, text + 2, length) == 0)
			flag = &flags[i];
	if (!flag)
		return refuse_unknown(text, length, error);
	if (flag->of != 0 && !(flag->of & 1u << request->what)) {
		snprintf(error, CLI_ERROR_TEXT, "--%s is a flag of quern ctl %s", flag->name, word_of(flag->of));
		return -EINVAL;
	}
	if (!flag->accepts && attached) {
		snprintf(error, CLI_ERROR_TEXT, "%.200s: --%s takes no value", text, flag->name);
		return -EINVAL;
	}
	if (flag->accepts && !attached && !next) {
		snprintf(error, CLI_ERROR_TEXT, "--%s needs a value: %s", flag->name, flag->accepts);
		return -EINVAL;
	}
	if (flag->set(request, attached ? attached : next))
		return flag->accepts && !attached;
	snprintf(error, CLI_ERROR_TEXT, "--%s %.200s: accepted is %s", flag->name, attached ? attached : next,
		 flag->accepts);
	return -EINVAL;
}

static int take_word(struct ctl_request *request, const char *word, char error[CLI_ERROR_TEXT])
{
	const char *names[WORDS], *near;

	for (size_t i = 0; i < WORDS; i++) {
		names[i] = words[i].name;
		if (strcmp(words[i].name, word) != 0)
			continue;
		request->what = words[i].what;
		snprintf(request->order, CTL_ORDER_TEXT, "%s", words[i].order);
		return 0;
	}
	near = cli_suggest(word, names, WORDS);
	if (near)
		snprintf(error, CLI_ERROR_TEXT, "quern ctl knows no %.200s; did you mean %s?", word, near);
	else
		snprintf(error, CLI_ERROR_TEXT, "quern ctl knows no %.200s; it takes " ALL_WORDS, word);
	return -EINVAL;
}

/* What stands behind "rate", which may begin with a dash: how many words it took, or -EINVAL. */
static int take_rate(struct ctl_request *request, int count, char *const arguments[], char error[CLI_ERROR_TEXT])
{
	const char *text = count > 0 ? arguments[0] : "";
	size_t used = strlen(request->order);
	struct cli_rate rate;

	if (!cli_parse_rate(text, &rate) || strlen(text) >= CTL_ORDER_TEXT / 2) {
		snprintf(error, CLI_ERROR_TEXT, "rate %.200s: accepted is %s", text, CLI_RATE_ACCEPTS);
		return -EINVAL;
	}
	snprintf(request->order + used, CTL_ORDER_TEXT - used, ",%s", text);
	return 1;
}

int ctl_parse(struct ctl_request *request, int count, char *const arguments[], char error[CLI_ERROR_TEXT])
{
	int first = 1;

	*request = (struct ctl_request){.what = CTL_NOTHING};
	for (int i = 0; i < count; i++)
		if (cli_help_is_asked(arguments[i]))
			return CTL_HELP;
	if (count == 0) {
		snprintf(error, CLI_ERROR_TEXT, "quern ctl needs a word: " ALL_WORDS ", e.g. quern ctl stats");
		return -EINVAL;
	}
	if (take_word(request, arguments[0], error) != 0)
		return -EINVAL;
	if (request->what == CTL_TOP) {
		request->limit = TOP_LIMIT;
		request->every_ns = CLI_NS_PER_S;
	}
	if (request->what == CTL_RATE)
		first = 1 + take_rate(request, count - 1, arguments + 1, error);
	if (first < 1)
		return -EINVAL;
	for (int i = first; i < count; i++) {
		int took = take_flag(request, arguments[i], i + 1 < count ? arguments[i + 1] : NULL, error);

		if (took < 0)
			return took;
		i += took;
	}
	return CTL_RUN;
}

void ctl_help(FILE *out)
{
	fputs("usage: quern ctl stats [--pid N] [--json]\n"
	      "       quern ctl conns [--state NAME]... [--local ADDR[:PORT]] [--remote ADDR[:PORT]]\n"
	      "                       [--limit N] [--pid N] [--json]\n"
	      "       quern ctl top [--by rate|bytes] [--every 1s] [--limit N], and what conns takes\n"
	      "       quern ctl rate N|+10%|-10%|pause|resume [--pid N] [--json]\n"
	      "       quern ctl stop [--now] [--pid N] [--json]\n"
	      "       quern ctl reload [--pid N] [--json]\n"
	      "Asks a quern that runs: its counters, states and drops; its connections, one a line; those\n"
	      "that do most, on a terminal again and again. Changes the rate of bench and load, or what they hold;\n"
	      "ends a run as Ctrl-C does; has quern run FILE of kind forward read the rules of its file again.\n"
	      "example: quern ctl conns --state ESTABLISHED --local 198.18.0.1:80 --limit 20\n\n"
	      "    --state NAME     ESTABLISHED, TIME-WAIT ...; may be repeated\n"
	      "    --local, --remote ADDR[:PORT]    this end of it, and the other; :PORT is a port alone\n"
	      "    --limit N        at most so many connections\n"
	      "    --now            as Ctrl-C twice: what is open is not waited for\n"
	      "    --pid N          which quern, where several run\n"
	      "    --json           for programs\n"
	      "Finds this user's querns (root: everybody's) below TMPDIR, or /tmp where that is not set.\n",
	      out);
}
