/* test_tcp_cubic_model.c - CUBIC beside the formulas of RFC 9438 in floating point. */
#include <math.h>

#include <criterion/criterion.h>

#include "tcp/tcp_congestion.h"

static const double C = 0.4, BETA = 0.7, ALPHA = 3 * (1 - 0.7) / (1 + 0.7);

/* RFC 9438's own variables, in segments and seconds. */
struct model {
	double cwnd, ssthresh, cwnd_prior, w_max, w_est, k, t;
	uint32_t heard_ms;
	bool has_epoch;
};

static double w_cubic(const struct model *model, double t)
{
	return C * pow(t - model->k, 3) + model->w_max;
}

static void model_ack(struct model *model, double segments_acked, double rtt, uint32_t now_ms)
{
	double target;

	model->t += (now_ms - model->heard_ms) / 1000.0;
	model->heard_ms = now_ms;
	if (model->cwnd < model->ssthresh) {
		model->cwnd += 1;
		return;
	}
	if (!model->has_epoch) {
		if (model->w_max < model->cwnd)
			model->w_max = model->cwnd;
		model->k = cbrt((model->w_max - model->cwnd) / C);
		model->w_est = model->cwnd;
		model->t = 0;
		model->has_epoch = true;
	}
	model->w_est += (model->w_est < model->cwnd_prior ? ALPHA : 1) * segments_acked / model->cwnd;
	if (w_cubic(model, model->t) < model->w_est) {
		model->cwnd = fmax(model->cwnd, model->w_est);
		return;
	}
	target = fmin(fmax(w_cubic(model, model->t + rtt), model->cwnd), 1.5 * model->cwnd);
	model->cwnd += segments_acked * (target - model->cwnd) / model->cwnd;
}

static void model_loss(struct model *model)
{
	model->cwnd_prior = model->cwnd;
	model->w_max = model->cwnd < model->w_max ? model->cwnd * (1 + BETA) / 2 : model->cwnd;
	model->cwnd = model->ssthresh = model->cwnd * BETA;
	model->has_epoch = false;
}

static void model_timeout(struct model *model)
{
	model->cwnd_prior = model->cwnd;
	model->ssthresh = model->cwnd * BETA;
	model->cwnd = 1;
	model->w_max = 0;
	model->has_epoch = false;
}

/* One path, ours and the model on it. */
struct race {
	struct tcp_congestion state;
	struct model model;
	uint32_t mss, rtt_ms, now_ms;
	uint32_t segments_an_ack;
	double worst;
};

static struct race race_of(uint32_t mss, uint32_t rtt_ms, uint32_t segments)
{
	struct race race = {
		.mss = mss, .rtt_ms = rtt_ms, .now_ms = UINT32_MAX - 20000, .segments_an_ack = 1 + segments % 2};

	tcp_congestion_begin(&race.state, mss, false, 0);
	race.state.cwnd = segments * mss;
	race.model.heard_ms = race.now_ms;
	race.model.cwnd = segments;
	race.model.ssthresh = INFINITY;
	return race;
}

static double segments_of(const struct race *race)
{
	return (double)race->state.cwnd / race->mss;
}

static void both_lose(struct race *race)
{
	tcp_cubic.on_loss(&race->state, race->state.cwnd, race->mss);
	model_loss(&race->model);
}

static void both_time_out(struct race *race)
{
	tcp_cubic.on_timeout(&race->state, race->state.cwnd, race->mss, false);
	model_timeout(&race->model);
}

/* So many round trips in which each segment of the window is acknowledged; notes how far the two are apart. */
static void both_run(struct race *race, uint32_t round_trips)
{
	uint32_t each = race->segments_an_ack;

	for (uint32_t trip = 0; trip < round_trips; trip++) {
		uint32_t window = (uint32_t)race->model.cwnd;

		for (uint32_t i = 0; i < window; i += each) {
			uint32_t now_ms = race->now_ms + (uint32_t)((uint64_t)race->rtt_ms * i / window);

			tcp_cubic.on_ack(&race->state, each * race->mss, race->mss, race->rtt_ms, now_ms, true);
			model_ack(&race->model, each, race->rtt_ms / 1000.0, now_ms);
		}
		race->now_ms += race->rtt_ms;
		race->worst = fmax(race->worst, fabs(segments_of(race) / race->model.cwnd - 1));
	}
}

static void should_agree(const struct race *race, const char *what)
{
	cr_assert_lt(race->worst, 0.01, "%s: MSS %u, RTT %u ms: %.2f %% apart at worst, %.2f segments and %.2f now",
		     what, race->mss, race->rtt_ms, race->worst * 100, segments_of(race), race->model.cwnd);
}

static const struct {
	uint32_t mss, rtt_ms, segments;
} PATHS[] = {{1460, 100, 1000}, {1460, 20, 200}, {1460, 10, 20},  {1460, 100, 50}, {536, 200, 400},
	     {8960, 50, 3000},  {1460, 1, 100},  {1460, 300, 30}, {48, 50, 500},   {65495, 20, 300}};

enum { PATH_COUNT = sizeof PATHS / sizeof PATHS[0] };

/* RFC 9438 4.2 to 4.5: up to W_max, over it, and on. */
Test(tcp_cubic_model, follows_the_formulas_after_a_loss_within_one_percent)
{
	for (size_t i = 0; i < PATH_COUNT; i++) {
		struct race race = race_of(PATHS[i].mss, PATHS[i].rtt_ms, PATHS[i].segments);

		both_lose(&race);
		both_run(&race, 150);
		cr_assert_gt(race.model.cwnd, PATHS[i].segments * 0.75);
		should_agree(&race, "one loss");
	}
}

/* RFC 9438 4.6 and 4.7: with losses that come before W_max is reached, and after. */
Test(tcp_cubic_model, follows_the_formulas_through_many_losses_within_one_percent)
{
	static const uint32_t gaps[] = {40, 5, 60, 10, 3, 80, 1, 30, 25, 90};

	for (size_t i = 0; i < PATH_COUNT; i++) {
		struct race race = race_of(PATHS[i].mss, PATHS[i].rtt_ms, PATHS[i].segments);

		for (size_t loss = 0; loss < sizeof gaps / sizeof gaps[0]; loss++) {
			both_lose(&race);
			both_run(&race, gaps[loss]);
			should_agree(&race, "many losses");
		}
	}
}

/* RFC 9438 4.8. */
Test(tcp_cubic_model, follows_the_formulas_after_a_timeout_within_one_percent)
{
	for (size_t i = 0; i < PATH_COUNT; i++) {
		struct race race = race_of(PATHS[i].mss, PATHS[i].rtt_ms, PATHS[i].segments);

		both_time_out(&race);
		both_run(&race, 60);
		cr_assert_gt(race.model.cwnd, PATHS[i].segments * 0.7);
		should_agree(&race, "timeout");
		both_lose(&race);
		both_run(&race, 60);
		should_agree(&race, "a loss after a timeout");
	}
}
