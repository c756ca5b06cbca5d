/* ctl_top.c - the connections that do most: by their rate between two looks, or by what waits in them. */
#include "ctl/ctl_answers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli_output.h"
#include "ctl/ctl_heap.h"
#include "report/report_format.h"
#include "report/report_sample.h"

enum { QUESTION_TEXT = 96 + CTL_PARAMETERS_TEXT, NAME_TEXT = 192 };

struct top {
	const struct ctl_request *request;
	struct ctl_seen *seen;
	struct ctl_heap heap;
	uint64_t total;   /* connections that were looked at */
	uint64_t unrated; /* of these, without a rate */
	char cursor[32];
};

static const json_t *cell(const json_t *page, const char *key, size_t row)
{
	return json_array_get(json_object_get(page, key), row);
}

static int64_t number_at(const json_t *page, const char *key, size_t row)
{
	return json_integer_value(cell(page, key, row));
}

static void copy_text(char *to, size_t size, const json_t *value)
{
	const char *text = json_string_value(value);

	snprintf(to, size, "%s", text ? text : "");
}

static void take_row(struct top *top, const json_t *page, size_t number, double now_s)
{
	struct ctl_row row = {.queued = number_at(page, "queued_bytes", number),
			      .held = number_at(page, "held_bytes", number),
			      .shard = ctl_number(page, "shard")};
	char name[NAME_TEXT];

	copy_text(row.state, sizeof(row.state), cell(page, "state", number));
	copy_text(row.local, sizeof(row.local), cell(page, "local", number));
	copy_text(row.remote, sizeof(row.remote), cell(page, "remote", number));
	copy_text(row.role, sizeof(row.role), json_object_get(page, "role"));
	snprintf(name, sizeof(name), "%" PRId64 ".%" PRId64 " %s %s", row.shard, number_at(page, "id", number),
		 row.local, row.remote);
	row.has_rate = strcmp(row.state, "TIME-WAIT") != 0 &&
		       ctl_seen_rate(top->seen, name, (uint32_t)number_at(page, "snd_nxt", number),
				     (uint32_t)number_at(page, "rcv_nxt", number), now_s, &row);
	row.value = top->request->by_bytes ? (double)(row.queued + row.held)
					   : (row.has_rate ? row.sent_s + row.received_s : -1);
	top->total++;
	top->unrated += !row.has_rate;
	ctl_heap_add(&top->heap, &row);
}

static int take_page(struct top *top, const struct ctl_instance *instance)
{
	char question[QUESTION_TEXT];
	json_t *page;
	int code;

	snprintf(question, sizeof(question), "/quern/conns,ids=1,cursor=%s%s", top->cursor, top->request->parameters);
	code = ctl_ask(instance, question, &page);
	if (code != 0)
		return code;
	for (size_t row = 0; row < json_array_size(json_object_get(page, "id")); row++)
		take_row(top, page, row, report_clock_s());
	snprintf(top->cursor, sizeof(top->cursor), "%s", ctl_text(page, "cursor"));
	json_decref(page);
	return 0;
}

/* Looks at all connections once. */
static int look(struct top *top, const struct ctl_instance *instance)
{
	int code = 0;

	top->heap.count = top->total = top->unrated = 0;
	snprintf(top->cursor, sizeof(top->cursor), "0.0");
	while (code == 0 && top->cursor[0] != '\0')
		code = take_page(top, instance);
	ctl_heap_sort(&top->heap);
	return code;
}

static const char *rate_text(const struct ctl_row *row, double rate, char text[REPORT_NUMBER_TEXT])
{
	return row->has_rate ? report_format_big(rate, text) : "-";
}

static void print(const struct top *top)
{
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT];

	printf("%s connections, %s without a rate\n",
	       report_format_count(top->total, a), report_format_count(top->unrated, b));
	printf("%9s  %9s  %10s  %10s  %-12s %-5s %-8s %-21s  %s\n", "sent/s", "received/s", "queued", "held", "state",
	       "shard", "role", "local", "remote");
	for (size_t i = 0; i < top->heap.count; i++) {
		const struct ctl_row *row = &top->heap.rows[i];

		printf("%9s  %10s  %10" PRId64 "  %10" PRId64 "  %-12s %-5" PRId64 " %-8s %-21s  %s\n",
		       rate_text(row, row->sent_s, a), rate_text(row, row->received_s, b), row->queued, row->held,
		       row->state, row->shard, row->role, row->local, row->remote);
	}
}

static json_t *rate_json(const struct ctl_row *row, double rate)
{
	return row->has_rate ? json_real(rate) : json_null();
}

static int print_json(const struct top *top)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < top->heap.count; i++) {
		const struct ctl_row *row = &top->heap.rows[i];

		json_array_append_new(rows, json_pack("{s:o, s:o, s:I, s:I, s:s, s:I, s:s, s:s, s:s}", "sent_bytes_s",
						      rate_json(row, row->sent_s), "received_bytes_s",
						      rate_json(row, row->received_s), "queued_bytes",
						      (json_int_t)row->queued, "held_bytes", (json_int_t)row->held,
						      "state", row->state, "shard", (json_int_t)row->shard, "role",
						      row->role, "local", row->local, "remote", row->remote));
	}
	return cli_write_json(stdout, rows);
}

static void wait_for(uint64_t ns)
{
	struct timespec pause = {.tv_sec = (time_t)(ns / CLI_NS_PER_S), .tv_nsec = (long)(ns % CLI_NS_PER_S)};

	nanosleep(&pause, NULL);
}

/* Two looks make a list; on a terminal each further one makes the next, until Ctrl-C or the end of the run. */
static int run(struct top *top, const struct ctl_instance *instance)
{
	bool goes_on = isatty(STDOUT_FILENO) && !top->request->json;
	int code = look(top, instance);

	while (code == 0) {
		wait_for(top->request->every_ns);
		code = look(top, instance);
		if (code != 0)
			break;
		if (top->request->json)
			return print_json(top);
		fputs(goes_on ? "\033[H\033[J" : "", stdout);
		print(top);
		fflush(stdout);
		if (!goes_on)
			break;
	}
	return code;
}

int ctl_top(const struct ctl_instance *instance, const struct ctl_request *request)
{
	static struct top top;
	int code;

	top.request = request;
	top.heap.most = (size_t)request->limit;
	top.seen = ctl_seen_open();
	if (!top.seen)
		return -ENOMEM;
	code = run(&top, instance);
	ctl_seen_close(top.seen);
	return code;
}
