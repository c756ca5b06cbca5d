/* live_model.c - differences of totals, and their mean over a minute. */
#include "live/live_model.h"

#include <string.h>

struct live_line *live_look_line(struct live_look *look, const char *label, unsigned int rank)
{
	struct live_line *line = &look->lines[look->line_count < LIVE_LINES ? look->line_count++ : LIVE_LINES - 1];

	*line = (struct live_line){.label = label, .rank = rank};
	return line;
}

static void take_counter(struct live_model *model, struct live_counter *counter, uint64_t total)
{
	uint16_t known = model->looks < LIVE_SECONDS ? (uint16_t)model->looks : LIVE_SECONDS;
	uint16_t last = (uint16_t)((model->looks - 1) % LIVE_SECONDS);
	double sum = 0, span_s = 0;

	counter->counts[last] = total - (total < counter->total ? 0 : counter->total);
	counter->total = total;
	counter->now = model->spans_s[last] > 0 ? (double)counter->counts[last] / model->spans_s[last] : 0;
	for (uint16_t i = 0; i < known; i++) {
		sum += (double)counter->counts[i];
		span_s += model->spans_s[i];
	}
	counter->minute = span_s > 0 ? sum / span_s : 0;
}

void live_model_take(struct live_model *model, const struct live_look *look)
{
	model->spans_s[model->looks % LIVE_SECONDS] = look->span_s;
	model->looks++;
	for (uint16_t i = 0; i < model->counter_count; i++)
		take_counter(model, &model->counters[i], look->totals[i]);
	memcpy(model->lines, look->lines, sizeof(model->lines));
	model->line_count = look->line_count;
}

double live_model_charted(const struct live_model *model, uint16_t back)
{
	uint16_t at;

	if (back >= LIVE_SECONDS || back >= model->looks)
		return -1;
	at = (uint16_t)((model->looks - 1 - back) % LIVE_SECONDS);
	return model->spans_s[at] > 0 ? (double)model->counters[model->charted_counter].counts[at] / model->spans_s[at]
				      : 0;
}

void live_model_advance(struct live_model *model, double t_s)
{
	model->t_s = t_s;
	if (model->total_s > 0)
		model->done = t_s < model->total_s ? t_s / model->total_s : 1;
}
