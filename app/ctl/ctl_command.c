/* ctl_command.c - finds the quern that is meant, asks it, and says what went wrong. */
#include "ctl/ctl_command.h"

#include <errno.h>
#include <string.h>

#include "cli/cli_exit.h"
#include "cli/cli_output.h"
#include "ctl/ctl_answers.h"

static int none_runs(const struct ctl_request *request, size_t count)
{
	if (request->pid > 0)
		return cli_fail(CLI_EXIT_FAILED,
				"no quern with process id %ld can be asked%s\n"
				"  List those that run: quern ctl stats",
				request->pid, count > 0 ? "; others run" : "");
	return cli_fail(CLI_EXIT_FAILED,
			"no quern runs that this user may ask\n"
			"  Start one, e.g. quern bench -d 60s, or ask as its user or root, with the same TMPDIR");
}

static int several_run(const struct ctl_instance *instances, size_t count)
{
	cli_fail(CLI_EXIT_USAGE, "%zu querns run; say which by --pid N", count);
	for (size_t i = 0; i < count; i++)
		fprintf(stderr, "  --pid %-8ld %s\n", instances[i].pid, instances[i].words);
	return CLI_EXIT_USAGE;
}

static int tell(const struct ctl_instance *instance, int code)
{
	switch (code) {
	case 0:
		return CLI_EXIT_DONE;
	case -ECONNRESET:
		return cli_fail(CLI_EXIT_FAILED, "quern %ld ended before it had answered\n  What was printed is true",
				instance->pid);
	case -EAGAIN:
		return cli_fail(CLI_EXIT_FAILED, "quern %ld is just beginning or ending\n  Ask again in a second",
				instance->pid);
	case -ETIMEDOUT:
		return cli_fail(CLI_EXIT_FAILED,
				"quern %ld does not answer\n  See whether it was stopped: ps -o stat,wchan -p %ld",
				instance->pid, instance->pid);
	case -EPROTO:
		return cli_fail(CLI_EXIT_FAILED,
				"quern %ld answers in other words than this one's\n"
				"  Use the program that it was started from: ls -l /proc/%ld/exe",
				instance->pid, instance->pid);
	default:
		return cli_fail(CLI_EXIT_FAILED, "quern %ld: %s", instance->pid, strerror(-code));
	}
}

static int run(const struct ctl_request *request, const struct ctl_instance *instance)
{
	bool is_taken = true;
	int code = -EPROTO;

	switch (request->what) {
	case CTL_STATS:
		code = ctl_stats(instance, request);
		break;
	case CTL_CONNS:
		code = ctl_conns(instance, request);
		break;
	case CTL_TOP:
		code = ctl_top(instance, request);
		break;
	case CTL_RATE:
	case CTL_STOP:
	case CTL_RELOAD:
		code = ctl_order(instance, request, &is_taken);
		break;
	case CTL_NOTHING:
		break;
	}
	return is_taken ? tell(instance, code) : CLI_EXIT_FAILED;
}

/* The one that is meant, or null. */
static const struct ctl_instance *chosen(const struct ctl_request *request, const struct ctl_instance *instances,
					 size_t count)
{
	if (request->pid == 0)
		return count == 1 ? &instances[0] : NULL;
	for (size_t i = 0; i < count; i++)
		if (instances[i].pid == request->pid)
			return &instances[i];
	return NULL;
}

int ctl_command(int count, char *const arguments[])
{
	static struct ctl_instance instances[CTL_MAX_INSTANCES];
	const struct ctl_instance *instance;
	struct ctl_request request;
	char error[CLI_ERROR_TEXT];
	int parsed = ctl_parse(&request, count, arguments, error), code;
	size_t found;

	if (parsed < 0)
		return cli_fail(CLI_EXIT_USAGE, "%s", error);
	if (parsed == CTL_HELP) {
		ctl_help(stdout);
		return CLI_EXIT_DONE;
	}
	found = ctl_find(instances);
	instance = chosen(&request, instances, found);
	if (instance)
		code = run(&request, instance);
	else if (request.pid == 0 && found > 1)
		code = several_run(instances, found);
	else
		code = none_runs(&request, found);
	for (size_t i = 0; i < found; i++)
		ctl_hang_up(&instances[i]);
	return code == CLI_EXIT_DONE ? cli_finish_output(code) : code;
}
