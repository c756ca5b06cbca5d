/* trace_command.c - reads a capture to its end, follows its connections, and prints or draws them. */
#include "trace/trace_command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli_exit.h"
#include "cli/cli_output.h"
#include "cli/cli_signal.h"
#include "cli/cli_trace.h"
#include "report/report_format.h"
#include "trace/trace_book.h"
#include "trace/trace_capture.h"
#include "trace/trace_svg.h"
#include "trace/trace_text.h"

enum { LADDERS = 10, TEXT_MOST = 100, SVG_MOST = 40, LEFT_OVER = 4096 };

struct trace_run {
	const struct cli_settings *settings;
	const char *place; /* what is read: a file, or an interface */
	struct trace_capture capture;
	uint64_t until_ns; /* live */
	struct trace_book book;
	uint64_t others[QUERN_DISSECTIONS_END]; /* frames that are no segments, by what they are */
	uint64_t lost;                          /* by the kernel, live */
	bool is_cut;                            /* the file ends in the middle of a frame, or cannot be read further */
	char error[TRACE_ERROR_TEXT];
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * CLI_NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Live, for as long as was asked for or until Ctrl-C; a file to its end, which Ctrl-C brings nearer. */
static bool is_over(const struct trace_run *run)
{
	return cli_signal_came() ||
	       (run->capture.is_live && (now_ns() >= run->until_ns || trace_book_is_full(&run->book)));
}

/* False where there is no memory for it. */
static bool take_frame(struct trace_run *run, const struct trace_frame *frame)
{
	struct quern_segment segment;
	enum quern_dissection found =
		quern_dissect(frame->at, frame->bytes, frame->wire_bytes, run->capture.link, &segment);

	if (found == QUERN_DISSECTED_SEGMENT)
		return trace_book_add(&run->book, frame->at_ns, &segment) == 0;
	run->others[found]++;
	return true;
}

static int read_all(struct trace_run *run)
{
	uint32_t left = run->capture.is_live ? LEFT_OVER : 0;
	struct trace_frame frame;

	for (;;) {
		bool ends = is_over(run);
		enum trace_read read;

		/* What has come by the end is still read. */
		if (ends && left-- == 0)
			break;
		read = trace_capture_next(&run->capture, &frame, run->error);
		if (read == TRACE_READ_FRAME && !take_frame(run, &frame))
			return -ENOMEM;
		run->is_cut = read == TRACE_READ_FAILED;
		if (read == TRACE_READ_END || read == TRACE_READ_FAILED || (read == TRACE_READ_NOTHING && ends))
			break;
	}
	run->lost = trace_capture_lost(&run->capture);
	return 0;
}

/* Frames that are no segments, and why. */
static void print_others(FILE *out, const struct trace_run *run)
{
	char count[REPORT_NUMBER_TEXT];
	const char *before = "";

	for (int i = 0; i < QUERN_DISSECTIONS_END; i++) {
		if (run->others[i] == 0)
			continue;
		fprintf(out, "%s%s: %s", before, quern_dissection_text((enum quern_dissection)i),
			report_format_count(run->others[i], count));
		before = "; ";
	}
}

/* What is not in the ladders. */
static void print_rest(FILE *out, const struct trace_run *run)
{
	const struct trace_book *book = &run->book;
	char hidden[REPORT_NUMBER_TEXT], segments[REPORT_NUMBER_TEXT], limit[REPORT_NUMBER_TEXT];
	uint64_t others = run->capture.frames - book->segments;

	if (book->count > book->shown)
		fprintf(out,
			"%s more connections with %s segments; --connections N shows more, --connection N|ADDR:PORT "
			"one\n",
			report_format_count(book->count - book->shown, hidden),
			report_format_count(book->hidden_segments, segments));
	if (book->left_out > 0)
		fprintf(out,
			"%s segments more are left out: the limit of %s is reached; --connection N shows one whole\n",
			report_format_count(book->left_out, hidden), report_format_count(TRACE_MAX_EVENTS, limit));
	if (book->beyond > 0)
		fprintf(out, "%s segments of further connections are left out: the limit of %s is reached\n",
			report_format_count(book->beyond, hidden), report_format_count(TRACE_MAX_CONNECTIONS, limit));
	if (run->lost > 0)
		fprintf(out, "%s frames are missing: they came faster than they could be read\n",
			report_format_count(run->lost, hidden));
	if (others == 0)
		return;
	fprintf(out, "%s frames are no TCP segments: ", report_format_count(others, hidden));
	print_others(out, run);
	fputc('\n', out);
}

static struct trace_text_style style_of(const struct cli_settings *settings)
{
	struct trace_text_style style = {.columns = TRACE_TEXT_COLUMNS, .most = TEXT_MOST};
	struct winsize window;

	style.colors = !settings->no_color && !getenv("NO_COLOR") && isatty(STDOUT_FILENO);
	if (settings->trace.number != 0)
		style.most = 0;
	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 &&
	    window.ws_col > TRACE_TEXT_COLUMNS)
		style.columns = window.ws_col < TRACE_TEXT_COLUMNS_MOST ? window.ws_col : TRACE_TEXT_COLUMNS_MOST;
	return style;
}

/* Follows all that are shown; their number. */
static uint32_t follow_shown(const struct trace_book *book, const struct trace_connection *shown[])
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < book->count; i++) {
		if (!book->connections[i]->is_shown)
			continue;
		trace_follow(book->connections[i]);
		shown[count++] = book->connections[i];
	}
	return count;
}

static int print_text(const struct trace_run *run, const struct trace_connection *const shown[], uint32_t count)
{
	struct trace_text_style style = style_of(run->settings);
	bool is_shortened = false;

	for (uint32_t i = 0; i < count; i++) {
		is_shortened |= style.most != 0 && shown[i]->count > style.most;
		trace_text(stdout, shown[i], &style);
		fputc('\n', stdout);
	}
	if (is_shortened)
		fputs("the middle of long ones is left out; --connection N shows one whole\n", stdout);
	print_rest(stdout, run);
	return cli_finish_output(CLI_EXIT_DONE);
}

static int draw(const struct trace_run *run, const struct trace_connection *const shown[], uint32_t count)
{
	const char *path = run->settings->trace.svg;
	bool is_stdout = strcmp(path, "-") == 0;
	FILE *out = is_stdout ? stdout : fopen(path, "w");
	int rc;

	if (!out)
		return cli_fail(CLI_EXIT_USAGE, "--svg %s: %s\n  Name a file that can be written", path,
				strerror(errno));
	rc = trace_svg(out, shown, count, SVG_MOST);
	if (rc == 0)
		rc = cli_flush(out);
	if (!is_stdout && fclose(out) != 0 && rc == 0)
		rc = -errno;
	if (rc != 0)
		return cli_fail(CLI_EXIT_FAILED, "--svg %s: %s; the picture is not whole", path, strerror(-rc));
	print_rest(stderr, run);
	return CLI_EXIT_DONE;
}

/* There is nothing to show: why. */
static int show_nothing(const struct trace_run *run)
{
	const struct trace_book *book = &run->book;

	if (run->is_cut)
		return cli_fail(CLI_EXIT_FAILED, "%s: %s\n  Nothing before that is a TCP segment", run->place,
				run->error);
	if (book->count > 0)
		return cli_fail(CLI_EXIT_FAILED,
				"%s: no such connection among its %" PRIu32 "\n  Without --connection they are listed",
				run->place, book->count);
	fprintf(stderr, "error: %s: no TCP segment among %" PRIu64 " frames", run->place, run->capture.frames);
	if (run->capture.frames > 0) {
		fputs(" (", stderr);
		print_others(stderr, run);
		fputc(')', stderr);
	}
	fprintf(stderr, "\n  %s\n",
		run->capture.is_live
			? "Is it the interface that the connections are on?"
			: "Was it captured on the right interface, and with a filter that lets TCP through?");
	return CLI_EXIT_FAILED;
}

static int show(const struct trace_run *run)
{
	const struct trace_connection **shown;
	uint32_t count;
	int code;

	if (run->book.shown == 0)
		return show_nothing(run);
	shown = calloc(run->book.shown, sizeof(shown[0]));
	if (!shown)
		return cli_fail(CLI_EXIT_MACHINE, "%s: %s", run->place, strerror(ENOMEM));
	count = follow_shown(&run->book, shown);
	code = run->settings->trace.svg ? draw(run, shown, count) : print_text(run, shown, count);
	free(shown);
	if (code != CLI_EXIT_DONE || !run->is_cut)
		return code;
	return cli_fail(CLI_EXIT_FAILED, "%s: frame %" PRIu64 ": %s\n  What stands before it is shown", run->place,
			run->capture.frames + 1, run->error);
}

static int read_and_show(struct trace_run *run)
{
	if (run->capture.is_live)
		fprintf(stderr, "capturing on %s; Ctrl-C ends it\n", run->place);
	if (read_all(run) != 0)
		return cli_fail(CLI_EXIT_MACHINE, "%s: no memory after %" PRIu64 " frames", run->place,
				run->capture.frames);
	return show(run);
}

int trace_command(const struct cli_settings *settings)
{
	const struct cli_trace *trace = &settings->trace;
	struct trace_run run = {.settings = settings, .place = trace->file, .until_ns = UINT64_MAX};
	const struct trace_choice choice = {
		.number = trace->number,
		.has_end = trace->has_end,
		.end = trace->end,
		.most = settings->connections == 0                      ? LADDERS
			: settings->connections > TRACE_MAX_CONNECTIONS ? TRACE_MAX_CONNECTIONS
									: (uint32_t)settings->connections,
	};
	int code;

	trace_book_init(&run.book, &choice);
	if (settings->duration_ns != 0)
		run.until_ns = now_ns() + settings->duration_ns;
	if (trace->is_live)
		run.place = cli_trace_interface(settings->ports[0].device);
	code = trace->is_live ? trace_capture_open_live(&run.capture, run.place, run.error)
			      : trace_capture_open_file(&run.capture, run.place, run.error);
	if (code != CLI_EXIT_DONE)
		return cli_fail(code, "%s", run.error);
	code = read_and_show(&run);
	trace_capture_close(&run.capture);
	trace_book_free(&run.book);
	if (code == CLI_EXIT_DONE && cli_signal_came())
		return CLI_EXIT_SIGNAL + cli_signal_first();
	return code;
}
