/* ctl_request.c - the words and flags of quern ctl. */
#include "ctl/ctl_request.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <quern/observe.h>

#include "cli/cli_help.h"
#include "cli/cli_suggest.h"
#include "cli/cli_units.h"

struct flag {
	const char *name;
	bool conns_only;
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
	return cli_parse_count(value, &request->limit) && request->limit > 0;
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

#define STATES "SYN-SENT, SYN-RECEIVED, ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, CLOSE-WAIT, CLOSING, LAST-ACK or TIME-WAIT"
#define ENDPOINT "ADDR, ADDR:PORT or :PORT, e.g. 198.18.0.1:80 or [fd00::1]:80"

static const struct flag flags[] = {
	{"pid", false, "the process id of a quern, e.g. 1234", set_pid},
	{"json", false, NULL, set_json},
	{"state", true, STATES, add_state},
	{"local", true, ENDPOINT, add_local},
	{"remote", true, ENDPOINT, add_remote},
	{"limit", true, "1 or more, e.g. 50 or 10k", set_limit},
};
enum { FLAGS = sizeof(flags) / sizeof(flags[0]) };

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
	if (flag->conns_only && request->what != CTL_CONNS) {
		snprintf(error, CLI_ERROR_TEXT, "--%s is a flag of quern ctl conns", flag->name);
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
	static const char *const names[] = {"stats", "conns", "reload"};
	const char *near;

	if (strcmp(word, "stats") == 0)
		request->what = CTL_STATS;
	else if (strcmp(word, "conns") == 0)
		request->what = CTL_CONNS;
	else if (strcmp(word, "reload") == 0)
		request->what = CTL_RELOAD;
	if (request->what != CTL_NOTHING)
		return 0;
	near = cli_suggest(word, names, 3);
	if (near)
		snprintf(error, CLI_ERROR_TEXT, "quern ctl knows no %.200s; did you mean %s?", word, near);
	else
		snprintf(error, CLI_ERROR_TEXT, "quern ctl knows no %.200s; it takes stats, conns or reload", word);
	return -EINVAL;
}

int ctl_parse(struct ctl_request *request, int count, char *const arguments[], char error[CLI_ERROR_TEXT])
{
	*request = (struct ctl_request){.what = CTL_NOTHING};
	for (int i = 0; i < count; i++)
		if (cli_help_is_asked(arguments[i]))
			return CTL_HELP;
	if (count == 0) {
		snprintf(error, CLI_ERROR_TEXT, "quern ctl needs a word: stats, conns or reload, e.g. quern ctl stats");
		return -EINVAL;
	}
	if (take_word(request, arguments[0], error) != 0)
		return -EINVAL;
	for (int i = 1; i < count; i++) {
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
	      "       quern ctl reload [--pid N] [--json]\n"
	      "Asks a quern that runs: its counters, states and drops; its connections, one a line;\n"
	      "and that quern run FILE of kind forward reads the rules of its file again.\n"
	      "example: quern ctl conns --state ESTABLISHED --local 198.18.0.1:80 --limit 20\n\n"
	      "    --state NAME     ESTABLISHED, TIME-WAIT ...; may be repeated\n"
	      "    --local, --remote ADDR[:PORT]    this end of it, and the other; :PORT is a port alone\n"
	      "    --limit N        at most so many connections\n"
	      "    --pid N          which quern, where several run\n"
	      "    --json           for programs\n"
	      "Finds this user's querns (root: everybody's) below TMPDIR, or /tmp where that is not set.\n",
	      out);
}
