/* diff_print.c - writes a script as its file would have it. */
#include <stdarg.h>
#include <string.h>

#include "differential/diff_script.h"
#include "support/raw_frame.h"

struct text {
	char *at;
	uint32_t bytes;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *text, const char *format, ...)
{
	va_list list;
	int bytes;

	va_start(list, format);
	bytes = vsnprintf(text->at, text->bytes, format, list);
	va_end(list);
	bytes = bytes < (int)text->bytes ? bytes : (int)text->bytes - 1;
	text->at += bytes;
	text->bytes -= (uint32_t)bytes;
}

const char *diff_call_text(enum diff_call call)
{
	static const char *const texts[] = {
#define X(name, text) [DIFF_##name] = text,
		DIFF_CALLS(X)
#undef X
	};

	return texts[call];
}

static void put_place(struct text *text, const char *name, const struct diff_number *place)
{
	static const char *const bases[] = {"", "next", "edge", "una"};

	put(text, " %s %s", name, bases[place->base]);
	if (place->base == DIFF_FROM_ISN)
		put(text, "%d", place->offset);
	else if (place->offset != 0)
		put(text, "%+d", place->offset);
}

static void put_segment(struct text *text, const struct diff_segment *segment)
{
	put(text, "in %s", raw_flags_text(segment->flags));
	put_place(text, "seq", &segment->seq);
	if (segment->flags & ACK)
		put_place(text, "ack", &segment->ack);
	if (segment->text_bytes)
		put(text, " text %u", segment->text_bytes);
	if (segment->window != UINT16_MAX)
		put(text, " win %u", segment->window);
	if (segment->urgent)
		put(text, " urg %u", segment->urgent);
	if (segment->is_plain)
		put(text, " plain");
	if (segment->ts == DIFF_TS_NONE)
		put(text, " nots");
	if (segment->ts == DIFF_TS_AT)
		put(text, " ts %u", segment->tsval);
	for (uint8_t i = 0; i < segment->sack_count; i++)
		put(text, " sack %u-%u", segment->sacks[i][0], segment->sacks[i][1]);
	if (segment->raw_bytes)
		put(text, " raw ");
	for (uint8_t i = 0; i < segment->raw_bytes; i++)
		put(text, "%02x", segment->raw[i]);
}

void diff_print_step(char *at, uint32_t bytes, const struct diff_step *step)
{
	struct text text = {at, bytes};

	if (step->call == DIFF_IN)
		put_segment(&text, &step->segment);
	else if (step->call == DIFF_SEND || step->call == DIFF_WAIT)
		put(&text, "%s %u", diff_call_text(step->call), step->number);
	else
		put(&text, "%s", diff_call_text(step->call));
}

void diff_print(FILE *out, const struct diff_script *script)
{
	char line[DIFF_LINE_BYTES];

	fprintf(out, "# %s\n", script->about);
	if (script->peer_timestamps || script->peer_sack || script->peer_scale != DIFF_NO_SCALE) {
		fprintf(out, "peer%s%s", script->peer_timestamps ? " ts" : "", script->peer_sack ? " sack" : "");
		if (script->peer_scale != DIFF_NO_SCALE)
			fprintf(out, " scale %u", script->peer_scale);
		fprintf(out, "\n");
	}
	if (script->window)
		fprintf(out, "window %u\n", script->window);
	if (script->keepalive_ms)
		fprintf(out, "keepalive %u\n", script->keepalive_ms);
	for (uint32_t i = 0; i < script->step_count; i++) {
		diff_print_step(line, sizeof(line), &script->steps[i]);
		fprintf(out, "%s\n", line);
	}
}
