/* live.c - the clock of pages, and what each key does. */
#include "live/live.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_sample.h"

#define PAGE_S 0.5
#define NOTE_S 5.0

bool live_open(struct live *live, const struct cli_settings *settings)
{
	memset(live, 0, sizeof(*live));
	live->model.done = -1;
	if (settings->quiet || !live_term_is_fit())
		return false;
	live_term_open(&live->term, !settings->no_color && !getenv("NO_COLOR"));
	live->model.has_keys = live->term.has_keys;
	return true;
}

void live_close(struct live *live)
{
	live_term_close(&live->term);
}

static void act(struct live *live, char key)
{
	struct live_model *model = &live->model;

	switch (key) {
	case 'q':
		raise(SIGINT);
		break;
	case 'p':
		if (live->actions.pause)
			live->actions.pause(live->actions.app, model->note);
		break;
	case '+':
	case '-':
		if (live->actions.scale)
			live->actions.scale(live->actions.app, key == '+' ? 1.1 : 0.9, model->note);
		break;
	case '?':
		model->shows_help = !model->shows_help;
		break;
	default:
		return;
	}
	live->noted_until_s = report_clock_s() + NOTE_S;
}

/* A note that has stood long enough makes way for what the run is doing. */
static void renew_note(struct live *live, double now_s)
{
	struct live_model *model = &live->model;

	if (now_s < live->noted_until_s && model->note[0])
		return;
	model->note[0] = '\0';
	if (live->stage)
		strncat(model->note, live->stage, sizeof(model->note) - 1);
}

void live_turn(struct live *live, double t_s)
{
	double now_s = report_clock_s();
	struct live_size size;
	char key;

	if (!live_is_on(live))
		return;
	while ((key = live_term_key(&live->term)) != 0)
		act(live, key);
	if (now_s < live->next_s)
		return;
	live->next_s = now_s + PAGE_S;
	size = live_term_size(&live->term);
	if (size.columns == 0)
		return;
	live_model_advance(&live->model, t_s);
	renew_note(live, now_s);
	live_draw(&live->page, &live->model, &size);
	live_term_show(&live->term, &live->page);
}
