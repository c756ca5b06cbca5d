/* cli_signal.c - the handler only counts; what a signal means is decided on the control thread. */
#include "cli/cli_signal.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t caught;
static volatile sig_atomic_t first;
static volatile sig_atomic_t hangups;

static void on_signal(int number)
{
	if (caught == 0)
		first = number;
	caught++;
}

void cli_signal_catch(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	/* A reader that has gone away (`| head -1`) is no reason to leave without cleaning up. */
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

int cli_signal_count(void)
{
	return caught;
}

int cli_signal_first(void)
{
	return first;
}

bool cli_signal_came(void)
{
	return caught > 0;
}

void cli_signal_give(int times)
{
	for (int i = 0; i < times; i++)
		raise(SIGINT);
}

static void on_hangup(int number)
{
	(void)number;
	hangups++;
}

void cli_signal_spare_hangups(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_hangup;
	sigaction(SIGHUP, &action, NULL);
}

int cli_signal_hangups(void)
{
	return hangups;
}
