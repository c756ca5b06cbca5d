/* live_term.c - termios, escape sequences, and the signals that would leave a terminal in disorder. */
#include "live/live_term.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define HIDE_CURSOR "\033[?25l"
#define ERASE_AND_SHOW_CURSOR "\r\033[J\033[?25h"
/* A line's worst: its text, its colour, and its end. */
#define FRAME_BYTES ((LIVE_BYTES + 32) * LIVE_ROWS)

enum { LEAST_COLUMNS = 40, LEAST_ROWS = 8 };

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

/* The terminal is one, and signals find it here. */
static struct termios found;
static volatile sig_atomic_t is_shown; /* something is drawn, or the cursor hidden */
static volatile sig_atomic_t is_raw;   /* keys come one by one, unseen */

/* Whether this process may draw and ask for keys; where there is no job control, it may draw. */
static bool is_in_front(int file)
{
	pid_t group = tcgetpgrp(file);

	return group < 0 || group == getpgrp();
}

static bool is_unicode(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);
		const char *dot = value && value[0] ? strrchr(value, '.') : NULL;

		if (value && value[0])
			return dot && (strncasecmp(dot, ".utf-8", 6) == 0 || strncasecmp(dot, ".utf8", 5) == 0);
	}
	return false;
}

static void write_all(const char *text, size_t length)
{
	while (length > 0) {
		ssize_t done = write(STDERR_FILENO, text, length);

		if (done <= 0)
			return;
		text += done;
		length -= (size_t)done;
	}
}

/* Safe in a signal handler. */
static void give_back(void)
{
	if (is_shown)
		write_all(ERASE_AND_SHOW_CURSOR, sizeof(ERASE_AND_SHOW_CURSOR) - 1);
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &found);
	is_shown = 0;
	is_raw = 0;
}

/* Ctrl-Z: the shell gets its terminal as it gave it. Once the process goes on, the next look takes it again. */
static void on_stop(int number)
{
	(void)number;
	give_back();
	kill(getpid(), SIGSTOP);
}

static void on_fault(int number)
{
	give_back();
	signal(number, SIG_DFL);
	raise(number);
}

/* Whoever has a handler of a signal keeps it. */
static void handle(int number, void (*handler)(int))
{
	struct sigaction action;

	if (sigaction(number, NULL, &action) != 0 || action.sa_handler != SIG_DFL)
		return;
	memset(&action, 0, sizeof(action));
	action.sa_handler = handler;
	action.sa_flags = SA_RESTART;
	sigaction(number, &action, NULL);
}

/* While a signal that gives back may come in between, nothing is half done. */
static void take_keys(void)
{
	struct termios raw;

	if (is_raw || tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, &found) != 0)
		return;
	raw = found;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	is_raw = 1;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static struct live_size size_now(void)
{
	struct winsize window;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) != 0)
		return (struct live_size){.columns = 0};
	return (struct live_size){.columns = window.ws_col, .rows = window.ws_row};
}

bool live_term_is_fit(void)
{
	const char *kind = getenv("TERM");
	struct live_size size;

	if (!isatty(STDERR_FILENO) || !kind || !kind[0] || strcmp(kind, "dumb") == 0 || !is_in_front(STDERR_FILENO))
		return false;
	size = size_now();
	return size.columns >= LEAST_COLUMNS && size.rows >= LEAST_ROWS;
}

void live_term_open(struct live_term *term, bool has_colors)
{
	static bool is_handled;

	*term = (struct live_term){.is_open = true, .has_colors = has_colors, .is_utf8 = is_unicode()};
	term->has_keys = isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
	if (is_handled)
		return;
	is_handled = true;
	atexit(give_back);
	handle(SIGTSTP, on_stop);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		handle(faults[i], on_fault);
}

void live_term_close(struct live_term *term)
{
	if (term->is_open)
		give_back();
	term->is_open = false;
}

struct live_size live_term_size(const struct live_term *term)
{
	struct live_size size = size_now();

	size.is_utf8 = term->is_utf8;
	if (!is_in_front(STDERR_FILENO))
		size.columns = size.rows = 0;
	return size;
}

static const char *color_of(enum live_mood mood)
{
	switch (mood) {
	case LIVE_PLAIN:
		return "";
	case LIVE_STRONG:
		return "\033[1m";
	case LIVE_GOOD:
		return "\033[32m";
	case LIVE_BAD:
		return "\033[31m";
	case LIVE_FAINT:
		return "\033[2m";
	}
	return "";
}

void live_term_show(const struct live_term *term, const struct live_page *page)
{
	static char frame[FRAME_BYTES];
	size_t used = (size_t)snprintf(frame, sizeof(frame), HIDE_CURSOR "\r");

	for (uint16_t i = 0; i < page->count; i++) {
		const struct live_row *row = &page->rows[i];
		const char *color = term->has_colors ? color_of(row->mood) : "";

		used += (size_t)snprintf(frame + used, sizeof(frame) - used, "%s%s%s\033[K%s", color, row->text,
					 *color ? "\033[0m" : "", i + 1 < page->count ? "\r\n" : "\033[J\r");
	}
	if (page->count > 1)
		used += (size_t)snprintf(frame + used, sizeof(frame) - used, "\033[%uA", (unsigned int)page->count - 1);
	is_shown = 1;
	write_all(frame, used);
}

char live_term_key(struct live_term *term)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	char key = 0;

	if (!term->has_keys)
		return 0;
	take_keys();
	if (!is_raw || tcgetpgrp(STDIN_FILENO) != getpgrp() || poll(&input, 1, 0) != 1)
		return 0;
	if (read(STDIN_FILENO, &key, 1) == 1)
		return key;
	/* The terminal is gone. */
	term->has_keys = false;
	return 0;
}
